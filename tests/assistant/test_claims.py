from __future__ import annotations

import pytest

from assistant.claims import Failure, check

CARRY = "Up to five unused days of annual leave may be carried over until 31 March of the following year."
PASSWORDS = "Employees must not share passwords with anyone, except with the written approval of the security officer."
NOTICE = "After probation the notice period is three months to the end of a month; it rises to 6 months after ten years of service."
HOTEL = "Hotels are refunded up to €140 (£120) a night if they were booked in the tool."


@pytest.mark.parametrize(
    ("claim", "span"),
    [
        (CARRY, CARRY),
        ("Up to 5 unused days of annual leave may be carried over until 31 March.", CARRY),
        ("You can carry over up to five unused days of leave until 31 March of the following year.", CARRY),
        ("Employees must not share passwords, except with the written approval of the security officer.", PASSWORDS),
        ("The notice period is three months to the end of a month after probation.", NOTICE),
        ("Hotels are refunded up to €140 a night if booked in the tool.", HOTEL),
    ],
)
def test_faithful_claim_is_supported(claim: str, span: str) -> None:
    assert check(claim, span).failure is None


@pytest.mark.parametrize(
    ("claim", "span", "failure"),
    [
        ("Up to six unused days of annual leave may be carried over until 31 March.", CARRY, Failure.NUMBER),
        ("Up to five unused weeks of annual leave may be carried over until 31 March.", CARRY, Failure.NUMBER),
        ("Up to five unused days of annual leave may be carried over until 30 March.", CARRY, Failure.NUMBER),
        ("Up to five unused days of annual leave may be carried over until 31 May.", CARRY, Failure.NUMBER),
        ("Hotels are refunded up to €120 a night if booked in the tool.", HOTEL, Failure.NUMBER),
        ("Five unused days of annual leave may be carried over until 31 March.", CARRY, Failure.BOUND),
        ("At least five unused days of annual leave may be carried over until 31 March.", CARRY, Failure.BOUND),
        ("Up to five unused days of annual leave must be carried over until 31 March.", CARRY, Failure.MODAL),
        (
            "Employees may share passwords, except with the written approval of the security officer.",
            PASSWORDS,
            Failure.NEGATION,
        ),
        ("Up to five unused days of annual leave may not be carried over until 31 March.", CARRY, Failure.NEGATION),
        (
            "Employees must share passwords, except with the written approval of the security officer.",
            PASSWORDS,
            Failure.NEGATION,
        ),
        ("Employees must not share passwords.", PASSWORDS, Failure.CONDITION),
        ("Hotels are refunded up to €140 a night.", HOTEL, Failure.CONDITION),
        ("Up to five unused days of annual leave may be carried over until 31 March in Bavaria.", CARRY, Failure.NAME),
        ("Employees are paid for overtime on public holidays.", CARRY, Failure.CONTENT),
        ("Yes.", CARRY, Failure.CONTENT),
        ("", CARRY, Failure.CONTENT),
    ],
)
def test_damaged_claim_is_refused(claim: str, span: str, failure: Failure) -> None:
    assert check(claim, span).failure is failure


def test_topic_may_come_from_the_heading_but_a_number_may_not() -> None:
    span = "Up to five days may be carried over."
    assert check(
        "Up to five days of annual leave may be carried over.", span, heading="Annual leave > 4 Carry-over"
    ).supported
    assert (
        check("Up to 4 days may be carried over.", span, heading="Annual leave > 4 Carry-over").failure
        is Failure.NUMBER
    )


@pytest.mark.parametrize(
    ("claim", "span"),
    [
        ("The fee is 1,500 euros.", "The fee is €1500."),
        ("Leave is twenty-five days.", "Leave is 25 days."),
        ("The cap is two thousand pounds.", "The cap is £2,000."),
        ("You get 20 percent.", "You get 20 %."),
    ],
)
def test_numbers_are_the_same_in_words_and_figures(claim: str, span: str) -> None:
    assert check(claim, span).failure is not Failure.NUMBER
