"""Text to index terms: the words that BM25 counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from threading import local
from typing import Any
from unicodedata import normalize

#: Words too common to tell passages apart. Modals and negations are kept: "must", "may" and "not" carry a policy's sense.
STOP_WORDS = frozenset(
    "a about all also am an and any are as at be been being but by can could did do does doing for from had has have "
    "having he her him his how i if in into is it its me my of on or our out she so some such than that the their them "
    "then there these they this those to too up was we were what when where which while who whom why will with would "
    "you your s t".split()
)
# A number keeps its inner points and commas ("4.2", "1,000"); a word keeps no apostrophe ("employee's" -> "employee", "s").
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+", re.UNICODE)
#: The department, its own term as no other is written in capitals.
_IT = "IT"
_per_thread = local()


def terms(text: str) -> list[str]:
    """The index terms of a text, in order, repeats kept: without case, without stop words, English words stemmed.

    A letter with its accent is one however it was typed, and "ß" is "ss". "IT" in capitals is the department, not "it", unless
    its line has no other words but capitals and stop words are among them: "IS IT ALLOWED?".
    """
    text = normalize("NFC", text)
    if _IT not in text:
        return [term for word in _WORD.findall(text) if (term := _term(word))]
    return [term for line in text.split("\n") for term in _terms_of_line(line)]


def _terms_of_line(line: str) -> Iterator[str]:
    words: list[str] = _WORD.findall(line)
    shouted = line == line.upper() and any(word != _IT and not _term(word) for word in words)
    for word in words:
        if term := _IT if word == _IT and not shouted else _term(word):
            yield term


@lru_cache(maxsize=100_000)
def _term(word: str) -> str:
    """Empty for a stop word."""
    folded = normalize("NFC", word.casefold())
    return "" if folded in STOP_WORDS else str(_stemmer().stemWord(folded))


def _stemmer() -> Any:
    # A Snowball stemmer keeps state while it works, so threads may not share one.
    if not hasattr(_per_thread, "stemmer"):
        import Stemmer

        _per_thread.stemmer = Stemmer.Stemmer("english")
    return _per_thread.stemmer
