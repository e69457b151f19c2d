"""Does it know when not to answer? How well confidence tells answerable from unanswerable, and what answering costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.significance import SEED, Estimate

_RESAMPLES = 999


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """If only the most confident answers were shown: the share of questions answered, and how many of those are wrong."""

    coverage: float
    risk: float
    threshold: float


def auroc(answerable: Sequence[float], unanswerable: Sequence[float]) -> Estimate:
    """The chance that an answerable question gets more confidence than an unanswerable one, ties counted half, with a
    95 % interval by resampling both groups. All None where either group is empty.

    Where the groups do not overlap, resampling finds no spread and would promise certainty; then the exact binomial bound
    over as many pairs as share no question is given (Clopper & Pearson, 1934).
    """
    good, bad = np.asarray(answerable, np.float64), np.asarray(unanswerable, np.float64)
    if not len(good) or not len(bad):
        return Estimate(None, None, None, 0)
    found, pairs = _auroc(good, bad), min(len(good), len(bad))
    if found == 1:
        return Estimate(1.0, float(0.025 ** (1 / pairs)), 1.0, len(good) + len(bad))
    if found == 0:
        return Estimate(0.0, 0.0, float(1 - 0.025 ** (1 / pairs)), len(good) + len(bad))
    generator = np.random.default_rng(SEED)
    resampled = [_auroc(generator.choice(good, len(good)), generator.choice(bad, len(bad))) for _ in range(_RESAMPLES)]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Estimate(found, float(low), float(high), len(good) + len(bad))


def risk_coverage(confidences: Sequence[float], right: Sequence[bool], *, questions: int) -> tuple[CoveragePoint, ...]:
    """Risk over coverage (El-Yaniv & Wiener, 2010) as the threshold falls, most confident answers first.

    :param confidences: of the questions that were answered; ``right`` in the same order.
    :param questions: all that were asked, answered or not: coverage ends at the share that was answered.
    """
    order = sorted(range(len(confidences)), key=lambda at: -confidences[at])
    points = []
    wrong = 0
    for shown, at in enumerate(order, start=1):
        wrong += not right[at]
        last_of_ties = shown == len(order) or confidences[order[shown]] < confidences[at]
        if last_of_ties:
            points.append(CoveragePoint(shown / questions, wrong / shown, confidences[at]))
    return tuple(points)


def _auroc(good: NDArray[np.float64], bad: NDArray[np.float64]) -> float:
    ordered = np.sort(bad)
    below = np.searchsorted(ordered, good, side="left")
    ties = np.searchsorted(ordered, good, side="right") - below
    return float((below + 0.5 * ties).mean() / len(bad))
