"""Small raised numbers, as marks of footnotes and powers are set."""

from __future__ import annotations

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def raised(number: str) -> str:
    """A number in raised digits: without them the mark of a note behind "50" would make 502 of it."""
    return number.translate(_RAISED)
