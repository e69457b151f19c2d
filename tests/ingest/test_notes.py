"""Footnotes and endnotes of Word files stand behind what refers to them."""

from __future__ import annotations

from ingest.load import load
from ingest.records import Block, BlockKind
from tests.ingest.builders import docx_with_body

FOOTNOTES = (
    '<w:footnote w:id="0" w:type="separator"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:id="1"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:tab/><w:t>Part-time staff get 12 days.</w:t></w:r></w:p></w:footnote>'
    '<w:footnote w:id="2"><w:p><w:r><w:t>In Spain 23 days.</w:t></w:r></w:p><w:p><w:r><w:t>In France 26 days.</w:t></w:r></w:p></w:footnote>'
)
ENDNOTES = '<w:endnote w:id="1"><w:p><w:r><w:t>See the Leave Act.</w:t></w:r></w:p></w:endnote>'


def paragraph(text: str, *marks: str, properties: str = "") -> str:
    """A paragraph that refers to notes: "footnote 1"."""
    references = "".join(
        f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>' for kind, number in (mark.split() for mark in marks)
    )
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r>{references}</w:p>"


def blocks(body: str, footnotes: str = FOOTNOTES) -> tuple[Block, ...]:
    return load("a.docx", docx_with_body(body, footnotes=footnotes, endnotes=ENDNOTES)).blocks


def texts(body: str) -> list[str]:
    return [block.text for block in blocks(body)]


def test_a_note_stands_behind_its_paragraph() -> None:
    body = paragraph("Staff get 25 days.", "footnote 1") + paragraph("Ask your manager first.")
    assert texts(body) == ["Staff get 25 days.", "Part-time staff get 12 days.", "Ask your manager first."]


def test_notes_of_one_paragraph_keep_their_order_and_all_their_paragraphs() -> None:
    body = paragraph("Staff get 25 days.", "footnote 2", "endnote 1", "footnote 1")
    assert texts(body) == [
        "Staff get 25 days.",
        "In Spain 23 days.",
        "In France 26 days.",
        "See the Leave Act.",
        "Part-time staff get 12 days.",
    ]


def test_notes_of_a_table_stand_behind_it() -> None:
    rows = "".join(
        f"<w:tr><w:tc>{paragraph(grade)}</w:tc><w:tc>{paragraph(days, *marks)}</w:tc></w:tr>"
        for grade, days, marks in (("Junior", "28", ["footnote 1"]), ("Senior", "30", ["endnote 1"]))
    )
    found = blocks(f"<w:tbl><w:tblGrid/>{rows}</w:tbl>" + paragraph("Ask your manager first."))
    assert [block.kind for block in found[:1]] == [BlockKind.TABLE]
    assert found[0].rows == (("Junior", "28"), ("Senior", "30"))
    assert [block.text for block in found[1:]] == [
        "Part-time staff get 12 days.",
        "See the Leave Act.",
        "Ask your manager first.",
    ]


def test_a_note_parts_no_list_from_its_opening_or_its_items() -> None:
    body = (
        paragraph("Staff who go on leave must:", "endnote 1")
        + paragraph("(a) ask first;", "footnote 2")
        + paragraph("(b) tell the team.")
        + paragraph("Unused days lapse in March.")
    )
    assert texts(body) == [
        "Staff who go on leave must:",
        "(a) ask first; (In Spain 23 days. In France 26 days.)",
        "(b) tell the team.",
        "See the Leave Act.",
        "Unused days lapse in March.",
    ]


def test_the_note_of_a_list_by_numbering_stands_in_its_item() -> None:
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    body = paragraph("Ask your manager first.", "footnote 1", properties=numbered)
    assert texts(body)[0].endswith("Ask your manager first. (Part-time staff get 12 days.)")


def test_a_heading_keeps_its_words() -> None:
    body = paragraph("Leave", "footnote 1", properties='<w:pStyle w:val="Heading1"/>') + paragraph("It is paid.")
    assert texts(body) == ["Leave", "Part-time staff get 12 days.", "It is paid."]


def test_damaged_notes_are_a_warning() -> None:
    loaded = load("a.docx", docx_with_body(paragraph("Staff get 25 days.", "footnote 1"), footnotes="<w:footnote"))
    assert [block.text for block in loaded.blocks] == ["Staff get 25 days."]
    assert loaded.warnings[0].startswith("the footnotes could not be read: ")
