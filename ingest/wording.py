"""Two wordings beside each other, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from retrieval.terms import STOP_WORDS

_TOKEN = re.compile(r"[€£$]?\d+(?:[.,:/]\d+)*%?|[^\W\d_]+(?:[’'-][^\W\d_]+)*|\s+|.")


class Part(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of words that stayed, went or came."""

    part: Part
    text: str


def segments(old: str, new: str) -> tuple[Segment, ...]:
    """How one text becomes the other.

    What is ``SAME`` or ``REMOVED`` joins to the old text, what is ``SAME`` or ``ADDED`` to the new one. Removed words stand
    before those that came in their place. A lone short word between two changes counts as changed, for the reader's sake.
    """
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    made: list[Segment] = []
    removed = added = ""
    codes = matcher.get_opcodes()
    for at, (what, start, end, new_start, new_end) in enumerate(codes):
        kept = "".join(before[start:end])
        if what == "equal" and not (0 < at < len(codes) - 1 and _is_island(kept)):
            made.extend(_change(removed, added))
            made.append(Segment(Part.SAME, kept))
            removed = added = ""
        else:
            removed += kept
            added += "".join(after[new_start:new_end])
    made.extend(_change(removed, added))
    return tuple(made)


def _is_island(text: str) -> bool:
    """Whether words between two changes are too few to read by themselves."""
    words = re.findall(r"\w+", text)
    return not words or (len(words) == 1 and words[0].casefold() in STOP_WORDS)


def _change(removed: str, added: str) -> Iterator[Segment]:
    if removed:
        yield Segment(Part.REMOVED, removed)
    if added:
        yield Segment(Part.ADDED, added)
