"""Footnotes of web pages, as programs export them."""

from __future__ import annotations

import pytest

from ingest.load import load

LEAVE = "<h1>Leave</h1><p>All have 25 days{}.</p><h1>Sick pay</h1><p>Six weeks are paid.</p>"
GOOGLE = (
    LEAVE.format("<sup><a href='#ftnt1' id='ftnt_ref1'>[1]</a></sup>")
    + "<hr><div><p><a href='#ftnt_ref1' id='ftnt1'>[1]</a><span>&nbsp;Interns have 20.</span></p></div>"
)
WORD = (
    LEAVE.format("<a href='#_ftn1' name='_ftnref1'><span class=MsoFootnoteReference>[1]</span></a>")
    + "<div style='mso-element:footnote' id=ftn1><p><a href='#_ftnref1' name='_ftn1'><span>[1]</span></a> Interns have 20.</p></div>"
)
PANDOC = (
    LEAVE.format("<a href='#fn1' id='fnref1' role='doc-noteref'><sup>1</sup></a>")
    + "<section id=footnotes><ol><li id=fn1><p>Interns have 20.<a href='#fnref1'>↩</a></p></li></ol></section>"
)


def texts(page: str) -> list[str]:
    return [
        block.text or str(block.rows) for block in load("a.html", f"<html><body>{page}</body></html>".encode()).blocks
    ]


@pytest.mark.parametrize("page", [GOOGLE, WORD, PANDOC], ids=["Google Docs", "Word", "pandoc"])
def test_a_note_stands_behind_the_paragraph_that_refers_to_it(page: str) -> None:
    assert texts(page) == ["Leave", "All have 25 days.", "Interns have 20.", "Sick pay", "Six weeks are paid."]


def test_notes_of_tables_and_items_part_neither() -> None:
    mark = "<sup><a href='#n{0}' id='r{0}'>{0}</a></sup>"
    table = f"<table><tr><th>Grade<th>Days</tr><tr><td>A{mark.format(1)}<td>25</tr><tr><td>B<td>28</tr></table>"
    items = f"<ul><li>Ask first{mark.format(2)}.<li>Then go.</ul>"
    notes = (
        "<p id=n1><a href='#r1'>1</a> In May.</p><div id=n2><p><a href='#r2'>2</a> Early.</p><p>In writing.</p></div>"
    )
    rows = (("Grade", "Days"), ("A", "25"), ("B", "28"))
    assert texts(table + items + notes) == [str(rows), "In May.", "Ask first (Early. In writing.).", "Then go."]


def test_what_reviewers_remarked_is_no_text() -> None:
    remark = "<div><p><a href='#cmnt_ref1' id='cmnt1'>[a]</a><span>Should it be 30, Bob?</span></p></div>"
    page = LEAVE.format("<sup><a href='#cmnt1' id='cmnt_ref1'>[a]</a></sup>") + remark
    assert texts(page) == ["Leave", "All have 25 days.", "Sick pay", "Six weeks are paid."]


def test_a_list_of_contents_refers_to_no_notes() -> None:
    page = (
        "<p><a href='#one' id=to>1</a> Leave</p><div id=one><h2><a href='#to'>1</a> Leave</h2><p>Thirty days.</p></div>"
    )
    assert texts(page)[-1] == "Thirty days."
