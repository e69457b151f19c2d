"""Whether what is asked and how it is answered has changed: this period beside the one before it, with intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.asked import Asked, Question, count_askers
from retrieval.terms import terms

LEAST_ASKERS = 5
_RESAMPLES = 2000
_SHUFFLES = 300


@dataclass(frozen=True, slots=True)
class Shift:
    """One figure before and now, with the 95 % bootstrap interval of the difference."""

    name: str
    before: float
    now: float
    ci95: tuple[float, float]

    @property
    def difference(self) -> float:
        return self.now - self.before

    @property
    def is_significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.ci95[0] <= 0 <= self.ci95[1]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How far the words of two periods lie apart (Lin 1991, Jensen–Shannon divergence in bits, 0 to 1), beside what chance
    alone gives when the same questions are dealt out at random."""

    divergence: float
    by_chance: float  #: 95th percentile
    p: float
    rising: tuple[str, ...]  #: stems that are used more, the most first; each by at least five askers
    falling: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DriftReport:
    """``shifts`` and ``vocabulary`` are empty where a period has too few askers; ``reason`` says so."""

    since: date
    middle: date  #: first day of this period
    until: date
    questions: tuple[int, int] | None  #: before, now
    shifts: tuple[Shift, ...] = ()
    vocabulary: Vocabulary | None = None
    reason: str | None = None


def drift(asked: Asked, *, days: int = 30, today: date | None = None) -> DriftReport:
    """Compare the last ``days`` days with as many before them. The same questions give the same report."""
    until = today or date.today()
    middle = until - timedelta(days=days - 1)
    since = middle - timedelta(days=days)
    before = asked.questions(since, middle - timedelta(days=1))
    now = asked.questions(middle, until)
    for when, questions in (("before", before), ("now", now)):
        if count_askers(questions) < LEAST_ASKERS:
            name = "the period before" if when == "before" else "this period"
            return DriftReport(since, middle, until, None, reason=f"fewer than {LEAST_ASKERS} people asked in {name}")
    shifts = (
        _shift("confidence", [q.confidence for q in before], [q.confidence for q in now]),
        _shift("refusal rate", [float(q.was_refused) for q in before], [float(q.was_refused) for q in now]),
    )
    return DriftReport(since, middle, until, (len(before), len(now)), shifts, _vocabulary(before, now))


def drift_json(report: DriftReport) -> dict[str, Any]:
    """What ``report drift --json`` gives."""
    words = report.vocabulary
    return {
        "since": report.since.isoformat(),
        "middle": report.middle.isoformat(),
        "until": report.until.isoformat(),
        "questions": {"before": report.questions[0], "now": report.questions[1]} if report.questions else None,
        "shifts": [
            {
                "name": shift.name,
                "before": round(shift.before, 4),
                "now": round(shift.now, 4),
                "difference": round(shift.difference, 4),
                "ci95": [round(bound, 4) for bound in shift.ci95],
                "significant": shift.is_significant,
            }
            for shift in report.shifts
        ],
        "vocabulary": {
            "divergence": round(words.divergence, 4),
            "by_chance": round(words.by_chance, 4),
            "p": round(words.p, 4),
            "rising": list(words.rising),
            "falling": list(words.falling),
        }
        if words
        else None,
        "reason": report.reason,
    }


def _shift(name: str, before: Sequence[float], now: Sequence[float]) -> Shift:
    random = np.random.default_rng(0)
    resampled = _means(np.asarray(now), random) - _means(np.asarray(before), random)
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Shift(name, float(np.mean(before)), float(np.mean(now)), (float(low), float(high)))


def _means(values: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Means of resamples, shape ``(_RESAMPLES,)``; one resample at a time, so that many questions fit."""
    return np.array([values[random.integers(0, len(values), len(values))].mean() for _ in range(_RESAMPLES)])


# -- words -------------------------------------------------------------------------------------------------------------


def _vocabulary(before: Sequence[Question], now: Sequence[Question]) -> Vocabulary | None:
    questions = [*before, *now]
    using: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        for term in set(terms(question.text)):
            using[term].append(question)
    # Rare words would make every period differ from every other, and could name people.
    known = sorted(term for term, users in using.items() if count_askers(users) >= LEAST_ASKERS)
    if not known:
        return None
    column = {term: at for at, term in enumerate(known)}
    counts = np.zeros((len(questions), len(known)))
    for row, question in enumerate(questions):
        for term in terms(question.text):
            if term in column:
                counts[row, column[term]] += 1
    is_now = np.arange(len(questions)) >= len(before)
    found = _divergences(counts, is_now[None, :])[0]
    random = np.random.default_rng(0)
    # One product for all of them: dealt out one after the other, they take a hundred times as long.
    shuffled = _divergences(counts, np.array([random.permutation(is_now) for _ in range(_SHUFFLES)]))
    before_now = np.stack([counts[~is_now].sum(axis=0), counts[is_now].sum(axis=0)])
    shares = _as_shares(before_now)
    change = shares[1] - shares[0]
    order = np.argsort(-change, kind="stable")
    return Vocabulary(
        divergence=float(found),
        by_chance=float(np.percentile(shuffled, 95)),
        p=float((1 + (shuffled >= found).sum()) / (1 + _SHUFFLES)),
        rising=tuple(known[at] for at in order[:5] if change[at] > 0),
        falling=tuple(known[at] for at in order[::-1][:5] if change[at] < 0),
    )


def _divergences(counts: NDArray[np.float64], is_now: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Between the questions of each row that are now and the others, shape ``(n,)``.

    :param counts: how often each question has each word, shape ``(questions, words)``.
    :param is_now: shape ``(n, questions)``.
    """
    now = is_now.astype(np.float64) @ counts
    one, other = _as_shares(counts.sum(axis=0) - now), _as_shares(now)
    middle = (one + other) / 2
    return (_information(one, middle) + _information(other, middle)) / 2


def _as_shares(used: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = used / np.maximum(used.sum(axis=1, keepdims=True), 1.0)
    return shares


def _information(shares: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    ratios = np.divide(shares, middle, out=np.ones_like(shares), where=shares > 0)
    told: NDArray[np.float64] = (shares * np.log2(ratios)).sum(axis=1)
    return told
