"""Contradictions between documents: found where somebody could be shown both, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ingest.conflicts import Contradiction, find_conflicts
from ingest.disagreement import Difference
from retrieval.index import PassageIndex
from retrieval.records import Passage, PassageKind
from tests.fakes import WordEncoder

TODAY = date(2026, 3, 1)
CARRY_FIVE = "Up to five unused days of annual leave may be carried over into the next year."
CARRY_TEN = "Up to ten unused days of annual leave may be carried over into the next year."


def passage(document: str, text: str, **more: object) -> Passage:
    made = Passage(f"{document}.v1.p0001", document, f"{document}.v1", document.title(), f"{document}.md", text)
    return replace(made, **more)  # type: ignore[arg-type]


def conflicts(*passages: Passage) -> list[Contradiction]:
    return find_conflicts(passages, WordEncoder(), today=TODAY)


def test_two_numbers_for_one_matter_are_a_contradiction_with_exact_quotes() -> None:
    (found,) = conflicts(passage("handbook", f"Leave is paid. {CARRY_FIVE}"), passage("leave", CARRY_TEN))
    assert (found.one.quote, found.other.quote) == (CARRY_FIVE, CARRY_TEN)
    assert found.differs == ("five unused days", "ten unused days")
    assert found.kind is Difference.NUMBER
    assert found.about == "unused annual leave carried next"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CARRY_FIVE, CARRY_FIVE.replace("five", "5")),
        ("A lost laptop is reported within 24 hours.", "A lost laptop is reported within one day."),
        ("During probation the notice period is two weeks.", "After probation the notice period is two months."),
        ("The notice period of the canteen is two weeks.", "After the trial period the notice period is two months."),
        ("Managers approve trips of up to 10 days.", "Directors approve trips of up to 30 days."),
        ('"Short trip" means a trip of no more than eight hours.', '"Short leave" means a leave of no more than two days.'),
        ("In Alzey the kitchen closes at 30 minutes past.", "In Worms the kitchen closes at 45 minutes past."),
        ("It is extended by ten days once the line manager agrees.", "The line manager agrees to extend it by five days."),
        ("Deleted files leave our servers within 30 days. Backups of deleted files follow within 60 days.", "Deleted files leave our servers with their copies within 60 days."),
        ("The portal holds mandatory and optional trainings for employees.", "The portal for employees is not just for mandatory trainings."),
        ("Version 2.0, effective 1 March 2025, owner: the People team", "Version 2.0, effective 1 May 2025, owner: the People team"),
    ],
)  # fmt: skip
def test_what_agrees_or_speaks_of_another_case_is_none(one: str, other: str) -> None:
    assert conflicts(passage("handbook", one), passage("leave", other)) == []


def test_a_ban_contradicts_a_permission() -> None:
    (found,) = conflicts(
        passage("handbook", "Employees may work from abroad for a month each year."),
        passage("remote", "Employees must not work from abroad for a month each year."),
    )
    assert found.kind is Difference.BAN


def test_what_states_no_rule_is_contradicted_by_what_denies_it() -> None:
    (found,) = conflicts(
        passage("insurance", "Passengers in the carpool are covered by the accident insurance."),
        passage("carpool", "Passengers in the carpool are not covered by the accident insurance."),
    )
    assert found.kind is Difference.NEGATION
    assert (
        conflicts(passage("a", "The carpool meets at the gate."), passage("b", "The carpool meets at the old gate."))
        == []
    )


@pytest.mark.parametrize(
    "apart",
    [
        {"jurisdiction": "DE"}, {"document_id": "handbook"}, {"effective_to": date(2026, 2, 28)},
        {"audience": frozenset({"board"})},
    ],
)  # fmt: skip
def test_passages_that_nobody_is_shown_together_do_not_clash(apart: dict[str, object]) -> None:
    one = passage("handbook", CARRY_FIVE, audience=frozenset({"employee"}))
    assert conflicts(one, passage("leave", CARRY_TEN))
    assert conflicts(one, passage("leave", CARRY_TEN, **apart)) == []


def test_an_upcoming_rule_clashes_with_one_that_is_in_force_then() -> None:
    upcoming = passage("leave", CARRY_TEN, effective_from=date(2027, 1, 1))
    assert conflicts(passage("handbook", CARRY_FIVE), upcoming)
    assert conflicts(passage("handbook", CARRY_FIVE, effective_to=date(2026, 12, 31)), upcoming) == []


def test_rows_of_a_table_are_compared_with_the_same_row_only() -> None:
    rows = "Grade | Hotel a night\nGrade: junior staff; Hotel a night: {} euro\nGrade: senior staff; Hotel a night: {} euro"
    one = passage("travel", rows.format(100, 150), kind=PassageKind.TABLE)
    assert conflicts(one, passage("expenses", rows.format(100, 150), kind=PassageKind.TABLE)) == []
    (found,) = conflicts(one, passage("expenses", rows.format(100, 180), kind=PassageKind.TABLE))
    assert "senior" in found.one.quote


def test_a_sentence_that_has_its_equal_does_not_clash_with_its_neighbour() -> None:
    both = "The first appeal is heard within ten days. The second appeal is heard within thirty days."
    assert conflicts(passage("handbook", both), passage("grievance", both)) == []


def test_an_upload_is_compared_with_the_library_only() -> None:
    encoder = WordEncoder()
    library = PassageIndex.build([passage("handbook", CARRY_FIVE), passage("old", "Bring your dog.")], encoder)
    encoder.encoded.clear()
    (found,) = find_conflicts([passage("leave", CARRY_TEN)], encoder, library=library, today=TODAY)
    assert (found.one.passage.document_id, found.other.passage.document_id) == ("leave", "handbook")
    assert not any("dog" in text for text in encoder.encoded), "the library's vectors are taken from the index"


def test_nothing_against_nothing_is_nothing() -> None:
    assert find_conflicts([], WordEncoder()) == []


def test_two_contracts_are_not_compared() -> None:
    one = passage("agreement", "Employees may end this agreement with 30 days of notice in writing.")
    other = passage("terms", "Either party may end this agreement with 60 days of notice in writing.")
    assert conflicts(one, other) == []
    policy = passage("handbook", "Employees may end their agreement with 60 days of notice in writing.")
    assert len(conflicts(one, policy)) == 1


def test_an_example_is_no_rule() -> None:
    story = "For example, ten unused days of annual leave may be carried over into the next year."
    assert conflicts(passage("handbook", CARRY_FIVE), passage("leave", story)) == []
    goes_on = f"For example, Ada has been ill. {CARRY_TEN}"
    assert conflicts(passage("handbook", CARRY_FIVE), passage("leave", goes_on)) == []
    (found,) = conflicts(
        passage("handbook", CARRY_FIVE), passage("leave", f"For example, Ada has been ill.\n{CARRY_TEN}")
    )
    assert found.other.quote == CARRY_TEN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Employees receive 30 working days of annual leave.", "Interns receive 20 working days of annual leave."),
        ("Domestic invoices are checked within five days.", "Invoices from abroad are checked within ten days."),
    ],
)
def test_rules_for_other_people_or_cases_do_not_clash(one: str, other: str) -> None:
    assert conflicts(passage("handbook", one), passage("other", other)) == []
