"""The lines of a page in reading order, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from ingest.page import Line


def in_reading_order(lines: Sequence[Line]) -> list[list[Line]]:
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
