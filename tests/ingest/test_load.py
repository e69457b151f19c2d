from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from ingest.load import load
from ingest.partition import is_verb
from ingest.records import Block, BlockKind
from retrieval.errors import DocumentRejected
from tests.ingest.builders import docx, docx_with_body, flowing_pdf


def shapes(name: str, data: bytes | str) -> list[tuple[str, int | None, str]]:
    found = load(name, data.encode() if isinstance(data, str) else data)
    return [(block.kind.value, block.level, block.text) for block in found.blocks]


def test_markdown_gives_headings_paragraphs_and_items() -> None:
    assert shapes("a.md", "# Leave\n\nText of it.\n\n## Rules\n\n- One\n  - Two\n") == [
        ("heading", 1, "Leave"),
        ("paragraph", None, "Text of it."),
        ("heading", 2, "Rules"),
        ("item", 2, "One"),
        ("item", 3, "Two"),
    ]


def test_lines_that_a_page_breaks_stay_lines() -> None:
    assert shapes("a.html", "<h1>Leave<br>Policy</h1><p><b>Owner:</b> HR<br/>Effective: 1 June 2025</p>") == [
        ("heading", 1, "Leave Policy"),
        ("paragraph", None, "Owner: HR\nEffective: 1 June 2025"),
    ]
    assert shapes("a.md", "Owner: HR  \nEffective: 1 June 2025") == [
        ("paragraph", None, "Owner: HR\nEffective: 1 June 2025")
    ]


@pytest.mark.parametrize("name", ["rule.txt", "rule.md"])
def test_a_short_rule_is_no_title(name: str) -> None:
    assert shapes(name, "This applies to all staff.") == [("paragraph", None, "This applies to all staff.")]


def test_verbs_are_known_by_their_endings() -> None:
    assert [word for word in ("applies", "approved", "working", "leave", "need", "during") if is_verb(word)] == [
        "applies",
        "approved",
        "working",
        "need",
        "during",
    ]


def test_a_table_keeps_its_header() -> None:
    block = load("a.md", b"| Country | Days |\n|---|---|\n| Germany | 30 |\n").blocks[0]
    assert block == Block(BlockKind.TABLE, "", rows=(("Country", "Days"), ("Germany", "30")), header_rows=1)


def test_particulars_have_no_header_and_prices_have() -> None:
    def header_rows(*rows: tuple[str, str]) -> int:
        cells = "".join(f"<tr><td>{left}</td><td>{right}</td></tr>" for left, right in rows)
        return load("a.html", f"<!doctype html><h1>Leave</h1><table>{cells}</table>".encode()).blocks[-1].header_rows

    particulars = (
        ("Owner", "People team"),
        ("Effective date", "1 March 2025"),
        ("Version", "2.0"),
        ("Review date", "1 March 2026"),
    )
    contract = (("Employer", "Acme GmbH"), ("Employee", "Jo Doe"), ("Start", "1 March 2025"), ("Salary", "EUR 4,000"))
    assert header_rows(*particulars) == 0
    assert header_rows(*contract) == 0
    assert header_rows(("Item", "Amount"), ("Breakfast", "12"), ("Lunch", "20")) == 1
    assert header_rows(("Version", "Date"), ("Draft", "1 March 2024"), ("Final", "1 March 2025")) == 1


def test_a_header_of_two_rows_is_both() -> None:
    page = (
        b"<!doctype html><h1>Leave</h1><table><tr><th rowspan=2>Country</th><th colspan=2>Days</th></tr><tr><th>Junior</th>"
        b"<th>Senior</th></tr><tr><td rowspan=2>Germany</td><td>28</td><td>30</td></tr><tr><td>29</td><td>31</td></tr></table>"
    )
    block = load("a.html", page).blocks[-1]
    assert (block.header_rows, block.rows[:2]) == (2, (("Country", "Days", "Days"), ("Country", "Junior", "Senior")))


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("a.md", "Leave is ~~20~~ 25 days.\n\n~~Leave may be sold.~~\n"),
        ("a.html", "<!doctype html><p>Leave is <s>20</s> 25 days.</p><strike>Leave may be sold.</strike>"),
        ("a.html", "<!doctype html><p>Leave is <del>20</del> <ins>25</ins> days.</p>"),
        ("a.html", "<!doctype html><p>Leave is <span style='text-decoration: line-through'>20</span> 25 days.</p>"),
    ],
)
def test_struck_out_text_is_left_out_with_a_warning(name: str, page: str) -> None:
    loaded = load(name, page.encode())
    assert [" ".join(block.text.split()) for block in loaded.blocks] == ["Leave is 25 days."]
    assert loaded.warnings == ("the file has struck-out text; it was left out",)


def test_text_lines_are_joined_and_numbered_lines_kept_apart() -> None:
    text = "LEAVE\n\nEvery employee who has worked here for longer than a year\nmay take leave.\n1. Ask first.\n2. Then go.\n"
    assert [text for _, _, text in shapes("a.txt", text)] == [
        "LEAVE",
        "Every employee who has worked here for longer than a year may take leave.",
        "1. Ask first.",
        "2. Then go.",
    ]


def test_text_lines_that_stop_before_the_margin_and_sentences_of_other_languages_are_no_title() -> None:
    notice = "NOTICE TO ALL STAFF\nEffective 1 June 2025\n\nParking is free for all employees who share their car with\ncolleagues.\n"
    assert [text for _, _, text in shapes("a.txt", notice)] == [
        "NOTICE TO ALL STAFF",
        "Effective 1 June 2025",
        "Parking is free for all employees who share their car with colleagues.",
    ]
    wrapped = "Diese Regelung gilt für alle Beschäftigten der Firma und ihrer\nTochtergesellschaften im Inland.\n"
    german = load("a.txt", f"Reisekosten\n\n{wrapped}\nTaxi nach 22 Uhr\nBahn in der 2. Klasse\n".encode()).blocks
    assert [(block.text, block.bold) for block in german] == [
        ("Reisekosten", True),
        (" ".join(wrapped.split()), False),
        ("Taxi nach 22 Uhr", False),
        ("Bahn in der 2. Klasse", False),
    ]


def test_word_numbers_written_by_the_list_style_are_kept() -> None:
    def write(document: Any) -> None:
        document.add_heading("Leave", level=1)
        document.add_paragraph("First rule", style="List Number")
        document.add_paragraph("Second rule", style="List Number")
        document.add_paragraph("A point", style="List Bullet")

    assert shapes("a.docx", docx(write)) == [
        ("heading", 1, "Leave"),
        ("item", 1, "1. First rule"),
        ("item", 1, "2. Second rule"),
        ("item", 1, "A point"),
    ]


def test_bold_paragraphs_are_marked() -> None:
    def write(document: Any) -> None:
        document.add_paragraph().add_run("Carry-over").bold = True
        document.add_paragraph("Five days may be carried over.")

    assert [block.bold for block in load("a.docx", docx(write)).blocks] == [True, False]


def test_a_table_that_only_frames_text_is_text() -> None:
    def write(document: Any) -> None:
        document.add_table(rows=1, cols=1).cell(0, 0).text = "Read this first."

    assert shapes("a.docx", docx(write)) == [("paragraph", None, "Read this first.")]


def test_a_bold_first_row_heads_a_word_table() -> None:
    def write(document: Any) -> None:
        table = document.add_table(rows=2, cols=2)
        for column, (head, cell) in enumerate([("Area", "Workshop"), ("Required", "safety shoes")]):
            table.cell(0, column).paragraphs[0].add_run(head).bold = True
            table.cell(1, column).text = cell

    block = load("a.docx", docx(write)).blocks[0]
    assert (block.rows, block.header_rows) == ((("Area", "Required"), ("Workshop", "safety shoes")), 1)


@pytest.mark.parametrize("bold", [3, 2, 0])
def test_a_word_table_has_all_its_header_rows_and_what_is_merged_above_them_is_its_caption(bold: int) -> None:
    rows = [
        ("Rates 2025", "", ""),
        ("Region", "Hotel", ""),
        ("", "weekday", "weekend"),
        ("EU", "150", "120"),
        ("USA", "200", "200"),
    ]

    def write(document: Any) -> None:
        table = document.add_table(rows=5, cols=3)
        for down, row in enumerate(rows):
            for across, text in enumerate(row):
                table.cell(down, across).paragraphs[0].add_run(text).bold = down < bold
        table.cell(0, 0).merge(table.cell(0, 2))
        table.cell(1, 1).merge(table.cell(1, 2))
        table.cell(1, 0).merge(table.cell(2, 0))

    block = load("a.docx", docx(write)).blocks[0]
    assert (block.text, block.header_rows) == ("Rates 2025", 2)
    assert block.rows[:2] == (("Region", "Hotel", "Hotel"), ("Region", "weekday", "weekend"))


def test_a_wrong_ending_is_read_by_content_and_said() -> None:
    loaded = load("leave.txt", b"<!doctype html><h1>Leave</h1><p>Thirty days.</p>")
    assert loaded.warnings == ("named .txt, but its content is HTML: read as that",)
    assert loaded.blocks[0].kind is BlockKind.HEADING


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.md", b"---\ntitle: Moved\nredirect_to: /x\n---\n"), ("a.html", b"<!-- nothing -->"), ("a.md", b"![a](b.png)")],
)
def test_a_file_without_text_is_rejected(name: str, data: bytes) -> None:
    with pytest.raises(DocumentRejected, match="no text in the file"):
        load(name, data)


def test_a_word_of_forty_thousand_letters_is_read_at_once() -> None:
    started = process_time()
    assert load("long.txt", b"((" * 20_000 + b"Leave is paid.").blocks[0].text.endswith("Leave is paid.")
    assert process_time() - started < 10


def test_a_line_of_millions_of_letters_is_read() -> None:
    assert len(load("long.txt", b"x" * 1_500_000).blocks[0].text) == 1_500_000


RAISED = (
    "<w:p><w:r><w:t>The limit is EUR 50</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>2</w:t></w:r>"
    "<w:r><w:t xml:space='preserve'> per day.</w:t></w:r></w:p>"
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.html", b"<p>The limit is EUR 50<sup><a href='#n2'>2</a></sup> per day.</p>"),
        ("a.html", b"<style>.c3{vertical-align:super}</style><p>The limit is EUR 50<span class=c3>2</span> per day.</p>"),
        ("a.md", b"The limit is EUR 50<sup>2</sup> per day."),
        ("a.rtf", rb"{\rtf1\pard The limit is EUR 50{\super 2} per day.\par}"),
        ("a.rtf", rb"{\rtf1\pard The limit is EUR 50\super 2\nosupersub  per day.\par}"),
        ("a.docx", docx_with_body(RAISED)),
        ("a.pdf", flowing_pdf(["The limit is EUR 50<super>2</super> per day."])),
    ],
    ids=["link", "style sheet", "markdown", "rtf group", "rtf", "docx", "pdf"],
)  # fmt: skip
def test_a_small_raised_number_is_no_digit_of_the_number_before_it(name: str, data: bytes) -> None:
    assert [block.text for block in load(name, data).blocks] == ["The limit is EUR 50² per day."]


def test_lines_that_are_underlined_in_a_text_are_headings() -> None:
    page = "Leave policy\n============\n\nAnnual leave\n------------\nThirty days.\n\nSick leave\n----------\nSix weeks.\n\nGrade   Days\n------------\nA       25\n"
    assert shapes("a.txt", page)[:-2] == [
        ("heading", 1, "Leave policy"),
        ("heading", 2, "Annual leave"),
        ("paragraph", None, "Thirty days."),
        ("heading", 2, "Sick leave"),
        ("paragraph", None, "Six weeks."),
    ]
