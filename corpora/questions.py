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

    :raises CorpusError: naming file and line, if there is no such file, a line is malformed, an id is used twice, an answerable question has
        no gold, or an unanswerable one has some.
    """
    path = questions_file(corpus)
    questions = [_question(line, f"{path.name}:{number}") for number, line in _numbered_lines(path)]
    twice = [name for name, count in Counter(question.question_id for question in questions).items() if count > 1]
    if twice:
        raise CorpusError(f"{path.name}: used twice: {', '.join(twice)}")
    return tuple(questions)


def _numbered_lines(path: Path) -> list[tuple[int, str]]:
    try:
        # Not splitlines(): a text may hold signs that it takes for the end of a line.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise CorpusError(f"{path} is missing; write the questions there, one JSON object a line") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path.name}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _question(line: str, where: str) -> Question:
    try:
        question = _parse(json.loads(line))
    except KeyError as error:
        raise CorpusError(f"{where}: not a question: {error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise CorpusError(f"{where}: not a question: {error}") from error
    if question.answerable != bool(question.gold):
        raise CorpusError(f"{where}: {question.kind} with {len(question.gold)} gold quotations")
    if question.split not in {"dev", "test"}:
        raise CorpusError(f"{where}: split is dev or test, found {question.split}")
    return question


def _parse(row: dict[str, Any]) -> Question:
    return Question(
        question_id=_text(row, "_id"),
        text=_text(row, "text"),
        kind=QuestionKind(row["kind"]),
        split=row["metadata"]["split"],
        gold=tuple(Gold(_text(gold, "file"), _text(gold, "quote")) for gold in row["gold"]),
        answer=_text(row, "answer") if row.get("answer") else "",
        must_hold=_texts(row, "must_hold"),
        history=tuple(
            EarlierTurn(_text(turn, "question"), str(turn.get("answer") or "")) for turn in row.get("history") or ()
        ),
        as_of=date.fromisoformat(row["as_of"]) if row.get("as_of") else None,
        jurisdiction=_text(row, "jurisdiction") if row.get("jurisdiction") else None,
        groups=frozenset(_texts(row, "groups")),
        tags=frozenset(_texts(row["metadata"], "tags")),
    )


def _text(row: dict[str, Any], key: str) -> str:
    if not isinstance(row[key], str) or not row[key].strip():
        raise ValueError(f"{key!r} is not a text")
    return str(row[key])


def _texts(row: dict[str, Any], key: str) -> tuple[str, ...]:
    """A list of texts, which may be missing; a text alone would be taken for its letters."""
    values = row.get(key) or ()
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{key!r} is not a list of texts")
    return tuple(values)
