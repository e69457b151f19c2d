"""PDF files as paragraphs, headings, lists and tables with pages: words by pdfium, everything above words by us."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ingest import layout, media
from ingest.ocr import DPI, MAX_PIXELS, MAX_SCANNED_PAGES, Ocr, Picture, Without, doubts, page_of
from ingest.page import Page, Rule, Word
from ingest.pdfwords import SLANTED, RawWord, words_of
from ingest.records import Loaded, OcrPage
from retrieval.errors import DocumentRejected

#: Files with more pages than this are refused: no policy has them, and a bomb may claim a million.
MAX_PAGES = 2_000


def load_pdf(data: bytes, *, ocr: Ocr | None = None) -> Loaded:
    """Read a PDF into blocks. Pages that are pictures of text are read by ``ocr``, the others as they were written.

    Pages without text are listed as empty. A file that only its owner password protects opens without one and is read.

    :raises DocumentRejected: if it is damaged, needs a password or has too many pages.
    """
    import pypdfium2

    reader = ocr or Without()
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise DocumentRejected(_open_error(error)) from error
    try:
        count = len(document)
        if count > MAX_PAGES:
            raise DocumentRejected(f"the PDF has {count:,} pages, more than {MAX_PAGES:,}; split it")
        if count == 0:
            raise DocumentRejected("the PDF is damaged (no page can be found in it); save or print it to PDF again")
        pages: list[Page] = []
        unreadable: list[int] = []
        scans: list[int] = []
        for number in range(1, count + 1):
            try:
                page, is_scan = _read_page(document, number)
            except pypdfium2.PdfiumError:
                unreadable.append(number)
                page, is_scan = Page(number, 0, 0, [], []), False
            pages.append(page)
            if is_scan:
                scans.append(number)
        read = list(_read_scans(document, pages, scans, reader))
        properties = {key.lower(): value.strip() for key, value in document.get_metadata_dict(skip_empty=True).items()}
    finally:
        document.close()
    empty = tuple(page.number for page in pages if not page.words and not page.is_blank)
    warnings = [f"page {number} is damaged and could not be read" for number in unreadable]
    if len(scans) > MAX_SCANNED_PAGES and not reader.missing:
        warnings.append(f"only the first {MAX_SCANNED_PAGES} of {len(scans)} scanned pages were read; split the file")
    blocks, furniture = layout.laid_out(pages)
    return Loaded(
        media_type=media.PDF,
        blocks=tuple(blocks),
        properties={key: properties[key] for key in ("title", "subject") if key in properties},
        pages=count,
        empty_pages=empty,
        warnings=(*warnings, *doubts(read)),
        ocr_pages=tuple(read),
        ocr_missing=reader.missing if scans else None,
        furniture=furniture,
    )


def _read_scans(document: Any, pages: list[Page], scans: Sequence[int], ocr: Ocr) -> Iterator[OcrPage]:
    """Put what is recognised on the scanned pages in their place, one page after the other."""
    import pypdfium2

    if ocr.missing:
        return
    for number in scans[:MAX_SCANNED_PAGES]:
        try:
            page, confidence = page_of(number, _picture(document, number), ocr)
        except pypdfium2.PdfiumError:
            continue
        if len(page.words) > len(pages[number - 1].words) or page.is_blank:
            pages[number - 1] = page
        if page.words:
            yield OcrPage(number, round(confidence, 3))


def pictures(data: bytes, *, dpi: float = DPI) -> Iterator[Picture]:
    """The pages as they look, in grey, in order; a page that would be too large in a lower resolution.

    :raises DocumentRejected: if the file is damaged or needs a password.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise DocumentRejected(_open_error(error)) from error
    try:
        for number in range(1, len(document) + 1):
            yield _picture(document, number, dpi=dpi)
    finally:
        document.close()


def _picture(document: Any, number: int, *, dpi: float = DPI) -> Picture:
    page = document[number - 1]
    try:
        width, height = page.get_width(), page.get_height()
        scale = min(dpi / 72, math.sqrt(MAX_PIXELS / max(width * height, 1.0)))
        bitmap = page.render(scale=scale, grayscale=True)
        try:
            # Rows may be longer than the page is wide.
            rows = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width]
            return Picture(bitmap.width, bitmap.height, rows.tobytes(), 72 * scale)
        finally:
            bitmap.close()
    finally:
        page.close()


def _open_error(error: Exception) -> str:
    if "password" in str(error).lower():
        return "the PDF is encrypted and needs a password; save it without one"
    if "security" in str(error).lower():
        return "the PDF is encrypted in a way that cannot be read; save it without protection"
    return "the PDF is truncated or damaged; save or print it to PDF again"


def _read_page(document: Any, number: int) -> tuple[Page, bool]:
    """A page's words, and whether the page is a picture of text."""
    import pypdfium2.raw as pdfium

    page = document[number - 1]
    if _is_filled_in(page):
        # What was written into fields is text of the page from then on.
        pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY)
        page.close()
        page = document[number - 1]
    text_page = page.get_textpage()
    try:
        words = words_of(text_page)
        turned = _dominant_angle(words)
        width, height = page.get_width(), page.get_height()
        if page.get_rotation() in (90, 270):  # words lie as on the page before it is turned
            width, height = height, width
        placed = [_upright(word, turned, width, height) for word in words]
        rules = list(_rules(page, turned, width, height))
        upright = (width, height) if turned % 2 == 0 else (height, width)
        blank = not words and pdfium.FPDFPage_CountObjects(page.raw) == 0
        found = Page(number, *upright, [word for word in placed if word is not None], rules, is_blank=blank)
        return found, not blank and _is_scan(page, words)
    finally:
        text_page.close()
        page.close()


def _is_filled_in(page: Any) -> bool:
    """Whether a page has fields of a form, or text that somebody typed over it."""
    import pypdfium2.raw as pdfium

    kinds: set[int] = set()
    for at in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, at)
        kinds.add(pdfium.FPDFAnnot_GetSubtype(annotation))
        pdfium.FPDFPage_CloseAnnot(annotation)
    return bool(kinds & {pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT})


_MAX_ANNOTATIONS = 1_000
#: A page with more letters than these has a text of its own, whatever pictures lie on it.
_MAX_STAMP_LETTERS = 160


def _is_scan(page: Any, words: Sequence[RawWord]) -> bool:
    """Whether a page has no text but perhaps a stamp, and a picture over most of it; pages without any text always count."""
    import pypdfium2.raw as pdfium

    if not words:
        return True
    if sum(len(word.text) for word in words) > _MAX_STAMP_LETTERS:
        return False
    area = page.get_width() * page.get_height()
    pictures = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)
    bounds = [picture.get_bounds() for picture in pictures]
    return any((right - left) * (top - bottom) > 0.6 * area for left, bottom, right, top in bounds)


def _dominant_angle(words: list[RawWord]) -> int:
    """The direction most letters run in; turned pages have it other than 0."""
    letters: Counter[int] = Counter()
    for word in words:
        if word.angle != SLANTED:
            letters[word.angle] += len(word.text)
    return max(letters, key=lambda angle: (letters[angle], -angle), default=0)


#: The sides of something on a page: left, right, top, bottom.
Sides = tuple[float, float, float, float]


def _turned(left: float, right: float, top: float, bottom: float, turned: int, width: float, height: float) -> Sides:
    """The sides of something as seen with the page turned so that its text runs from left to right, y growing downwards."""
    match turned:
        case 0:
            return left, right, height - top, height - bottom
        case 1:  # pdfium turns clockwise: the text runs down the page
            return height - top, height - bottom, width - right, width - left
        case 2:
            return width - right, width - left, bottom, top
        case _:
            return bottom, top, left, right


def _upright(word: RawWord, turned: int, width: float, height: float) -> Word | None:
    """The word on the page turned upright; None for words that run another way: stamps in the margin or across the page."""
    if word.angle != turned:
        return None
    left, right, top, bottom = _turned(word.left, word.right, word.top, word.bottom, turned, width, height)
    x, y = word.baseline
    baseline = (height - y, width - x, y, x)[turned]
    return Word(word.text, left, right, top, bottom, baseline, word.size, word.bold)


#: Drawn lines thicker than this are boxes.
_RULE_THICKNESS = 3.0
_MAX_PATHS = 5_000


def _rules(page: Any, turned: int, width: float, height: float) -> Iterator[Rule]:
    """Straight lines drawn on the page, turned upright: the borders of table cells. A box counts as its four sides."""
    import pypdfium2.raw as pdfium

    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    count = pdfium.FPDFPage_CountObjects(page.raw)
    seen = 0
    for index in range(count):
        drawn = pdfium.FPDFPage_GetObject(page.raw, index)
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        seen += 1
        if seen > _MAX_PATHS:
            return
        if not pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
            continue
        x0, x1, y0, y1 = _turned(left.value, right.value, top.value, bottom.value, turned, width, height)
        if y1 - y0 <= _RULE_THICKNESS and x1 - x0 > 8:
            yield Rule(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)
        elif x1 - x0 <= _RULE_THICKNESS and y1 - y0 > 5:
            yield Rule((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)
        elif x1 - x0 > 8 and y1 - y0 > 5 and pdfium.FPDFPath_CountSegments(drawn) <= 6:
            yield Rule(x0, y0, x1, y0)
            yield Rule(x0, y1, x1, y1)
            yield Rule(x0, y0, x0, y1)
            yield Rule(x1, y0, x1, y1)
