"""First-stage fusion: one score from BM25 and cosine, computed for every candidate of either search.

Both scores are brought to a common scale that does not depend on the other candidates: BM25 as a share of the score an
ideal passage would get, cosine as it is. Rank fusion was worse than dense search alone on three of four real sets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Fusion:
    """``dense_weight * cosine + bm25_weight * bm25 / ideal``."""

    dense_weight: float = 1.0
    bm25_weight: float = 1.0

    def fuse(self, bm25: NDArray[np.float32], ideal: float, dense: NDArray[np.float32]) -> NDArray[np.float32]:
        """One score a candidate, same order as given.

        :param bm25: BM25 scores, shape ``(n_candidates,)``.
        :param ideal: :meth:`LexicalIndex.ideal` of the question.
        :param dense: cosines, shape ``(n_candidates,)``.
        """
        share = bm25 / np.float32(ideal) if ideal > 0 else np.zeros_like(bm25)
        return np.asarray(self.dense_weight * dense + self.bm25_weight * share, np.float32)


def load_fusion() -> Fusion:
    """The fusion that ships with Policydesk."""
    return Fusion()
