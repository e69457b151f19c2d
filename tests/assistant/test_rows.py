"""Which rows of a table answer a question that names one of them, or a country."""

from __future__ import annotations

import pytest

from assistant.evidence import EvidenceSentence
from assistant.rows import for_country, named
from retrieval.records import Passage, PassageKind
from retrieval.sentences import sentence_spans

OVERTIME = """When: Saturday until 13:00; Rate: 1.5 ×; Approved by: site manager
When: Saturday after 13:00; Rate: 1.75 ×; Approved by: site manager
When: Sunday; Rate: 2 ×; Approved by: contracts manager
When: 24 December; Rate: 3 ×; Approved by: contracts manager"""
WAGES = """Role: Cook; Hourly wage Germany: 16 euros; Hourly wage Portugal: 8 euros
Role: Porter; Hourly wage Germany: 14 euros; Hourly wage Portugal: 7 euros"""
LEAVE = """Country: UK; Days: 25
Country: Ireland; Days: 24
Country: elsewhere; Days: 20"""


def rows_of(text: str, *order: int, kind: PassageKind = PassageKind.TABLE) -> list[EvidenceSentence]:
    passage = Passage("p1", "d1", "v1", "Work", "work.md", text, kind=kind)
    spans = sentence_spans(text)
    return [
        EvidenceSentence(passage, spans[at].start, spans[at].end, "", 3.0 - rank, answers=2.0)
        for rank, at in enumerate(order)
    ]


@pytest.mark.parametrize(
    ("question", "order", "kept"),
    [
        ("sunday rate?", (2, 0, 1, 3), [2]),
        ("the rate on Saturdays", (1, 0, 2), [1, 0]),
        ("is a Saturday paid like a Sunday?", (2, 0, 3), [2, 0]),
        ("what is the rate?", (0, 2), [0, 2]),
        ("what does the contracts manager approve?", (2, 3, 0), [2, 3]),
        # The best row is another word for what is asked, and stays; 13 and 24 name nothing.
        ("on Christmas Eve, is it the Sunday rate?", (3, 2), [3, 2]),
        ("the rate on day 24", (0, 3), [0, 3]),
    ],
)
def test_a_row_that_is_named_is_shown_without_those_that_are_not(
    question: str, order: tuple[int, ...], kept: list[int]
) -> None:
    evidence = rows_of(OVERTIME, *order)
    assert [one.quote for one in named(question, evidence)] == [OVERTIME.splitlines()[at] for at in kept]


def test_sentences_of_prose_stay_whatever_they_name() -> None:
    evidence = rows_of("Sundays are paid double. It must be approved.", 0, 1, kind=PassageKind.CLAUSE)
    assert named("sunday rate?", evidence) == evidence


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [(WAGES, "PT", [0, 1]), (WAGES, "AT", []), (LEAVE, "IE", [1, 2]), (LEAVE, "DE", [2]), (OVERTIME, "DE", [0, 1, 2])],
)
def test_a_row_for_other_countries_answers_nothing_about_this_one(text: str, country: str, kept: list[int]) -> None:
    order = {LEAVE: (1, 2, 0) if country == "IE" else (2, 0, 1)}.get(text, tuple(range(min(3, text.count("\n") + 1))))
    assert [one.quote for one in for_country(rows_of(text, *order), country)] == [text.splitlines()[at] for at in kept]


def test_where_the_best_row_is_for_elsewhere_what_lies_far_below_it_is_no_answer() -> None:
    near, far = rows_of(LEAVE, 0, 2), rows_of(LEAVE, 0, 1, 2)
    assert for_country(far, "FR") == []
    assert for_country(
        [near[0], EvidenceSentence(near[1].passage, near[1].start, near[1].end, "", 2.9, answers=2.0)], "FR"
    )
