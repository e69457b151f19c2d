"""Scans: which pages are read from their picture, how surely, and what is said where they cannot be."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pytest
from reportlab.pdfgen.canvas import Canvas

from corpora.formats import picture
from ingest.completeness import completeness
from ingest.load import load
from ingest.ocr import Ocr, Picture, Recognised, Without, page_of
from ingest.page import Word
from ingest.pdf import load_pdf
from ingest.read import read
from ingest.records import FileStatus
from ingest.ruling import rules_of
from ingest.tesseract import Tesseract, _lines, _settled, _words, available, program
from retrieval.errors import DocumentRejected
from tests.ingest.builders import pdf


@dataclass
class OneWord:
    """Reads the same word from every picture."""

    confidence: float = 0.9
    missing: str | None = None
    pictures: list[Picture] = field(default_factory=list)

    def read(self, picture: Picture) -> Recognised:
        self.pictures.append(picture)
        return Recognised((Word("Scanned.", 72, 130, 72, 84, 83, 12, bold=False),), self.confidence)


def half_scanned(*, stamp: str = "") -> bytes:
    """A page of text, a page that is a picture under a stamp, and a page with nothing on it."""
    from PIL import Image

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "The signed copy follows on the next page, with the names of all who signed it.")
        canvas.showPage()
        canvas.drawInlineImage(Image.open(io.BytesIO(picture("PNG", size=(600, 850)))), 0, 0, 595, 842)
        canvas.drawString(72, 800, stamp)
        canvas.showPage()
        canvas.showPage()

    return pdf(draw)


@pytest.mark.parametrize("stamp", ["", "Received 3 March 2025"])
def test_only_the_scanned_page_of_a_file_is_recognised(stamp: str) -> None:
    ocr = OneWord()
    loaded = load_pdf(half_scanned(stamp=stamp), ocr=ocr)
    assert len(ocr.pictures) == 1
    assert [page.page for page in loaded.ocr_pages] == [2]
    assert loaded.empty_pages == ()
    assert loaded.blocks[0].text.startswith("The signed copy follows")


def test_a_page_is_drawn_at_300_dpi() -> None:
    ocr = OneWord()
    load_pdf(half_scanned(), ocr=ocr)
    assert (ocr.pictures[0].width, ocr.pictures[0].height) == pytest.approx((2480, 3508), abs=2)
    assert ocr.pictures[0].points == pytest.approx((595.2, 841.9), abs=0.5)
    assert len(ocr.pictures[0].pixels) == ocr.pictures[0].width * ocr.pictures[0].height


def test_a_huge_page_is_drawn_no_larger_than_is_read() -> None:
    from ingest.ocr import MAX_PIXELS

    def draw(canvas: Canvas) -> None:
        canvas.setPageSize((14_000, 14_000))
        canvas.rect(100, 100, 5_000, 5_000, fill=1)

    ocr = OneWord()
    load_pdf(pdf(draw), ocr=ocr)
    assert len(ocr.pictures[0].pixels) <= 1.01 * MAX_PIXELS


def test_doubt_makes_a_file_partial() -> None:
    status, reason = completeness(read("scan.pdf", half_scanned(), ocr=OneWord(confidence=0.54)))
    assert (status, reason) == (
        FileStatus.PARTIAL,
        "page 2 was recognised with doubt (words 54% sure); compare with the original",
    )
    assert completeness(read("scan.pdf", half_scanned(), ocr=OneWord())) == (FileStatus.INDEXED, None)


@pytest.mark.parametrize("ocr", [Without("install tesseract-ocr"), None])
def test_without_ocr_a_scan_is_rejected_and_half_a_scan_is_partial(ocr: Ocr | None) -> None:
    advice = ocr.missing if ocr else "ingest it with --ocr auto"
    with pytest.raises(DocumentRejected, match=f"its only page has no text, it is probably a scan; {advice}"):
        load("scan.pdf", picture("PDF", size=(600, 800)), ocr=ocr)
    assert completeness(read("scan.pdf", half_scanned(), ocr=ocr)) == (
        FileStatus.PARTIAL,
        f"1 of 3 pages has no text (page 2); {advice}",
    )
    with pytest.raises(DocumentRejected, match=f"the file is a picture, and no text is read from it; {advice}"):
        load("scan.png", picture("PNG", size=(60, 60)), ocr=ocr)


def test_an_empty_sheet_is_blank_and_not_read() -> None:
    ocr = OneWord()
    page, _ = page_of(1, Picture(100, 100, bytes([250]) * 10_000), ocr)
    assert page.is_blank
    assert ocr.pictures == []


def test_words_of_one_line_stand_on_one_baseline_in_one_size() -> None:
    table = (
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
        "4\t1\t1\t1\t1\t0\t0\t0\t0\t0\t-1\t\n"
        "5\t1\t1\t1\t1\t1\t10\t100\t80\t36\t96\tPaid\n"
        "5\t1\t1\t1\t1\t2\t100\t110\t80\t36\t90\tgap\n"
        "5\t1\t1\t1\t1\t3\t200\t100\t5\t5\t3\t~\n"
        "4\t1\t1\t1\t2\t0\t0\t0\t0\t0\t-1\t\n"
        "5\t1\t1\t1\t2\t1\t10\t200\t80\t36\t50\tLeave\n"
    )
    lines = _lines(table.encode(), scale=0.24)
    assert [[(box.text, box.sure) for box in line] for line in lines] == [
        [("Paid", 0.96), ("gap", 0.9)],
        [("Leave", 0.5)],
    ]
    first, second = (_words(line, 10.0) for line in lines)
    assert len({word.baseline for word in first}) == 1
    assert second[0].baseline > first[0].baseline


def test_sizes_that_differ_as_measurements_do_are_one() -> None:
    assert _settled([10.4, 13.3, 10.7, 10.5, 13.1, 19.0]) == [10.5, 13.2, 10.5, 10.5, 13.2, 19.0]


def test_a_crooked_page_is_set_upright_with_its_lines() -> None:
    from PIL import Image, ImageDraw

    paper = Image.new("L", (1200, 900), 240)
    draw = ImageDraw.Draw(paper)
    for y in (200, 300, 400):
        draw.line((100, y, 1100, y), fill=120, width=2)
    for x in (100, 600, 1100):
        draw.line((x, 200, x, 400), fill=120, width=2)
    straight = rules_of(Picture(1200, 900, paper.tobytes(), 144))
    assert [(round(rule.x0), round(rule.y0)) for rule in straight if rule.is_across] == [
        (50, 100),
        (50, 150),
        (50, 200),
    ]
    assert [round(rule.x0) for rule in straight if not rule.is_across] == [50, 300, 550]
    # Turned by a degree about its middle, as Pillow turns; text on it falls by -tan 1° from left to right.
    crooked = paper.rotate(1.0, Image.Resampling.BICUBIC, fillcolor=240)
    upright = rules_of(Picture(1200, 900, crooked.tobytes(), 144), slope=-0.01746)
    assert len([rule for rule in upright if rule.is_across]) == 3
    assert len([rule for rule in upright if not rule.is_across]) == 3


def test_a_picture_that_claims_to_be_huge_is_refused() -> None:
    import struct
    import zlib

    data = picture("PNG", size=(60, 60))
    header = b"IHDR" + struct.pack(">II", 60_000, 60_000) + data[24:29]
    huge = data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    with pytest.raises(DocumentRejected, match="claims more than 100 million pixels"):
        load("huge.png", huge, ocr=OneWord())


def test_each_frame_of_a_tiff_is_a_page_and_transparent_is_paper() -> None:
    from PIL import Image

    frames = [Image.new("RGBA", (50, 50), (0, 0, 0, 0)), Image.new("RGBA", (50, 50), (0, 0, 0, 255))]
    saved = io.BytesIO()
    frames[0].save(saved, "TIFF", save_all=True, append_images=frames[1:])
    loaded = load("scan.tiff", saved.getvalue(), ocr=OneWord())
    assert loaded.pages == 2
    assert [page.page for page in loaded.ocr_pages] == [2]


@pytest.mark.parametrize("cut", [40, 2_000])
def test_a_truncated_picture_is_rejected(cut: int) -> None:
    with pytest.raises(DocumentRejected, match="truncated or damaged"):
        load("scan.png", picture("PNG")[:cut], ocr=OneWord())


@pytest.mark.skipif(program() is None, reason="tesseract is not installed")
@pytest.mark.parametrize("quarters", [1, 3])
def test_a_page_on_its_side_is_turned(quarters: int) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(picture("PNG"))) as image:
        straight = Picture(image.width, image.height, image.tobytes(), 200)
    page, confidence = page_of(1, straight.turned(quarters), available())
    assert [word.text for word in page.words[:3]] == ["Bicycle", "Leasing", "Policy"]
    assert (page.width, page.height) == straight.points
    assert confidence > 0.9


def test_four_quarters_are_a_full_turn() -> None:
    small = Picture(3, 2, bytes(range(6)))
    assert small.turned(1) == Picture(2, 3, bytes([3, 0, 4, 1, 5, 2]))
    assert small.turned(1).turned(3) == small.turned(4) == small


@pytest.mark.skipif(program() is None, reason="tesseract is not installed")
def test_tesseract_says_that_it_works_before_each_page() -> None:
    begun: list[int] = []
    ocr = Tesseract(str(program()), working=lambda: begun.append(1))
    found = ocr.read(Picture(100, 40, bytes([255]) * 4_000))
    assert (found.words, found.confidence, begun) == ((), 1.0, [1])
