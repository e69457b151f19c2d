"""How much each score counts: one number at a time, chosen so that no set comes out below its better half.

A mean over questions would let a set where a score helps much pay for one that it hurts. So a weight is judged by its
margin on each set - its nDCG@10 less that of the better system without it - and losses count ``LOSS`` times as much as
gains. Leaving a set out tells what the weight does on documents that had no say in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: How much heavier a loss on one set weighs than a gain on another.
LOSS = 10.0
COVERAGE_WEIGHTS = tuple(float(weight) for weight in np.round(np.arange(0.1, 1.55, 0.05), 2))
RERANK_WEIGHTS = (0.0, *(float(weight) for weight in np.round(np.geomspace(0.01, 1.0, 28), 3)))

#: nDCG@10 of each source at one weight.
Measured = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen weight, what each source measures with it, and with the weight the other sources alone would choose."""

    weight: float
    measured: dict[str, float]
    left_out: dict[str, float]


def choose(weights: Sequence[float], measure: Callable[[float], Measured], baseline: Measured) -> Choice:
    """Choose the weight of least regret over the sources; the smaller one where two are equal.

    :param measure: nDCG@10 of each source at a weight; called once a weight.
    :param baseline: nDCG@10 of each source without this score: what should not be lost.
    """
    measured = {weight: dict(measure(weight)) for weight in weights}

    def value(weight: float, sources: Sequence[str]) -> float:
        margins = [measured[weight][source] - baseline[source] for source in sources]
        return float(np.mean([margin if margin > 0 else LOSS * margin for margin in margins]))

    def best(sources: Sequence[str]) -> float:
        return max(weights, key=lambda weight: (value(weight, sources), -weight))

    sources = sorted(baseline)
    chosen = best(sources)
    left_out = {source: measured[best([s for s in sources if s != source] or [source])][source] for source in sources}
    return Choice(chosen, measured[chosen], left_out)
