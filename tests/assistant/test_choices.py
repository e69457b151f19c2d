"""One word settles it: rules of two countries, and a question that names none."""

from __future__ import annotations

import pytest

from assistant.choices import by_country
from assistant.conversation import circumstances, country_name
from assistant.evidence import EvidenceSentence
from retrieval.records import Passage
from tests.fakes import WordEncoder


def sentence(text: str, country: str | None, score: float = 1.0) -> EvidenceSentence:
    document = f"d{country}"
    passage = Passage(
        f"{document}.v1.p1", document, f"{document}.v1", "Notice", "notice.md", text, jurisdiction=country
    )
    return EvidenceSentence(passage, 0, len(text), "", score)


GERMAN = sentence("The notice period during probation is two weeks.", "DE")
BRITISH = sentence("The notice period during probation is one week.", "GB", 0.9)


def test_each_country_s_rule_is_offered_where_they_differ() -> None:
    assert by_country([GERMAN, BRITISH], encoder=WordEncoder()) == [GERMAN, BRITISH]


@pytest.mark.parametrize(
    "evidence",
    [
        [GERMAN],
        [GERMAN, sentence("The notice period during probation is two weeks.", "GB")],
        [GERMAN, sentence("Lunch costs six euro in the canteen.", "GB")],
        [GERMAN, sentence("The notice period during probation is one week.", "GB", 0.1)],
        [GERMAN, sentence("The notice period during probation is one week.", None)],
        [sentence("The notice period during probation is a month.", None), GERMAN, BRITISH],
        [],
    ],
    ids=[
        "one country",
        "the same rule",
        "another matter",
        "far below",
        "a rule for everywhere",
        "everywhere first",
        "nothing",
    ],
)
def test_otherwise_nothing_is_asked_back(evidence: list[EvidenceSentence]) -> None:
    assert by_country(evidence, encoder=WordEncoder()) == []


@pytest.mark.parametrize("code", ["DE", "GB", "US", "AT"])
def test_the_word_that_is_offered_settles_it(code: str) -> None:
    from datetime import date

    assert circumstances(f"And in {country_name(code)}?", today=date(2026, 1, 1)).jurisdiction == code
