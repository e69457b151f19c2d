from __future__ import annotations

import io
from textwrap import wrap
from typing import Any

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from ingest.pdf import load_pdf
from ingest.pdfwords import RawWord, decoded
from ingest.read import read
from ingest.records import BlockKind
from retrieval.errors import DocumentRejected
from tests.ingest.builders import flowing_pdf, pdf

LONG = (
    "Every employee who has completed the probation period may take up to thirty days of paid annual leave in each calendar year, "
    "and must ask the manager at least two weeks before the first day. Managers answer within three working days."
)


def texts(data: bytes) -> list[str]:
    return [block.text for block in load_pdf(data).blocks]


def test_lines_are_joined_into_paragraphs() -> None:
    assert texts(flowing_pdf([LONG, "A second paragraph."])) == [LONG, "A second paragraph."]


def test_headings_are_larger_or_bold() -> None:
    heading, body = load_pdf(flowing_pdf([("h1", "Leave"), LONG])).blocks
    assert (heading.text, heading.bold) == ("Leave", True)
    assert (heading.size or 0) > (body.size or 0)


def test_numbered_lines_and_bullets_are_blocks_of_their_own() -> None:
    found = load_pdf(flowing_pdf(["4.1 First rule.", "(a) a case;", "• a point", "• another point"])).blocks
    assert [(block.kind, block.text) for block in found] == [
        (BlockKind.PARAGRAPH, "4.1 First rule."),
        (BlockKind.PARAGRAPH, "(a) a case;"),
        (BlockKind.ITEM, "a point"),
        (BlockKind.ITEM, "another point"),
    ]


def test_a_ruled_table_keeps_rows_and_columns() -> None:
    rows = [["Country", "Days"], ["Germany", "30"], ["France", "25"]]
    table = load_pdf(flowing_pdf([LONG, rows, "After it."])).blocks[1]
    assert (table.kind, table.rows, table.header_rows) == (BlockKind.TABLE, tuple(map(tuple, rows)), 1)


@pytest.mark.parametrize("padding", [0, 4])
def test_the_lines_of_a_cell_are_one_text_where_no_line_is_drawn(padding: int) -> None:
    rows = [
        ["Amount", "Approver", "Evidence"],
        ["up to EUR 500", "The line manager of the\nemployee who claims it", "Receipt"],
        ["above EUR 500", "The head of department", "Receipt and a reason that\nsays why"],
    ]

    def draw(canvas: Any) -> None:
        style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), padding), ("BOTTOMPADDING", (0, 0), (-1, -1), padding)]  # fmt: skip
        table = Table(rows, colWidths=[120, 160, 160], style=TableStyle(style))
        table.wrapOn(canvas, 440, 300)
        table.drawOn(canvas, 60, 500)

    (table,) = load_pdf(pdf(draw)).blocks
    assert table.rows == tuple(tuple(cell.replace("\n", " ") for cell in row) for row in rows)
    assert table.header_rows == 1


@pytest.mark.parametrize("place", ["TOP", "MIDDLE", "BOTTOM"])
def test_a_cell_merged_over_several_rows_stands_in_each(place: str) -> None:
    rows = [
        ["Country", "Grade", "Days"],
        ["Germany", "Junior", "28"],
        ["", "Middle", "29"],
        ["", "Senior", "30"],
        ["France", "All", "25"],
    ]
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("SPAN", (0, 1), (0, 3)), ("VALIGN", (0, 0), (-1, -1), place)]
    packed = io.BytesIO()
    SimpleDocTemplate(packed).build([Table(rows, style=TableStyle(style))])
    table = load_pdf(packed.getvalue()).blocks[0]
    assert [row[0] for row in table.rows] == ["Country", "Germany", "Germany", "Germany", "France"]


def test_a_header_merged_over_columns_heads_each_of_them() -> None:
    rows = [["Region", "Hotel", ""], ["", "weekday", "weekend"], ["EU", "150", "120"], ["USA", "200", "200"]]
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("SPAN", (0, 0), (0, 1)), ("SPAN", (1, 0), (2, 0))]
    packed = io.BytesIO()
    SimpleDocTemplate(packed).build([Table(rows, style=TableStyle(style))])
    table = load_pdf(packed.getvalue()).blocks[0]
    assert (table.header_rows, table.rows[:2]) == (2, (("Region", "Hotel", "Hotel"), ("Region", "weekday", "weekend")))


@pytest.mark.parametrize(
    "rows",
    [
        [["Owner", "HR Director"], ["Effective date", "1 June 2025"], ["Version", "2.1"]],
        [["Who may join?", "All staff"], ["When may I join?", "In November"], ["Is it taxed?", "Yes"]],
    ],
)
def test_labels_and_questions_beside_their_values_are_no_header(rows: list[list[str]]) -> None:
    assert load_pdf(flowing_pdf([rows])).blocks[0].header_rows == 0


def test_labels_that_no_line_parts_stay_in_their_rows() -> None:
    rows = [["Country", "Days"], ["Germany", "28"], ["Spain", "23"]]
    style = [("BOX", (0, 0), (-1, -1), 0.5, "black"), ("LINEBEFORE", (1, 0), (1, -1), 0.5, "black")]
    style += [("LINEBELOW", (0, 0), (-1, 0), 0.5, "black"), ("LINEBELOW", (1, 1), (1, 1), 0.5, "black")]
    packed = io.BytesIO()
    SimpleDocTemplate(packed).build([Table(rows, style=TableStyle(style))])
    assert load_pdf(packed.getvalue()).blocks[0].rows == tuple(map(tuple, rows))


def test_frames_around_words_of_a_text_are_no_table() -> None:
    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 11)
        for row, line in enumerate(
            ["we wish to further acme's projects and", "to align our projects with acme plans and"]
        ):
            canvas.drawString(72, 700 - 13 * row, line)
        for left, bottom in [(150, 697), (200, 684)]:
            canvas.rect(left, bottom, 50, 12)

    assert [block.kind for block in load_pdf(pdf(draw)).blocks] == [BlockKind.PARAGRAPH]


def test_cells_aligned_without_rules_are_a_table() -> None:
    def draw(canvas: Any) -> None:
        for row, cells in enumerate([("Germany", "30"), ("France", "25"), ("Spain", "22")]):
            canvas.drawString(72, 700 - 16 * row, cells[0])
            canvas.drawString(250, 700 - 16 * row, cells[1])

    assert load_pdf(pdf(draw)).blocks[0].rows == (("Germany", "30"), ("France", "25"), ("Spain", "22"))


def test_running_headers_footers_and_page_numbers_are_left_out() -> None:
    data = flowing_pdf(
        [LONG, None, "Second page.", None, "Third page."], header="Example Ltd – internal", footer="Page {page} of 3"
    )
    assert texts(data) == [LONG, "Second page.", "Third page."]


def test_what_pages_have_alike_but_for_their_own_numbers_is_text() -> None:
    rows = [[f"Step {step}", f"EUR {2000 + 35 * step}"] for step in range(1, 81)]
    found = load_pdf(flowing_pdf([rows], header="Example Ltd", footer="Page {page} of 2")).blocks
    assert [row for block in found for row in block.rows] == [tuple(row) for row in rows]

    sheets = [part for pay in (2000, 2500, 3100) for part in (f"Base pay is EUR {pay}.", None)]
    assert texts(flowing_pdf(sheets, footer="Page {page} of 3")) == [part for part in sheets if part]


def test_rows_of_a_table_over_several_pages_are_on_their_own_page() -> None:
    rows = [["Country", "Daily rate"], *([f"Country {number}", f"EUR {20 + number}"] for number in range(1, 81))]
    table = read("rates.pdf", flowing_pdf([rows])).clauses[0]
    assert table.page == 1
    assert [row.page for row in table.children] == sorted(row.page or 0 for row in table.children)
    assert {row.page for row in table.children} == {1, 2, 3}


def test_a_table_over_many_pages_is_one() -> None:
    rows = [["Country", "Daily rate"], *([f"Country {number}", f"EUR {20 + number}"] for number in range(1, 160))]
    (table,) = load_pdf(flowing_pdf([rows])).blocks
    assert (len(table.rows), table.header_rows) == (160, 1)


def test_pages_are_counted_from_one() -> None:
    assert [block.page for block in load_pdf(flowing_pdf(["One.", None, "Two."])).blocks] == [1, 2]


def test_a_paragraph_goes_on_over_the_page_break() -> None:
    found = load_pdf(flowing_pdf(["Leave is granted to all who have", None, "worked here for a year."])).blocks
    assert [(block.text, block.page) for block in found] == [
        ("Leave is granted to all who have worked here for a year.", 1)
    ]


def test_a_footnote_does_not_part_the_paragraph_it_stands_below() -> None:
    def draw(canvas: Any) -> None:
        for line in range(8):
            canvas.drawString(
                72,
                700 - 14 * line,
                "The text of the page is set in twelve points and goes on" + ("." if line == 6 else ""),
            )
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 60, "1 A note at the foot of the page.")
        canvas.showPage()
        canvas.drawString(72, 700, "over the page.")

    found = texts(pdf(draw))
    assert found[-1].endswith("goes on over the page.")
    assert "1 A note at the foot of the page." in found


def test_a_footnote_stays_below_the_heading_of_its_text() -> None:
    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(72, 740, "Pension")
        canvas.setFont("Helvetica", 12)
        canvas.drawString(72, 700, "Contributions begin after the probation period.2")
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 60, "2 Six months, see the contract.")

    assert texts(pdf(draw))[0] == "Pension"


def test_the_number_of_a_footnote_is_no_clause_s() -> None:
    def draw(canvas: Any) -> None:
        for line, text in enumerate(
            ("(a) The leave is paid.", "(b) The leave is granted by the manager who", "knows the team best and")
        ):
            canvas.drawString(72, 740 - 14 * line, text)
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 60, "2 Six months, see the contract.")
        canvas.showPage()
        canvas.drawString(72, 740, "asks the others.")
        canvas.drawString(72, 700, "(c) The leave is booked.")

    assert [clause.number for clause in read("leave.pdf", pdf(draw)).clauses] == ["(a)", None, "(b)", "(c)"]


def test_a_footnote_does_not_part_a_heading_from_its_text() -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(72, 740, "Contributions begin after the probation period.")
        canvas.drawString(72, 700, "Payout")
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 60, "2 Six months, see the contract.")
        canvas.showPage()
        canvas.drawString(72, 740, "The pension is paid out monthly.")

    assert texts(pdf(draw))[1:] == [
        "2 Six months, see the contract.",
        "Payout",
        "The pension is paid out monthly.",
    ]


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    def draw(canvas: Any) -> None:
        for line in range(12):
            canvas.drawString(60, 720 - 14 * line, f"the left column goes on in line {line:02d} and")
            canvas.drawString(320, 720 - 14 * line, f"the right column goes on in line {line:02d} and")

    assert len(texts(pdf(draw))) == 1


def test_columns_are_read_one_after_the_other() -> None:
    def draw(canvas: Any) -> None:
        for column, name in enumerate(("left", "right")):
            for line in range(14):
                canvas.drawString(
                    60 + 260 * column, 720 - 14 * line, f"The {name} column goes on in line {line:02d} here"
                )

    found = " ".join(texts(pdf(draw)))
    assert found.index("left column goes on in line 13") < found.index("right column goes on in line 00")


def _ruled(canvas: Any, left: float, top: float, width: float) -> None:
    """Two rows of two cells, drawn with rules."""
    for row, cells in enumerate((("Place", "Limit"), ("London", "185"))):
        for column, cell in enumerate(cells):
            canvas.rect(left + column * width / 2, top - 18 * (row + 1), width / 2, 18)
            canvas.drawString(left + 4 + column * width / 2, top - 18 * (row + 1) + 5, cell)


def test_three_columns_are_read_one_after_the_other() -> None:
    says = "{} leave is paid to everybody who works here and asks for it in time, and to nobody who does not do so"

    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 9)
        for column, kind in enumerate(("Annual", "Sick", "Parental")):
            for row, line in enumerate(wrap(" ".join([says.format(kind)] * 4), 34)):
                canvas.drawString(50 + 175 * column, 700 - 11 * row, line)

    found = " ".join(texts(pdf(draw)))
    assert [word for word in found.split() if word in ("Annual", "Sick", "Parental")] == ["Annual"] * 4 + ["Sick"] * 4 + ["Parental"] * 4  # fmt: skip


def test_three_columns_of_cells_are_a_table() -> None:
    cells = ["Up to EUR 500 in one month, or\nin two months together", "The line manager who has the\nemployee in the team", "A receipt for each of the things\nthat were bought"]  # fmt: skip
    rows = [["Amount", "Approver", "Evidence"], *[cells] * 6]

    def draw(canvas: Any) -> None:
        table = Table(rows, colWidths=[160] * 3, style=TableStyle([("BOTTOMPADDING", (0, 0), (-1, -1), 6)]))
        table.wrapOn(canvas, 480, 400)
        table.drawOn(canvas, 50, 300)

    (table,) = load_pdf(pdf(draw)).blocks
    assert table.rows[1] == tuple(cell.replace("\n", " ") for cell in cells)


def test_a_table_stands_in_its_column() -> None:
    def draw(canvas: Any) -> None:
        for line in range(14):
            canvas.drawString(60, 720 - 14 * line, f"The left column goes on in line {line:02d} here")
            canvas.drawString(
                320, 720 - 14 * line - 50 * (line > 2), f"The right column goes on in line {line:02d} here"
            )
        _ruled(canvas, 320, 686, 200)

    found = [block.text or str(block.rows) for block in load_pdf(pdf(draw)).blocks]
    table = found.index("(('Place', 'Limit'), ('London', '185'))")
    assert "left column goes on in line 13" in " ".join(found[:table])
    assert "right column goes on in line 02" in found[table - 1]
    assert "right column goes on in line 03" in found[table + 1]


def test_a_table_as_wide_as_the_page_parts_its_columns() -> None:
    def draw(canvas: Any) -> None:
        for line in range(20):
            for left, name in ((60, "left"), (320, "right")):
                canvas.drawString(
                    left, 720 - 14 * line - 50 * (line > 9), f"The {name} column goes on in line {line:02d} here"
                )
        _ruled(canvas, 60, 588, 460)

    found = [block.text or str(block.rows) for block in load_pdf(pdf(draw)).blocks]
    table = found.index("(('Place', 'Limit'), ('London', '185'))")
    assert "right column goes on in line 09" in found[table - 1]
    assert "left column goes on in line 10" in found[table + 1]


def test_a_word_parted_at_the_end_of_a_line_is_one_again() -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(72, 700, "The employee may ask for reim-")
        canvas.drawString(72, 686, "bursement of the costs.")

    assert texts(pdf(draw)) == ["The employee may ask for reimbursement of the costs."]


def test_a_turned_page_reads_as_an_upright_one() -> None:
    def draw(canvas: Any) -> None:
        canvas.setPageRotation(90)
        canvas.translate(300, 100)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Leave is paid.")

    assert texts(pdf(draw)) == ["Leave is paid."]


def test_a_page_that_is_only_a_picture_is_listed_and_a_blank_one_is_not() -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(72, 700, "Signed copy follows.")
        canvas.showPage()
        canvas.drawInlineImage(picture(), 72, 300, 400, 400)
        canvas.showPage()
        canvas.showPage()
        canvas.drawString(72, 700, "The end.")

    loaded = load_pdf(pdf(draw))
    assert (loaded.pages, loaded.empty_pages) == (4, (2,))


def picture() -> Any:
    from PIL import Image

    return Image.new("RGB", (40, 40), "gray")


def test_a_file_that_needs_a_password_is_rejected() -> None:
    locked = pdf(lambda canvas: canvas.drawString(72, 700, "secret"), encrypt=StandardEncryption("u", "o"))
    with pytest.raises(DocumentRejected, match="needs a password"):
        load_pdf(locked)


def test_a_file_only_its_owner_locked_is_read() -> None:
    locked = pdf(
        lambda canvas: canvas.drawString(72, 700, "Open to read."), encrypt=StandardEncryption("", "o", canCopy=0)
    )
    assert texts(locked) == ["Open to read."]


def test_a_truncated_file_is_rejected() -> None:
    with pytest.raises(DocumentRejected, match="truncated or damaged"):
        load_pdf(b"%PDF-1.7\n1 0 obj\n<< /Type /Cat")


def test_a_font_that_gives_glyph_numbers_is_decoded() -> None:
    def word(text: str, *, font: int) -> RawWord:
        return RawWord(text, 0, 0, 1, 1, (0, 0), 0, 10, False, font)

    hidden = "".join(chr(ord(letter) - 29) for letter in "the duties of the parties and the term of it")
    words = [word(hidden, font=1), word("Schedule 2", font=2), word("+2:", font=3)]
    assert [found.text for found in decoded(words)] == [
        "the duties of the parties and the term of it",
        "Schedule 2",
        "HOW",
    ]


def test_ordinary_text_is_left_as_it_is() -> None:
    words = [RawWord("SECTION 4.2 (A-33)", 0, 0, 1, 1, (0, 0), 0, 10, False, 1)]
    assert decoded(words) == words


@pytest.mark.parametrize("page_is_turned", [True, False])
def test_a_ruled_table_on_its_side_keeps_its_cells(page_is_turned: bool) -> None:
    rows = [
        ["Country", "Rule"],
        ["Germany", "Leave is granted after\nsix months of work"],
        ["France", "Leave is granted\nat once"],
    ]

    def draw(canvas: Any) -> None:
        if page_is_turned:
            canvas.setPageRotation(90)
        canvas.translate(500, 50)
        canvas.rotate(90)
        table = Table(
            rows, style=TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "TOP")])
        )
        table.wrapOn(canvas, 400, 300)
        table.drawOn(canvas, 20, 100)

    (table,) = load_pdf(pdf(draw)).blocks
    assert table.rows == tuple(tuple(cell.replace("\n", " ") for cell in row) for row in rows)


def test_what_is_stamped_across_the_page_is_no_part_of_its_text() -> None:
    def draw(canvas: Any) -> None:
        for row in range(8):
            canvas.drawString(72, 700 - 14 * row, "Leave is paid in full for all who have it and")
        canvas.translate(150, 600)
        canvas.rotate(45)
        canvas.setFont("Helvetica-Bold", 40)
        canvas.drawString(0, 0, "FOR INTERNAL USE")

    assert texts(pdf(draw)) == [" ".join(["Leave is paid in full for all who have it and"] * 8)]


def test_what_is_filled_into_a_form_is_read_beside_its_label() -> None:
    def draw(canvas: Any) -> None:
        for row, (label, value) in enumerate(
            {"Policy owner:": "People Team", "Effective date:": "1 March 2025"}.items()
        ):
            canvas.drawString(72, 700 - 30 * row, label)
            canvas.acroForm.textfield(value=value, x=160, y=694 - 30 * row, width=200, height=18, fontSize=11)

    data = pdf(draw)
    about = read("form.pdf", data).metadata
    assert (about.owner, str(about.effective_from)) == ("People Team", "2025-03-01")
    assert " ".join(texts(data)) == "Policy owner: People Team Effective date: 1 March 2025"


def test_letters_that_a_program_slants_are_read() -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(72, 700, "Leave is")
        text = canvas.beginText()
        text.setTextTransform(1, 0, 0.36, 1, 120, 700)
        text.textOut("never")
        canvas.drawText(text)
        canvas.drawString(155, 700, "unpaid.")

    assert texts(pdf(draw)) == ["Leave is never unpaid."]
