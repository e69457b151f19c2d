"""Diagrams of office files ("SmartArt"): what stands in their boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
#: Boxes that hold a text; others only join these.
_BOXES = ("node", "asst")


def references(drawing: Any) -> Iterator[str]:
    """The relations by which a drawing refers to the data of its diagrams."""
    yield from (name for node in drawing.iter(f"{_D}relIds") if (name := node.get(f"{_R}dm")))


def texts(data: Any) -> Iterator[str]:
    """The paragraphs of a diagram's boxes, in the order in which they were written.

    :param data: the root of its data part.
    """
    for box in data.iter(f"{_D}pt"):
        if box.get("type", "node") in _BOXES:
            for paragraph in box.iter(f"{_A}p"):
                if said := " ".join("".join(words.text or "" for words in paragraph.iter(f"{_A}t")).split()):
                    yield said
