from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assistant.records import Answer, Check, Citation, Claim, Status
from evals.abstention import auroc, risk_coverage
from evals.data import Question, Unanswerable
from evals.judging import judge_answer, load_judge
from evals.spans import exact, lexically_supported, share_held, stands_in, token_f1
from retrieval.errors import WrongUsage
from retrieval.records import Passage

LEAVE = Passage(
    "leave.1",
    "leave",
    "leave",
    "Leave",
    "leave.pdf",
    "Up to five days may be carried over. They lapse on 31 March.",
    page=2,
)
PAY = Passage("pay.1", "pay", "pay", "Pay", "pay.pdf", "Salaries are paid on the 25th.", page=1)
TEXTS = {passage.passage_id: passage.text for passage in (LEAVE, PAY)}
PAGES = {passage.passage_id: (passage.document_id, passage.page) for passage in (LEAVE, PAY)}
QUESTION = Question(
    "q", "How many days carry over?", wanted={"leave.1": 1}, answers=("five days",), must_hold=("five", "31 March")
)


def answer(*citations: Citation, status: Status = Status.ANSWERED) -> Answer:
    return Answer(
        question="?", standalone_question="?", status=status, reason=None, text="", conflicts=(), confidence=0.5, as_of=date(2025, 1, 1),
        model="fake", index_generation=1, claims=tuple(Claim(one.quote, (one.number,), Check.QUOTED) for one in citations), citations=citations,
    )  # fmt: skip


def judge(question: Question | Unanswerable, given: Answer) -> dict[str, float]:
    return judge_answer(question, given, texts=TEXTS, pages=PAGES)


def test_a_right_answer_is_right_in_every_way() -> None:
    found = judge(QUESTION, answer(Citation(1, LEAVE, 0, 36)))
    assert LEAVE.text[:36] == "Up to five days may be carried over."
    assert (
        found["answered_right"]
        == found["answer_contains"]
        == found["citation_precision"]
        == found["citation_recall"]
        == 1.0
    )
    assert (
        found["page_match"]
        == found["supported_claims"]
        == found["supported_claims_lexical"]
        == found["exact_quotes"]
        == 1.0
    )
    assert found["must_hold"] == 0.5
    assert found["answer_f1"] == pytest.approx(2 * 2 / (8 + 2))


def test_a_second_citation_elsewhere_costs_precision_not_recall() -> None:
    found = judge(QUESTION, answer(Citation(1, LEAVE, 0, 36), Citation(2, PAY, 0, 30)))
    assert (found["citation_precision"], found["citation_recall"], found["page_match"]) == (0.5, 1.0, 0.5)


def test_the_right_passage_with_the_wrong_sentence_is_not_right() -> None:
    found = judge(QUESTION, answer(Citation(1, LEAVE, 37, 60)))
    assert (found["citation_recall"], found["answered_right"]) == (1.0, 0.0)


def test_half_of_a_gold_quotation_in_order_is_enough() -> None:
    question = replace(QUESTION, quotes=("Up to five days may be carried over. They lapse on 31 March.",))
    assert judge(question, answer(Citation(1, LEAVE, 0, 36)))["answered_right"] == 1.0
    assert judge(question, answer(Citation(1, LEAVE, 37, 60)))["answered_right"] == 0.0


def test_a_refused_question_is_not_right_and_says_nothing_about_citations() -> None:
    found = judge(QUESTION, answer(status=Status.ABSTAINED))
    assert found == {
        "answered": 0.0,
        "answer_f1": 0.0,
        "answer_exact": 0.0,
        "answer_contains": 0.0,
        "must_hold": 0.0,
        "answered_right": 0.0,
    }


def test_refusing_the_unanswerable_is_right() -> None:
    assert judge(Unanswerable("u", "?"), answer(status=Status.ABSTAINED)) == {"refused": 1.0}
    assert judge(Unanswerable("u", "?"), answer(Citation(1, PAY, 0, 30)))["refused"] == 0.0


def test_a_quotation_that_is_not_in_the_stored_text_is_noticed() -> None:
    forged = replace(LEAVE, text="Up to nine days may be carried over.")
    assert judge(QUESTION, answer(Citation(1, forged, 0, 36)))["exact_quotes"] == 0.0


def test_a_changed_number_fails_both_checks() -> None:
    given = answer(Citation(1, LEAVE, 0, 36))
    given = replace(given, claims=(Claim("Up to 9 days may be carried over.", (1,), Check.SUPPORTED),))
    found = judge(QUESTION, given)
    assert (found["supported_claims"], found["supported_claims_lexical"]) == (0.0, 0.0)


def test_a_claim_without_citation_is_unsupported() -> None:
    given = replace(answer(Citation(1, LEAVE, 0, 36)), claims=(Claim("Yes.", (), Check.SUPPORTED),))
    found = judge(QUESTION, given)
    assert (found["cited_claims"], found["supported_claims"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "gold", "f1", "equal", "inside"),
    [
        ("The five days.", "five days", 1.0, 1.0, 1.0),
        ("five working days", "five days", 0.8, 0.0, 0.0),
        ("It is five days.", "five days", 2 / 3, 0.0, 1.0),
        ("", "five", 0.0, 0.0, 0.0),
    ],
)
def test_answers_compare_as_squad_does(text: str, gold: str, f1: float, equal: float, inside: float) -> None:
    assert token_f1(text, [gold]) == pytest.approx(f1)
    assert (exact(text, [gold]), stands_in(text, [gold])) == (equal, inside)


def test_the_best_gold_answer_counts() -> None:
    assert token_f1("five days", ["a week", "five days"]) == 1.0
    assert share_held("by 31 March", ["31 March", "1 May"]) == 0.5


@pytest.mark.parametrize(
    ("answer", "token", "held"),
    [
        ("You pay 15% of it.", "1.5%", False),
        ("You pay 1.5 % of it.", "1.5%", True),
        ("It costs $150.", "$1.50", False),
        ("It costs $1.50.", "$1.50", True),
        ("A fee of 5 is due.", ".5", False),
        ("A fee of 1500 is due, see 4.2.", "1,500", True),
        ("See clause 42.", "4.2", False),
        ("See clause 4.2.", "4.2", True),
        ("The Board decides.", "the", True),
        ("They decide.", "the", False),
        ("Plan A applies.", "A", True),
        ("All plans apply.", "A", False),
        ("It is rated A-.", "A-", True),
        ("It grew by 5%.", "%", True),
        ("It grew by five.", "%", False),
        ("Ask line manager.", "the line manager", True),
    ],
)
def test_a_required_text_is_held_as_it_is_written(answer: str, token: str, held: bool) -> None:
    assert share_held(answer, [token]) == held


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("Five days may be carried over.", True),
        ("Five days may not be carried over.", False),
        ("They lapse on 30 March.", False),
        ("Employees choose their laptops freely.", False),
        ("", False),
    ],
)
def test_words_alone_carry_a_claim_or_do_not(claim: str, supported: bool) -> None:
    assert lexically_supported(claim, [LEAVE.text]) is supported


@pytest.mark.parametrize(
    ("claim", "quote", "heading", "supported"),
    [
        ("You may share it with others.", "You may not share it with others.", "", False),
        ("You may not share it with others.", "You may not share it with others.", "", True),
        ("You may share it with others.", "You may not, without consent, share it with others.", "", False),
        ("Employees may share it.", "No employees may share it.", "", False),
        ("Taxis are not paid.", "Taxis are paid.", "What is not paid", False),
        ("Taxis are paid.", "Taxis are paid.", "What is not forbidden", True),
        ("Bristol taxis are paid.", "Taxis are paid.", "Bristol office", True),
        ("Leave may be carried over.", "Sick pay is not paid out. Leave may be carried over.", "", True),
        ("Leave may be carried over.", "Leave may be carried over without a form.", "", True),
        ("Taxis must be approved.", "Receipts are not needed, but taxis must be approved.", "", True),
    ],
)
def test_claim_and_quotation_agree_on_what_is_negated(claim: str, quote: str, heading: str, supported: bool) -> None:
    assert lexically_supported(claim, [quote], [heading]) is supported


def test_auroc_is_the_chance_that_the_answerable_one_is_surer() -> None:
    assert auroc([0.9, 0.8], [0.1, 0.8]).mean == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert auroc([0.5], []).mean is None


def test_risk_falls_where_only_sure_answers_are_shown() -> None:
    points = risk_coverage([0.9, 0.2, 0.5, 0.5], [True, False, True, False], questions=8)
    assert [(point.coverage, point.risk) for point in points] == [(1 / 8, 0.0), (3 / 8, 1 / 3), (4 / 8, 0.5)]


def test_a_judge_is_a_function_by_name() -> None:
    assert load_judge("math:isclose")(0.1, 0.1) is True  # type: ignore[call-arg, arg-type]
    for name in ("math", "math:nothing", "nowhere:x"):
        with pytest.raises(WrongUsage, match="module:function"):
            load_judge(name)
