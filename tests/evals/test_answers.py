"""What a run of answers adds up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from assistant.records import AnswerDone, AnswerEvent, Citation, Status, Turn
from evals.answers import AnswersOutcome, AskedQuestion, evaluate_answers
from evals.data import BenchData, CorpusText, Question, Unanswerable
from evals.judging import judge_answer
from evals.systems import passages_of
from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.scope import Scope
from tests.evals.test_judging import LEAVE, PAGES, QUESTION, TEXTS, answer


def outcome(*asked: tuple[Question | Unanswerable, Status, float]) -> AnswersOutcome:
    rows = []
    for question, status, confidence in asked:
        given = replace(answer(Citation(1, LEAVE, 0, 36), status=status), confidence=confidence)
        rows.append(AskedQuestion(question, given, {}, judge_answer(question, given, texts=TEXTS, pages=PAGES)))
    corpus = (CorpusText(LEAVE.passage_id, LEAVE.title, LEAVE.text),)
    questions = tuple(question for question, _, _ in asked if isinstance(question, Question))
    return AnswersOutcome(BenchData(Path("rules"), "test", corpus, questions), "quote", tuple(rows))


class Quoting:
    """Answers everything with the first passage."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage

    def stream(
        self, question: str, *, scope: Scope | None = None, history: Sequence[Turn] = ()
    ) -> Iterator[AnswerEvent]:
        yield AnswerDone(answer(Citation(1, self._passage, 0, len(self._passage.text))))


@pytest.mark.parametrize(("page", "match"), [(3, 1.0), ("3", None), (True, None), (None, None)])
def test_a_page_that_is_no_number_is_no_page_on_either_side(page: object, match: float | None) -> None:
    text = CorpusText("leave-1", "Leave", LEAVE.text, {"page": page, "document_id": "leave"})
    question = Question("q", "How many days?", wanted={"leave-1": 1})
    data = BenchData(Path("rules"), "test", (text,), (question,))
    found = evaluate_answers(data, Quoting(passages_of([text])[0]), model="quote")
    assert found.asked[0].measures.get("page_match") == match


def judged(*opinions: object) -> AnswersOutcome:
    """One answer for each opinion of a judge; an error is raised."""
    left = list(opinions)

    def judge(*_: object) -> float:
        opinion = left.pop(0)
        if isinstance(opinion, Exception):
            raise opinion
        return cast(float, opinion)

    questions = tuple(Question(f"q{n}", "How many days?", wanted={LEAVE.passage_id: 1}) for n in range(len(opinions)))
    corpus = (CorpusText(LEAVE.passage_id, LEAVE.title, LEAVE.text),)
    data = BenchData(Path("rules"), "test", corpus, questions)
    return evaluate_answers(data, Quoting(LEAVE), model="quote", judges={"mine:judge": judge})


def test_a_judge_that_fails_costs_its_own_figure_and_not_the_run(caplog: pytest.LogCaptureFixture) -> None:
    found = judged(0.5, None, TimeoutError("no answer in 60 s"), "good", 1).to_json()["mine:judge"]
    assert (found["mean"], found["n"]) == (0.75, 2)
    assert caplog.messages[0] == "mine:judge did not judge the answer to q2: TimeoutError: no answer in 60 s"
    assert len(caplog.messages) == 2


@pytest.mark.parametrize("opinion", [85, -1, 1.5])
def test_a_judge_on_another_scale_is_refused(opinion: float) -> None:
    with pytest.raises(WrongUsage, match=r"mine:judge gives .* for the answer to 'q1'; a judge answers from 0 to 1"):
        judged(0.5, opinion)


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


def test_doubt_is_counted_apart_for_right_answers_and_wrong_ones() -> None:
    asked = outcome((QUESTION, Status.ANSWERED, 0.8), (Unanswerable("u", "Is there a gym?"), Status.ANSWERED, 0.3))
    doubtful = tuple(replace(row, answer=replace(row.answer, doubtful=not row.right)) for row in asked.asked)
    found = replace(asked, asked=doubtful).to_json()["abstention"]["in_doubt"]
    assert {kind: (told["mean"], told["n"]) for kind, told in found.items()} == {"right": (0.0, 1), "wrong": (1.0, 1)}
