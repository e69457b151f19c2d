"""What a run of answers adds up to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assistant.records import Citation, Status
from evals.answers import AnswersOutcome, AskedQuestion
from evals.data import BenchData, CorpusText, Question, Unanswerable
from evals.judging import judge_answer
from tests.evals.test_judging import LEAVE, PAGES, QUESTION, TEXTS, answer


def outcome(*asked: tuple[Question | Unanswerable, Status, float]) -> AnswersOutcome:
    rows = []
    for question, status, confidence in asked:
        given = replace(answer(Citation(1, LEAVE, 0, 36), status=status), confidence=confidence)
        rows.append(AskedQuestion(question, given, {}, judge_answer(question, given, texts=TEXTS, pages=PAGES)))
    corpus = (CorpusText(LEAVE.passage_id, LEAVE.title, LEAVE.text),)
    questions = tuple(question for question, _, _ in asked if isinstance(question, Question))
    return AnswersOutcome(BenchData(Path("rules"), "test", corpus, questions), "quote", tuple(rows))


def test_a_question_without_judged_passages_is_neither_right_nor_wrong() -> None:
    unjudged = Question("d", "How many days?", answers=("five days",), must_hold=("five",))
    unanswerable = Unanswerable("u", "Is there a gym?")
    found = outcome(
        (unjudged, Status.ANSWERED, 0.9), (QUESTION, Status.ANSWERED, 0.8), (unanswerable, Status.ANSWERED, 0.3)
    ).to_json()
    assert found["abstention"]["risk_coverage"] == [
        {"coverage": 0.5, "risk": 0.0, "threshold": 0.8},
        {"coverage": 1.0, "risk": 0.5, "threshold": 0.3},
    ]
    assert [row["question_id"] for row in found["weakest"]] == ["u"]
