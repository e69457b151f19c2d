"""How sure a mean is, and whether two systems differ: bootstrap intervals, paired randomisation, Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Fixed, so that the same per-question values always give the same interval and the same p.
SEED = 20240601
RESAMPLES = 9_999
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % percentile bootstrap interval over ``n`` questions; all None over none."""

    mean: float | None
    low: float | None
    high: float | None
    n: int

    def to_json(self) -> dict[str, object]:
        interval = None if self.low is None else [self.low, self.high]
        return {"mean": self.mean, "ci95": interval, "n": self.n}


@dataclass(frozen=True, slots=True)
class Difference:
    """``b`` minus ``a`` on the same questions; ``p`` is two-sided and not yet corrected."""

    mean: float
    low: float
    high: float
    p: float
    n: int


def estimate(values: Sequence[float] | NDArray[np.float64]) -> Estimate:
    """Mean and 95 % interval by resampling questions with replacement (Efron's percentile bootstrap).

    Where every value is 1, or every value 0, resampling finds no spread and would promise certainty; then the exact
    binomial bound is given (Clopper & Pearson, 1934). A value that is no finite number, as of a judge that could not say,
    counts for nothing.
    """
    array = np.asarray(values, np.float64)
    array = array[np.isfinite(array)]
    if not len(array):
        return Estimate(None, None, None, 0)
    if (array == 1).all():
        return Estimate(1.0, float(0.025 ** (1 / len(array))), 1.0, len(array))
    if (array == 0).all():
        return Estimate(0.0, 0.0, float(1 - 0.025 ** (1 / len(array))), len(array))
    low, high = np.quantile(_resampled_means(array), [0.025, 0.975])
    return Estimate(float(array.mean()), float(low), float(high), len(array))


def paired(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Compare two systems on the same questions by a paired randomisation test (Smucker et al., CIKM 2007): signs of
    the differences are flipped at random, and p is the share of flips at least as far from 0 as what was seen.

    :param a: one value a question; ``b`` in the same order.
    """
    from scipy.stats import permutation_test

    difference = np.asarray(b, np.float64) - np.asarray(a, np.float64)
    if not len(difference):
        return Difference(0.0, 0.0, 0.0, 1.0, 0)
    low, high = np.quantile(_resampled_means(difference), [0.025, 0.975])
    mean = float(difference.mean())
    moved = difference[difference != 0]  # a difference of 0 stays 0 whichever way its sign falls
    if len(moved) < 2:  # either sign of one difference is as far from 0
        return Difference(mean, float(low), float(high), 1.0, len(difference))
    test = permutation_test(
        (moved, np.zeros_like(moved)),
        lambda x, y, axis: (x - y).mean(axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        batch=_CHUNK,
        vectorized=True,
        rng=np.random.default_rng(SEED),
    )
    return Difference(mean, float(low), float(high), float(test.pvalue), len(difference))


def least_p(n: int) -> float:
    """The smallest p that :func:`paired` can give over ``n`` questions: of their 2**n signs two are as far from 0 as all
    on one side."""
    return min(1.0, max(2.0 ** (1 - n), 2 / (RESAMPLES + 1)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (1979): p-values that may be read together, in the given order.

    The chance that any of them falls below 0.05 where nothing differs is at most 5 %.
    """
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for step, at in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - step) * p_values[at]))
        corrected[at] = highest
    return corrected


def _resampled_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    generator = np.random.default_rng(SEED)
    chunks = [
        values[generator.integers(0, len(values), (min(_CHUNK, RESAMPLES - begin), len(values)))].mean(axis=1)
        for begin in range(0, RESAMPLES, _CHUNK)
    ]
    return np.concatenate(chunks)
