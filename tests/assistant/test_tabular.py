"""Rows that read by themselves become a table, and only where they can be read in one way."""

from __future__ import annotations

import pytest

from assistant.tabular import Table, parts


def test_rows_become_a_table_and_other_lines_stay() -> None:
    text = (
        "Notice periods:\nService: 1 year; Notice: 4 weeks\nService: 2 years; Notice: 1 month\nUnless agreed otherwise."
    )
    assert list(parts(text)) == [
        "Notice periods:",
        Table(("Service", "Notice"), (("1 year", "4 weeks"), ("2 years", "1 month"))),
        "Unless agreed otherwise.",
    ]


def test_a_row_may_lack_a_field() -> None:
    (table,) = parts("Place: London; Limit: £185; Note: with breakfast\nPlace: Munich; Note: in October")
    assert table == Table(
        ("Place", "Limit", "Note"), (("London", "£185", "with breakfast"), ("Munich", "", "in October"))
    )


def test_tables_of_other_columns_are_apart() -> None:
    found = list(parts("A: 1; B: 2\nA: 3; B: 4\nC: 5; D: 6\nC: 7; D: 8"))
    assert found == [Table(("A", "B"), (("1", "2"), ("3", "4"))), Table(("C", "D"), (("5", "6"), ("7", "8")))]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "One line: with a colon",
        "Place: London; Limit: £185",  # one row alone
        "Place: London\nPlace: Munich",  # one column alone
        "A: 1; B: 2\nB: 4; A: 3",  # another order
        "A: 1; B: 2\nA: 3; B: 4; C: 5",  # a field more
        "A: 1; A: 2\nA: 3; A: 4",  # a name twice
        "Bring: a pen; see: 4.2\nBook: a room; ask: Jane",
        "2 years | 1 month\n5 years | 2 months",
    ],
)
def test_anything_else_stays_lines(text: str) -> None:
    assert list(parts(text)) == text.split("\n")
