"""Reading ahead: what questions will need of the library is read while nobody waits, not when the first one asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

from assistant.answer import Assistant
from assistant.evidence import in_context
from retrieval.errors import PolicydeskError
from retrieval.index import PassageIndex
from retrieval.keptvectors import KeptVectors
from retrieval.records import Passage
from retrieval.scope import Scope
from retrieval.sentences import sentence_spans


@runtime_checkable
class ReadsPassages(Protocol):
    """What reads a passage by itself and keeps what it read: our reranker."""

    def read(self, texts: Sequence[str]) -> None: ...


@runtime_checkable
class KeepsPassages(Protocol):
    """What reads a passage before it is asked about, and keeps what it read: our reader."""

    def keep(self, passages: Sequence[Passage]) -> None: ...


@dataclass(frozen=True, slots=True)
class ReadAheadConfig:
    """How much is read, and how much at a time."""

    step_texts: int = 8  #: about a tenth of a second on one core: what a question may have to wait for
    passages: int = 2_000  #: read for the reranker, as many as it keeps
    reader_passages: int = 600  #: read for the reader, about as many as it keeps


class ReadAhead:
    """Reads the passages in force, once for each generation of the index and each day.

    :param assistant: gives what answers; an encoder that keeps nothing is not asked to read.
    """

    def __init__(self, assistant: Callable[[], Assistant], config: ReadAheadConfig | None = None) -> None:
        self.config = config or ReadAheadConfig()
        self._assistant = assistant
        self._read: tuple[int, date] | None = None

    def steps(self) -> Iterator[bool]:
        """Read a little at each step, which gives True; ends when everything is read, or there is nothing to read."""
        assistant = self._assistant()
        try:
            index = assistant.searcher().index
        except PolicydeskError:  # the next question says what is wrong
            return
        state = (index.generation, date.today())
        if state == self._read:
            return
        encoder, reranker, reader = assistant.encoder, assistant.reranker, assistant.reader
        kept = 0
        for number, passages in self._portions(_in_force(index)):
            if isinstance(encoder, KeptVectors):
                texts = [text for passage in passages for text in sentences(passage)]
                kept += len(texts)
                if kept <= encoder.most_texts:
                    encoder.encode(texts, truncate=True)
            if isinstance(reranker, ReadsPassages) and number <= self.config.passages:
                reranker.read([passage.searchable for passage in passages])
            if isinstance(reader, KeepsPassages) and number <= self.config.reader_passages:
                reader.keep(passages)
            yield True
        self._read = state

    def _portions(self, passages: Sequence[Passage]) -> Iterator[tuple[int, list[Passage]]]:
        """The passages in portions, each with the number of passages up to its end."""
        portion: list[Passage] = []
        texts = 0
        for number, passage in enumerate(passages, start=1):
            portion.append(passage)
            texts += len(sentences(passage))
            if texts >= self.config.step_texts or number == len(passages):
                yield number, portion
                portion, texts = [], 0


def sentences(passage: Passage) -> list[str]:
    """What :func:`assistant.evidence.distil` encodes of a passage: each sentence under its headings."""
    return [in_context(passage, span) for span in sentence_spans(passage.text)]


def _in_force(index: PassageIndex) -> Sequence[Passage]:
    mask = index.mask(Scope(groups=index.audiences))
    return index.passages if mask is None else [index.passages[row] for row in mask.nonzero()[0]]
