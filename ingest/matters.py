"""Whether two rules could be on one matter: they share the words that tell, and are not for different cases."""

from __future__ import annotations

import re
from math import log

import numpy as np

from ingest.disagreement import Saying
from ingest.opposites import exclude_each_other
from ingest.rules import Rule
from retrieval.index import PassageIndex
from retrieval.terms import terms


class Weights:
    """How much a shared word tells: rare words more, by a library's own counts."""

    def __init__(self, index: PassageIndex) -> None:
        postings = index.lexical.postings
        self._known = postings.vocabulary
        self._holders = np.diff(postings.starts)
        self._passages = len(index)

    def of(self, word: str) -> float:
        at = self._known.get(word)
        holders = int(self._holders[at]) if at is not None else 0
        return log(1.5 + self._passages / (holders + 0.5))

    def shared(self, one: frozenset[str], other: frozenset[str]) -> float:
        """Share of the lighter set's weight that the other set has too, 0 to 1; 0 if one is empty."""
        if not one or not other:
            return 0.0
        lighter = min(sum(map(self.of, one)), sum(map(self.of, other)))
        return sum(map(self.of, one & other)) / lighter


def may_be_one(one: Rule, other: Rule, weights: Weights, *, shared_words: float) -> bool:
    """Whether two rules could be on one matter: both command or measure, or the one denies, and they share words.

    :param shared_words: the share of the lighter one's words that both need to have, by weight.
    """
    mine, theirs = one.saying, other.saying
    if not (mine.is_rule and theirs.is_rule) and mine.denies == theirs.denies:
        return False
    if one.row != other.row or are_apart(mine, theirs):
        return False
    return weights.shared(mine.words, theirs.words) >= shared_words


def are_apart(one: Saying, other: Saying) -> bool:
    """Whether two sentences are for different cases: other names on both sides, opposite circumstances, other people, or
    before here and after there."""
    if one.names - other.words and other.names - one.words:
        return True
    if exclude_each_other(one.words, other.words):
        return True
    if None not in (one.role, other.role) and one.role != other.role:
        return True
    if (one.opening or other.opening) and not {one.opening, other.opening} - {None} <= one.words & other.words:
        return True
    if _are_parallel(one, other) or _define_apart(one.text, other.text):
        return True
    return any(word in other.times and other.times[word] != time for word, time in one.times.items())


#: Subjects that mean whoever reads.
_ANYBODY = frozenset(terms("anyone everyone everybody anybody somebody employee staff worker person people colleague"))


def _are_parallel(one: Saying, other: Saying) -> bool:
    """Whether two sentences say the same of two subjects: "Managers approve …" and "Directors approve …"."""
    (first, second), (mine, theirs) = (one.subject, other.subject), (one.words, other.words)
    return (
        _ANYBODY.isdisjoint({first, second})
        and first not in theirs
        and second not in mine
        and mine - {first} == theirs - {second}
    )


_TERM = re.compile(r"^\W*[“\"'‘](?P<term>[^”\"'’]{1,60})[”\"'’]\s+(?:shall\s+)?(?:means?|is|are)\b")


def _define_apart(one: str, other: str) -> bool:
    """Whether two sentences define two terms."""
    mine, theirs = _TERM.match(one), _TERM.match(other)
    return bool(mine and theirs and mine["term"].casefold() != theirs["term"].casefold())
