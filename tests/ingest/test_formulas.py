from __future__ import annotations

from typing import Any

from ingest.completeness import completeness
from ingest.formulas import uncomputed, warning
from ingest.read import read
from ingest.records import FileStatus
from tests.ingest.test_sheet import xlsx

_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row>%s</row></sheetData></worksheet>'


def test_formulas_saved_without_their_results_are_named_in_the_report() -> None:
    def write(book: Any) -> None:
        book.active.title = "Pay"
        for row in (["Grade", "Base", "With bonus"], ["Junior", 3000, "=B2*1.1"], ["Senior", 4000, "=B3*1.1"]):
            book.active.append(row)

    reading = read("pay.xlsx", xlsx(write))
    said = (
        "formulas in C2, C3 of sheet 'Pay' could not be read, saved without a result; "
        "open the file in the spreadsheet program, save it and ingest it again"
    )
    assert reading.warnings == (said,)
    assert completeness(reading) == (FileStatus.PARTIAL, said)


def test_a_workbook_that_does_not_say_when_it_is_computed_is_read() -> None:
    def write(book: Any) -> None:
        book.active.append(["Grade", "Junior"])
        book.calculation = None

    assert read("pay.xlsx", xlsx(write)).warnings == ()


def test_a_formula_with_a_result_or_an_empty_text_is_computed() -> None:
    cells = b'<c r="A1"><f>B1*2</f><v>8</v></c><c r="B1" t="str"><f>""</f><v></v></c><c r="C1"><v>4</v></c><c r="D1"><f>0*1</f><v>0</v></c>'
    assert uncomputed(_SHEET % cells, computes_on_load=False) == []


def test_a_zero_in_a_workbook_that_asks_to_be_computed_is_no_result() -> None:
    cells = b'<c r="A1"><f>B1*2</f><v>0</v></c><c r="B1"><v>0</v></c><c r="C1"><f>B1+4</f><v>4</v></c>'
    assert uncomputed(_SHEET % cells, computes_on_load=True) == ["A1"]


def test_a_warning_names_the_first_cells_and_counts_the_others() -> None:
    assert "formulas in C1, C2, C3, C4, C5 and 2 more of sheet 'Pay'" in warning(
        "Pay", [f"C{row}" for row in range(1, 8)]
    )
    assert warning("Pay", ["C1"]).startswith("the formula in C1 of sheet 'Pay'")
