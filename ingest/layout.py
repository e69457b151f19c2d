"""From words on pages to blocks in reading order: lines, columns, tables, paragraphs; page furniture left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ingest.outline import label
from ingest.records import Block, BlockKind

BULLET = re.compile(r"^(?:[•◦▪■□●○–—*·∙‣⁃➢❖✓✔☐☑☒\uf0b7\uf0a7\uf0d8]|-|o(?=\s+[A-Z]))\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class Word:
    """A word on an upright page; points from the top left corner."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    baseline: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line drawn on the page, across or down."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def is_across(self) -> bool:
        return self.y0 == self.y1


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    width: float
    height: float
    words: list[Word]
    rules: list[Rule]


@dataclass(frozen=True, slots=True)
class Line:
    """Words side by side on one baseline, without a gap wider than a column's."""

    words: tuple[Word, ...]
    left: float
    right: float
    top: float
    bottom: float
    baseline: float

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def size(self) -> float:
        return max(
            Counter({word.size: 0 for word in self.words} | _letters(self.words)).items(), key=lambda item: item[1]
        )[0]

    @property
    def bold(self) -> bool:
        return all(word.bold for word in self.words if any(letter.isalnum() for letter in word.text))

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def _letters(words: Sequence[Word]) -> dict[float, int]:
    counts: dict[float, int] = {}
    for word in words:
        counts[word.size] = counts.get(word.size, 0) + len(word.text)
    return counts


def blocks(pages: Sequence[Page]) -> list[Block]:
    """The pages' blocks in reading order. Running headers, footers and page numbers are left out; a paragraph that goes on
    over the page break is one block, on the page it begins."""
    lines = {page.number: _lines(page.words) for page in pages}
    furniture = _furniture(pages, lines)
    known = _vocabulary(pages)
    gathered: list[Block] = []
    for page in pages:
        body = [line for line in lines[page.number] if (page.number, line.baseline, line.left) not in furniture]
        for block in _page_blocks(page, body, known):
            if gathered and _goes_on(gathered[-1], block):
                gathered[-1] = _joined(gathered[-1], block, known)
            else:
                gathered.append(block)
    return gathered


# -- lines -----------------------------------------------------------------------------------------------------------


def _lines(words: Sequence[Word]) -> list[Line]:
    """Words gathered into lines, top to bottom, then left to right. A wide gap ends a line: another column or cell begins."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.baseline, word.left)):
        for row in reversed(rows[-3:]):
            if abs(row[-1].baseline - word.baseline) <= 0.25 * max(word.size, 1) or _is_raised(row, word):
                row.append(word)
                break
        else:
            rows.append([word])
    lines: list[Line] = []
    for row in rows:
        row.sort(key=lambda word: word.left)
        current = [row[0]]
        for word in row[1:]:
            if word.left - current[-1].right > 1.5 * max(word.size, current[-1].size):
                lines.append(_line(current))
                current = []
            current.append(word)
        lines.append(_line(current))
    lines.sort(key=lambda line: (line.baseline, line.left))
    return lines


def _is_raised(row: Sequence[Word], word: Word) -> bool:
    """Whether a small word belongs to a line beside it: a superscript or subscript."""
    return any(
        abs(beside.baseline - word.baseline) < 0.6 * beside.size
        and word.size < 0.8 * beside.size
        and abs(word.left - beside.right) < 0.3 * beside.size
        for beside in row
    )


def _line(words: Sequence[Word]) -> Line:
    size = max(word.size for word in words)
    main = next(word for word in words if word.size >= 0.8 * size)
    return Line(
        tuple(words),
        words[0].left,
        max(word.right for word in words),
        min(word.top for word in words),
        max(word.bottom for word in words),
        main.baseline,
    )


# -- page furniture --------------------------------------------------------------------------------------------------

_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–—|]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*(?:(?:of|von|/|\|)\s*\d{1,4})?\s*[-–—|]?",
    re.IGNORECASE,
)
_MASK = re.compile(r"\d+|\b[ivxlc]+\b")
#: How many rows at the top and bottom of a page may be furniture.
_EDGE_ROWS = 12


def _furniture(pages: Sequence[Page], lines: dict[int, list[Line]]) -> set[tuple[int, float, float]]:
    """Rows at the edges of pages that say the same thing, but for numbers, at the same height on most other pages; and page numbers.

    Furniture reaches from the edge inwards without a gap. On the first page a running header in the body's size or larger is
    kept: it names the document.
    """
    rows = {page.number: _rows(lines[page.number]) for page in pages}
    seen: Counter[tuple[str, int]] = Counter()
    for found in rows.values():
        edge = {*range(min(_EDGE_ROWS, len(found))), *range(max(len(found) - _EDGE_ROWS, 0), len(found))}
        seen.update({(_masked(found[row]), place) for row in edge for place in _places(found[row])})
    with_text = sum(1 for found in rows.values() if found)
    needed = max(2, 0.5 * with_text) if with_text < 6 else max(3, 0.3 * with_text)
    body_size = median([word.size for page in pages for word in page.words] or [0])
    furniture: set[tuple[int, float, float]] = set()
    for page in pages:
        for inwards in (rows[page.number], rows[page.number][::-1]):
            at_top = inwards is rows[page.number]
            for depth, row in enumerate(inwards[:_EDGE_ROWS]):
                repeats = max(seen[_masked(row), place] for place in _places(row))
                is_number = depth < 2 and _PAGE_NUMBER.fullmatch(" ".join(line.text for line in row).strip()) is not None
                marginal = row[0].baseline > 0.85 * page.height or row[0].baseline < 0.12 * page.height
                if not (repeats >= needed or (is_number and marginal)):
                    break
                names_document = at_top and page.number == 1 and not is_number and row[0].size >= 0.97 * body_size
                if not names_document:
                    furniture.update((page.number, line.baseline, line.left) for line in row)
    return furniture


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines beside each other, from the top down."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and abs(rows[-1][0].baseline - line.baseline) <= 0.3 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _places(row: Sequence[Line]) -> tuple[int, int]:
    """Where a row stands, coarsely; two rows at about the same height share at least one place."""
    return round(row[0].baseline / 6), round(row[0].baseline / 6) + 1


def _masked(row: Sequence[Line]) -> str:
    return _MASK.sub("#", " ".join(line.text for line in row).casefold())


# -- tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: where its columns and rows are parted."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    uprights: tuple[Rule, ...]

    def column(self, row: int, x: float) -> int:
        """The column that a place in a row belongs to: the leftmost of those that the row has merged into one cell."""
        middle = (self.ys[row] + self.ys[row + 1]) / 2
        column = _slot(self.xs, x)
        while column > 0 and not self._is_walled(self.xs[column], middle):
            column -= 1
        return column

    def _is_walled(self, x: float, y: float) -> bool:
        return any(abs(rule.x0 - x) <= 5 and rule.y0 - 2 <= y <= rule.y1 + 2 for rule in self.uprights)

    def holds(self, line: Line) -> bool:
        middle = (line.top + line.bottom) / 2
        return self.xs[0] - 2 <= line.middle <= self.xs[-1] + 2 and self.ys[0] - 2 <= middle <= self.ys[-1] + 2


def _grids(rules: Sequence[Rule]) -> list[Grid]:
    """Tables drawn with lines: at least two rows and two columns whose borders cross."""
    across = _merged([rule for rule in rules if rule.is_across])
    down = _merged([rule for rule in rules if not rule.is_across])
    groups: list[tuple[list[Rule], list[Rule]]] = []
    for upright in down:
        crossing = [
            rule
            for rule in across
            if rule.x0 - 3 <= upright.x0 <= rule.x1 + 3 and upright.y0 - 3 <= rule.y0 <= upright.y1 + 3
        ]
        if not crossing:
            continue
        touched = [group for group in groups if any(rule in group[0] for rule in crossing)]
        merged: tuple[list[Rule], list[Rule]] = (list(crossing), [upright])
        for group in touched:
            groups.remove(group)
            merged[0].extend(rule for rule in group[0] if rule not in merged[0])
            merged[1].extend(group[1])
        groups.append(merged)
    grids = []
    for flat, uprights in groups:
        xs, ys = _distinct([rule.x0 for rule in uprights]), _distinct([rule.y0 for rule in flat])
        if len(xs) >= 3 and len(ys) >= 3:
            grids.append(Grid(tuple(xs), tuple(ys), tuple(uprights)))
    return sorted(grids, key=lambda grid: (grid.ys[0], grid.xs[0]))


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one line, put together: borders are often drawn cell by cell."""
    merged: list[Rule] = []
    for rule in sorted(
        rules, key=lambda rule: (round(rule.y0), rule.x0) if rule.is_across else (round(rule.x0), rule.y0)
    ):
        if merged:
            last = merged[-1]
            if rule.is_across and abs(last.y0 - rule.y0) < 2 and rule.x0 <= last.x1 + 4:
                merged[-1] = Rule(last.x0, last.y0, max(last.x1, rule.x1), last.y1)
                continue
            if not rule.is_across and abs(last.x0 - rule.x0) < 2 and rule.y0 <= last.y1 + 4:
                merged[-1] = Rule(last.x0, last.y0, last.x1, max(last.y1, rule.y1))
                continue
        merged.append(rule)
    return merged


def _distinct(places: Sequence[float]) -> list[float]:
    distinct: list[float] = []
    for place in sorted(places):
        if not distinct or place - distinct[-1] > 4:
            distinct.append(place)
    return distinct


def _grid_block(grid: Grid, words: Sequence[Word], page: int, known: frozenset[str]) -> Block | None:
    cells: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        row = _slot(grid.ys, (word.top + word.bottom) / 2)
        column = grid.column(row, word.left + 0.5)
        cells.setdefault((row, column), []).append(word)
    rows = []
    bold_rows = []
    for row in range(len(grid.ys) - 1):
        texts = tuple(_cell_text(cells.get((row, column), []), known) for column in range(len(grid.xs) - 1))
        if any(texts):
            rows.append(texts)
            bold_rows.append(
                all(word.bold for column in range(len(grid.xs) - 1) for word in cells.get((row, column), []))
            )
    filled = [column for column in range(len(grid.xs) - 1) if any(row[column] for row in rows)]
    if len(rows) < 2 or len(filled) < 2:
        return None
    kept = tuple(tuple(row[column] for column in filled) for row in rows)
    return Block(BlockKind.TABLE, "", page=page, rows=kept, header_rows=1 if _heads(kept, bold_rows) else 0)


def _heads(rows: Sequence[Sequence[str]], bold_rows: Sequence[bool]) -> bool:
    """Whether the first row names the columns: all its cells are filled and short, and it looks unlike the others."""
    first = rows[0]
    if not all(first) or any(len(cell) > 60 or cell.endswith(":") for cell in first):
        return False
    if bold_rows[0] and not all(bold_rows):
        return True
    return not any(re.search(r"\d", cell) for cell in first)


def _slot(places: Sequence[float], value: float) -> int:
    slot = sum(1 for place in places[1:-1] if place <= value)
    return min(slot, len(places) - 2)


def _cell_text(words: Sequence[Word], known: frozenset[str]) -> str:
    return _flow([line.text for line in _lines(words)], known) if words else ""


# -- columns ---------------------------------------------------------------------------------------------------------


def _in_reading_order(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines as regions to be read one after the other: whole columns where the page has them."""
    gutter = _gutter(lines)
    if gutter is None:
        return [list(lines)] if lines else []
    regions: list[list[Line]] = []
    left: list[Line] = []
    right: list[Line] = []
    for line in lines:
        if line.right <= gutter + 1:
            left.append(line)
        elif line.left >= gutter - 1:
            right.append(line)
        else:
            regions.extend(part for part in (left, right) if part)
            left, right = [], []
            if regions and regions[-1] and _crosses(regions[-1][-1], gutter):
                regions[-1].append(line)
            else:
                regions.append([line])
    regions.extend(part for part in (left, right) if part)
    return regions


def _crosses(line: Line, gutter: float) -> bool:
    return line.left < gutter - 1 and line.right > gutter + 1


def _gutter(lines: Sequence[Line]) -> float | None:
    """The x of a white strip with a text column on either side, None where the page has one column."""
    if len(lines) < 10:
        return None
    left_edge, right_edge = min(line.left for line in lines), max(line.right for line in lines)
    width = right_edge - left_edge
    best: tuple[int, float] | None = None
    starts = {round(line.left) for line in lines if 0.25 * width < line.left - left_edge < 0.75 * width}
    for start in sorted(starts):
        gutter = start - 2.0
        crossing = sum(1 for line in lines if _crosses(line, gutter))
        left = [line for line in lines if line.right <= gutter + 1]
        right = [line for line in lines if line.left >= gutter - 1]
        if crossing > 0.3 * len(lines) or min(len(left), len(right)) < 5:
            continue
        if _fill(left, gutter - left_edge) < 0.6 or _fill(right, right_edge - gutter) < 0.6:
            continue
        if best is None or crossing < best[0]:
            best = (crossing, gutter)
    return best[1] if best else None


def _fill(lines: Sequence[Line], width: float) -> float:
    """How much of a column's width its typical line takes: text fills it, labels and values don't."""
    return median(line.right - line.left for line in lines) / max(width, 1)


# -- blocks of one page ----------------------------------------------------------------------------------------------


def _page_blocks(page: Page, lines: Sequence[Line], known: frozenset[str]) -> list[Block]:
    grids = _grids(page.rules)
    tables: list[tuple[float, Block]] = []
    free = list(lines)
    for grid in grids:
        inside = [line for line in free if grid.holds(line)]
        block = _grid_block(grid, [word for line in inside for word in line.words], page.number, known)
        if block is not None:
            free = [line for line in free if not grid.holds(line)]
            tables.append((grid.ys[0], block))
    found: list[Block] = []
    for region in _in_reading_order(free):
        previous: list[Line] = []
        for line in region:
            while tables and tables[0][0] <= line.baseline and (not previous or previous[-1].baseline <= tables[0][0]):
                found.extend(_paragraphs(previous, page.number, known))
                previous = []
                found.append(tables.pop(0)[1])
            previous.append(line)
        found.extend(_paragraphs(previous, page.number, known))
    found.extend(block for _, block in tables)
    return found


def _paragraphs(lines: Sequence[Line], page: int, known: frozenset[str]) -> Iterator[Block]:
    """The paragraphs of one region; rows of aligned cells become tables."""
    rows = _rows(lines)
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
            yield _aligned_block(rows[position : position + aligned], page, known)
            position += aligned
            continue
        line = (
            rows[position][0]
            if len(rows[position]) == 1
            else _line([word for part in rows[position] for word in part.words])
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
        for before, after in zip(rows, rows[1:], strict=False)
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
    fits = previous.right + 0.35 * line.size + (line.words[0].right - line.words[0].left) < right_edge - 0.03 * (right_edge - left_edge)
    if fits and short and not centred and _starts_sentence(line) and not _is_unfinished(previous.text):
        return True
    if mark and (
        ended or short or mark.rest[:1].isupper() and line.left <= current[0].left + 1 and mark.series != "section"
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
    text = _flow([line.text for line in lines], known)
    bullet = BULLET.match(text)
    size = median(line.size for line in lines)
    bold = all(line.bold for line in lines)
    if bullet:
        return Block(BlockKind.ITEM, text[bullet.end() :].strip(), level=1, page=page, size=size)
    return Block(BlockKind.PARAGRAPH, text, page=page, size=size, bold=bold)


# -- cells aligned without rules -------------------------------------------------------------------------------------

_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}|_{4,}")


def _aligned_rows(rows: Sequence[Sequence[Line]], start: int) -> int:
    """How many rows from here on have their cells at the same places: at least three, of two cells or more."""
    first = rows[start]
    if len(first) < 2 or any(_LEADERS.search(line.text) for line in first) or _is_numbered_row(first):
        return 0
    starts = [line.left for line in first]
    count = 1
    for row in rows[start + 1 :]:
        if len(row) != len(starts) or _is_numbered_row(row):
            break
        if any(abs(line.left - place) > 6 for line, place in zip(row, starts, strict=True)):
            break
        count += 1
    return count if count >= 3 else 0


def _is_numbered_row(row: Sequence[Line]) -> bool:
    """Whether the first cell is only a number or bullet in front of the second."""
    mark = label(row[0].text)
    return (
        (mark is not None and not mark.rest)
        or len(row[0].text) < 2
        or BULLET.match(row[0].text + " x") is not None
        and len(row[0].text) < 3
    )


def _aligned_block(rows: Sequence[Sequence[Line]], page: int, known: frozenset[str]) -> Block:
    texts = tuple(tuple(line.text for line in row) for row in rows)
    bold = [all(line.bold for line in row) for row in rows]
    return Block(BlockKind.TABLE, "", page=page, rows=texts, header_rows=1 if bold[0] and not all(bold) else 0)


# -- flowing text ----------------------------------------------------------------------------------------------------


def _vocabulary(pages: Sequence[Page]) -> frozenset[str]:
    """The document's words that don't end a line: they decide how a word parted at a line's end is put together."""
    return frozenset(
        word.text.strip(".,;:()\"'“”").lower() for page in pages for word in page.words if not word.text.endswith("-")
    )


def _flow(texts: Sequence[str], known: frozenset[str]) -> str:
    """Lines as one text; a word parted by a hyphen at a line's end is one word again."""
    flowed = ""
    for text in texts:
        if not flowed:
            flowed = text
            continue
        parted = re.search(r"(\w+)-$", flowed)
        begun = re.match(r"[a-z]+", text)
        if parted and begun and parted[1][-1].isalpha():
            compound = f"{parted[1]}-{begun[0]}".lower()
            flowed = (
                flowed + text
                if compound in known and (parted[1] + begun[0]).lower() not in known
                else flowed[:-1] + text
            )
        elif flowed.endswith("-") and parted:
            flowed += text
        else:
            flowed += " " + text
    return flowed


_PREFIXES = frozenset({"anti", "co", "cross", "de", "ex", "non", "pro", "self", "vice", "well"})


def _is_compound(first: str, second: str, known: frozenset[str]) -> bool:
    """Whether a hyphen at a line's end belongs to the word; the rest of the document decides, then the word itself."""
    if first + second in known:
        return False
    if f"{first}-{second}" in known:
        return True
    return second in known and (first in _PREFIXES or (len(first) > 2 and first in known))


def _goes_on(before: Block, after: Block) -> bool:
    """Whether a block is the rest of the paragraph that the page before ends with."""
    if (
        before.page is None
        or after.page is None
        or after.page not in (before.page, before.page + 1)
        or before.page == after.page
    ):
        return False
    if before.kind is BlockKind.TABLE and after.kind is BlockKind.TABLE:
        return bool(before.rows) and len(before.rows[0]) == len(after.rows[0])
    if before.kind is BlockKind.TABLE or after.kind is not BlockKind.PARAGRAPH or before.bold != after.bold:
        return False
    if before.text.rstrip().endswith((".", ":", "!", "?")) or label(after.text):
        return False
    return after.text[:1].islower() or before.text.rstrip().endswith((",", "-", "and", "or", "the", "of"))


def _joined(before: Block, after: Block, known: frozenset[str]) -> Block:
    if before.kind is BlockKind.TABLE:
        repeated = before.header_rows and after.rows[: before.header_rows] == before.rows[: before.header_rows]
        return replace(before, rows=before.rows + (after.rows[before.header_rows :] if repeated else after.rows))
    return replace(before, text=_flow([before.text, after.text], known))
