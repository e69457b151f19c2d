from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from corpora.formats import picture
from ingest.load import load
from ingest.records import BlockKind, Loaded
from retrieval.errors import DocumentRejected
from tests.ingest.builders import diagram_data, diagram_drawing


def slides(write: Callable[[Any], None]) -> Loaded:
    from pptx import Presentation

    show = Presentation()
    write(show)
    saved = io.BytesIO()
    show.save(saved)
    return load("leave.pptx", saved.getvalue())


def added(show: Any, layout: int, title: str | None) -> Any:
    slide = show.slides.add_slide(show.slide_layouts[layout])
    if title is not None:
        slide.shapes.title.text = title
    return slide


def test_bullets_keep_their_depth_and_boxes_are_read_from_the_top_down() -> None:
    from pptx.util import Inches

    def write(show: Any) -> None:
        slide = added(show, 1, "Leave")
        frame = slide.placeholders[1].text_frame
        frame.text = "Everybody has:"
        frame.add_paragraph().text = "30 days"
        frame.paragraphs[1].level = 1
        for top, text in ((6, "below"), (0.1, "above")):
            slide.shapes.add_textbox(Inches(1), Inches(top), Inches(3), Inches(0.5)).text_frame.text = text

    blocks = slides(write).blocks
    assert [(block.kind, block.text, block.level) for block in blocks] == [
        (BlockKind.HEADING, "Leave", 1),
        (BlockKind.PARAGRAPH, "above", None),
        (BlockKind.ITEM, "Everybody has:", 1),
        (BlockKind.ITEM, "30 days", 2),
        (BlockKind.PARAGRAPH, "below", None),
    ]


def test_two_texts_with_a_heading_each_are_read_one_after_the_other() -> None:
    def write(show: Any) -> None:
        slide = added(show, 4, "Leave")
        for place, text in enumerate(("Germany", "30 days", "France", "25 days"), start=1):
            slide.placeholders[place].text_frame.text = text

    assert [block.text for block in slides(write).blocks[1:]] == ["Germany", "30 days", "France", "25 days"]


def test_a_slide_without_title_is_headed_by_its_number() -> None:
    from pptx.util import Inches

    def write(show: Any) -> None:
        added(show, 5, "Leave")
        added(show, 6, None).shapes.add_textbox(Inches(1), Inches(1), Inches(3), Inches(1)).text_frame.text = "30 days."

    assert [(block.text, block.page) for block in slides(write).blocks] == [
        ("Leave", 1),
        ("Slide 2", 2),
        ("30 days.", 2),
    ]


def test_hidden_slides_are_passed_over_with_a_warning() -> None:
    def write(show: Any) -> None:
        added(show, 5, "Leave")
        added(show, 5, "Draft").element.set("show", "0")

    loaded = slides(write)
    assert [block.text for block in loaded.blocks] == ["Leave"]
    assert loaded.warnings == ("slide 2 is hidden and was passed over",)


def test_a_slide_that_is_only_a_picture_is_listed_as_empty() -> None:
    def write(show: Any) -> None:
        added(show, 5, "Leave")
        added(show, 6, None).shapes.add_picture(io.BytesIO(picture("PNG", size=(60, 60))), 0, 0)

    loaded = slides(write)
    assert (loaded.pages, loaded.empty_pages) == (2, (2,))
    assert "save it as pdf" in (loaded.ocr_missing or "")


def test_a_cell_merged_over_rows_and_columns_stands_in_each() -> None:
    from pptx.util import Inches

    rows = [
        ("Course", "Deadline", "Owner"),
        ("Security", "30 days", "IT"),
        ("Safety", "", "HR"),
        ("Ask your manager", "", ""),
    ]

    def write(show: Any) -> None:
        place = [Inches(size) for size in (1, 2, 6, 2)]
        table = added(show, 5, "Training").shapes.add_table(4, 3, *place).table
        for down, row in enumerate(rows):
            for across, text in enumerate(row):
                table.cell(down, across).text = text
        table.cell(1, 1).merge(table.cell(2, 1))
        table.cell(3, 0).merge(table.cell(3, 2))

    assert slides(write).blocks[1].rows == (*rows[:2], ("Safety", "30 days", "HR"), ("Ask your manager",) * 3)


def test_a_chart_is_its_table() -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    def write(show: Any) -> None:
        data = CategoryChartData()
        data.categories = ["2024", "2025"]
        data.add_series("Days", (28, 30.5))
        added(show, 5, "Leave").shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 3_000_000, 3_000_000, data)

    assert slides(write).blocks[-1].rows == (("", "Days"), ("2024", "28"), ("2025", "30.5"))


def test_a_presentation_with_a_missing_part_is_damaged() -> None:
    from tests.ingest.builders import zipped

    with pytest.raises(DocumentRejected, match="the PowerPoint file is damaged"):
        load("leave.pptx", zipped({"ppt/presentation.xml": b"<p/>"}))


_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData"


def test_the_boxes_of_a_diagram_are_read() -> None:
    from lxml import etree
    from pptx.opc.package import Part
    from pptx.opc.packuri import PackURI

    def write(show: Any) -> None:
        slide = added(show, 5, "How to take leave")
        data = Part(
            PackURI("/ppt/diagrams/data1.xml"), "application/xml", show.part.package, diagram_data("Ask.", "Go.")
        )
        frame = (
            '<p:graphicFrame xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:nvGraphicFramePr>'
            '<p:cNvPr id="9" name="x"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/>{}</p:graphicFrame>'
        )
        drawing = diagram_drawing(slide.part.relate_to(data, _RELATION))
        slide.shapes._spTree.append(etree.fromstring(frame.format(drawing)))

    assert [block.text for block in slides(write).blocks] == ["How to take leave", "Ask.", "Go."]


def test_a_small_raised_number_on_a_slide_is_no_digit_of_the_number_before_it() -> None:
    def write(show: Any) -> None:
        frame = added(show, 1, "Travel").placeholders[1].text_frame
        frame.text = "At most EUR 50"
        mark = frame.paragraphs[0].add_run()
        mark.text = "2"
        mark.font._element.set("baseline", "30000")

    assert slides(write).blocks[-1].text == "At most EUR 50²"
