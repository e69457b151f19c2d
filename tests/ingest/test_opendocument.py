"""OpenDocument texts and books."""

from __future__ import annotations

import pytest

from corpora.formats import book, packed
from ingest.load import load
from ingest.records import BlockKind, Loaded
from retrieval.errors import DocumentRejected
from tests.ingest.builders import zipped

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("fo", "xsl-fo-compatible"),
        ("draw", "drawing"),
    )
)


def odt(body: str, styles: str = "") -> Loaded:
    content = (
        f"<office:document-content {_NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    return load("leave.odt", packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}))


_COUNTED = (
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/>'
    '<text:list-level-style-number text:level="2" style:num-format="a"/></text:list-style>'
)


def test_numbers_that_the_program_counts_are_written_out() -> None:
    body = (
        '<text:list text:style-name="L1"><text:list-item><text:p>Ask.</text:p><text:list><text:list-item><text:p>In time.</text:p>'
        "</text:list-item></text:list></text:list-item></text:list><text:p>Then:</text:p>"
        '<text:list text:style-name="L1" text:continue-numbering="true"><text:list-item><text:p>Go.</text:p></text:list-item></text:list>'
    )
    assert [block.text for block in odt(body, _COUNTED).blocks] == ["1. Ask.", "(a) In time.", "Then:", "2. Go."]


def test_bullets_are_items_without_numbers() -> None:
    blocks = odt("<text:list><text:list-item><text:p>Ask.</text:p></text:list-item></text:list>").blocks
    assert [(block.kind, block.text) for block in blocks] == [(BlockKind.ITEM, "Ask.")]


def test_merged_cells_stand_in_each_place() -> None:
    body = (
        '<table:table><table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>Europe</text:p></table:table-cell>'
        "<table:table-cell><text:p>Spain</text:p></table:table-cell></table:table-row><table:table-row><table:covered-table-cell/>"
        "<table:table-cell><text:p>Italy</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert odt(body).blocks[0].rows == (("Europe", "Spain"), ("Europe", "Italy"))


def test_bold_titles_spaces_and_notes_are_kept() -> None:
    styles = '<style:style style:name="P1" style:parent-style-name="Title"><style:text-properties fo:font-weight="bold"/></style:style>'
    body = (
        '<text:p text:style-name="P1">Leave</text:p><text:p>Paid<text:s text:c="2"/>leave<text:note><text:note-body>'
        "<text:p>Not all of it.</text:p></text:note-body></text:note><text:line-break/>is <text:span>good</text:span>.</text:p>"
    )
    loaded = odt(body, styles)
    assert loaded.title == "Leave"
    assert loaded.blocks[0].bold
    assert " ".join(loaded.blocks[1].text.split()) == "Paid leave (Not all of it.) is good."


def test_remarks_are_not_read_and_notes_of_a_cell_once() -> None:
    remark = "<office:annotation><text:p>Really?</text:p></office:annotation>"
    note = "<text:note><text:note-body><text:p>In May.</text:p></text:note-body></text:note>"
    cells = f"<table:table-cell><text:p>Spain{remark} only</text:p></table:table-cell><table:table-cell><text:p>23{note}</text:p></table:table-cell>"
    more = "<table:table-cell><text:p>Italy</text:p></table:table-cell><table:table-cell><text:p>26</text:p></table:table-cell>"
    rows = "".join(f"<table:table-row>{row}</table:table-row>" for row in (cells, more))
    loaded = odt(f"<table:table>{rows}</table:table><text:p>Ask{remark} first.</text:p>")
    assert loaded.blocks[0].rows == (("Spain only", "23 (In May.)"), ("Italy", "26"))
    assert loaded.blocks[1].text == "Ask first."


def test_the_text_of_a_shape_is_read() -> None:
    shape = "<draw:custom-shape><text:p>Ask first.</text:p></draw:custom-shape>"
    loaded = odt(f"<text:p>How to go{shape}</text:p><draw:g>{shape}</draw:g>")
    assert [block.text for block in loaded.blocks] == ["How to go", "Ask first.", "Ask first."]


def test_deleted_text_is_not_read() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>Leave is unpaid.</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes><text:p>Leave is paid.</text:p>"
    )
    loaded = odt(body)
    assert [block.text for block in loaded.blocks] == ["Leave is paid."]
    assert "tracked changes" in loaded.warnings[0]


def test_struck_out_text_is_left_out_with_a_warning() -> None:
    struck_out = (
        '<style:style style:name="T1"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    )
    loaded = odt('<text:p>Leave is <text:span text:style-name="T1">20 </text:span>25 days.</text:p>', struck_out)
    assert [block.text for block in loaded.blocks] == ["Leave is 25 days."]
    assert loaded.warnings == ("the file has struck-out text; it was left out",)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"content.xml": b"<x/>"}, "no text part"),
        ({"content.xml": b"<x"}, "the odt file is damaged"),
        ({"content.xml": b"<x/>", "META-INF/manifest.xml": b"<m><encryption-data/></m>"}, "encrypted"),
        ({"content.xml": b"<x/>", "mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "save it as .xlsx"),
    ],
)
def test_what_cannot_be_read_says_why(parts: dict[str, bytes], reason: str) -> None:
    with pytest.raises(DocumentRejected, match=reason):
        load("leave.odt", zipped(parts))


def test_a_book_that_lost_a_chapter_says_so() -> None:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(book())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if not name.endswith("c1.xhtml")}
    loaded = load("leasing.epub", packed(parts))
    assert "1.1 Every employee may lease one bicycle through the company." in [block.text for block in loaded.blocks]
    assert loaded.warnings == ("chapter 'OPS/c1.xhtml' could not be read: it is not in the file",)


def test_a_locked_book_is_rejected() -> None:
    locked = b'<encryption><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></encryption>'
    with pytest.raises(DocumentRejected, match="locked by its publisher"):
        load("a.epub", zipped({"META-INF/container.xml": b"<container/>", "META-INF/encryption.xml": locked}))
