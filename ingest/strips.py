"""Tables ruled across only: rows lie between drawn lines, columns where white runs down through the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from statistics import median

from ingest.grid import Grid, in_one
from ingest.numbering import label
from ingest.page import Line, Rule, rows_of

#: Lines of text side by side.
Row = list[Line]
#: Rows below each other: what stands between two drawn lines, or in one row of a table.
Strip = list[Row]
Span = tuple[float, float]

#: White between columns is at least so wide, in font sizes; between words it seldom is, and not in each line at one place.
_GAP = 0.6
#: White between two rows of a table is no higher, in font sizes.
_APART = 1.5
#: Baselines of two rows are so much further apart than those of a cell's lines.
_LOOSER = 1.2


def strip_grids(rules: Sequence[Rule], lines: Sequence[Line]) -> list[Grid]:
    """Tables whose rows are parted by lines across while none parts their columns: at least two rows of two cells or more.

    Rows may stand above the first line and below the last: where the header alone has a line, white parts the rows below it.

    :param rules: those of no other table.
    :param lines: the text of no other table, from the top down.
    """
    across = [rule for rule in rules if rule.is_across and not any(_underlines(rule, line) for line in lines)]
    found: list[Grid] = []
    for stack in _stacks(in_one(across)):
        sides = min(rule.x0 for rule in stack) - 3, max(rule.x1 for rule in stack) + 3
        rows = rows_of([line for line in lines if sides[0] <= line.left and line.right <= sides[1]])
        for run in sorted(_runs(stack, rows), key=len, reverse=True):
            grid = _grid(run, rows, sides)
            # A line that is left alone may find rows that another table has.
            if grid is not None and not any(grid.ys[0] < each.ys[-1] and each.ys[0] < grid.ys[-1] for each in found):
                found.append(grid)
    return found


def _underlines(rule: Rule, line: Line) -> bool:
    """Whether a line runs below the words of a line of text, or on behind them for something to be filled in."""
    beside = rule.x0 < line.right + line.size and rule.x1 > line.left - line.size
    return beside and -line.size < rule.y0 - line.baseline < 0.2 * line.size


def _stacks(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Lines below each other, from the top down: none reaches further to a side than the longest, nor is half as short."""
    stacks: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: rule.x0 - rule.x1):
        stack = next((each for each in stacks if _goes_with(rule, each[0])), None)
        if stack is None:
            stacks.append([rule])
        else:
            stack.append(rule)
    return [sorted(stack, key=lambda rule: rule.y0) for stack in stacks]


def _goes_with(rule: Rule, longest: Rule) -> bool:
    is_within = longest.x0 - 3 <= rule.x0 and rule.x1 <= longest.x1 + 3
    return is_within and rule.x1 - rule.x0 >= 0.5 * (longest.x1 - longest.x0)


def _runs(stack: Sequence[Rule], rows: Strip) -> Iterator[list[Rule]]:
    """The lines of each table: a text between two of them, or much white, parts two tables."""
    run = [stack[0]]
    for above, below in pairwise(stack):
        strip = _between(rows, above.y0, below.y0)
        is_text = len(strip) > 1 and len(_segments(strip)) == 1
        if is_text or (not strip and rows and below.y0 - above.y0 > 2 * _size(rows)):
            yield run
            run = []
        run.append(below)
    yield run


def _grid(run: Sequence[Rule], rows: Strip, sides: Span) -> Grid | None:
    """The table around lines, None where there is none."""
    first, last = run[0].y0, run[-1].y0
    ruled = [strip for above, below in pairwise(run) if (strip := _between(rows, above.y0, below.y0))]
    upwards = [row for row in reversed(rows) if _middle(row) < first]
    above = [] if ruled else _header(upwards, first)
    above = _extended([*ruled, above], upwards[len(above) :], min([first, *map(_top, above)])) + above
    below = _extended([*ruled, above], [row for row in rows if _middle(row) > last], last)
    gaps = _gaps([*ruled, *([row] for row in (*above, *below))])
    strips = [strip for strip in (above, *ruled, below) if strip]
    # Where only the header has lines, none parts the rows.
    table = [row for strip in strips for row in _parted(strip, gaps, tight=len(strips) < 3)]
    gaps = _gaps(table)  # a line of a cell says less than the row
    while table and len(_filled(table[-1], gaps)) < 2 and _middle(table[-1][0]) > last:
        table.pop()
    while table and len(_filled(table[0], gaps)) < 2 and _middle(table[0][-1]) < first:
        del table[0]
    if sum(1 for row in table if len(_filled(row, gaps)) > 1) < 2 or _is_list(table, gaps):
        return None
    ys = [min(map(_top, table[0])) - 1, *(_border(run, *pair) for pair in pairwise(table)), _lowest(table[-1]) + 1]
    xs = [sides[0], *((begin + end) / 2 for begin, end in gaps), sides[1]]
    uprights = [
        Rule(x, y0, x, y1)
        for row, (y0, y1) in zip(table, pairwise(ys), strict=True)
        for x in (xs[0], *_walls(row, xs[1:-1]), xs[-1])
    ]
    white = [Rule(sides[0], y, sides[1], y) for y in ys if not any(rule.y0 == y for rule in run)]
    return Grid(tuple(xs), tuple(ys), tuple(uprights), (*run, *white))


# -- rows ------------------------------------------------------------------------------------------------------------


def _between(rows: Strip, above: float, below: float) -> Strip:
    return [row for row in rows if above <= _middle(row) < below]


def _header(upwards: Strip, y: float) -> Strip:
    """What stands right above a line, from the top down, as far up as it takes to find two cells beside each other."""
    header: Strip = []
    for row in upwards[:4]:
        if y - _bottom(row) > _APART * row[0].size:
            break
        header.insert(0, row)
        y = _top(row)
        if len(_segments(header)) > 1:
            return header
    return []


def _extended(strips: Sequence[Strip], rows: Strip, y: float) -> Strip:
    """The rows that go on a table from one of its ends, from the top down: near each other, with white where its columns part.

    :param rows: those beyond that end, the nearest first.
    :param y: where the table ends so far.
    """
    gone: Strip = []
    for row in rows:
        gaps = _gaps([*strips, *([each] for each in gone)])
        white = max(_top(row) - y, y - _bottom(row))
        if white > _APART * row[0].size or not gaps or _crosses(row, gaps):
            break
        gone.append(row)
        y = _bottom(row) if _top(row) > y else _top(row)
    return sorted(gone, key=_top) if len(_segments(gone)) > 1 else []


def _parted(strip: Strip, gaps: Sequence[Span], *, tight: bool) -> list[Strip]:
    """The rows of a table that no drawn line parts: by the white between them; where there is none and no other row of the table
    tells, each begins where the first column does."""
    step = min(_steps(strip, gaps), default=float("inf"))
    parts: list[Strip] = [[strip[0]]]
    for above, row in pairwise(strip):
        if row[0].baseline - above[0].baseline > _LOOSER * step:
            parts.append([])
        parts[-1].append(row)
    if len(parts) == 1 and tight:
        parts = [[row] for row in strip]
    found: list[Strip] = []
    for part in parts:
        begins = _in_column(part, 0, gaps)
        if found and (not begins or (tight and begins[:1].islower())):
            found[-1] = [*found[-1], *part]
        else:
            found.append(part)
    return found


def _steps(strip: Strip, gaps: Sequence[Span]) -> Iterator[float]:
    """How far the lines of each column are apart."""
    above: dict[int, float] = {}
    for row in strip:
        for column in _filled([row], gaps):
            if column in above:
                yield row[0].baseline - above[column]
            above[column] = row[0].baseline


def _border(run: Sequence[Rule], above: Strip, below: Strip) -> float:
    """Where two rows part: at a drawn line, else in the middle of the white."""
    begin, end = _middle(above[-1]), _middle(below[0])
    drawn = next((rule.y0 for rule in run if begin < rule.y0 <= end), None)
    return drawn if drawn is not None else (_lowest(above) + min(map(_top, below))) / 2


def _walls(row: Strip, between: Sequence[float]) -> list[float]:
    """Where the cells of a row part; what stands in it alone and crosses a column's edge is merged over all of it."""
    segments = _segments(row)
    walls = [x for x in between if not any(begin < x < end for begin, end in segments)]
    return walls if len(segments) > 1 or len(walls) == len(between) else []


def _is_list(table: Sequence[Strip], gaps: Sequence[Span]) -> bool:
    """Whether what stands first in most rows only numbers what stands beside it, and no header says what the numbers are."""
    firsts = [_in_column(row, min(filled), gaps) for row in table if len(filled := _filled(row, gaps)) > 1]
    numbered = [_only_numbers(text) for text in firsts]
    return 2 * sum(numbered) > len(numbered) and (numbered[0] or len(gaps) == 1)


def _only_numbers(text: str) -> bool:
    marks = [label(word) for word in text.split()]
    return len(text) == 1 or all(mark is not None and not mark.rest for mark in marks)


# -- columns ---------------------------------------------------------------------------------------------------------


def _gaps(strips: Iterable[Strip]) -> list[Span]:
    """The white between columns: where fewer rows have words than on either side, and but a few, whose cells are merged."""
    spread = [(strip, segments) for strip in strips if len(segments := _segments(strip)) > 1]
    least = _GAP * _size([row for strip, _ in spread for row in strip])
    ends = Counter(begin for _, segments in spread for begin, _ in segments)
    ends.subtract(end for _, segments in spread for _, end in segments)
    places = sorted(x for x, step in ends.items() if step)
    covered = [0, *accumulate(ends[x] for x in places)]
    return [
        (begin, end)
        for at, (begin, end) in enumerate(pairwise(places), start=1)
        if covered[at] <= len(spread) // 4 and covered[at - 1] > covered[at] < covered[at + 1] and end - begin >= least
    ]


def _segments(strip: Strip) -> list[Span]:
    """Where a strip has words, from left to right, over all its lines; words as near as in a sentence are one segment."""
    size = _size(strip)
    found: list[Span] = []
    for left, right in sorted((word.left, word.right) for row in strip for line in row for word in line.words):
        if found and left - found[-1][1] < _GAP * size:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return found


def _crosses(row: Row, gaps: Sequence[Span]) -> bool:
    """Whether a row leaves too little white in a gap."""
    least = _GAP * _size([row])
    return any(not any(white >= least for white in _white_in(gap, _segments([row]))) for gap in gaps)


def _white_in(gap: Span, segments: Sequence[Span]) -> Iterator[float]:
    begin = gap[0]
    for left, right in segments:
        yield min(left, gap[1]) - begin
        begin = max(begin, right)
    yield gap[1] - begin


def _filled(strip: Strip, gaps: Sequence[Span]) -> set[int]:
    return {_column(begin, gaps) for begin, _ in _segments(strip)}


def _in_column(strip: Strip, column: int, gaps: Sequence[Span]) -> str:
    words = (word for row in strip for line in row for word in line.words)
    return " ".join(word.text for word in words if _column(word.left, gaps) == column)


def _column(x: float, gaps: Sequence[Span]) -> int:
    return sum(1 for begin, end in gaps if (begin + end) / 2 < x)


def _size(strip: Strip) -> float:
    return median([line.size for row in strip for line in row] or [0.0])


def _middle(row: Row) -> float:
    return (_top(row) + _bottom(row)) / 2


def _top(row: Row) -> float:
    return min(line.top for line in row)


def _bottom(row: Row) -> float:
    return max(line.bottom for line in row)


def _lowest(strip: Strip) -> float:
    return max(map(_bottom, strip))
