from __future__ import annotations

import pytest

from ingest.load import load
from ingest.records import Block, BlockKind

GRADES = "<table><tr><th>Grade<th>Days</tr><tr><td>Junior<td>25</tr><tr><td>Senior<td>28</tr></table>"
GRADES_READ = (("Grade", "Days"), ("Junior", "25"), ("Senior", "28"))


def blocks(page: str) -> tuple[Block, ...]:
    return load("a.html", f"<html><body>{page}</body></html>".encode()).blocks


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><td>{}</td></tr></table>",
        "<table role=presentation><tr><td></td><td>{}</td></tr></table>",
        "<table><tr><td><table><tr><td>{}</td></tr></table></td></tr></table>",
        "<table><tr><td></td><td>{}</td></tr></table>",
    ],
    ids=["one column", "said so", "one in another", "a title in a row"],
)
def test_a_table_that_lays_out_the_page_is_the_text_in_it(page: str) -> None:
    found = blocks(page.format(f"<h2>Leave</h2><p>Everybody has leave, by grade.</p>{GRADES}<ul><li>Ask first.</ul>"))
    assert [(block.kind, block.text) for block in found] == [
        (BlockKind.HEADING, "Leave"),
        (BlockKind.PARAGRAPH, "Everybody has leave, by grade."),
        (BlockKind.TABLE, ""),
        (BlockKind.ITEM, "Ask first."),
    ]
    assert found[2].rows == GRADES_READ


def test_a_table_in_a_cell_of_another_is_a_line_of_the_cell() -> None:
    (found,) = blocks(
        f"<table><tr><th>Country<th>Leave</tr><tr><td>Germany<td>By grade: {GRADES}</tr><tr><td>France<td>30 days</tr></table>"
    )
    by_grade = "By grade: Grade: Junior, Days: 25; Grade: Senior, Days: 28"
    assert found.rows == (("Country", "Leave"), ("Germany", by_grade), ("France", "30 days"))


def test_lines_of_a_cell_stay_apart() -> None:
    cell = "<td><div>Ask first.</div><div>Then go.</div><h4>Or</h4>stay</td>"
    (found,) = blocks(f"<table><tr><th>A<th>B</tr><tr>{cell}<td>1</td></tr><tr><td>2</td><td>3</td></tr></table>")
    assert found.rows[1] == ("Ask first. Then go. Or stay", "1")


@pytest.mark.parametrize(
    "head", ["<td><p><b>{}</b></p></td>", "<td role=columnheader>{}</td>", "<td><strong>{}</strong></td>"]
)
def test_cells_that_are_bold_or_say_so_head_the_columns(head: str) -> None:
    rows = "<tr><td>Rome<td>by agreement</tr><tr><td>Oslo<td>up to you</tr>"
    (table,) = blocks(f"<table><tr>{head.format('City')}{head.format('Limit')}</tr>{rows}</table>")
    assert (table.rows[0], table.header_rows) == (("City", "Limit"), 1)


def test_bold_labels_beside_their_values_are_no_header() -> None:
    rows = (
        "<tr><td><b>Employer</b><td><b>Acme</b></tr><tr><td><b>Start</b><td>May</tr><tr><td><b>Place</b><td>Oslo</tr>"
    )
    (table,) = blocks(f"<table>{rows}</table>")
    assert table.header_rows == 0


def test_a_picture_alone_in_a_cell_says_what_it_shows() -> None:
    rows = "<tr><td>Parking<td><img alt='(tick)' src=t.png><td><img alt='(cross)'></tr><tr><td>Gym<td><img alt=x> on request<td></tr>"
    (table,) = blocks(f"<table><tr><th>Benefit<th>Staff<th>Interns</tr>{rows}</table>")
    assert table.rows[1:] == (("Parking", "(tick)", "(cross)"), ("Gym", "on request", ""))
