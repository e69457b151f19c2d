"""Questions that compare: "which is longer, leave in Austria or in Portugal?" Documents say how long each is, not which is longer."""

from __future__ import annotations

import re

from assistant.times import COUNTS

#: "More than five" is an amount, and compares nothing.
_MORE = re.compile(
    r"\b(?:more|less|fewer|longer|shorter|higher|lower|better|worse|cheaper|bigger|larger|smaller|earlier|later|sooner|greater)\b"
    rf"(?! than (?:\d|(?:{'|'.join(COUNTS)})\b))",
    re.IGNORECASE,
)
_THAN = re.compile(r"\b(?:than|vs\.?|versus|compared (?:to|with))(?!\w)", re.IGNORECASE)
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_TOLD_APART = re.compile(r"\b(?:differences? between|compare[ds]?|vs\.?|versus)(?!\w)", re.IGNORECASE)
#: What asks which of two it is, and is no part of what they are.
_FRAME = frozenset(
    "which who where what is are do does did i we you they get gets has have the a an one there difference differences between compare "
    "compared".split()
)


def what_is_compared(question: str) -> str | None:
    """What a comparison is about, as it would be asked for by itself: "leave in Austria or in Portugal"; None where nothing is compared."""
    compares = _MORE.search(question) and (_OR.search(question) or _THAN.search(question))
    if not (compares or _TOLD_APART.search(question)):
        return None
    plain = _MORE.sub("", _THAN.sub("or", question))
    words = [word for word in plain.split() if word.strip(",?.!").lower() not in _FRAME and word.strip(",?.!")]
    return " ".join(words).rstrip("?!. ") + "?" if words else None
