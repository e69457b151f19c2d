from __future__ import annotations

import io
from typing import Any

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import HRFlowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ingest.pdf import load_pdf
from ingest.records import Block, BlockKind

BELOW_ALL = ("LINEBELOW", (0, 0), (-1, -1), 0.5, "black")
BELOW_HEADER = ("LINEBELOW", (0, 0), (-1, 0), 0.5, "black")
ROWS = (
    ("Kind of leave", "Who may take it", "How much"),
    ("Leave for the other parent of a newborn child", "Everybody with a year of service on the day the child is born", "Twelve weeks, four of them in full pay"),
    ("Care leave", "Everybody who has a relative in the same household to look after", "10 days"),
    ("Study leave", "Those who are past their probation and have their manager's word for it in writing", "5 days, which are lost at the end of the year"),
)  # fmt: skip
BEFORE, AFTER = "The kinds of leave are these, and there are no others in the company.", "Ask the people team in doubt."


def cell(text: str) -> Paragraph:
    return Paragraph(text, getSampleStyleSheet()["BodyText"])


def table(rows: tuple[tuple[str, ...], ...], style: list[Any], *, valign: str = "TOP") -> Table:
    widths = {2: (110, 300), 3: (110, 160, 140)}[len(rows[0])]
    style = [("VALIGN", (0, 0), (-1, -1), valign), *style]
    return Table([[cell(text) for text in row] for row in rows], colWidths=widths, style=TableStyle(style))


def blocks(*parts: Any) -> tuple[Block, ...]:
    packed = io.BytesIO()
    SimpleDocTemplate(packed, pagesize=A4).build(list(parts))
    return load_pdf(packed.getvalue()).blocks


def between_texts(*parts: Any) -> tuple[Block, ...]:
    return blocks(cell(BEFORE), Spacer(1, 10), *parts, Spacer(1, 10), cell(AFTER))


@pytest.mark.parametrize(
    "style",
    [
        [BELOW_ALL],
        [("LINEBELOW", (0, 0), (-1, -2), 0.5, "black")],
        [BELOW_ALL, ("BOX", (0, 0), (-1, -1), 0.5, "black")],
        [BELOW_HEADER],
        [BELOW_HEADER, ("LINEABOVE", (0, 0), (-1, 0), 1, "black"), ("LINEBELOW", (0, -1), (-1, -1), 1, "black")],
        [("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey)],
        [("ROWBACKGROUNDS", (0, 0), (-1, -1), [colors.lightgrey, colors.white])],
    ],
    ids=["below all", "between", "framed", "below the header", "around header and end", "a band", "every other band"],
)
@pytest.mark.parametrize("valign", ["TOP", "MIDDLE"])
def test_cells_that_wrap_are_read_apart_where_no_line_parts_the_columns(style: list[Any], valign: str) -> None:
    before, found, after = between_texts(table(ROWS, style, valign=valign))
    assert (found.rows, found.header_rows) == (ROWS, 1)
    assert (before.text, after.text) == (BEFORE, AFTER)


def test_rows_without_line_or_white_between_them_begin_in_the_first_column() -> None:
    tight = [("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)]
    _, found, _ = between_texts(table(ROWS, [BELOW_HEADER, *tight]))
    assert found.rows == ROWS


def test_a_row_that_says_one_thing_is_merged_over_all_columns() -> None:
    germany = "Germany with all of its sites and those who work from home"
    rows = (ROWS[0], (germany, "", ""), *ROWS[1:])
    _, found, _ = between_texts(table(rows, [BELOW_ALL, ("SPAN", (0, 1), (-1, 1))]))
    assert found.rows == (ROWS[0], (germany,) * 3, *ROWS[1:])


def test_a_cell_merged_over_rows_stands_in_each() -> None:
    partly = [("SPAN", (0, 1), (0, 2)), BELOW_HEADER, ("LINEBELOW", (1, 1), (-1, 1), 0.5, "black"), ("LINEBELOW", (0, 2), (-1, 3), 0.5, "black")]  # fmt: skip
    rows = (ROWS[0], ("Germany", *ROWS[1][1:]), ("", *ROWS[2][1:]), ("France", *ROWS[3][1:]))
    _, found, _ = between_texts(table(rows, partly))
    assert [row[0] for row in found.rows] == ["Kind of leave", "Germany", "Germany", "France"]


def test_a_text_between_lines_is_no_table() -> None:
    rule = HRFlowable(width="100%")
    found = blocks(rule, cell("1. Purpose"), rule, cell(BEFORE), rule, cell("2. Scope"), cell(AFTER), rule)
    assert [block.text for block in found] == ["1. Purpose", BEFORE, "2. Scope", AFTER]


def test_numbers_in_front_of_a_text_are_no_column() -> None:
    rows = (("(a)", ROWS[1][1] + ", who asks for it in time"), ("(b)", ROWS[2][1]), ("(c)", ROWS[3][1]))
    _, *found, _ = between_texts(table(rows, [BELOW_ALL]))
    assert [block.kind for block in found] == [BlockKind.PARAGRAPH] * 3
