"""What small words and signs say: "and" or "or", "all", "was", "<", "½". A claim may change none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.terms import STOP_WORDS, terms

_TOKEN = re.compile(r"[^\W\d_]+|\d[\d.,]*|[.;:!?]")
_SIGNED = re.compile(
    r"(?P<sign><=|>=|[<>≤≥±~≈]|(?<![\w)])(?<!\d )[-−](?=\d))\s?(?P<number>\d[\d.,]*\d|\d)|(?P<share>(?:(?<!\d)\d+ ?)?[½¼¾⅓⅔]|(?<!\d)(?<!\d[.,])\d[\d.,]*(?: ?‰|k\b))"
)
_ONE_SIGN = str.maketrans({"≤": "<", "≥": ">", "−": "-", "≈": "~", "=": "", " ": "", ",": ""})
_ALL = re.compile(r"\b(?:all|every|each|both|always|everyone|everybody|any|anyone|anybody)\b", re.IGNORECASE)
_WAS = re.compile(r"\b(?:was|were|had|used to)\b", re.IGNORECASE)
_IS = re.compile(r"\b(?:is|are|has|have)\b", re.IGNORECASE)
#: What other languages write alike.
_ELSEWHERE_TOO = frozenset("a also am an as so in was will all me on her".split())
_OF_ENGLISH = (STOP_WORDS - _ELSEWHERE_TOO) | frozenset(
    "must may shall should not no only each every after before".split()
)
_MOST_BETWEEN = 12  #: words of an English sentence for each of these


def signs(text: str) -> frozenset[str]:
    """Numbers with the signs that change them, in one spelling: {"<10", "-5", "½", "2k"}."""
    found = (match["share"] or match["sign"] + match["number"] for match in _SIGNED.finditer(text))
    return frozenset(each.translate(_ONE_SIGN) for each in found)


def speaks_of_all(text: str) -> bool:
    """Whether a text says that something holds for all, or always."""
    return bool(_ALL.search(text))


def is_over(text: str) -> bool:
    """Whether a text only says how something was."""
    return bool(_WAS.search(text)) and not _IS.search(text)


def links(text: str) -> Iterator[tuple[str, str, str]]:
    """Stems joined by "and" or "or", each with what joins them: ("manag", "and", "hr")."""
    tokens = [token.lower() for token in _TOKEN.findall(text)]
    for at, token in enumerate(tokens):
        if token in ("and", "or"):
            before = _nearest(tokens[max(0, at - 3) : at][::-1])
            after = _nearest(tokens[at + 1 : at + 4])
            if before and after:
                yield before, token, after


def _nearest(tokens: list[str]) -> str | None:
    return next((stem for token in tokens for stem in terms(token)), None)


def is_english(text: str) -> bool:
    """Whether the words between a text's words are English: what is read as facts must be."""
    words = [token.lower() for token in _TOKEN.findall(text) if token[0].isalpha()]
    return sum(word in _OF_ENGLISH for word in words) * _MOST_BETWEEN >= len(words) > 0
