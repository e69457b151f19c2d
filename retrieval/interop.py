"""Retrieval as langchain-core knows it: a retriever, embeddings and a document compressor.

One door to langchain-core; nothing else here depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.callbacks import CallbackManagerForRetrieverRun, Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, SkipValidation

from retrieval.encoder import Encoder
from retrieval.records import Passage
from retrieval.rerank import Reranker
from retrieval.scope import Scope
from retrieval.search import Mode, Searcher


class PolicydeskEmbeddings(Embeddings):
    """Our encoder as langchain embeddings: unit vectors, texts that are too long are read from their beginning."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self.encoder.encode(texts, truncate=True).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class PolicydeskRetriever(BaseRetriever):
    """Our searcher as a langchain retriever: documents best first, with scores and place in their metadata."""

    searcher: Searcher
    k: int = 10
    mode: Mode = Mode.HYBRID
    scope: Scope = Field(default_factory=Scope)
    model_config = ConfigDict(arbitrary_types_allowed=True)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        result = self.searcher.search(query, k=self.k if k is None else k, mode=self.mode, scope=self.scope)
        return [to_document(hit.passage, rank=hit.rank, score=hit.score) for hit in result.hits]


class PolicydeskReranker(BaseDocumentCompressor):
    """A reranker as a langchain document compressor: keeps the ``top_n`` documents that answer best."""

    reranker: SkipValidation[Reranker]  # a protocol: nothing to check it against
    top_n: int = 5
    model_config = ConfigDict(arbitrary_types_allowed=True)

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """The best documents, best first, ties in the order given; their score is in ``metadata["rerank"]``."""
        scores = self.reranker.score(query, [document.page_content for document in documents])
        order = sorted(range(len(documents)), key=lambda at: (-float(scores[at]), at))[: self.top_n]
        return [
            Document(
                id=documents[at].id,
                page_content=documents[at].page_content,
                metadata={**documents[at].metadata, "rerank": float(scores[at])},
            )
            for at in order
        ]


def to_document(passage: Passage, **scores: float) -> Document:
    """A passage as a langchain document; ``id`` is the passage id."""
    return Document(
        id=passage.passage_id,
        page_content=passage.text,
        metadata={
            "document_id": passage.document_id,
            "version_id": passage.version_id,
            "title": passage.title,
            "file": passage.file,
            "section_path": list(passage.section_path),
            "page": passage.page,
            **scores,
        },
    )
