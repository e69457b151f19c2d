"""Lines drawn on a picture of a page: the borders of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.page import Rule

if TYPE_CHECKING:
    from ingest.ocr import Picture

#: Shorter runs of ink are letters, or the edges of pictures, in points.
_SHORTEST_ACROSS, _SHORTEST_DOWN = 36.0, 24.0
#: Thicker ones are boxes.
_THICKEST = 3.0
#: Ink is so much darker than the paper around it, of 255: thin lines come out of a scanner as a pale grey.
_DARKER = 45
#: A page with more lines than this is a drawing.
_MOST = 1_000
#: Less of a slope moves no line by a pixel.
_LEAST_SLOPE = 0.0005


def rules_of(picture: Picture, slope: float = 0.0) -> list[Rule]:
    """The straight lines of a picture, in points of the page set upright; none for a drawing full of them.

    :param slope: by how much its lines of text fall from left to right: height over width.
    """
    ink = _ink(picture, slope)
    scale = 72 / picture.dpi
    across = [Rule(x0 * scale, y * scale, x1 * scale, y * scale) for y, x0, x1 in _runs(ink, scale, _SHORTEST_ACROSS)]
    down = [Rule(x * scale, y0 * scale, x * scale, y1 * scale) for x, y0, y1 in _runs(ink.T, scale, _SHORTEST_DOWN)]
    found = across + down
    return found if len(found) <= _MOST else []


def upright(x: float, y: float, slope: float) -> tuple[float, float]:
    """Where a place lies once the page is set upright; for the small slopes that scanners make."""
    return x + slope * y, y - slope * x


def _ink(picture: Picture, slope: float) -> Any:
    """Where ink is, as truths in rows, the page set upright."""
    import numpy as np

    if abs(slope) < _LEAST_SLOPE:
        grey = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.height, picture.width)
        return grey < np.median(grey) - _DARKER
    from PIL import Image

    page = Image.frombytes("L", (picture.width, picture.height), picture.pixels)
    # Pillow asks where each place of the new picture lies on the old one: `upright` the other way round.
    turned = page.transform(
        page.size, Image.Transform.AFFINE, (1, -slope, 0, slope, 1, 0), Image.Resampling.BILINEAR, fillcolor=255
    )
    grey = np.asarray(turned)
    return grey < np.median(grey) - _DARKER


def _runs(ink: Any, scale: float, shortest: float) -> Iterator[tuple[float, float, float]]:
    """Long thin runs of ink along the rows: place across them, beginning and end, in pixels."""
    import numpy as np

    least = int(shortest / scale)
    open_runs: list[list[int]] = []  # first row, last row, beginning, end
    for row in np.flatnonzero(np.count_nonzero(ink, axis=1) >= least):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], _bridged(ink[row]).view(np.int8), [0]))))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            if end - begin < least:
                continue
            beside = next((run for run in open_runs if row - run[1] <= 2 and begin < run[3] and end > run[2]), None)
            if beside is None:
                open_runs.append([int(row), int(row), int(begin), int(end)])
            else:
                beside[1:] = [int(row), min(beside[2], int(begin)), max(beside[3], int(end))]
    for first, last, begin, end in open_runs:
        if (last - first + 1) * scale <= _THICKEST:
            yield (first + last) / 2, begin, end


def _bridged(row: Any) -> Any:
    """A row with gaps of a pixel or two filled: scans are noisy."""
    filled = row.copy()
    filled[1:-1] |= row[:-2] & row[2:]
    filled[1:-2] |= row[:-3] & row[3:]
    return filled
