"""Sheets: tables apart from the lines around them, merged cells, and sizes that are kept in bounds."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ingest import delimited, workbook
from ingest.load import load
from ingest.records import Block, BlockKind
from ingest.sheet import sheet_blocks


def xlsx(write: Callable[[Any], None]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    write(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_lines_over_and_under_a_table_are_text() -> None:
    blocks = sheet_blocks(
        [["Leave 2025"], [], ["Country", "Days"], ["Germany", "30"], ["Spain", "23"], [], ["As of March."]]
    )
    assert [(block.kind, block.text, block.rows, block.header_rows) for block in blocks] == [
        (BlockKind.PARAGRAPH, "Leave 2025", (), 0),
        (BlockKind.TABLE, "", (("Country", "Days"), ("Germany", "30"), ("Spain", "23")), 1),
        (BlockKind.PARAGRAPH, "As of March.", (), 0),
    ]


def test_a_first_row_of_numbers_heads_nothing() -> None:
    assert sheet_blocks([["2024", "30"], ["2025", "31"]])[0].header_rows == 0


def test_a_first_row_like_the_rows_below_heads_nothing() -> None:
    rows = [["Annual leave", "25 days"], ["Sick leave", "10 days"], ["Carer leave", "5 days"]]
    assert sheet_blocks(rows)[0].header_rows == 0


def test_labels_beside_values_of_several_kinds_have_no_header() -> None:
    rows = [
        ["Policy owner", "Finance"],
        ["In force from", "2025-03-01"],
        ["Mileage", "0.42 EUR"],
        ["Notice", "3 months"],
    ]
    assert sheet_blocks(rows)[0].header_rows == 0


def test_years_and_days_head_columns() -> None:
    assert sheet_blocks([["Team", "2024", "2025"], ["Sales", "100", "110"]])[0].header_rows == 1
    assert sheet_blocks([["Team", "2025-01-01", "2025-02-01"], ["Sales", "5", "6"]])[0].header_rows == 1
    assert sheet_blocks([["Audits", "2023", "2024"], ["Reviews", "2022", "2025"]])[0].header_rows == 0


def test_a_header_with_a_number_above_other_words_is_one() -> None:
    assert sheet_blocks([["Country", "Days in 2025"], ["Spain", "23 days"], ["France", "25 days"]])[0].header_rows == 1


def test_a_header_heads_the_rows_below_a_line_that_only_parts_them() -> None:
    rows = [
        ["Grade", "Leave"],
        ["Germany"],
        ["Junior", "28 days"],
        ["France"],
        ["Lille"],
        ["Junior", "25"],
        [],
        ["A", "5"],
    ]
    assert [(block.text, block.rows, block.header_rows) for block in sheet_blocks(rows)] == [
        ("", (("Grade", "Leave"),), 0),
        ("Germany", (), 0),
        ("", (("Grade", "Leave"), ("Junior", "28 days")), 1),
        ("France", (), 0),
        ("Lille", (), 0),
        ("", (("Grade", "Leave"), ("Junior", "25")), 1),
        ("", (("A", "5"),), 0),
    ]


def test_a_table_below_a_line_keeps_a_header_of_its_own() -> None:
    rows = [["Grade", "Leave"], ["Junior", "28"], ["Hotels"], ["City", "Limit"], ["Berlin", "120"]]
    assert [block.rows[0] for block in sheet_blocks(rows) if block.rows] == [("Grade", "Leave"), ("City", "Limit")]


def test_a_row_of_amounts_heads_nothing_below_a_line() -> None:
    rows = [["Germany", "25 days"], ["Others"], ["France", "20 days"], ["Spain", "23 days"]]
    assert [(block.rows, block.header_rows) for block in sheet_blocks(rows) if block.rows] == [
        ((("Germany", "25 days"),), 0),
        ((("France", "20 days"), ("Spain", "23 days")), 0),
    ]


def test_a_row_of_one_number_in_every_column_is_a_row() -> None:
    rows = [["Junior", "Senior"], ["25", "25"], ["28", "30"]]
    assert [block.rows for block in sheet_blocks(rows)] == [(("Junior", "Senior"), ("25", "25"), ("28", "30"))]


def test_two_rows_head_the_columns_where_the_first_is_merged() -> None:
    rows = [["Country", "Leave", "Leave"], ["Country", "Days", "Since"], ["Germany", "30", "2024-01-01"]]
    assert sheet_blocks(rows)[0].header_rows == 2


def test_one_column_is_lines_and_nothing_is_nothing() -> None:
    assert sheet_blocks([["a"], ["b"]]) == [Block(BlockKind.PARAGRAPH, "a"), Block(BlockKind.PARAGRAPH, "b")]
    assert sheet_blocks([]) == []
    assert sheet_blocks([[], ["", ""]]) == []


def test_merged_cells_dates_and_formulas_read_as_people_see_them() -> None:
    def write(book: Any) -> None:
        book.active.title = "Leave"
        book.active.append(("Region", "Country", "Since"))
        book.active.append(("Europe", "Germany", date(2024, 1, 1)))
        book.active.append((None, "Spain", date(2025, 1, 1)))
        book.active.merge_cells("A2:A3")

    table = load("leave.xlsx", xlsx(write)).blocks[-1]
    assert table.rows[1:] == (("Europe", "Germany", "2024-01-01"), ("Europe", "Spain", "2025-01-01"))


def test_hidden_sheets_are_passed_over_with_a_warning() -> None:
    def write(book: Any) -> None:
        book.active.append(("Leave is paid.",))
        hidden = book.create_sheet("Salaries")
        hidden.append(("secret",))
        hidden.sheet_state = "hidden"

    loaded = load("leave.xlsx", xlsx(write))
    assert [block.text for block in loaded.blocks] == ["Sheet", "Leave is paid."]
    assert loaded.warnings == ("the hidden sheet 'Salaries' was passed over",)


def test_hidden_rows_and_columns_are_passed_over_with_a_warning_and_folded_ones_read() -> None:
    def write(book: Any) -> None:
        for row in (("Name", "Salary", "Team"), ("Jo", 90000, "HR"), ("Al", 80000, "IT"), ("Bo", 70000, "IT")):
            book.active.append(row)
        book.active.column_dimensions["B"].hidden = True
        book.active.row_dimensions[3].hidden = True
        book.active.row_dimensions.group(4, 4, hidden=True)

    loaded = load("people.xlsx", xlsx(write))
    assert loaded.blocks[-1].rows == (("Name", "Team"), ("Jo", "HR"), ("Bo", "IT"))
    assert loaded.warnings == ("hidden rows and columns of sheet 'Sheet' were passed over",)


def test_a_huge_sheet_is_read_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 3)

    def write(book: Any) -> None:
        for number in range(10):
            book.active.append((f"rule {number}", "applies"))

    loaded = load("rules.xlsx", xlsx(write))
    assert len(loaded.blocks[0].rows) == 3
    assert "only 3 rows and 200 columns were read" in loaded.warnings[0]


def test_a_cell_in_the_last_row_costs_nothing_and_one_far_to_the_right_is_reported() -> None:
    def write(book: Any) -> None:
        book.active["A1"], book.active["A1048576"], book.active["XFD3"] = "Leave is paid.", "Ask HR.", "far"

    loaded = load("far.xlsx", xlsx(write))
    assert [block.text for block in loaded.blocks] == ["Leave is paid.", "Ask HR."]
    assert "200 columns were read" in loaded.warnings[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_parted_by_what_parts_it(delimiter: str) -> None:
    source = "\n".join(
        delimiter.join(row) for row in (("Country", "Days, paid" if delimiter != "," else "Days"), ("Spain", "23"))
    )
    assert load("leave.csv", source.encode()).blocks[0].rows[1] == ("Spain", "23")


def test_a_long_csv_is_read_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROWS", 2)
    loaded = load("leave.csv", b"Country,Days\nSpain,23\nGermany,30\n")
    assert loaded.blocks[0].rows == (("Country", "Days"), ("Spain", "23"))
    assert loaded.warnings == ("only the first 2 rows were read; split the file",)


def test_labels_that_end_with_a_colon_are_no_header() -> None:
    (table,) = sheet_blocks([["Policy:", "Leave"], ["Owner:", "People Team"], ["Place:", "Oslo"]])
    assert table.header_rows == 0


def test_a_csv_that_says_what_parts_it_is_believed() -> None:
    (table,) = load("a.csv", b"sep=;\r\nCountry;Days\r\nSpain;23,5\r\nItaly;26,0\r\n").blocks
    assert table.rows == (("Country", "Days"), ("Spain", "23,5"), ("Italy", "26,0"))


def test_two_tables_beside_each_other_are_two() -> None:
    rows = [["Country", "Days", "", "Grade", "Notice"], ["Spain", "23", "", "Junior", "4 weeks"], ["Italy", "26", "", "Senior", "3 months"], ["Malta", "24"]]  # fmt: skip
    first, second = sheet_blocks(rows)
    assert first.rows == (("Country", "Days"), ("Spain", "23"), ("Italy", "26"), ("Malta", "24"))
    assert second.rows == (("Grade", "Notice"), ("Junior", "4 weeks"), ("Senior", "3 months"))


@pytest.mark.parametrize(
    "rows",
    [
        [["Country", "", "Days", "Weeks"], ["Spain", "", "23", "4"], ["Italy", "", "26"]],
        [["Country", "Days", "", "Notice", "Trial"], ["Spain", "23", "", "four weeks", "none"], ["Italy", "26", "", "two weeks", "short"]],
        [["Country", "Days", "", "Notice", "Trial"], ["Spain", "23"], ["Italy", "26", "", "two weeks", "short"]],
    ],
)  # fmt: skip
def test_an_empty_column_within_a_table_parts_nothing(rows: list[list[str]]) -> None:
    (table,) = sheet_blocks(rows)
    assert table.rows[2][:2] == ("Italy", "26")
