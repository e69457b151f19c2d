"""Plain text as paragraphs: wrapped lines put together, items and headings on their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE_OF_ITS_OWN = re.compile(
    r"\s*(?:[-*•·–▪◦]\s|\(?\d{1,3}[.)]\s|\d{1,3}(?:\.\d{1,3})+\.?\s|\([a-z]{1,4}\)\s|[a-z][.)]\s|(?:Article|Section|Schedule|Annex|Appendix|§)\s*[\dIVXA-Z])"
)
_RULE = re.compile(r"\s*([-=_*~#])\1{2,}\s*")


def paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of plain text: wrapped lines joined, a line that begins with a number or bullet on its own."""
    gathered: list[str] = []
    for line in [*text.replace("\f", "\n\n").splitlines(), ""]:
        stops = (
            not line.strip()
            or _RULE.fullmatch(line)
            or _LINE_OF_ITS_OWN.match(line)
            or (gathered and _is_short(gathered[-1], line))
        )
        if stops and gathered:
            yield " ".join(gathered)
            gathered = []
        if line.strip() and not _RULE.fullmatch(line):
            gathered.append(line.strip())


def _is_short(line: str, following: str) -> bool:
    """Whether a line stops well before the margin, so that the next one begins something new."""
    return (len(line) < 60 and len(line) < 0.6 * len(following.strip())) or line.endswith(":")
