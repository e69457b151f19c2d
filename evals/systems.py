"""What can be scored: our searches, any langchain-core retriever, and run files of other tools."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from assistant.conversation import standalone
from assistant.finding import history_of
from evals.data import BenchData, CorpusText, Question
from evals.trec import read_run
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.index import PassageIndex
from retrieval.particulars import scope_of, with_particulars
from retrieval.reader import Reader
from retrieval.records import Passage, PassageKind
from retrieval.rerank import Reranker
from retrieval.search import Mode, Searcher

#: Our systems by name: which first stage, and whether the reranker reads its best.
OURS: Mapping[str, tuple[Mode, bool]] = {
    "bm25": (Mode.BM25, False),
    "dense": (Mode.DENSE, False),
    "hybrid": (Mode.HYBRID, False),
    "reranked": (Mode.HYBRID, True),
}

#: Text ids with their scores, best first.
Found = tuple[tuple[str, float], ...]


class System(Protocol):
    """Anything that ranks the corpus for a question."""

    @property
    def name(self) -> str: ...

    @property
    def filters(self) -> bool:
        """Whether :meth:`search` can look inside one document."""

    def search(self, question: Question, *, k: int, document: str | None = None) -> Found:
        """At most k text ids with scores, best first.

        :param document: look only inside this one (see :attr:`CorpusText.document`).
        """


class PolicydeskSystem:
    """One of our own searches, through the same :class:`Searcher` that serves."""

    filters = True

    def __init__(self, name: str, searcher: Searcher) -> None:
        self.name = name
        self._searcher = searcher
        self._inside: Searcher | None = None

    def search(self, question: Question, *, k: int, document: str | None = None) -> Found:
        mode, rerank = OURS[self.name]
        scope = scope_of(question.metadata)
        searcher = self._searcher
        if document is not None:
            searcher, scope = self._by_document(), replace(scope, groups=frozenset({document}))
        # A follow-up is searched as the chat would: joined to the question it follows.
        text = standalone(question.text, history_of(question.metadata))
        result = searcher.search(text, k=k, mode=mode, rerank=rerank, scope=scope)
        return tuple((hit.passage.passage_id, hit.score) for hit in result.hits)

    def _by_document(self) -> Searcher:
        """The same index with each document as its own audience, so that the scope's real filter does the filtering."""
        if self._inside is None:
            index = self._searcher.index
            passages = [replace(passage, audience=frozenset({passage.document_id})) for passage in index.passages]
            inside = PassageIndex(passages, index.lexical, index.dense, encoder=index.encoder)
            old = self._searcher
            self._inside = Searcher(
                inside, old.encoder, reranker=old.reranker, reader=old.reader, fusion=old.fusion, config=old.config
            )
        return self._inside


class RetrieverSystem:
    """A langchain-core retriever: anything with ``invoke(question)`` that returns documents, best first.

    How deep it looks is its own matter, unless it says ``takes_k``: then it is asked for as many as are wanted.
    """

    filters = False

    def __init__(self, name: str, retriever: Any, corpus: Sequence[CorpusText]) -> None:
        self.name = name
        self._retriever = retriever
        self._ids = frozenset(text.text_id for text in corpus)
        self._by_text = {text.text: text.text_id for text in corpus}

    def search(self, question: Question, *, k: int, document: str | None = None) -> Found:
        depth = {"k": k} if getattr(self._retriever, "takes_k", False) else {}
        documents = self._retriever.invoke(question.text, **depth)
        ids = list(dict.fromkeys(self._id_of(document) for document in documents))[:k]
        return tuple((text_id, 1.0 / rank) for rank, text_id in enumerate(ids, start=1))

    def _id_of(self, document: Any) -> str:
        # Many stores give documents ids of their own.
        for candidate in (document.metadata.get("passage_id"), document.metadata.get("_id"), document.id):
            if str(candidate) in self._ids:
                return str(candidate)
        if document.page_content in self._by_text:
            return self._by_text[document.page_content]
        raise WrongUsage(
            f"{self.name} returned a document without an id of corpus.jsonl; put it into metadata['passage_id'] "
            f"(found {document.page_content[:40]!r})"
        )


class RunSystem:
    """What another tool retrieved, from its TREC run file: nothing to be timed."""

    filters = False

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._run = read_run(path)

    def search(self, question: Question, *, k: int, document: str | None = None) -> Found:
        return self._run.get(question.question_id, ())[:k]

    def check(self, data: BenchData) -> None:
        """:raises WrongUsage: if it ranks none of the judged questions, or for them no text of the corpus: what was made over
        other data would score 0."""
        made_with = f"give the run of {data.name}, {data.split}, or the data and --split it was made with"
        found = [self._run[question.question_id] for question in data.judged if question.question_id in self._run]
        if not found:
            raise WrongUsage(f"the run {self.name} ranks none of the {len(data.judged)} questions; {made_with}")
        known = {text.text_id for text in data.corpus}
        if not any(text_id in known for ranking in found for text_id, _ in ranking):
            raise WrongUsage(
                f"the run {self.name} ranks no text that corpus.jsonl holds, but such as {found[0][0][0]!r}; {made_with}"
            )


def passages_of(corpus: Sequence[CorpusText]) -> list[Passage]:
    """The corpus as passages under their own ids, without those that hold no word at all: nothing could find them.

    Dates, country, audience, section path and page are read from ``metadata`` where it has them, by the names of
    :class:`Passage`. It is free: what is of another kind under such a name means something else, and counts for nothing.
    """
    passages = [
        with_particulars(
            Passage(
                passage_id=text.text_id,
                document_id=text.document,
                version_id=_word(text.metadata.get("version_id")) or text.document,
                title=text.title,
                file=_word(text.metadata.get("file")) or text.document,
                text=text.text,
                section_path=_words(text.metadata.get("section_path")),
                page=page_of(text.metadata),
                kind=_kind(text.metadata.get("kind")),
                owner=_word(text.metadata.get("owner")),
            ),
            text.metadata,
        )
        for text in corpus
    ]
    return [passage for passage in passages if passage.searchable.strip()]


def page_of(metadata: Mapping[str, Any]) -> int | None:
    """The page of a text; None where it is no whole number."""
    page = metadata.get("page")
    return page if isinstance(page, int) and not isinstance(page, bool) else None


def our_systems(
    names: Sequence[str], index: PassageIndex, encoder: Encoder, reranker: Reranker | None, reader: Reader | None
) -> list[PolicydeskSystem]:
    """The named systems of :data:`OURS` over one index."""
    searcher = Searcher(index, encoder, reranker=reranker, reader=reader)
    return [PolicydeskSystem(name, searcher) for name in names]


def other_system(name: str, corpus: Sequence[CorpusText]) -> System:
    """A system that is not ours: ``module:object`` or the path of a TREC run file.

    The object is a retriever, or a function that is given the corpus as langchain documents and returns one.

    :raises WrongUsage: if there is no such thing.
    """
    if Path(name).is_file():
        return RunSystem(Path(name))
    module_name, _, attribute = name.partition(":")
    if not attribute:
        raise WrongUsage(
            f"there is no system {name!r}; choose from {', '.join(OURS)}, module:object, or a TREC run file"
        )
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise WrongUsage(
            f"the retriever {name!r} cannot be imported ({error}); is its folder on PYTHONPATH?"
        ) from error
    if not hasattr(found, "invoke") and callable(found):
        build: Callable[[list[Any]], Any] = found
        found = build(_documents(corpus))
    if not hasattr(found, "invoke"):
        raise WrongUsage(f"{name!r} is no retriever: it has no invoke(); give a langchain-core BaseRetriever")
    return RetrieverSystem(attribute, found, corpus)


def _documents(corpus: Sequence[CorpusText]) -> list[Any]:
    from retrieval.interop import to_document

    return [to_document(passage) for passage in passages_of(corpus)]


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _words(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else ()


def _kind(value: object) -> PassageKind:
    return next((kind for kind in PassageKind if kind.value == value), PassageKind.CLAUSE)
