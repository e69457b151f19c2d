from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from docx.enum.style import WD_STYLE_TYPE

from ingest import word
from ingest.load import load
from ingest.records import Block, BlockKind
from retrieval.errors import DocumentRejected
from tests.ingest.builders import diagram_data, diagram_drawing, docx, docx_with_body, zipped


def texts(body: str) -> list[str]:
    return [block.text for block in load("a.docx", docx_with_body(body)).blocks]


def table(*rows: str) -> Block:
    """A table of rows in short: cells apart by "|", "*" in front of a bold one, "!" of one that goes on below in "^", "+" of one
    that two columns share."""
    written = "".join(f"<w:tr>{''.join(map(cell, row.split('|')))}</w:tr>" for row in rows)
    body = f"<w:p><w:r><w:t>Leave by country:</w:t></w:r></w:p><w:tbl><w:tblGrid/>{written}</w:tbl>"
    return next(block for block in load("a.docx", docx_with_body(body)).blocks if block.kind is BlockKind.TABLE)


def cell(text: str) -> str:
    merge = '<w:vMerge w:val="continue"/>' if "^" in text else '<w:vMerge w:val="restart"/>' if "!" in text else ""
    across = '<w:gridSpan w:val="2"/>' if "+" in text else ""
    bold = "<w:rPr><w:b/></w:rPr>" if "*" in text else ""
    words = text.strip("*^!+")
    run = f"<w:r>{bold}<w:t>{words}</w:t></w:r>" if words else ""
    return f"<w:tc><w:tcPr>{across}{merge}</w:tcPr><w:p>{run}</w:p></w:tc>"


def test_a_cell_merged_over_several_rows_stands_in_each() -> None:
    found = table("Country|Grade|Days", "!Germany|Junior|28", "^|Senior|30", "France|All|25")
    assert found.rows[1:] == (("Germany", "Junior", "28"), ("Germany", "Senior", "30"), ("France", "All", "25"))


def test_a_cell_merged_over_rows_and_columns_stands_in_each() -> None:
    found = table("Country|Grade|Days", "!+Not paid|0", "+^|1", "+^|2")
    assert found.rows[1:] == (
        ("Not paid", "Not paid", "0"),
        ("Not paid", "Not paid", "1"),
        ("Not paid", "Not paid", "2"),
    )


def test_a_header_row_with_an_empty_corner_is_one() -> None:
    found = table("|*Germany|*France", "Annual leave|30|25", "Sick leave|42|60")
    assert (found.rows[0], found.header_rows) == (("", "Germany", "France"), 1)


@pytest.mark.parametrize(("style", "heads"), [("Light Grid Accent 1", 1), ("Table Grid", 0), ("Normal Table", 0)])
def test_a_table_style_that_sets_its_first_row_apart_heads_the_columns(style: str, heads: int) -> None:
    def write(document: Any) -> None:
        filled = document.add_table(rows=0, cols=2, style=style)
        for cells in (("Plan", "What it is"), ("Basic", "The company pays a share"), ("Plus", "The company pays all")):
            for place, text in zip(filled.add_row().cells, cells, strict=True):
                place.text = text

    assert load("a.docx", docx(write)).blocks[0].header_rows == heads


def test_cells_in_a_bold_paragraph_style_head_the_columns() -> None:
    def write(document: Any) -> None:
        document.styles.add_style("Cell heading", WD_STYLE_TYPE.PARAGRAPH).font.bold = True
        filled = document.add_table(rows=3, cols=2)
        for number, cells in enumerate((("Plan", "What it is"), ("Basic", "A share"), ("Plus", "All"))):
            for place, text in zip(filled.rows[number].cells, cells, strict=True):
                place.text = text
                place.paragraphs[0].style = "Normal" if number else "Cell heading"

    assert load("a.docx", docx(write)).blocks[0].header_rows == 1


def rows_of_cells(*rows: tuple[str, ...]) -> str:
    """A table whose cells hold the given WordprocessingML."""
    written = "".join(f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in row)}</w:tr>" for row in rows)
    return f"<w:tbl><w:tblGrid/>{written}</w:tbl>"


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


GRADES = (("Grade", "Days"), ("Junior", "25"), ("Senior", "28"))
GRADES_WRITTEN = rows_of_cells(*(tuple(map(paragraph, row)) for row in GRADES))


@pytest.mark.parametrize("across", [True, False])
def test_a_table_in_a_table_that_only_lays_out_the_page_stands_by_itself(across: bool) -> None:
    parts = paragraph("Leave by grade:"), GRADES_WRITTEN + paragraph("Ask first.")
    layout = rows_of_cells(parts) if across else rows_of_cells(*((part,) for part in parts))
    before, found, after = load("a.docx", docx_with_body(layout)).blocks
    assert (before.text, found.rows, after.text) == ("Leave by grade:", GRADES, "Ask first.")


def test_a_table_in_a_cell_of_another_is_a_line_of_the_cell() -> None:
    outer = rows_of_cells(
        (paragraph("Country"), paragraph("Leave")),
        (paragraph("Germany"), paragraph("By grade:") + GRADES_WRITTEN + "<w:p/>"),
        (paragraph("France"), paragraph("30 days")),
    )
    (found,) = load("a.docx", docx_with_body(outer)).blocks
    assert " ".join(found.rows[1][1].split()) == "By grade: Grade: Junior, Days: 25; Grade: Senior, Days: 28"


def test_inserted_text_is_read_and_deleted_text_is_not() -> None:
    body = (
        "<w:p><w:r><w:t>Leave is </w:t></w:r><w:del><w:r><w:delText>20</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>30</w:t></w:r></w:ins><w:r><w:t> days.</w:t></w:r></w:p>"
    )
    assert texts(body) == ["Leave is 30 days."]
    assert load("a.docx", docx_with_body(body)).warnings == (
        "the file has tracked changes; it was read as if they were all accepted",
    )


@pytest.mark.parametrize("mark", ["del", "moveFrom"])
def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next(mark: str) -> None:
    ends = f"<w:pPr><w:rPr><w:{mark}/></w:rPr></w:pPr>"
    gone = f"<w:p>{ends}<w:del><w:r><w:delText>Ask your manager first.</w:delText></w:r></w:del></w:p>"
    first = f"<w:p>{ends}<w:r><w:t>Leave is thirty days</w:t></w:r></w:p>"
    rest = '<w:p><w:r><w:t xml:space="preserve"> in each year.</w:t></w:r></w:p><w:p><w:r><w:t>It is paid.</w:t></w:r></w:p>'
    assert texts(first + gone + rest) == ["Leave is thirty days in each year.", "It is paid."]
    assert texts(rest + first) == ["in each year.", "It is paid.", "Leave is thirty days"]


@pytest.mark.parametrize("mark", ["<w:strike/>", '<w:dstrike w:val="true"/>'])
def test_struck_out_text_is_left_out_with_a_warning(mark: str) -> None:
    struck = f"<w:r><w:rPr>{mark}</w:rPr><w:lastRenderedPageBreak/><w:t>20 </w:t></w:r>"
    body = f"<w:p><w:r><w:t>Leave is </w:t></w:r>{struck}<w:r><w:t>30 days.</w:t></w:r></w:p>"
    assert texts(body) == ["Leave is 30 days."]
    loaded = load("a.docx", docx_with_body(body))
    assert (loaded.warnings, loaded.pages) == (("the file has struck-out text; it was left out",), 1)


def test_text_that_is_not_struck_out_any_more_is_read() -> None:
    body = '<w:p><w:r><w:rPr><w:strike w:val="0"/></w:rPr><w:t>Leave is 30 days.</w:t></w:r></w:p>'
    assert (texts(body), load("a.docx", docx_with_body(body)).warnings) == (["Leave is 30 days."], ())


def test_content_controls_are_read() -> None:
    body = "<w:sdt><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>Inside a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    assert texts(body + "<w:p><w:r><w:t>After it.</w:t></w:r></w:p>") == ["Inside a control.", "After it."]


def test_a_table_of_contents_is_left_out() -> None:
    body = '<w:p><w:pPr><w:pStyle w:val="TOC1"/></w:pPr><w:r><w:t>1 Leave 3</w:t></w:r></w:p>'
    assert texts(body + "<w:p><w:r><w:t>Leave is paid.</w:t></w:r></w:p>") == ["Leave is paid."]


def test_a_table_of_contents_and_a_title_are_known_by_their_styles_in_any_language() -> None:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{called}"/></w:style>'
        for name, called in (("TM1", "toc 1"), ("Ttulo", "Title"))
    )
    body = (
        '<w:p><w:pPr><w:pStyle w:val="Ttulo"/></w:pPr><w:r><w:t>Congés et</w:t><w:br/><w:t>absences</w:t></w:r></w:p>'
    )
    body += '<w:p><w:pPr><w:pStyle w:val="TM1"/></w:pPr><w:r><w:t>1. Congés 3</w:t></w:r></w:p><w:p><w:r><w:t>Trente jours.</w:t></w:r></w:p>'
    loaded = load("a.docx", docx_with_body(body, styles=styles))
    assert (loaded.title, loaded.blocks[-1].text, len(loaded.blocks)) == ("Congés et absences", "Trente jours.", 2)


def test_a_row_whose_deletion_is_tracked_is_not_read() -> None:
    row = "<w:tr>{}<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc></w:tr>"
    deleted = '<w:trPr><w:del w:id="1" w:author="x"/></w:trPr>'
    rows = row.format("", "Grade", "Days") + row.format(deleted, "A", "20") + row.format("", "B", "28")
    (found,) = load("a.docx", docx_with_body(f"<w:tbl><w:tblGrid/>{rows}</w:tbl>")).blocks
    assert found.rows == (("Grade", "Days"), ("B", "28"))


def test_a_paragraph_over_a_page_break_stays_one() -> None:
    body = "<w:p><w:r><w:t>Begins here</w:t></w:r><w:r><w:lastRenderedPageBreak/><w:t> and ends here.</w:t></w:r></w:p>"
    assert texts(body) == ["Begins here and ends here."]


def test_entities_of_its_own_are_not_expanded() -> None:
    main = b'<!DOCTYPE x [<!ENTITY a "secret">]><x>&a;</x>'
    with pytest.raises(DocumentRejected, match="declares XML entities"):
        load("a.docx", zipped({"word/document.xml": main}))


def test_a_damaged_side_part_is_rejected() -> None:
    source = docx_with_body("<w:p><w:r><w:t>Leave.</w:t></w:r></w:p>")
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with pytest.raises(DocumentRejected, match="the Word file is damaged"):
        load("a.docx", zipped({**parts, "word/styles.xml": b"<w:styles"}))


def test_a_damaged_part_is_rejected() -> None:
    with pytest.raises(DocumentRejected, match="damaged"):
        word.prepare(zipped({"word/document.xml": b"<w:document"}))


def test_the_boxes_of_a_diagram_stand_behind_its_paragraph() -> None:
    body = f"<w:p><w:r><w:t>How to go</w:t></w:r><w:r><w:drawing>{diagram_drawing('rId77')}</w:drawing></w:r></w:p>"
    with zipfile.ZipFile(io.BytesIO(docx_with_body(body))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    named = "word/_rels/document.xml.rels"
    relation = b'<Relationship Id="rId77" Type="x" Target="diagrams/data1.xml"/></Relationships>'
    parts[named] = parts[named].replace(b"</Relationships>", relation)
    parts["word/diagrams/data1.xml"] = diagram_data("Ask.", "Go.")
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>", b'<Override PartName="/word/diagrams/data1.xml" ContentType="application/xml"/></Types>'
    )
    assert [block.text for block in load("a.docx", zipped(parts)).blocks] == ["How to go", "Ask.", "Go."]
