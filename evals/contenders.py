"""What races: our index, and the peers. Libraries and models are loaded when a contender is made, which is not raced.

Every contender gets the same passages and the same vectors; the time to embed passages is no part of the race. A question
comes as text: each contender embeds it the way its users do, ours with our encoder, the others with sentence-transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from evals.peers import BM25S, FOUND, LanceDB, LangChain, RankBM25, TxtAI, Vectors
from retrieval.encoder import Encoder, load_encoder
from retrieval.errors import NotReady


class Contender(Protocol):
    """Something that indexes passages and searches them."""

    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None: ...

    def search(self, question: str, k: int = FOUND) -> list[str]:
        """Ids, best first."""

    def add(self, passage_id: str, text: str, vector: Vectors) -> None:
        """Make one passage searchable."""

    def remove(self, passage_id: str) -> None:
        """Make one passage unfindable."""

    def save(self, folder: Path) -> bool:
        """Write the index into a folder; false where it has no way to."""


class Policydesk:
    """Our own index and searcher."""

    def __init__(self, *, rerank: bool = False) -> None:
        from retrieval.reader import load_reader
        from retrieval.rerank import load_reranker

        self._encoder = _GivenVectors(load_encoder())
        self._reranker = load_reranker() if rerank else None
        self._reader = load_reader() if rerank else None
        if rerank and self._reranker is None:
            raise NotReady("there is no reranker; train one: policydesk tune reranker")

    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None:
        from retrieval.index import PassageIndex

        self._encoder.give(texts, vectors)
        self._set(PassageIndex.build([_passage(*pair) for pair in zip(ids, texts, strict=True)], self._encoder))

    def _set(self, index: Any) -> None:
        from retrieval.search import Searcher

        self._index = index
        self._searcher = Searcher(index, self._encoder, reranker=self._reranker, reader=self._reader)

    def search(self, question: str, k: int = FOUND) -> list[str]:
        return [hit.passage.passage_id for hit in self._searcher.search(question, k=k).hits]

    def add(self, passage_id: str, text: str, vector: Vectors) -> None:
        from retrieval.index import PassageIndex

        self._encoder.give([text], vector[np.newaxis])
        passages = [*self._index.passages, _passage(passage_id, text)]
        self._set(PassageIndex.build(passages, self._encoder, previous=self._index))

    def remove(self, passage_id: str) -> None:
        from retrieval.index import PassageIndex

        passages = [passage for passage in self._index.passages if passage.passage_id != passage_id]
        self._set(PassageIndex.build(passages, self._encoder, previous=self._index))

    def save(self, folder: Path) -> bool:
        self._index.lexical.save(folder / "lexical.npz")
        self._index.dense.save(folder / "dense.faiss")
        texts = "".join(f"{passage.passage_id}\t{passage.text}\n" for passage in self._index.passages)
        (folder / "passages.tsv").write_text(texts, encoding="utf-8")
        return True


#: Who races, under what it needs installed. The reranking pair is raced separately: a cross-encoder dwarfs the rest.
CONTENDERS: Mapping[str, tuple[str | None, Callable[[Path], Contender]]] = {
    "policydesk": (None, lambda _: Policydesk()),
    "langchain": ("langchain_classic", lambda _: LangChain()),
    "txtai": ("txtai", lambda _: TxtAI()),
    "lancedb": ("lancedb", LanceDB),
    "rank_bm25": ("rank_bm25", lambda _: RankBM25()),
    "bm25s": ("bm25s", lambda _: BM25S()),
    "policydesk + reranker": (None, lambda _: Policydesk(rerank=True)),
    "langchain + cross-encoder": ("langchain_classic", lambda _: LangChain(rerank=True)),
}


class _GivenVectors:
    """Our encoder, which looks passages up among the vectors that every contender was given."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._given: dict[str, Vectors] = {}
        self.name = encoder.name
        self.dimension = encoder.dimension
        self.max_tokens = encoder.max_tokens

    def give(self, texts: Sequence[str], vectors: Vectors) -> None:
        self._given = dict(zip(texts, vectors, strict=True))

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> Vectors:
        if texts and all(text in self._given for text in texts):
            return np.stack([self._given[text] for text in texts])
        return self._encoder.encode(texts, truncate=truncate, progress=progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)


def _passage(passage_id: str, text: str) -> Any:
    from retrieval.records import Passage

    return Passage(passage_id, passage_id, passage_id, "", passage_id, text)
