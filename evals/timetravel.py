"""Questions about a day: whether what is cited was in force then, and nothing superseded is cited by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistant.answer import Assistant
from assistant.records import Status
from corpora.questions import Question, QuestionKind, read_questions
from evals.significance import estimate
from retrieval.records import Passage
from retrieval.scope import Scope


@dataclass(frozen=True, slots=True)
class Dated:
    """One question about a day."""

    question_id: str
    answered: bool
    cites_version: bool  #: a passage of the version that was in force then is cited
    cites_other: int  #: cited passages that were not in force then
    retrieves_version: bool  #: it is among the ten first hits
    retrieves_other: int


def measure_time_travel(folder: Path, assistant: Assistant, *, today: date | None = None) -> dict[str, Any]:
    """Ask every dated question of a corpus for its day, and the same words without a day; search with all other questions.

    :returns: ``cite_version`` over answered dated questions, ``cited_not_in_force`` and ``superseded_by_default`` as counts.
    """
    today = today or date.today()
    questions = read_questions(folder)
    dated = [_dated(assistant, question) for question in questions if question.kind is QuestionKind.DATED]
    undated = [question for question in questions if question.kind is not QuestionKind.DATED]
    searcher = assistant.searcher()
    superseded = searched = 0
    for question in undated:
        scope = Scope(groups=question.groups, jurisdiction=question.jurisdiction)
        hits = searcher.search(question.text, k=10, scope=scope, rerank=False).hits
        searched += len(hits)
        superseded += sum(not _in_force(hit.passage, today) for hit in hits)
    asked = list({question.text: question for question in questions if question.kind is QuestionKind.DATED}.values())
    # Words that name a day ("at the end of March 2025") ask about that day.
    answers = [answer for question in asked if (answer := assistant.answer(question.text)).as_of == today]
    cited = [citation.passage for answer in answers for citation in answer.citations]
    return {
        "dated_questions": len(dated),
        "answered": sum(one.answered for one in dated),
        "cite_version": _share([one.cites_version for one in dated if one.answered]),
        "retrieve_version": _share([one.retrieves_version for one in dated]),
        "cited_not_in_force": sum(one.cites_other for one in dated),
        "retrieved_not_in_force": sum(one.retrieves_other for one in dated),
        "superseded_by_default": {
            "asked": len(answers),
            "citations": len(cited),
            "superseded_citations": sum(not _in_force(passage, today) for passage in cited),
            "searched": len(undated),
            "hits": searched,
            "superseded_hits": superseded,
        },
        "per_question": {
            one.question_id: {
                "answered": one.answered,
                "cites_version": one.cites_version,
                "cites_other": one.cites_other,
            }
            for one in dated
        },
    }


def _dated(assistant: Assistant, question: Question) -> Dated:
    assert question.as_of is not None
    scope = Scope(groups=question.groups, as_of=question.as_of, jurisdiction=question.jurisdiction)
    answer = assistant.answer(question.text, scope=scope)
    hits = assistant.searcher().search(question.text, k=10, scope=scope).hits
    cited = [citation.passage for citation in answer.citations]
    wanted = {gold.file for gold in question.gold}
    return Dated(
        question.question_id,
        answer.status in (Status.ANSWERED, Status.PARTIAL),
        any(passage.file in wanted for passage in cited),
        sum(not _in_force(passage, question.as_of) for passage in cited),
        any(hit.passage.file in wanted for hit in hits),
        sum(not _in_force(hit.passage, question.as_of) for hit in hits),
    )


def _in_force(passage: Passage, day: date) -> bool:
    return Scope(as_of=day).in_force(passage.effective_from, passage.effective_to)


def _share(values: Sequence[bool]) -> dict[str, object]:
    one = estimate([float(value) for value in values])
    figures = [None if value is None else round(value, 4) for value in (one.mean, one.low, one.high)]
    return {"mean": figures[0], "ci95": figures[1:], "n": one.n}
