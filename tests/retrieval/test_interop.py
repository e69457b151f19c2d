from __future__ import annotations

from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import RetrieversIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from retrieval.index import PassageIndex
from retrieval.interop import PolicydeskEmbeddings, PolicydeskReranker, PolicydeskRetriever
from retrieval.records import Passage
from retrieval.scope import Scope
from retrieval.search import Searcher
from tests.fakes import OverlapReranker, WordEncoder


def searcher() -> Searcher:
    texts = ["unused leave lapses", "travel by train", "sick pay", "notice period", "salary bands"]
    passages = [
        Passage(
            f"d{n}.v1.p0001",
            f"d{n}",
            f"d{n}.v1",
            "T",
            "t.md",
            text,
            audience=frozenset({"hr"} if "salary" in text else ()),
        )
        for n, text in enumerate(texts)
    ]
    encoder = WordEncoder()
    return Searcher(PassageIndex.build(passages, encoder), encoder)


class TestEmbeddings(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return PolicydeskEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"encoder": WordEncoder()}


class TestRetriever(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[PolicydeskRetriever]:
        return PolicydeskRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"searcher": searcher()}

    @property
    def retriever_query_example(self) -> str:
        return "leave and travel"


def test_retriever_applies_its_scope() -> None:
    assert "salary bands" not in [
        d.page_content for d in PolicydeskRetriever(searcher=searcher()).invoke("salary bands")
    ]
    insider = PolicydeskRetriever(searcher=searcher(), scope=Scope(groups=frozenset({"hr"})))
    assert insider.invoke("salary bands")[0].page_content == "salary bands"


def test_compressor_keeps_the_best_documents_best_first() -> None:
    documents = [Document(page_content=text) for text in ("train", "unused leave lapses", "leave")]
    kept = PolicydeskReranker(reranker=OverlapReranker(), top_n=2).compress_documents(
        documents, "when does unused leave lapse"
    )
    assert [document.page_content for document in kept] == ["unused leave lapses", "leave"]


@pytest.mark.parametrize("texts", [[], ["leave", "travel"]])
def test_embeddings_are_unit_vectors(texts: list[str]) -> None:
    rows = PolicydeskEmbeddings(WordEncoder()).embed_documents(texts)
    assert [round(sum(x * x for x in row), 4) for row in rows] == [1.0] * len(texts)
