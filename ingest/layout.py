"""From words on pages to blocks in reading order: lines, columns, tables, paragraphs; page furniture left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ingest.columns import in_reading_order
from ingest.flow import flow, vocabulary
from ingest.furniture import furniture
from ingest.grid import Grid, grids
from ingest.header import header_rows, is_merged
from ingest.numbering import label
from ingest.page import Line, Page, Rule, Word, line_of, lines_of, rows_of
from ingest.records import Block, BlockKind
from ingest.strips import strip_grids

BULLET = re.compile(r"^(?:[•◦▪■□●○–—*·∙‣⁃➢❖✓✔☐☑☒\uf0b7\uf0a7\uf0d8]|-|o(?=\s+[A-Z]))\s*(?=\S)")


def laid_out(pages: Sequence[Page]) -> tuple[list[Block], tuple[str, ...]]:
    """The pages' blocks in reading order, and apart from them what running headers and footers say, each line once. A paragraph
    that goes on in the next column or on the next page is one block, on the page it begins."""
    lines = {page.number: lines_of(page.words) for page in pages}
    left_out = furniture(pages, lines)
    known = vocabulary(pages)
    body_size = median([word.size for page in pages for word in page.words] or [0.0])
    gathered: list[Block] = []
    for page in pages:
        body = [line for line in lines[page.number] if (page.number, line.baseline, line.left) not in left_out]
        body, notes = _footnotes_apart(body, body_size)
        begun = len(gathered)
        for region in _regions(page, body, known):
            if gathered and region and _goes_on(gathered[-1], region[0]):
                gathered[-1] = _joined(gathered[-1], region.pop(0), known)
            gathered.extend(region)
        # What the page leaves unfinished goes on over the page; its footnotes stand before that.
        place = len(gathered) - _unfinished(gathered[begun:])
        gathered[place:place] = (replace(note, note=True) for note in _paragraphs(notes, page.number, known))
    rows = [
        row
        for number, found in lines.items()
        for row in rows_of([line for line in found if (number, line.baseline, line.left) in left_out])
    ]
    return gathered, tuple(dict.fromkeys(" | ".join(line.text for line in row) for row in rows))


def _unfinished(blocks: Sequence[Block]) -> int:
    """How many of the last blocks of a page may go on over the page, none of them below a heading among them."""
    count = 0
    for block in blocks[: -_MOST_UNFINISHED - 1 : -1]:
        if _is_finished(block) or (count and block.bold):
            break
        count += 1
    return count


def _is_finished(block: Block) -> bool:
    return block.kind is BlockKind.TABLE or block.text.rstrip().endswith((".", ":", "!", "?", ";", ")"))


#: Of a list, so many items may stand at the foot of a page before it goes on.
_MOST_UNFINISHED = 3


# -- tables ----------------------------------------------------------------------------------------------------------


#: A cell longer than this, or with several bullets in it, frames text; it is no cell of a table.
_MAX_CELL_CHARS = 700


def _grid_blocks(grid: Grid, words: Sequence[Word], page: int, known: frozenset[str]) -> list[Block]:
    """A ruled table as one block; where the rules only frame text, the text cell by cell; nothing where there is no table."""
    cells = grid.cells(words)
    texts = {place: _cell_text(inside, known) for place, inside in cells.items()}
    columns = range(len(grid.xs) - 1)
    full = [row for row in range(len(grid.ys) - 1) if any(texts.get((row, column)) for column in columns)]
    if _frames_text([[texts.get((row, column), "") for column in columns] for row in full]):
        return [block for place in sorted(cells) for block in _paragraphs(lines_of(cells[place]), page, known)]
    filled = [column for column in columns if any(texts.get((row, column)) for row in full)]
    if len(full) < 2 or len(filled) < 2:
        return []
    reached = grid.reached(texts)
    kept = tuple(tuple(reached.get((row, column), "") for column in filled) for row in full)
    bold_rows = [all(word.bold for column in columns for word in cells.get((row, column), [])) for row in full]
    marked = [bold and not all(bold_rows) for bold in bold_rows]
    first = next(row for row, cells in enumerate(kept) if not is_merged(cells) or row == len(kept) - 1)
    caption = " ".join(cells[0] for cells in kept[:first])
    return [
        Block(
            BlockKind.TABLE,
            caption,
            page=page,
            rows=kept[first:],
            header_rows=header_rows(kept[first:], marked[first:]),
        )
    ]


def _frames_text(rows: Sequence[Sequence[str]]) -> bool:
    """Whether what looks like a table is a frame around text: one cell a row, or cells of whole paragraphs or lists."""
    if all(sum(1 for cell in row if cell) <= 1 for row in rows):
        return True
    return any(len(cell) > _MAX_CELL_CHARS or len(re.findall(r"[•●▪■]", cell)) > 2 for row in rows for cell in row)


def _cell_text(words: Sequence[Word], known: frozenset[str]) -> str:
    return flow([line.text for line in lines_of(words)], known) if words else ""


# -- footnotes --------------------------------------------------------------------------------------------------------


def _footnotes_apart(lines: Sequence[Line], body_size: float) -> tuple[list[Line], list[Line]]:
    """The lines of the text, and those of the footnotes: small print at the foot of the page that begins with a number or sign."""
    rows = rows_of(lines)
    first = len(rows)
    while first > 0 and all(line.size < 0.92 * body_size for line in rows[first - 1]):
        first -= 1
    notes = rows[first:]
    if first == 0 or not notes or not re.match(r"[\d*†‡]{1,3}", notes[0][0].text):
        return list(lines), []
    return [line for row in rows[:first] for line in row], [line for row in notes for line in row]


# -- blocks of one page ----------------------------------------------------------------------------------------------


def _regions(page: Page, lines: Sequence[Line], known: frozenset[str]) -> Iterator[list[Block]]:
    """The blocks of each region of a page, in reading order."""
    tables: dict[Line, list[Block]] = {}
    free = list(lines)
    for grid in _tables(page.rules, lines):
        inside = [line for line in free if grid.holds(line)]
        table = _grid_blocks(grid, [word for line in inside for word in line.words], page.number, known)
        if table:
            free = [line for line in free if not grid.holds(line)]
            tables[_place(grid)] = table
    for region in in_reading_order(sorted([*free, *tables], key=lambda line: (line.baseline, line.left))):
        found: list[Block] = []
        previous: list[Line] = []
        for line in region:
            if line in tables:
                found.extend(_paragraphs(previous, page.number, known))
                previous = []
                found.extend(tables[line])
            else:
                previous.append(line)
        found.extend(_paragraphs(previous, page.number, known))
        yield found


def _tables(rules: Sequence[Rule], lines: Sequence[Line]) -> list[Grid]:
    ruled = [grid for grid in grids(rules) if not grid.frames_words(lines)]
    free = [line for line in lines if not any(grid.holds(line) for grid in ruled)]
    return [*ruled, *strip_grids([rule for rule in rules if not any(grid.has(rule) for grid in ruled)], free)]


def _place(grid: Grid) -> Line:
    """A line without words in the place of a table, as wide as it is: it is read in its column, or parts the columns."""
    left, right, top = grid.xs[0], grid.xs[-1], grid.ys[0]
    return Line((), left, right, top, grid.ys[-1], baseline=top, text="", size=0.0, bold=False)


def _paragraphs(lines: Sequence[Line], page: int, known: frozenset[str]) -> Iterator[Block]:
    """The paragraphs of one region; rows of aligned cells become tables."""
    rows = rows_of(lines)
    # A few lines may stick out: where most lines end is the margin.
    rights = sorted(line.right for line in lines)
    right_edge = rights[int(0.9 * (len(rights) - 1))] if rights else 0.0
    left_edge = min((line.left for line in lines), default=0.0)
    leading = _leading(rows)
    current: list[Line] = []
    position = 0
    while position < len(rows):
        aligned = _aligned_rows(rows, position)
        if aligned:
            if current:
                yield _text_block(current, page, known)
                current = []
            yield _aligned_block(aligned, page, known)
            position += len(aligned)
            continue
        line = (
            rows[position][0]
            if len(rows[position]) == 1
            else line_of([word for part in rows[position] for word in part.words])
        )
        if current and _begins_anew(current, line, leading, left_edge, right_edge):
            yield _text_block(current, page, known)
            current = []
        current.append(line)
        position += 1
    if current:
        yield _text_block(current, page, known)


def _leading(rows: Sequence[Sequence[Line]]) -> float:
    """The usual distance between baselines, in font sizes."""
    steps = [
        (after[0].baseline - before[0].baseline) / max(after[0].size, 1)
        for before, after in pairwise(rows)
        if abs(before[0].size - after[0].size) < 0.6
    ]
    steps = sorted(step for step in steps if 0.8 < step < 3)
    return steps[len(steps) // 3] if steps else 1.2


def _begins_anew(current: Sequence[Line], line: Line, leading: float, left_edge: float, right_edge: float) -> bool:
    previous = current[-1]
    step = (line.baseline - previous.baseline) / max(line.size, 1)
    if step > 1.3 * leading + 0.1 or step < -0.5:
        return True
    if abs(line.size - previous.size) > 0.08 * max(line.size, previous.size) + 0.3:
        return True
    if line.bold != previous.bold and (line.bold or all(part.bold for part in current)) and _starts_sentence(line):
        return True
    if BULLET.match(line.text):
        return True
    indented = line.left - previous.left
    mark = label(line.text)
    ended = previous.text.rstrip().endswith((".", ":", ";", "?", "!"))
    short = previous.right < right_edge - 0.12 * (right_edge - left_edge)
    centred = abs(previous.middle - line.middle) < 3 and line.left > left_edge + 12
    fits = previous.right + 0.35 * line.size + (line.words[0].right - line.words[0].left) < right_edge - 0.03 * (
        right_edge - left_edge
    )
    if fits and short and not centred and _starts_sentence(line) and not _is_unfinished(previous.text):
        return True
    if mark and (
        ended or short or (mark.rest[:1].isupper() and line.left <= current[0].left + 1 and mark.series != "section")
    ):
        return True
    if ended and short and _starts_sentence(line):
        return True
    if len(current) > 1 and ended and indented > 8 and _starts_sentence(line):
        return True
    return bool(short and _starts_sentence(line) and indented < -2 and ended)


def _is_unfinished(text: str) -> bool:
    """Whether a line ends in the middle of something, so that the next one belongs to it however short it is."""
    return re.search(r"(?:[,\-/&(]|\b(?:and|or|the|of|to|for|a|an|in|by|with))$", text.rstrip()) is not None


def _starts_sentence(line: Line) -> bool:
    first = line.text[:1]
    return not first.islower()


def _text_block(lines: Sequence[Line], page: int, known: frozenset[str]) -> Block:
    text = flow([line.text for line in lines], known)
    bullet = BULLET.match(text)
    size = median(line.size for line in lines)
    bold = all(line.bold for line in lines)
    if bullet:
        return Block(BlockKind.ITEM, text[bullet.end() :].strip(), level=1, page=page, size=size)
    return Block(BlockKind.PARAGRAPH, text, page=page, size=size, bold=bold)


# -- cells aligned without rules -------------------------------------------------------------------------------------

#: Baselines of two rows are so much further apart than those of a cell's lines.
_LOOSER = 1.2
_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}|_{4,}")


def _aligned_rows(rows: Sequence[Sequence[Line]], start: int) -> list[Sequence[Line]]:
    """The rows from here on whose cells stand below those of the first, which has at least two; a row may leave some empty, or go
    on with what the one above it says. None where that makes fewer than three rows of a table."""
    first = rows[start]
    if len(first) < 2 or any(_LEADERS.search(line.text) for line in first) or _is_numbered_row(first):
        return []
    run: list[Sequence[Line]] = [first]
    for row in rows[start + 1 :]:
        # Alone in the first column stands the heading or paragraph behind a table as often as the rest of a cell.
        is_apart = len(row) == 1 and _column(row[0], first) == 0 and not _is_near(run, row[0])
        if is_apart or _is_numbered_row(row) or any(_column(line, first) is None for line in row):
            break
        run.append(row)
    while len(run) > 1 and len(run[-1]) == 1 and _column(run[-1][0], first) == 0:
        run.pop()
    filled = [row for row in _cells_below(run) if sum(1 for cell in row if cell) > 1]
    return run if len(filled) >= 3 else []


def _column(line: Line, first: Sequence[Line]) -> int | None:
    """The cell of the first row that a line stands below, aligned with it on either side or in the middle; None for none."""
    for column, head in enumerate(first):
        before = first[column - 1].right if column else 0.0
        following = first[column + 1].left if column + 1 < len(first) else float("inf")
        is_aligned = min(abs(line.left - head.left), abs(line.right - head.right), abs(line.middle - head.middle)) <= 6
        if is_aligned and before < line.left and line.right < following:
            return column
    return None


def _is_near(run: Sequence[Sequence[Line]], line: Line) -> bool:
    """Whether a line is no further below a row, and looks no other, than the lines of one cell."""
    above = run[-1][0]
    return abs(above.size - line.size) < 0.6 and line.baseline - above.baseline <= _LOOSER * _least_step(run, line)


def _least_step(run: Sequence[Sequence[Line]], line: Line) -> float:
    """How far the lines of a cell are apart: as those of the run that are nearest."""
    steps = [below[0].baseline - above[0].baseline for above, below in pairwise(run)]
    return min([*steps, 1.3 * line.size])


def _cells_below(run: Sequence[Sequence[Line]]) -> list[list[list[Line]]]:
    """The lines of each cell, row by row. White parts the rows; where there is none, each begins where the first column does."""
    first = run[0]
    steps = [below[0].baseline - above[0].baseline for above, below in pairwise(run)]
    is_parted = bool(steps) and max(steps) > _LOOSER * min(steps)
    found: list[list[list[Line]]] = []
    for step, row in zip([float("inf"), *steps], run, strict=True):
        cells: list[list[Line]] = [[] for _ in first]
        for line in row:
            cells[_column(line, first) or 0].append(line)
        begins = cells[0] and (all(cells) or (len(row) > 1 and _starts_sentence(cells[0][0])))
        if not found or (step > _LOOSER * min(steps) if is_parted else begins):
            found.append(cells)
        else:
            for above, cell in zip(found[-1], cells, strict=True):
                above.extend(cell)
    return found


def _is_numbered_row(row: Sequence[Line]) -> bool:
    """Whether the first cell is only a number or bullet in front of the second."""
    mark = label(row[0].text)
    return (
        (mark is not None and not mark.rest)
        or len(row[0].text) < 2
        or (BULLET.match(row[0].text + " x") is not None and len(row[0].text) < 3)
    )


def _aligned_block(run: Sequence[Sequence[Line]], page: int, known: frozenset[str]) -> Block:
    rows = _cells_below(run)
    texts = tuple(tuple(flow([line.text for line in cell], known) for cell in row) for row in rows)
    bold = [all(line.bold for cell in row for line in cell) for row in rows]
    marked = [each and not all(bold) for each in bold]
    return Block(BlockKind.TABLE, "", page=page, rows=texts, header_rows=header_rows(texts, marked))


# -- flowing text ----------------------------------------------------------------------------------------------------


def _goes_on(before: Block, after: Block) -> bool:
    """Whether a block is the rest of the paragraph or table that the column or page before ends with."""
    ends = before.row_pages[-1] if before.row_pages else before.page
    if ends is None or after.page is None or after.page not in (ends, ends + 1):
        return False
    if before.kind is BlockKind.TABLE and after.kind is BlockKind.TABLE:
        return after.page > ends and bool(before.rows) and len(before.rows[0]) == len(after.rows[0])
    if before.kind is BlockKind.TABLE or after.kind is not BlockKind.PARAGRAPH or before.bold != after.bold:
        return False
    if before.text.rstrip().endswith((".", ":", "!", "?")) or label(after.text):
        return False
    return after.text[:1].islower() or before.text.rstrip().endswith((",", "-", "and", "or", "the", "of"))


def _joined(before: Block, after: Block, known: frozenset[str]) -> Block:
    if before.kind is BlockKind.TABLE:
        repeated = before.header_rows and after.rows[: before.header_rows] == before.rows[: before.header_rows]
        parting = ((after.text,) * len(after.rows[0]),) if after.text else ()
        rest = after.rows[before.header_rows :] if repeated else after.rows
        pages = before.row_pages or (before.page,) * len(before.rows)
        rows = parting + rest
        return replace(before, rows=before.rows + rows, row_pages=pages + (after.page,) * len(rows))
    return replace(before, text=flow([before.text, after.text], known))
