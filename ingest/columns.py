"""The lines of a page in reading order, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median

from ingest.page import Line

#: Cells of tables have fewer lines.
_LONGEST_CELL = 8


def in_reading_order(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines as regions to be read one after the other: whole columns where the page has them, two or more."""
    gutter = _gutter(lines)
    if gutter is None:
        return [list(lines)] if lines else []
    return [column for region in _beside(lines, gutter) for column in in_reading_order(region)]


def _beside(lines: Sequence[Line], gutter: float) -> list[list[Line]]:
    """What stands on either side of a gutter, and what crosses it, in the order in which it is read."""
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


def _gutter(lines: Sequence[Line], *, nested: bool = False) -> float | None:
    """The x of a white strip with a text column on either side, or with several on one of them; None where there is one column.

    :param nested: whether these lines are one side of another gutter.
    """
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
        sides = (left, gutter - left_edge), (right, right_edge - gutter)
        narrow = [side for side, room in sides if _fill(side, room) < 0.6]
        # Three columns are a table more often than a text.
        if (nested or narrow) and not all(_is_prose(side) for side, _ in sides if side not in narrow):
            continue
        if narrow and (nested or len(narrow) > 1 or _gutter(narrow[0], nested=True) is None):
            continue
        if best is None or crossing < best[0]:
            best = (crossing, gutter)
    return best[1] if best else None


def _is_prose(lines: Sequence[Line]) -> bool:
    """Whether lines are a text that flows: some paragraph is longer than the cells of tables are, and lines go on with small letters."""
    steps = [below.baseline - above.baseline for above, below in pairwise(lines)]
    least = min((step for step in steps if step > 1), default=0.0)
    longest = max(
        (len(list(run)) for near, run in groupby(steps, key=lambda step: step <= 1.2 * least) if near), default=0
    )
    goes_on = sum(1 for line in lines if line.text[:1].islower())
    return longest + 1 >= _LONGEST_CELL and goes_on >= 0.4 * len(lines)


def _fill(lines: Sequence[Line], width: float) -> float:
    """How much of a column's width its typical line takes: text fills it, labels and values don't."""
    return median(line.right - line.left for line in lines) / max(width, 1)
