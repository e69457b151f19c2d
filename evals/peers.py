"""What one would otherwise assemble, each as its own documentation shows. Imported only where it runs; the optional extra
``race`` installs them.

For ``policydesk eval retrieval`` they are systems as well: ``--systems hybrid,evals.peers:langchain,evals.peers:txtai``.
"""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evals.measures import DEPTH
from retrieval.encoder import load_encoder
from retrieval.models import ENCODER, ModelCache
from retrieval.records import heading_line

Vectors = NDArray[np.float32]
#: How many passages a search finds in the race.
FOUND = 10
#: Candidates a cross-encoder reads, for every contender that has one.
_RERANKED = 20


class RankBM25:
    """rank-bm25 alone, the way its README shows."""

    def __init__(self) -> None:
        import rank_bm25

        self._library: Any = rank_bm25

    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None:
        self._ids, self._texts = list(ids), list(texts)
        self._bm25 = self._library.BM25Okapi([_words(text) for text in texts])

    def search(self, question: str, k: int = FOUND) -> list[str]:
        scores = self._bm25.get_scores(_words(question))
        return [self._ids[row] for row in np.argsort(-scores, kind="stable")[:k]]

    def add(self, passage_id: str, text: str, vector: Vectors) -> None:
        self.build([*self._ids, passage_id], [*self._texts, text], vector)

    def remove(self, passage_id: str) -> None:
        kept = [(one, text) for one, text in zip(self._ids, self._texts, strict=True) if one != passage_id]
        self.build([one for one, _ in kept], [text for _, text in kept], np.empty((0, 0), np.float32))

    def save(self, folder: Path) -> bool:
        return False


class BM25S(RankBM25):
    """bm25s alone; like rank-bm25 it is rebuilt for every change."""

    def __init__(self) -> None:
        import bm25s

        self._library = bm25s

    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None:
        self._ids, self._texts = list(ids), list(texts)
        self._index = self._library.BM25()
        self._index.index(self._library.tokenize(list(texts), show_progress=False), show_progress=False)

    def search(self, question: str, k: int = FOUND) -> list[str]:
        tokens = self._library.tokenize(question, show_progress=False)
        rows, _ = self._index.retrieve(tokens, k=min(k, len(self._ids)), show_progress=False)
        return [self._ids[row] for row in rows[0]]

    def save(self, folder: Path) -> bool:
        self._index.save(folder)
        return True


class LangChain:
    """LangChain's usual stack: EnsembleRetriever over BM25Retriever and FAISS, with a cross-encoder compressor on wish."""

    def __init__(self, *, rerank: bool = False) -> None:
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever
        from langchain_community.vectorstores import FAISS

        self._ensemble, self._lexical, self._vectors = EnsembleRetriever, BM25Retriever, FAISS
        self._embedding = _langchain_embedding()
        self._compressor = _langchain_compressor() if rerank else None

    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None:
        self._texts = dict(zip(ids, texts, strict=True))
        pairs = list(zip(texts, vectors.tolist(), strict=True))
        metadata = [{"passage_id": one} for one in ids]
        self._faiss = self._vectors.from_embeddings(pairs, self._embedding, metadatas=metadata, ids=list(ids))
        self._assemble()

    def _assemble(self, k: int = FOUND) -> None:
        self._k = k
        width = max(k, _RERANKED if self._compressor else k)
        metadata = [{"passage_id": one} for one in self._texts]
        lexical = self._lexical.from_texts(list(self._texts.values()), metadatas=metadata, k=width)
        dense = self._faiss.as_retriever(search_kwargs={"k": width})
        self._retriever: Any = self._ensemble(retrievers=[lexical, dense], weights=[0.5, 0.5], id_key="passage_id")
        if self._compressor:
            from langchain_classic.retrievers import ContextualCompressionRetriever

            self._retriever = ContextualCompressionRetriever(
                base_compressor=self._compressor, base_retriever=self._retriever
            )

    def search(self, question: str, k: int = FOUND) -> list[str]:
        if k != self._k:
            self._assemble(k)
        return [document.metadata["passage_id"] for document in self._retriever.invoke(question)][:k]

    def add(self, passage_id: str, text: str, vector: Vectors) -> None:
        self._faiss.add_embeddings([(text, vector.tolist())], metadatas=[{"passage_id": passage_id}], ids=[passage_id])
        self._texts[passage_id] = text
        self._assemble()

    def remove(self, passage_id: str) -> None:
        self._faiss.delete([passage_id])
        del self._texts[passage_id]
        self._assemble()

    def save(self, folder: Path) -> bool:
        self._faiss.save_local(str(folder))
        return True


class TxtAI:
    """txtai's hybrid index, its text kept with it."""

    def __init__(self) -> None:
        from txtai import Embeddings

        self._library: Any = Embeddings
        self._embed = _sentence_transformer()

    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None:
        known = self._known = dict(zip(texts, vectors, strict=True))

        def transform(inputs: list[str]) -> Vectors:
            return np.stack([known[text] if text in known else self._embed(text) for text in inputs])

        self._index: Any = self._library(method="external", transform=transform, hybrid=True, content=True)
        self._index.index(zip(ids, texts, strict=True))

    def search(self, question: str, k: int = FOUND) -> list[str]:
        return [row["id"] for row in self._index.search(question, k)]

    def add(self, passage_id: str, text: str, vector: Vectors) -> None:
        self._known[text] = vector
        self._index.upsert([(passage_id, text)])

    def remove(self, passage_id: str) -> None:
        self._index.delete([passage_id])

    def save(self, folder: Path) -> bool:
        self._index.save(str(folder / "index"))
        return True


class LanceDB:
    """LanceDB's hybrid search: a vector scan and a full-text index, fused by reciprocal ranks. It lives on disk."""

    def __init__(self, folder: Path) -> None:
        import lancedb

        self._folder = folder
        self._connect: Any = lancedb.connect
        self._embed = _sentence_transformer()

    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None:
        rows = [
            {"id": one, "text": text, "vector": vector} for one, text, vector in zip(ids, texts, vectors, strict=True)
        ]
        self._table: Any = self._connect(str(self._folder)).create_table("passages", rows)
        self._table.create_fts_index("text")

    def search(self, question: str, k: int = FOUND) -> list[str]:
        query = self._table.search(query_type="hybrid").vector(self._embed(question)).text(_plain(question))
        return [row["id"] for row in query.limit(k).to_list()]

    def add(self, passage_id: str, text: str, vector: Vectors) -> None:
        self._table.add([{"id": passage_id, "text": text, "vector": vector}])
        self._table.optimize()  # a row is searched by its words only once the text index has taken it in

    def remove(self, passage_id: str) -> None:
        self._table.delete(f"id = '{passage_id}'")

    def save(self, folder: Path) -> bool:
        shutil.copytree(self._folder, folder / "table")
        return True


# -- as retrievers, for `eval retrieval --systems evals.peers:txtai` -----------------------------------------------


class _Peer(Protocol):
    def build(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None: ...
    def search(self, question: str, k: int = FOUND) -> list[str]: ...


class _AsRetriever:
    """A peer behind langchain's ``invoke``, over real passages and their real vectors."""

    takes_k = True  #: so that it is timed at the depth that ours is timed at

    def __init__(self, contender: _Peer, documents: Sequence[Any]) -> None:
        from evals.encodings import CachedEncoder, default_folder

        # The same words that our own index reads: headings in front of the text.
        texts = [_searchable(document) for document in documents]
        self._documents = {document.id: document for document in documents}
        vectors = CachedEncoder(load_encoder(), default_folder()).encode(texts, truncate=True)
        self._contender = contender
        contender.build(list(self._documents), texts, vectors)

    def invoke(self, question: str, *, k: int = DEPTH) -> list[Any]:
        return [self._documents[one] for one in self._contender.search(question, k)]


def _searchable(document: Any) -> str:
    heading = heading_line(document.metadata.get("title", ""), tuple(document.metadata.get("section_path") or ()))
    return f"{heading}\n{document.page_content}" if heading else str(document.page_content)


def langchain(documents: Sequence[Any]) -> _AsRetriever:
    """EnsembleRetriever over BM25Retriever and FAISS."""
    return _AsRetriever(LangChain(), documents)


def txtai(documents: Sequence[Any]) -> _AsRetriever:
    """txtai's hybrid index."""
    return _AsRetriever(TxtAI(), documents)


def lancedb(documents: Sequence[Any]) -> _AsRetriever:
    """LanceDB's hybrid search."""
    folder = mkdtemp(prefix="policydesk-lancedb-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # the table lives there as long as it is searched
    return _AsRetriever(LanceDB(Path(folder)), documents)


def rank_bm25(documents: Sequence[Any]) -> _AsRetriever:
    """rank-bm25 over lower-cased words."""
    return _AsRetriever(RankBM25(), documents)


def bm25s(documents: Sequence[Any]) -> _AsRetriever:
    """bm25s with its own tokenizer."""
    return _AsRetriever(BM25S(), documents)


# -- what peers share ---------------------------------------------------------------------------------------------------


def _sentence_transformer() -> Callable[[str], Vectors]:
    """The default encoder through plain sentence-transformers, as a peer's user would load it."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(ModelCache.default().require(ENCODER)), device="cpu")

    def embed(text: str) -> Vectors:
        vector: Vectors = model.encode(text, normalize_embeddings=True, show_progress_bar=False)
        return vector

    return embed


def _langchain_embedding() -> Any:
    from langchain_core.embeddings import Embeddings

    embed = _sentence_transformer()

    class Plain(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [embed(text).tolist() for text in texts]

        def embed_query(self, text: str) -> list[float]:
            return list(embed(text).tolist())

    return Plain()


def _langchain_compressor() -> Any:
    """A cross-encoder of MiniLM's size in float32 with a head nobody trained: right for speed, meaningless for quality.
    A trained one cannot be had without a model hub."""
    from langchain_classic.retrievers.document_compressors import CrossEncoderReranker
    from langchain_community.cross_encoders import HuggingFaceCrossEncoder

    folder = str(ModelCache.default().require(ENCODER))
    model = HuggingFaceCrossEncoder(model_name=folder, model_kwargs={"device": "cpu", "num_labels": 1})
    return CrossEncoderReranker(model=model, top_n=FOUND)


def _words(text: str) -> list[str]:
    return text.lower().split()


def _plain(question: str) -> str:
    """Without the signs that a full-text query language would read as operators."""
    return "".join(letter if letter.isalnum() else " " for letter in question)
