from __future__ import annotations

import pytest

from ingest.numbering import label, roman, roman_value


@pytest.mark.parametrize(
    ("text", "series", "ordinals", "rest"),
    [
        ("4.2 Carry-over", "decimal2", (4, 2), "Carry-over"),
        ("4. Leave", "decimal1", (4,), "Leave"),
        ("3) Ask first", "decimal1)", (3,), "Ask first"),
        ("(b) the employee", "(alpha-lower)", (2,), "the employee"),
        ("(iii) the employee", "(roman-lower)", (3,), "the employee"),
        ("c. the employee", "alpha-lower.", (3,), "the employee"),
        ("IV. Pay", "roman-upper.", (4,), "Pay"),
        ("Article 7 Termination", "article", (7,), "Termination"),
        ("§ 3 Urlaub", "§", (3,), "Urlaub"),
        ("Schedule 2: Fees", "schedule", (2,), "Fees"),
        ("Annex B", "annex", (2,), ""),
        ("1.2 Employees may", "decimal2", (1, 2), "Employees may"),
        ("12.10 Notices", "decimal2", (12, 10), "Notices"),
        ("2.1 Working hours", "decimal2", (2, 1), "Working hours"),
        ("3 Hours of work", "decimal1", (3,), "Hours of work"),
        ("4.2 Days of rest", "decimal2", (4, 2), "Days of rest"),
        ("30. Days of rest", "decimal1", (30,), "Days of rest"),
    ],
)
def test_numbers_in_front_are_read(text: str, series: str, ordinals: tuple[int, ...], rest: str) -> None:
    found = label(text)
    assert found is not None
    assert (found.series, found.ordinals, found.rest) == (series, ordinals, rest)


@pytest.mark.parametrize(
    "text",
    [
        "30 days are granted.",
        "12 months",
        "Leave",
        "I agree",
        "section of the law",
        "2025 was a year",
        "3 employees may",
        "40 EUR per day",
        "0.45 EUR per kilometre",
        "0.45 € per kilometre",
        "12.5 % of the salary",
        "28 Days of annual leave",
        "14 Calendar days of notice",
    ],
)
def test_quantities_and_words_are_no_numbers(text: str) -> None:
    assert label(text) is None


@pytest.mark.parametrize("value", [1, 4, 9, 14, 40, 99, 400, 1994])
def test_roman_numbers_come_back(value: int) -> None:
    assert roman_value(roman(value)) == value


def test_words_of_roman_letters_are_no_numbers() -> None:
    assert [roman_value(word) for word in ("mix", "civil", "dim", "vx", "")] == [1009, None, None, None, None]
