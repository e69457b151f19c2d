"""Lines as flowing text: words parted at a line's end put together again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.page import Page


def vocabulary(pages: Sequence[Page]) -> frozenset[str]:
    """The document's words that don't end a line: they decide how a word parted at a line's end is put together."""
    return frozenset(
        word.text.strip(".,;:()\"'“”").lower() for page in pages for word in page.words if not word.text.endswith("-")
    )


def flow(texts: Sequence[str], known: frozenset[str]) -> str:
    """Lines as one text; a word parted by a hyphen at a line's end is one word again."""
    flowed = ""
    for text in texts:
        if not flowed:
            flowed = text
            continue
        parted = re.search(r"(\w+)-$", flowed)
        begun = re.match(r"[a-z]+", text)
        if parted and begun and parted[1][-1].isalpha():
            compound = f"{parted[1]}-{begun[0]}".lower()
            flowed = (
                flowed + text
                if compound in known and (parted[1] + begun[0]).lower() not in known
                else flowed[:-1] + text
            )
        elif flowed.endswith("-") and parted:
            flowed += text
        else:
            flowed += " " + text
    return flowed


_PREFIXES = frozenset({"anti", "co", "cross", "de", "ex", "non", "pro", "self", "vice", "well"})


def _is_compound(first: str, second: str, known: frozenset[str]) -> bool:
    """Whether a hyphen at a line's end belongs to the word; the rest of the document decides, then the word itself."""
    if first + second in known:
        return False
    if f"{first}-{second}" in known:
        return True
    return second in known and (first in _PREFIXES or (len(first) > 2 and first in known))
