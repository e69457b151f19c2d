from __future__ import annotations

import pytest

from ingest.questions import questions
from retrieval.records import Passage, PassageKind


def passage(text: str, *, number: int = 1, section: str = "Leave", kind: PassageKind = PassageKind.CLAUSE) -> Passage:
    return Passage(f"d1.v1.p{number:04d}", "d1", "d1.v1", "Leave", "leave.md", text, (section,), kind=kind)


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("4.2 Up to five unused days of leave may be carried over.", "How many unused days of leave may be carried over?"),
        ("Expense claims are handed in within 30 days of the journey.", "Expense claims are handed in within how many days of the journey?"),
        ("Meals are repaid up to €45 a day on business trips.", "Meals are repaid how much a day on business trips?"),
        ("Proposals are entered in the tool by 28 February.", "Proposals are entered in the tool by which date?"),
        ("An evacuation drill is held twice a year.", "An evacuation drill is held how often?"),
        ("Employees must not share passwords with anyone.", "May employees share passwords with anyone?"),
        ("IT staff must lock every server room.", "Must IT staff lock every server room?"),
    ],
)  # fmt: skip
def test_a_rule_becomes_the_question_it_answers(sentence: str, question: str) -> None:
    (made,) = questions([passage(f"Leave is good. {sentence}")])
    assert made.text == question
    assert made.passage.text[made.start : made.end] == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "It ends after 30 days of absence.", "If you are ill for 3 days you must call.", "The right is checked before the first day.",
        "Prices are fixed.", "The balance lies between 20 and 60 hours.", "Version 2.0, effective 1 March 2025, owner People.",
    ],
)  # fmt: skip
def test_what_means_nothing_alone_is_not_asked_about(sentence: str) -> None:
    assert questions([passage(sentence)]) == []


def test_every_section_is_asked_about_before_one_is_asked_about_twice() -> None:
    made = questions(
        [
            passage(f"Leave lasts {n} days a year. Sick pay lasts {n} weeks a year.", number=n, section=f"S{n}")
            for n in range(2, 9)
        ]
    )
    assert [question.passage.section_path[0] for question in made] == ["S2", "S3", "S4", "S5", "S6"]


def test_a_table_is_not_asked_about() -> None:
    assert questions([passage("Grade: junior staff; Days off a year: 30 days.", kind=PassageKind.TABLE)]) == []
