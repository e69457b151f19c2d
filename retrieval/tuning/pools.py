"""What the first stage brings for judged questions: the material that fusion and blend are fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder
from retrieval.index import PassageIndex
from retrieval.terms import terms
from retrieval.tuning.collection import Collection, Question


@dataclass(frozen=True, slots=True)
class JudgedPool:
    """The candidates of one question, in the order of their passage ids; arrays have shape ``(n_candidates,)``."""

    source: str
    question: Question
    passage_ids: tuple[str, ...]
    bm25: NDArray[np.float32]
    dense: NDArray[np.float32]
    coverage: NDArray[np.float32]  #: share of the question's terms
    positive: NDArray[np.bool_]

    def ndcg(self, scores: NDArray[np.float32], k: int = 10) -> float:
        """nDCG@k of the candidates in the order of these scores, binary gains; ties go to the lower passage id."""
        order = np.lexsort((np.arange(len(scores)), -scores))[:k]
        discounts = 1.0 / np.log2(np.arange(2, k + 2))
        gained = float((self.positive[order] * discounts[: len(order)]).sum())
        best = float(discounts[: min(k, len(self.question.positives))].sum())
        return gained / best if best else 0.0


def judged_pools(
    collection: Collection, questions: Sequence[Question], encoder: Encoder, *, k: int = 100,
    index: PassageIndex | None = None,
) -> list[JudgedPool]:  # fmt: skip
    """The union of the k best passages of each search, for each question that either search finds something for."""
    index = index or PassageIndex.build(collection.passages, encoder, windows=True)
    vectors = encoder.encode([question.text for question in questions], truncate=True)
    pools = []
    for question, vector in zip(questions, vectors, strict=True):
        tokens = terms(question.text)
        lexical, _ = index.lexical.search(tokens, k=k)
        near, _ = index.dense.search(vector, k=k)
        rows = np.union1d(lexical, near)
        if len(rows):
            ids = tuple(index.passages[row].passage_id for row in rows)
            pools.append(
                JudgedPool(
                    source=collection.name, question=question, passage_ids=ids,
                    bm25=index.lexical.scores_of(tokens, rows), dense=index.dense.scores_of(vector, rows),
                    coverage=index.lexical.coverage_of(tokens, rows), positive=np.array([key in question.positives for key in ids]),
                )
            )  # fmt: skip
    return pools


def mean_ndcg(pools: Sequence[JudgedPool], scores: Callable[[JudgedPool], NDArray[np.float32]]) -> dict[str, float]:
    """Mean nDCG@10 of the answerable questions of each source, sources in order."""
    values: dict[str, list[float]] = {}
    for pool in pools:
        if pool.question.answerable:
            values.setdefault(pool.source, []).append(pool.ndcg(scores(pool)))
    return {source: float(np.mean(values[source])) for source in sorted(values)}
