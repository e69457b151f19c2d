"""Labelled claims: sentences of real passages, reworded faithfully or damaged, and what the claim checker says to them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter

from assistant.claims import check
from assistant.prompt import one_line
from evals.damage import DAMAGE, Surroundings
from evals.data import CorpusText
from evals.rewordings import FAITHFUL
from retrieval.sentences import sentence_spans

#: Pairs of one kind taken from one folder.
PAIRS_A_KIND = 150
_SHORTEST, _LONGEST = 6, 60  #: words of a sentence that is used
_NEIGHBOURS = 60  #: sentences of the same and of other documents that damage may draw from
#: Rewordings that damage may be done on top of: none of them could take the damaged words away.
_UNDER_DAMAGE = (
    "exact", "exact", "exact", "clause number dropped", "part moved", "number restyled", "date restyled", "amount restyled",
    "modal restyled", "addressed as you",
)  # fmt: skip
#: The kinds that an answer must never pass on.
CRITICAL = ("number changed", "date changed", "amount changed", "modal flipped", "negation added", "negation removed")


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim beside the span it is said to stand on; ``faithful`` says whether it does."""

    claim: str
    span: str
    heading: str
    kind: str
    faithful: bool


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    passage: CorpusText


def pairs(corpus: Sequence[CorpusText], split: str, *, a_kind: int = PAIRS_A_KIND) -> list[Pair]:
    """Labelled pairs from one corpus; the same corpus always gives the same ones.

    :param split: ``dev`` or ``test``: documents are divided between them by a hash of their name.
    :param a_kind: at most so many pairs of each kind.
    """
    sentences = [one for one in _sentences(corpus) if split_of(one.passage.document) == split]
    sentences.sort(key=lambda one: _hash(one.text))
    documents: dict[str, list[_Sentence]] = {}
    for one in sentences:
        documents.setdefault(one.passage.document, []).append(one)
    found = []
    for kind, reword in FAITHFUL.items():
        made = (_pair(one, reword(one.text, _chance(one, kind)), kind, faithful=True) for one in sentences)
        found += _first(made, a_kind)
    for kind in DAMAGE:
        made = (_damaged(one, kind, _surroundings(one, documents, sentences)) for one in sentences)
        found += _first(made, a_kind)
    return found


def split_of(document: str) -> str:
    return "test" if _hash(document) % 2 else "dev"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the checker said to each pair, and how long it took."""

    pairs: tuple[Pair, ...]
    refused: tuple[bool, ...]
    microseconds: float  #: a check, mean

    def to_json(self) -> dict[str, object]:
        """``good_refused`` and ``caught`` per kind, each with its Wilson interval and number of claims; precision and
        recall of refusing, taking damage as what is to be found."""
        good = self._rates(faithful=True)
        bad = self._rates(faithful=False)
        hits, damaged = self._count(bad, bad), sum(n for _, n in bad.values())
        false, faithful = self._count(good, good), sum(n for _, n in good.values())
        critical = self._count(bad, CRITICAL)
        return {
            "good_refused": _rate(false, faithful),
            "critical_caught": _rate(critical, sum(bad[kind][1] for kind in CRITICAL if kind in bad)),
            "precision": _rate(hits, hits + false),
            "recall": _rate(hits, damaged),
            "microseconds_a_check": round(self.microseconds, 1),
            "caught": {kind: _rate(*counts) for kind, counts in bad.items()},
            "good_refused_by_kind": {kind: _rate(*counts) for kind, counts in good.items()},
        }

    def mistakes(self) -> Iterator[Pair]:
        """Good claims refused and damage passed, in order."""
        return (pair for pair, refused in zip(self.pairs, self.refused, strict=True) if refused == pair.faithful)

    def _rates(self, *, faithful: bool) -> dict[str, tuple[int, int]]:
        kinds: dict[str, tuple[int, int]] = {}
        for pair, refused in zip(self.pairs, self.refused, strict=True):
            if pair.faithful == faithful:
                so_far, n = kinds.get(pair.kind, (0, 0))
                kinds[pair.kind] = (so_far + refused, n + 1)
        return kinds

    @staticmethod
    def _count(kinds: Mapping[str, tuple[int, int]], names: Iterable[str]) -> int:
        return sum(kinds[name][0] for name in names if name in kinds)


def evaluate(labelled: Sequence[Pair]) -> Outcome:
    """Check every pair."""
    began = perf_counter()
    refused = tuple(not check(pair.claim, pair.span, heading=pair.heading).supported for pair in labelled)
    return Outcome(tuple(labelled), refused, (perf_counter() - began) * 1e6 / max(1, len(labelled)))


def _sentences(corpus: Sequence[CorpusText]) -> Iterator[_Sentence]:
    """Whole prose sentences, each text once."""
    seen = set()
    for passage in corpus:
        for span in sentence_spans(passage.text):
            text = one_line(passage.text[span.start : span.end])
            whole = text[0].isalnum() and not text[0].islower() and text[-1] in ".!?"
            if whole and _SHORTEST <= len(text.split()) <= _LONGEST and text not in seen:
                seen.add(text)
                yield _Sentence(text, passage)


def _damaged(one: _Sentence, kind: str, around: Callable[[], Surroundings]) -> Pair | None:
    chance = _chance(one, kind)
    base = FAITHFUL[chance.choice(_UNDER_DAMAGE)](one.text, chance) or one.text
    return _pair(one, DAMAGE[kind](base, around(), chance), kind, faithful=False)


def _pair(one: _Sentence, claim: str | None, kind: str, *, faithful: bool) -> Pair | None:
    if claim is None or (not faithful and one_line(claim).lower() == one.text.lower()):
        return None
    return Pair(one_line(claim), one.text, one.passage.title, kind, faithful)


def _surroundings(
    one: _Sentence, documents: Mapping[str, Sequence[_Sentence]], everything: Sequence[_Sentence]
) -> Callable[[], Surroundings]:
    def gather() -> Surroundings:
        chance = _chance(one, "surroundings")
        document = documents[one.passage.document]
        siblings = chance.sample(document, min(_NEIGHBOURS, len(document)))
        strangers = chance.sample(everything, min(_NEIGHBOURS, len(everything)))
        return Surroundings(
            title=one.passage.title,
            siblings=[other.text for other in siblings if other.passage.text_id != one.passage.text_id],
            strangers=[other.text for other in strangers if other.passage.document != one.passage.document],
        )

    return gather


def _first(made: Iterable[Pair | None], most: int) -> list[Pair]:
    found: list[Pair] = []
    for pair in made:
        if pair is not None:
            found.append(pair)
        if len(found) == most:
            break
    return found


def _chance(one: _Sentence, kind: str) -> Random:
    return Random(_hash(f"{kind}\n{one.text}"))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def wilson(count: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, 1927): stays within 0 to 1 and is sound for shares near either.

    :param n: at least 1.
    """
    z = 1.959964
    share = count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _rate(count: int, n: int) -> dict[str, object]:
    if not n:
        return {"rate": None, "ci95": None, "n": 0}
    low, high = wilson(count, n)
    return {"rate": round(count / n, 4), "ci95": [round(low, 4), round(high, 4)], "n": n}
