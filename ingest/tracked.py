"""Tracked changes of a Word file, accepted: what was inserted is read, what was deleted or moved away is not."""

from __future__ import annotations

from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_GONE = (f"{_W}del", f"{_W}moveFrom")
_COME = (f"{_W}ins", f"{_W}moveTo")
#: Elements whose insertion is a mark in their properties, around nothing.
_PROPERTIES = (f"{_W}rPr", f"{_W}trPr")


def accept(root: Any) -> bool:
    """Take out what was deleted and the marks of what was inserted; whether there was any.

    A paragraph whose end was deleted goes on in the one below it.
    """
    gone = list(root.iter(*_GONE))
    come = list(root.iter(*_COME))
    for paragraph in root.iter(f"{_W}p"):
        if any(paragraph.find(f"{_W}pPr/{_W}rPr/{mark}") is not None for mark in _GONE):
            _join(paragraph, paragraph.getnext())
    for node in gone:
        row = node.getparent().getparent()
        if node.getparent().tag == f"{_W}trPr" and row.getparent() is not None:
            row.getparent().remove(row)
        node.getparent().remove(node)
    for node in come:
        if node.getparent().tag not in _PROPERTIES:
            unwrap(node)
    return bool(gone or come)


def _join(paragraph: Any, following: Any) -> None:
    """Put a paragraph's content in front of the following one's; that one's properties are those of both."""
    if following is None or following.tag != f"{_W}p" or paragraph.find(f"{_W}pPr/{_W}sectPr") is not None:
        return
    place = 1 if following.find(f"{_W}pPr") is not None else 0
    for node in paragraph.findall("*"):
        if node.tag != f"{_W}pPr":
            following.insert(place, node)
            place += 1


def unwrap(node: Any) -> None:
    """Put a wrapper's children in its place; the properties of a content control go with it."""
    parent = node.getparent()
    if parent is None:
        return
    position = parent.index(node)
    for child in list(node):
        if child.tag in (f"{_W}sdtPr", f"{_W}sdtEndPr"):
            continue
        parent.insert(position, child)
        position += 1
    parent.remove(node)
