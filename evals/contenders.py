"""What races: our index, and the peers. Libraries and models are loaded when a contender is made, which is not raced.

Every contender gets the same passages and the same vectors; the time to embed passages is no part of the race. A question
comes as text: each contender embeds it the way its users do, ours with our encoder, the others with sentence-transformers.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

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
    """Our own index and searcher. It is built in memory, as the others are; what changes it is published as the product does
    it: a whole new generation is written to disk, and read from there."""

    def __init__(self, folder: Path, *, rerank: bool = False) -> None:
        from retrieval.home import Home
        from retrieval.reader import load_reader
        from retrieval.rerank import load_reranker

        self._home = Home(folder)
        self._encoder = _GivenVectors(load_encoder())
        self._reranker = load_reranker() if rerank else None
        self._reader = load_reader() if rerank else None
        if rerank and self._reranker is None:
            raise NotReady("there is no reranker; train one: policydesk tune reranker")

    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None:
        from retrieval.index import PassageIndex

        self._encoder.give(texts, vectors)
        self._passages = {one: _passage(one, text) for one, text in zip(ids, texts, strict=True)}
        self._set(PassageIndex.build(self.published_passages(), self._encoder))

    def _set(self, index: Any) -> None:
        from retrieval.search import Searcher

        self._searcher = Searcher(index, self._encoder, reranker=self._reranker, reader=self._reader)

    def search(self, question: str, k: int = FOUND) -> list[str]:
        return [hit.passage.passage_id for hit in self._searcher.search(question, k=k).hits]

    def add(self, passage_id: str, text: str, vector: Vectors) -> None:
        self._encoder.give([text], vector[np.newaxis])
        self._passages[passage_id] = _passage(passage_id, text)
        self._publish()

    def remove(self, passage_id: str) -> None:
        del self._passages[passage_id]
        self._publish()

    def save(self, folder: Path) -> bool:
        self._publish()
        shutil.copytree(self._home.index, folder / "index")
        return True

    def published_passages(self) -> list[Any]:
        """As the product's database gives them; the rows that a change writes there are not raced."""
        return sorted(self._passages.values(), key=lambda passage: passage.passage_id)

    def _publish(self) -> None:
        from retrieval.generations import open_index, publish
        from retrieval.store import Store

        with self._home.writing():
            publish(self._home, cast(Store, self), self._encoder)
        self._set(open_index(self._home, encoder=self._encoder.name))


#: Who races, under what it needs installed. The reranking pair is raced separately: a cross-encoder dwarfs the rest.
CONTENDERS: Mapping[str, tuple[str | None, Callable[[Path], Contender]]] = {
    "policydesk": (None, Policydesk),
    "langchain": ("langchain_classic", lambda _: LangChain()),
    "txtai": ("txtai", lambda _: TxtAI()),
    "lancedb": ("lancedb", LanceDB),
    "rank_bm25": ("rank_bm25", lambda _: RankBM25()),
    "bm25s": ("bm25s", lambda _: BM25S()),
    "policydesk + reranker": (None, lambda folder: Policydesk(folder, rerank=True)),
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
