"""Sheets: asked and made questions about a passage, and which of them it answers."""

from __future__ import annotations

from random import Random

import pytest

from retrieval.records import Passage
from retrieval.tuning.cloze import cloze, look_alike
from retrieval.tuning.collection import Collection, Question
from retrieval.tuning.sheets import AskedSheets, MadeSheets, Sheet, find_answer

SENTENCE = "Unused days of annual leave lapse on 31 March of the following year."
LONG = (
    f"{SENTENCE} Employees in Rotterdam have 27 days and employees in Dublin have 25 days of paid leave. "
    "A manager decides within five working days and tells the Payroll Team about the decision in writing. "
    "Requests that are refused may be sent to the works council, which answers within two weeks."
)


def passage(key: str, text: str, document: str = "leave") -> Passage:
    return Passage(key, document, document, "Leave rules", "a.md", text)


def drawn(source: AskedSheets | MadeSheets, times: int = 40) -> list[Sheet]:
    return [sheet for seed in range(times) if (sheet := source.draw(Random(seed), 8))]


def test_a_cloze_question_leaves_its_answer_out() -> None:
    made = [one for seed in range(60) if (one := cloze(SENTENCE, Random(seed)))]
    assert len(made) > 40
    dates = [one for one in made if SENTENCE[one.start : one.end] == "31 March"]
    assert dates
    assert all("31 March" not in one.text for one in dates)


def test_a_sentence_of_nothing_makes_no_question() -> None:
    assert cloze("of the and", Random(1)) is None


@pytest.mark.parametrize(
    ("question", "wrong"),
    [("how many days have employees in Dublin?", "Rotterdam"), ("who pays before the notice period?", "after")],
)
def test_a_look_alike_swaps_one_thing(question: str, wrong: str) -> None:
    changed = {look_alike(question, ["Rotterdam", "Dublin"], [], Random(seed)) for seed in range(30)}
    assert any(wrong in one for one in changed if one)
    assert question not in changed


def test_nothing_to_swap_gives_nothing() -> None:
    assert look_alike("why is it so?", [], [], Random(1)) is None


def test_asked_sheets_mark_what_the_passage_answers() -> None:
    passages = (
        passage("p1", LONG),
        passage("p2", "The canteen opens at noon."),
        passage("p3", "Bring a coat.", "other"),
    )
    questions = [
        Question("q1", "Leave rules: when do days lapse?", "train", frozenset({"p1"}), answers=("31 march",)),
        Question("q2", "When does the canteen open?", "train", frozenset({"p2"})),
        Question("q3", "What do I bring?", "train", frozenset({"p3"})),
        Question("q4", "When do bought days lapse?", "train", against=("p1",)),
    ]
    sheets = [one for one in drawn(AskedSheets(Collection("rules", passages), questions)) if one.text == LONG]
    marked = {question.text: question.answered for sheet in sheets for question in sheet.questions}
    assert marked == {
        "Leave rules: when do days lapse?": True, "when do days lapse?": True,
        "When does the canteen open?": False, "What do I bring?": False, "When do bought days lapse?": False,
    }  # fmt: skip
    spans = {question.span for sheet in sheets for question in sheet.questions if question.answered}
    assert [LONG[start:end] for start, end in spans if (start, end)] == ["31 March"]


def test_a_question_is_unanswered_where_its_sentence_was_taken_out() -> None:
    questions = [
        Question("q1", "When do days lapse?", "train", frozenset({"p1"}), answers=(SENTENCE,)),
        Question("q2", "Who answers in two weeks?", "train", frozenset({"p1"}), answers=("works council",)),
        Question("q3", "Is it fair?", "train", frozenset({"p1"}), answers=("yes, said nowhere",)),
    ]
    sheets = drawn(AskedSheets(Collection("rules", (passage("p1", LONG),)), questions), 200)
    cut = [sheet for sheet in sheets if sheet.text != LONG]
    assert 10 < len(cut) < 60
    for sheet in cut:
        assert "Employees in Rotterdam" in sheet.text
        for question in sheet.questions:
            assert question.answered == bool(question.span)
            assert question.answered == ((SENTENCE if "lapse" in question.text else "works council") in sheet.text)
            assert "fair" not in question.text  # where its answer stands is not known
    whole = [question for sheet in sheets if sheet.text == LONG for question in sheet.questions]
    assert all(question.answered for question in whole)


def test_where_judgements_are_incomplete_no_question_of_the_same_document_counts_as_unanswered() -> None:
    passages = (passage("p1", LONG), passage("p2", "The canteen opens at noon."))
    questions = [
        Question("q1", "When do days lapse?", "train", frozenset({"p1"})),
        Question("q2", "When does the canteen open?", "train", frozenset({"p2"})),
    ]
    sheets = drawn(AskedSheets(Collection("rules", passages), questions, complete=False))
    assert all(question.answered for sheet in sheets for question in sheet.questions)
    # What is known to be unanswered there is about other documents, which a title would tell.
    assert not any(sheet.heading for sheet in sheets)
    assert any(sheet.heading for sheet in drawn(AskedSheets(Collection("rules", passages), questions)))


def test_what_search_brings_and_does_not_answer_is_asked_of_the_passage_too() -> None:
    passages = (passage("p1", LONG), passage("p2", "Parking costs nothing.", "parking"))
    questions = [
        Question("q1", "When do days lapse?", "train", frozenset({"p1"})),
        Question("q2", "What does parking cost?", "train", frozenset({"p2"})),
    ]
    sheets = drawn(AskedSheets(Collection("rules", passages), questions, misleading={"q1": ("p2",)}))
    asked = {(sheet.text, one.text): one.answered for sheet in sheets for one in sheet.questions}
    assert asked["Parking costs nothing.", "When do days lapse?"] is False
    assert asked["Parking costs nothing.", "What does parking cost?"] is True


def test_a_question_that_names_another_document_is_unanswered_only_under_a_heading() -> None:
    rules = "Notice is given in writing three months before the end of the year."
    passages = (
        Passage("p1", "lease", "lease", "Lease of the mill", "a.md", rules),
        Passage("p2", "loan", "loan", "Loan of the crane", "b.md", rules),
    )
    questions = [
        Question("q1", "Lease of the mill: when is notice given?", "train", frozenset({"p1"})),
        Question("q2", "Loan of the crane: when is notice given?", "train", frozenset({"p2"})),
    ]
    source = AskedSheets(Collection("rules", passages), questions, misleading={"q1": ("p2",), "q2": ("p1",)})
    unanswered = [sheet for sheet in drawn(source, 80) if any(not question.answered for question in sheet.questions)]
    assert unanswered
    assert all(sheet.heading for sheet in unanswered)


def test_made_sheets_hold_answered_and_unanswered_questions() -> None:
    sheets = drawn(MadeSheets([passage("p1", LONG), passage("p2", LONG.replace("leave", "absence"))]))
    questions = [(sheet, question) for sheet in sheets for question in sheet.questions]
    answered = [question.answered for _, question in questions]
    assert 0.3 < sum(answered) / len(answered) < 0.7
    for sheet, question in questions:
        assert bool(question.span) is question.answered
        if question.span:
            assert sheet.text[slice(*question.span)] in LONG + LONG.replace("leave", "absence")


def test_draws_follow_the_seed() -> None:
    source = MadeSheets([passage("p1", LONG)])
    assert drawn(source) == drawn(source)


def test_short_passages_make_no_sheets() -> None:
    assert not MadeSheets([passage("p1", "Too short.")])


def test_an_answer_is_found_whatever_its_case() -> None:
    assert find_answer(["31 MARCH"], SENTENCE) == (SENTENCE.index("31"), SENTENCE.index("31") + 8)
    assert find_answer(["no"], SENTENCE) is None
