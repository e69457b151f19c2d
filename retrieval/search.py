"""A question in, ranked hits out: lexical and dense search, fusion, rerank, reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder
from retrieval.errors import IndexMismatch
from retrieval.fusion import Fusion, load_fusion
from retrieval.index import PassageIndex
from retrieval.language import ENGLISH, language_of
from retrieval.ranking import best_first
from retrieval.reader import Reader
from retrieval.records import Hit, Scores, passage_order
from retrieval.rerank import Reranker
from retrieval.scope import Scope
from retrieval.terms import terms

#: Hits that the verifier reads.
VERIFIED = 2


class Mode(StrEnum):
    """Which first stage searches."""

    BM25 = "bm25"
    DENSE = "dense"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """How many candidates each step hands on."""

    pool: int = 100  #: candidates that each of lexical and dense search brings
    rerank_pool: int = 20  #: candidates the reranker reads
    read_pool: int = 8  #: of them, the best, that the reader reads with the question in view
    verify_pool: int = VERIFIED  #: of them, the best, that the verifier reads


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first, and the milliseconds each step took."""

    hits: tuple[Hit, ...]
    timings_ms: dict[str, float]


@dataclass(slots=True)
class _Timer:
    started: float = field(default_factory=perf_counter)
    steps_ms: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("lexical", "encode", "dense", "fuse", "rerank"), 0.0)
    )

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self.steps_ms[name] += (perf_counter() - began) * 1000

    def total(self) -> dict[str, float]:
        return {**self.steps_ms, "total": (perf_counter() - self.started) * 1000}


class Searcher:
    """Searches one index. Safe to share between threads.

    :raises IndexMismatch: if the index was built with another encoder.
    """

    def __init__(
        self,
        index: PassageIndex,
        encoder: Encoder,
        *,
        reranker: Reranker | None = None,
        reader: Reader | None = None,
        fusion: Fusion | None = None,
        config: SearchConfig | None = None,
    ) -> None:
        if index.encoder != encoder.name or index.dense.dimension != encoder.dimension:
            raise IndexMismatch(
                f"index was built with {index.encoder} ({index.dense.dimension}-d), the encoder is {encoder.name} "
                f"({encoder.dimension}-d); run: policydesk index rebuild"
            )
        self.index = index
        self.encoder = encoder
        self.reranker = reranker
        self.reader = reader
        self.fusion = fusion or (reranker.fusion if reranker else load_fusion())
        self.config = config or SearchConfig()

    def search(
        self, question: str, *, k: int = 10, mode: Mode = Mode.HYBRID, rerank: bool = True, verify: bool = True,
        scope: Scope | None = None,
    ) -> SearchResult:  # fmt: skip
        """Find the k passages that best answer a question, best first, ties by passage id.

        The scope is applied inside both searches. If ``rerank`` is true, the reranker reorders the best ``rerank_pool`` of a
        hybrid search and the reader the best ``read_pool`` of those, where there are such models, and if ``verify`` is true as well,
        the reader's verifier the best ``verify_pool``; other modes are plain.

        :returns: at most k hits; none for a question without words or a scope that allows nothing.
        """
        timer = _Timer()
        scope = scope or Scope()
        pool = max(k, self.config.pool)
        asks = any(character.isalnum() for character in question)
        hits = self._first_stage(question, pool, mode, scope, timer) if asks else []
        if rerank and hits and mode is Mode.HYBRID:
            with timer.step("rerank"):
                hits = self._read(question, self._rerank(question, hits), verify)
        return SearchResult(tuple(hits[:k]), timer.total())

    def _first_stage(self, question: str, pool: int, mode: Mode, scope: Scope, timer: _Timer) -> list[Hit]:
        tokens, mask = terms(question), self.index.mask(scope)
        lexical, dense = self.index.lexical, self.index.dense
        # Terms are English stems: in other languages, which bend and join their words, pieces of words find more.
        in_pieces = mode is Mode.HYBRID and language_of(question) != ENGLISH
        rows = np.empty(0, np.int64)
        if in_pieces:
            with timer.step("lexical"):
                held = lexical.coverage_in_pieces(tokens, mask=self.index.readable(scope))
                rows = np.flatnonzero(held if mask is None else held * mask)
                rows, _ = best_first(rows, held[rows], pool)
        elif mode is not Mode.DENSE:
            with timer.step("lexical"):
                rows, bm25 = lexical.search(tokens, k=pool, mask=mask)
        if mode is Mode.BM25:
            return self._hits(rows, bm25, bm25=bm25)
        with timer.step("encode"):
            vector = self.encoder.encode([question], truncate=True)[0]
        with timer.step("dense"):
            near, cosine = dense.search(vector, k=pool, mask=mask)
        if mode is Mode.DENSE:
            return self._hits(near, cosine, dense=cosine)
        with timer.step("fuse"):
            rows = np.union1d(rows, near)
            # Each candidate gets both scores, also from the search that did not bring it.
            bm25, cosine = lexical.scores_of(tokens, rows), dense.scores_of(vector, rows)
            covered = held[rows] if in_pieces else lexical.coverage_of(tokens, rows, mask=self.index.readable(scope))
            fused = self.fusion.fuse(covered, cosine)
            best, score = best_first(rows, fused, pool)
            at = np.searchsorted(rows, best)
        return self._hits(best, score, bm25=bm25[at], dense=cosine[at], fused=score)

    def _hits(self, rows: NDArray[np.int64], scores: NDArray[np.float32], **parts: NDArray[np.float32]) -> list[Hit]:
        return [
            Hit(
                rank=rank,
                score=float(scores[rank - 1]),
                passage=self.index.passages[row],
                scores=Scores(**{name: float(values[rank - 1]) for name, values in parts.items()}),
            )
            for rank, row in enumerate(rows, start=1)
        ]

    def _rerank(self, question: str, hits: list[Hit]) -> list[Hit]:
        """The best ``rerank_pool`` hits by their blended score, then the rest."""
        if self.reranker is None:
            return hits
        head, tail = hits[: self.config.rerank_pool], hits[self.config.rerank_pool :]
        log_odds = self.reranker.score(question, [hit.passage.searchable for hit in head])
        blended = self.fusion.blend(np.array([hit.score for hit in head], np.float32), log_odds)
        probability = 1 / (1 + np.exp(-log_odds))
        scored = [
            replace(hit, score=float(score), scores=replace(hit.scores, rerank=float(chance)))
            for hit, score, chance in zip(head, blended, probability, strict=True)
        ]
        return _ranked(scored, tail)

    def _read(self, question: str, hits: list[Hit], verify: bool) -> list[Hit]:
        """The best ``read_pool`` hits, raised or lowered by what reading them came to, then the rest."""
        if self.reader is None:
            return hits
        head, tail = hits[: self.config.read_pool], hits[self.config.read_pool :]
        return _ranked(
            with_readings(question, head, self.reader, verify=self.config.verify_pool if verify else 0), tail
        )


def with_readings(question: str, hits: Sequence[Hit], reader: Reader, *, verify: int = VERIFIED) -> list[Hit]:
    """The hits in their order, each with its reading and with what that counts added to its score.

    :param verify: so many, the best by then, are read by the reader's verifier, if it has one.
    """
    readings = reader.read(question, [hit.passage for hit in hits])
    read = [
        replace(hit, reading=reading, score=hit.score + reader.rank_weight * reading.counted)
        for hit, reading in zip(hits, readings, strict=True)
    ]
    verifier = reader.verifier
    if verifier is None:
        return read
    best = sorted(range(len(read)), key=lambda at: -read[at].score)[:verify]
    verified = verifier.verify(question, [read[at].passage for at in best], [readings[at] for at in best])
    for at, log_odds in zip(best, verified, strict=True):
        reading = replace(readings[at], verified=log_odds)
        read[at] = replace(read[at], reading=reading, score=read[at].score + verifier.rank_weight * reading.verdict)
    return read


def _ranked(scored: list[Hit], rest: Sequence[Hit]) -> list[Hit]:
    """What was scored anew, best first, ties by passage id; below it the rest, which keeps its distances."""
    scored = sorted(scored, key=lambda hit: (-hit.score, passage_order(hit.passage.passage_id)))
    gap = scored[-1].score - rest[0].score if rest else 0.0
    lowered = [replace(hit, score=hit.score + min(gap, 0.0)) for hit in rest]
    return [replace(hit, rank=rank) for rank, hit in enumerate([*scored, *lowered], start=1)]
