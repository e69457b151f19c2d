from __future__ import annotations

from time import process_time

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


@pytest.mark.parametrize(
    ("claim", "span"),
    [
        ("You have one month to reply.", "You have a month to reply."),
        ("The notice period is three (3) months.", "The notice period is 3 months."),
        ("The form is due on March 31, 2026.", "The form is due on 31 March 2026."),
        ("The form is due on 31 March 2026.", "The form is due on 2026-03-31."),
        ("The fee is 1,000.50 euros.", "The fee is 1.000,50 EUR."),
        ("The desk opens at 8:30.", "The desk opens at 08:30."),
        ("The desk closes at 5 pm.", "The desk closes at 17:00."),
        ("Trips must be booked at least 14 days ahead.", "Trips have to be booked 14 or more days ahead."),
        ("Parents are not required to work night shifts.", "Parents need not work night shifts."),
        ("No, you may not accept gifts worth more than €50.", "Employees must not accept gifts worth more than €50."),
        ("If your manager agrees, you can work from home.", "You may work from home if your manager agrees."),
        ("Managers receive 800 euros.", "Managers receive 800 euros and other staff receive 500 euros."),
        ("Other staff receive 500 euros.", "Managers receive 800 euros and other staff receive 500 euros."),
        ("May I sell days? Yes, if the manager agrees.", "May I sell days? Yes, if the manager agrees."),
        ("Notice is no longer than 3 weeks.", "Notice is no longer than 3 weeks."),
        ("You can claim travel costs.", "You can claim travel costs (for example if you take the train)."),
    ],
)
def test_the_same_in_other_words_is_supported(claim: str, span: str) -> None:
    assert check(claim, span).failure is None


@pytest.mark.parametrize(
    ("claim", "span", "failure"),
    [
        ("The fee is 1,500 euros.", "The fee is 1.5 euros.", Failure.NUMBER),
        ("The desk closes at 5 am.", "The desk closes at 5 pm.", Failure.NUMBER),
        ("It takes 15 days.", "It takes 10-15 days.", Failure.NUMBER),
        ("You have a month to reply.", "You have three months to reply.", Failure.NUMBER),
        ("Parking is paid up to €42.", "Parking is paid up to €42 a night.", Failure.NUMBER),
        ("Meals are paid up to €140.", "Hotels are paid up to €140; meals are paid up to €40.", Failure.NUMBER),
        ("Sick pay is 25 days.", "Leave is 25 days and sick pay is 10 days.", Failure.NUMBER),
        ("More than 5 days may be carried over.", "No more than 5 days may be carried over.", Failure.BOUND),
        ("Leave must be taken before the birth.", "Leave must be taken after the birth.", Failure.BOUND),
        ("Some employees must wear helmets.", "All employees must wear helmets.", Failure.BOUND),
        ("The Customer must pay Velora.", "Velora must pay the Customer.", Failure.NAME),
        ("Temporary staff are eligible for a bonus.", "Temporary staff are ineligible for a bonus.", Failure.NEGATION),
        ("You can apply if you are married.", "You can apply if you are not married.", Failure.NEGATION),
        ("Interns get leave.", "Interns get no leave.", Failure.NEGATION),
        ("Drivers must report it.", "Drivers need not report it.", Failure.MODAL),
        ("Managers may sign and staff may pay.", "Managers may sign and staff must pay.", Failure.MODAL),
        ("Costs are refunded.", "Costs are only refunded with receipts.", Failure.CONDITION),
        ("Leave is paid.", "Leave is paid; provided that the employee is in service.", Failure.CONDITION),
        ("You can work abroad.", "Can employees work abroad? Ask the travel desk.", Failure.MODAL),
        ("Leave is paid on the first working day.", "Leave is paid.", Failure.NUMBER),
        (
            "Managers receive 500 euros.",
            "Managers receive 800 euros and other staff receive 500 euros.",
            Failure.NUMBER,
        ),
        ("Employees pay the first 500 euros.", "The company pays the first 500 euros.", Failure.NAME),
        ("The company pays the employee.", "The employee pays the company.", Failure.NAME),
        ("Employees receive the bonus.", "Full-time employees receive the bonus.", Failure.CONDITION),
        ("Employees lose access.", "Former employees lose access.", Failure.CONDITION),
        ("All staff receive 20 days.", "All staff barring interns receive 20 days.", Failure.CONDITION),
        ("Gifts are accepted.", "Gifts are no longer accepted.", Failure.NEGATION),
        ("Overtime is paid.", "Overtime is hardly ever paid.", Failure.NEGATION),
        ("Leave is paid after review by the board.", "Leave is paid in full after review.", Failure.CONTENT),
    ],
)
def test_another_sense_is_refused(claim: str, span: str, failure: Failure) -> None:
    assert check(claim, span).failure is failure


def test_a_long_check_takes_well_under_a_tenth_of_a_second() -> None:
    span = " ".join(f"Clause {n} gives {n} days to Partner{chr(65 + n % 26)} unless it is revoked." for n in range(60))
    began = process_time()
    assert check(span, span).supported
    assert process_time() - began < 0.1


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("Fines, gym fees and fees that are not required.", False),
        ("Gym fees.", False),
        ("Gym fees are not refunded.", True),
        ("The following are not refunded: gym fees.", True),
    ],
)
@pytest.mark.parametrize("colon", [": ", ":\n- "])
def test_items_of_a_list_keep_what_denies_them_above_it(claim: str, supported: bool, colon: str) -> None:
    span = f"The following are not refunded{colon}fines, gym fees, and membership fees that are not required."
    assert check(claim, span).supported is supported
    assert check("Fines and gym fees.", f"The following are refunded{colon}fines, gym fees.").supported
