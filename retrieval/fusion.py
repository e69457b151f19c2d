"""One score from several: words and meaning for the first stage, and both beside the reranker's log-odds.

Fusion takes from lexical search how much of the question a passage covers, not its BM25 score. Both are on a scale that
does not depend on the other candidates, but BM25 also counts how often a word occurs: a contract's cover page, which
repeats the parties' names, then outscores the clause that was asked for. On nine sets of questions rank fusion was worse
than its better half on three and BM25 beside the cosine on one or two, whatever its weight; coverage was on none.
``retrieval/tuning/weighing.py`` chose the weights.
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
    """``cosine + coverage_weight * coverage``, and beside it the reranker where it has read the passage."""

    coverage_weight: float = 0.5
    rerank_weight: float = 0.1  #: of one unit of log-odds

    def fuse(self, coverage: NDArray[np.float32], dense: NDArray[np.float32]) -> NDArray[np.float32]:
        """One score a candidate, same order as given.

        :param coverage: :meth:`LexicalIndex.coverage_of` each, shape ``(n_candidates,)``.
        :param dense: cosines, shape ``(n_candidates,)``.
        """
        return np.asarray(dense + self.coverage_weight * coverage, np.float32)

    def blend(self, fused: NDArray[np.float32], log_odds: NDArray[np.float32]) -> NDArray[np.float32]:
        """One score a candidate from what :meth:`fuse` and the reranker say of it, same order as given.

        A reranker is at its worst on documents unlike those it was trained on; the first stage keeps its vote there.
        """
        return np.asarray(fused + self.rerank_weight * log_odds, np.float32)


def load_fusion(path: Path = SHIPPED / "reranker" / "fusion.json") -> Fusion:
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
