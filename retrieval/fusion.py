"""One score from several: BM25 and cosine for the first stage, and both beside the reranker's log-odds.

All are brought to scales that do not depend on the other candidates: BM25 as a share of the score an ideal passage would
get, cosine and log-odds as they are. Rank fusion was worse than dense search alone on three of four real sets. The weights
that ship were chosen on judged questions so that no set comes out below its better half (``retrieval/tuning/weighing.py``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import WeightsDamaged
from retrieval.weightfolder import SHIPPED


@dataclass(frozen=True, slots=True)
class Fusion:
    """``dense_weight * cosine + bm25_weight * bm25 / ideal``, and beside it the reranker where it has read the passage."""

    dense_weight: float = 1.0
    bm25_weight: float = 2.0
    rerank_weight: float = 0.1  #: of one unit of log-odds

    def fuse(self, bm25: NDArray[np.float32], ideal: float, dense: NDArray[np.float32]) -> NDArray[np.float32]:
        """One score a candidate, same order as given.

        :param bm25: BM25 scores, shape ``(n_candidates,)``.
        :param ideal: :meth:`LexicalIndex.ideal` of the question.
        :param dense: cosines, shape ``(n_candidates,)``.
        """
        share = bm25 / np.float32(ideal) if ideal > 0 else np.zeros_like(bm25)
        return np.asarray(self.dense_weight * dense + self.bm25_weight * share, np.float32)

    def blend(self, fused: NDArray[np.float32], log_odds: NDArray[np.float32]) -> NDArray[np.float32]:
        """One score a candidate from what :meth:`fuse` and the reranker say of it, same order as given.

        A reranker is at its worst on documents unlike those it was trained on; the first stage keeps its vote there.
        """
        return np.asarray(fused + self.rerank_weight * log_odds, np.float32)


def load_fusion(path: Path = SHIPPED / "fusion.json") -> Fusion:
    """The weights in a file, by default those that ship with Policydesk; plain defaults where there is no file.

    :raises WeightsDamaged: if the file is not what ``policydesk tune reranker`` writes.
    """
    if not path.exists():
        return Fusion()
    try:
        return Fusion(**json.loads(path.read_text(encoding="utf-8"))["weights"])
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsDamaged(f"{path} holds no fusion weights ({error}); restore it from the repository") from error


def save_fusion(fusion: Fusion, about: dict[str, object], path: Path) -> None:
    """Write weights and what is known of them."""
    path.write_text(json.dumps({"weights": asdict(fusion), **about}, indent=1) + "\n", encoding="utf-8")
