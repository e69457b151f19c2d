"""Plain text as paragraphs: wrapped lines put together, items and headings on their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

_LINE_OF_ITS_OWN = re.compile(
    r"\s*(?:[-*•·–▪◦]\s|\(?\d{1,3}[.)]\s|\d{1,3}(?:\.\d{1,3})+\.?\s|\([a-z]{1,4}\)\s|[a-z][.)]\s|(?:Article|Section|Schedule|Annex|Appendix|§)\s*[\dIVXA-Z])"
)
_RULE = re.compile(r"\s*([-=_*~#])\1{2,}\s*")


#: A line of a table: wide gaps or bars part its words.
_CELLS = re.compile(r"\S\s{2,}\S|\||\t")


#: Lines that are wrapped are at least this wide.
_NARROWEST = 50


def paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of plain text: wrapped lines joined; a line that begins with a number or bullet on its own, and one that stops
    though the next word would have fitted."""
    lines = text.expandtabs().replace("\f", "\n\n").splitlines()
    for _, block in groupby(lines, key=lambda line: bool(line.strip()) and not _RULE.fullmatch(line)):
        yield from _of_block([line.rstrip() for line in block if line.strip() and not _RULE.fullmatch(line)])


def lines_apart(text: str) -> frozenset[str]:
    """The lines that stand between two empty ones and end no sentence: they may head what follows."""
    lines = ["", *(line.strip() for line in text.replace("\f", "\n\n").splitlines()), ""]
    alone = (
        line for above, line, below in zip(lines, lines[1:], lines[2:], strict=False) if line and not (above or below)
    )
    return frozenset(line for line in alone if not line.endswith((".", "!", ":", ";", ",")))


def underlined(text: str) -> dict[str, int]:
    """The lines that a drawn line stands below, and an empty or a drawn one above, with the level of the heading that each is: the
    sign that is drawn with first is the outermost."""
    lines = ["", *(line.strip() for line in text.replace("\f", "\n\n").splitlines())]
    levels: dict[str, int] = {}
    found: dict[str, int] = {}
    for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
        is_drawn = _RULE.fullmatch(below) is not None and 2 * len(below) >= len(line)
        if (
            line
            and is_drawn
            and not (_RULE.fullmatch(line) or _CELLS.search(line))
            and (not above or _RULE.fullmatch(above))
        ):
            found[line] = levels.setdefault(below[0], len(levels) + 1)
    return found


def _of_block(lines: Sequence[str]) -> Iterator[str]:
    """The paragraphs of lines that follow on one another."""
    width = max([_NARROWEST, *map(len, lines)])
    gathered: list[str] = []
    for above, line in zip(["", *lines], lines, strict=False):
        if gathered and (_LINE_OF_ITS_OWN.match(line) or _stops(above, line, width)):
            yield " ".join(gathered)
            gathered = []
        gathered.append(line.strip())
    if gathered:
        yield " ".join(gathered)


def _stops(line: str, following: str, width: int) -> bool:
    """Whether a line ends before the margin, so that the next one begins something new."""
    first = following.split(maxsplit=1)[0]
    return line.endswith(":") or (len(line) + 1 + len(first) <= width and not first[0].islower())
