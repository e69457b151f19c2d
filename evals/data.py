"""The nouns of evaluation: texts to be found, questions with what is known about their answers, and one split of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.trec import Qrels
from retrieval.errors import WrongUsage
from retrieval.particulars import document_of


class DataError(WrongUsage):
    """The data cannot be trusted; the message names file and line."""


@dataclass(frozen=True, slots=True)
class CorpusText:
    """One passage to be found."""

    text_id: str
    title: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """The document the text is a piece of; see :func:`retrieval.particulars.document_of`."""
        return document_of(self.text_id, self.title, self.metadata)


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is known about its answer.

    ``wanted`` holds judged passages and their grades (above 0); empty where only the answer is known. ``must_hold`` are
    texts that the answer has to contain; ``quotes`` are the words of the documents that answer.
    """

    question_id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    wanted: Mapping[str, int] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    must_hold: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """A question that the corpus does not answer; ``asked_against`` are passages that look as if they did."""

    question_id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    asked_against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BenchData:
    """One split of one folder. Questions are in the order of their file."""

    folder: Path
    split: str
    corpus: tuple[CorpusText, ...]
    questions: tuple[Question, ...]
    unanswerable: tuple[Unanswerable, ...] = ()

    @property
    def name(self) -> str:
        return self.folder.resolve().name

    @property
    def judged(self) -> tuple[Question, ...]:
        """The questions whose passages are known: what retrieval is scored on."""
        return tuple(question for question in self.questions if question.wanted)

    @property
    def everything(self) -> tuple[Question | Unanswerable, ...]:
        """All that is asked, the answerable first.

        :raises DataError: if an id is used for questions of both kinds, whose figures would be mixed up.
        """
        both = {one.question_id for one in self.questions} & {one.question_id for one in self.unanswerable}
        if both:
            raise DataError(
                f"{self.folder}: {min(both)!r} stands both in queries.jsonl and in unanswerable.jsonl; rename one of the questions"
            )
        return (*self.questions, *self.unanswerable)

    @property
    def qrels(self) -> Qrels:
        return {question.question_id: dict(question.wanted) for question in self.judged}

    def fingerprint(self) -> str:
        """sha256 over the ids and texts of the corpus in the order of their ids: changes when a text is cut otherwise."""
        digest = hashlib.sha256()
        for text in sorted(self.corpus, key=lambda text: text.text_id):
            digest.update(json.dumps([text.text_id, text.text], ensure_ascii=False).encode())
        return digest.hexdigest()

    def test_fingerprint(self) -> str:
        """sha256 over what else decides a score: titles, and the questions with who asks them and after what, their judgements
        and gold answers. Not in :meth:`fingerprint`, which results from before hold without them."""
        digest = hashlib.sha256()
        for text in sorted(self.corpus, key=lambda text: text.text_id):
            digest.update(json.dumps([text.text_id, text.title]).encode())
        for asked in sorted(self.questions, key=lambda question: question.question_id):
            gold = [sorted(asked.wanted.items()), asked.answers, asked.must_hold, asked.quotes]
            digest.update(json.dumps([asked.question_id, asked.text, _asker(asked.metadata), *gold]).encode())
        for refused in sorted(self.unanswerable, key=lambda question: question.question_id):
            digest.update(json.dumps([refused.question_id, refused.text, _asker(refused.metadata)]).encode())
        return digest.hexdigest()

    def limited(self, limit: int | None) -> BenchData:
        """The first ``limit`` questions and unanswerable ones, over the whole corpus."""
        if limit is None:
            return self
        return BenchData(self.folder, self.split, self.corpus, self.questions[:limit], self.unanswerable[:limit])

    def sampled(self, size: int | None) -> BenchData:
        """At most ``size`` questions, spread evenly over all, and no unanswerable ones."""
        if size is None or size >= len(self.questions):
            return self
        chosen = tuple(self.questions[at * len(self.questions) // size] for at in range(size))
        return BenchData(self.folder, self.split, self.corpus, chosen)


def _asker(metadata: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What of a question's metadata decides what is found for it; the rest only sorts questions."""
    return [(key, metadata[key]) for key in ("as_of", "groups", "history", "jurisdiction") if metadata.get(key)]
