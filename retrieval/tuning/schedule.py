"""How the learning rate goes over a run."""

from __future__ import annotations

import math


def rate(step: int, steps: int, *, warmup: float, decay: float) -> float:
    """The share of the learning rate at a step, from 0: it warms up, stays, and falls to zero.

    :param warmup: share of the steps over which it rises; ``decay``: over which it falls, at the end.
    """
    warm = (step + 1) / max(1, math.ceil(warmup * steps))
    fall = (steps - step) / max(1, math.ceil(decay * steps))
    return min(1.0, warm, fall)
