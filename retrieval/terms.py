"""Text to index terms: the words that BM25 counts."""

from __future__ import annotations

import re
from functools import lru_cache
from threading import local
from typing import Any

#: Words too common to tell passages apart. Modals and negations are kept: "must", "may" and "not" carry a policy's sense.
STOP_WORDS = frozenset(
    "a about all also am an and any are as at be been being but by can could did do does doing for from had has have "
    "having he her him his how i if in into is it its me my of on or our out she so some such than that the their them "
    "then there these they this those to too up was we were what when where which while who whom why will with would "
    "you your s t".split()
)
# A number keeps its inner points and commas ("4.2", "1,000"); a word keeps no apostrophe ("employee's" -> "employee", "s").
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+", re.UNICODE)
_per_thread = local()


def terms(text: str) -> list[str]:
    """The index terms of a text, in order, repeats kept: lower-cased, without stop words, English words stemmed."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


def _stemmer() -> Any:
    # A Snowball stemmer keeps state while it works, so threads may not share one.
    if not hasattr(_per_thread, "stemmer"):
        import Stemmer

        _per_thread.stemmer = Stemmer.Stemmer("english")
    return _per_thread.stemmer
