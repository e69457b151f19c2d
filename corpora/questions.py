"""The questions asked of a corpus, with the passages that answer them quoted word for word."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from corpora.catalog import SAMPLE
from corpora.errors import CorpusError


class QuestionKind(StrEnum):
    """What makes a question hard."""

    PLAIN = "plain"
    DATED = "dated"  #: the answer depends on the day asked about
    COUNTRY = "country"  #: the answer depends on where the asker works
    FOLLOWUP = "followup"  #: cannot be understood without the turns before it
    UNANSWERABLE = "unanswerable"  #: no document says it


@dataclass(frozen=True, slots=True)
class Gold:
    """Words of a document that answer a question: a contiguous span of its text, white space aside."""

    file: str
    quote: str


@dataclass(frozen=True, slots=True)
class EarlierTurn:
    """A question and its answer from before the question at hand."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question as an employee would put it."""

    question_id: str
    text: str
    kind: QuestionKind
    split: str  #: "dev" or "test"
    gold: tuple[Gold, ...] = ()  #: empty where unanswerable
    answer: str = ""
    must_hold: tuple[str, ...] = ()  #: words a right answer contains
    history: tuple[EarlierTurn, ...] = ()  #: oldest first
    as_of: date | None = None  #: None: today
    jurisdiction: str | None = None  #: where the asker works; None: the question does not depend on it
    groups: frozenset[str] = frozenset()  #: groups of the asker, where the answer stands in a restricted document
    tags: frozenset[str] = frozenset()

    @property
    def answerable(self) -> bool:
        return self.kind is not QuestionKind.UNANSWERABLE


def questions_file(corpus: Path = SAMPLE) -> Path:
    """Where a corpus keeps its questions: ``questions/questions.jsonl``, or beside the documents."""
    folder = corpus / "questions"
    return (folder if folder.is_dir() else corpus) / "questions.jsonl"


def read_questions(corpus: Path = SAMPLE) -> tuple[Question, ...]:
    """The questions of a corpus, in the file's order.

    :raises CorpusError: naming file and line, if a line is malformed, an id is used twice, an answerable question has
        no gold, or an unanswerable one has some.
    """
    path = questions_file(corpus)
    questions = [_question(line, f"{path.name}:{number}") for number, line in _numbered_lines(path)]
    twice = [name for name, count in Counter(question.question_id for question in questions).items() if count > 1]
    if twice:
        raise CorpusError(f"{path.name}: used twice: {', '.join(twice)}")
    return tuple(questions)


def _numbered_lines(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _question(line: str, where: str) -> Question:
    try:
        question = _parse(json.loads(line))
    except (KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"{where}: not a question: {error!r}") from error
    if question.answerable != bool(question.gold):
        raise CorpusError(f"{where}: {question.kind} with {len(question.gold)} gold quotations")
    if question.split not in {"dev", "test"}:
        raise CorpusError(f"{where}: split is dev or test, found {question.split}")
    return question


def _parse(row: dict[str, Any]) -> Question:
    return Question(
        question_id=row["_id"],
        text=row["text"],
        kind=QuestionKind(row["kind"]),
        split=row["metadata"]["split"],
        gold=tuple(Gold(gold["file"], gold["quote"]) for gold in row["gold"]),
        answer=row["answer"],
        must_hold=tuple(row["must_hold"]),
        history=tuple(EarlierTurn(turn["question"], turn["answer"]) for turn in row["history"]),
        as_of=date.fromisoformat(row["as_of"]) if row["as_of"] else None,
        jurisdiction=row["jurisdiction"],
        groups=frozenset(row["groups"]),
        tags=frozenset(row["metadata"]["tags"]),
    )
