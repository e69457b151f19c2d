"""From scores to decisions: fusion and blend weights, and calibrated log-odds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval.fusion import Fusion
from retrieval.rerank import Reranker
from retrieval.tuning.pools import JudgedPool, mean_ndcg
from retrieval.tuning.weighing import COVERAGE_WEIGHTS, RERANK_WEIGHTS, Choice, choose


@dataclass(frozen=True, slots=True)
class ReadPool:
    """A question's pool with the reranker's log-odds of its best, in fused order; NaN where it has not read."""

    pool: JudgedPool
    fused: NDArray[np.float32]
    log_odds: NDArray[np.float32]

    def blended(self, fusion: Fusion) -> NDArray[np.float32]:
        """Scores as the searcher gives them: what the reranker has read first, the rest below."""
        read = ~np.isnan(self.log_odds)
        scores = fusion.blend(self.fused, np.where(read, self.log_odds, 0.0).astype(np.float32))
        lowest, highest = scores[read].min(initial=np.inf), scores[~read].max(initial=-np.inf)
        return np.where(read, scores, scores + min(lowest - highest - 1e-3, 0.0) if highest > -np.inf else scores)


class Remembering:
    """A reranker that reads a pair once; ``scale`` and ``offset`` calibrate what it says."""

    def __init__(self, reranker: Reranker) -> None:
        self.name, self.fusion = reranker.name, reranker.fusion
        self.scale, self.offset = 1.0, 0.0
        self._reranker = reranker
        self._read: dict[tuple[str, str], float] = {}

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        unread = [text for text in dict.fromkeys(texts) if (question, text) not in self._read]
        for text, score in zip(unread, self._reranker.score(question, unread), strict=True):
            self._read[question, text] = float(score)
        return np.array([self._read[question, text] * self.scale + self.offset for text in texts], np.float32)


def choose_fusion(pools: Sequence[JudgedPool]) -> tuple[Fusion, Choice, dict[str, dict[str, float]]]:
    """The weight of coverage beside the cosine's 1; :returns: fusion, its choice, and bm25's and dense search's nDCG@10."""
    bm25, dense = mean_ndcg(pools, lambda pool: pool.bm25), mean_ndcg(pools, lambda pool: pool.dense)
    better = {source: max(bm25[source], dense[source]) for source in bm25}

    def measure(weight: float) -> dict[str, float]:
        fusion = Fusion(coverage_weight=weight)
        return mean_ndcg(pools, lambda pool: fusion.fuse(pool.coverage, pool.dense))

    choice = choose(COVERAGE_WEIGHTS, measure, better)
    return Fusion(coverage_weight=choice.weight), choice, {"bm25": bm25, "dense": dense}


def read_pools(
    pools: Sequence[JudgedPool], texts: Mapping[tuple[str, str], str], reranker: Reranker, fusion: Fusion, *, depth: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[ReadPool]:  # fmt: skip
    """Let the reranker read the ``depth`` best of each pool.

    :param texts: ``Passage.searchable`` by collection name and passage id.
    """
    read = []
    for done, pool in enumerate(pools, start=1):
        fused = fusion.fuse(pool.coverage, pool.dense)
        best = np.lexsort((np.arange(len(fused)), -fused))[:depth]
        log_odds = np.full(len(fused), np.nan, np.float32)
        log_odds[best] = reranker.score(pool.question.text, [texts[pool.source, pool.passage_ids[row]] for row in best])
        read.append(ReadPool(pool, fused, log_odds))
        if progress:
            progress(done, len(pools))
    return read


def choose_blend(
    read: Sequence[ReadPool], fusion: Fusion, first_stage: dict[str, dict[str, float]]
) -> tuple[Fusion, Choice]:
    """The reranker's weight beside the first stage's."""
    by_pool = {id(one.pool): one for one in read}
    pools = [one.pool for one in read]
    hybrid = mean_ndcg(pools, lambda pool: by_pool[id(pool)].fused)
    best = {source: max(hybrid[source], *(system[source] for system in first_stage.values())) for source in hybrid}

    def measure(weight: float) -> dict[str, float]:
        changed = replace(fusion, rerank_weight=weight)
        return mean_ndcg(pools, lambda pool: by_pool[id(pool)].blended(changed))

    choice = choose(RERANK_WEIGHTS, measure, best)
    return replace(fusion, rerank_weight=choice.weight), choice


def logistic(
    features: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted logistic regression by Newton's method with a slight ridge.

    :param features: shape ``(n, n_features)``.
    :returns: bias, then one weight a feature.
    """
    design = np.column_stack([np.ones(len(features)), features])
    ridge = np.diag([0.0, *([1e-2] * features.shape[1])]) * max(weights.sum(), 1.0) / 100
    found = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (weights * (labels - chance)) - ridge @ found
        bend = (design * (weights * chance * (1 - chance))[:, None]).T @ design + ridge + 1e-9 * np.eye(len(found))
        step = np.linalg.solve(bend, slope)
        found = found + step
        if np.abs(step).max() < 1e-8:
            break
    return found


def auroc(good: NDArray[np.float64], bad: NDArray[np.float64]) -> float:
    """The chance that one of the good scores higher than one of the bad, ties counted half; NaN where either is empty."""
    above = (good[:, None] > bad[None, :]) + 0.5 * (good[:, None] == bad[None, :])
    return float(above.mean()) if above.size else float("nan")


def calibrate_log_odds(read: Sequence[ReadPool]) -> tuple[float, float]:
    """Scale and offset that make the network's output log-odds (Platt): among what it has read, sources weighing the same,
    positives against the hardest three negatives of each answerable question."""
    values, labels, weights = [], [], []
    counts: dict[str, int] = {}
    for one in read:
        counts[one.pool.source] = counts.get(one.pool.source, 0) + 1
    for one in read:
        seen = np.flatnonzero(~np.isnan(one.log_odds))
        right = [row for row in seen if one.pool.positive[row]]
        wrong = sorted((row for row in seen if not one.pool.positive[row]), key=lambda row: -one.log_odds[row])[:3]
        for row in (*right, *wrong):
            values.append([float(one.log_odds[row])])
            labels.append(bool(one.pool.positive[row]))
            weights.append(100.0 / counts[one.pool.source])
    if not any(labels) or all(labels):
        return 1.0, 0.0
    offset, scale = logistic(np.array(values), np.array(labels), np.array(weights))
    return float(max(scale, 0.05)), float(offset)
