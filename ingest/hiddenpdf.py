"""Text in a PDF that its readers cannot see: white on white, tiny, drawn without ink, or beside the page."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.hidden import TINY_PT
from ingest.suspects import Suspect

_MOST_PAGES = 300  #: of a longer file the first ones are looked at
_WHITE_FROM = 245
_CLEAR_BELOW = 12  #: of 255: as good as without ink
_PICTURE_SHARE = 0.5  #: a picture over so much of the page is a scan, and text without ink on it what was recognised


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Something drawn on a page; points from the lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    def covers(self, other: _Drawn) -> bool:
        x, y = (other.left + other.right) / 2, (other.bottom + other.top) / 2
        return self.left <= x <= self.right and self.bottom <= y <= self.top

    @property
    def area(self) -> float:
        return max(self.right - self.left, 0) * max(self.top - self.bottom, 0)


def hidden_in_pdf(data: bytes) -> Iterator[Suspect]:
    """What cannot be seen, page by page; pieces of one page and one reason are joined."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        for number in range(1, min(len(document), _MOST_PAGES) + 1):
            try:
                found = list(_on_page(document[number - 1]))
            except pypdfium2.PdfiumError:  # the reader reports pages that it cannot read
                continue
            for reason in dict.fromkeys(why for why, _ in found):
                text = " ".join(said for why, said in found if why == reason)
                yield Suspect(text, f"page {number}", reason)
    finally:
        document.close()


def _on_page(page: Any) -> Iterator[tuple[str, str]]:
    import pypdfium2.raw as pdfium

    left, bottom, right, top = page.get_cropbox()
    sheet = _Drawn(left, bottom, right, top)
    text_page = page.get_textpage()
    grounds: list[_Drawn] = []
    scan = False
    try:
        for at in range(pdfium.FPDFPage_CountObjects(page.raw)):
            item = pdfium.FPDFPage_GetObject(page.raw, at)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                if why := _why_unseen(item, grounds, sheet, scan=scan):
                    yield why, _text(item, text_page)
                continue
            bounds = _bounds(item)
            if bounds is None:
                continue
            if kind == pdfium.FPDF_PAGEOBJ_IMAGE and bounds.area > _PICTURE_SHARE * sheet.area:
                scan = True
            if kind != pdfium.FPDF_PAGEOBJ_PATH or _is_filled(item):
                grounds.append(bounds)
    finally:
        text_page.close()
        page.close()


def _why_unseen(item: Any, grounds: list[_Drawn], page: _Drawn, *, scan: bool) -> str | None:
    import pypdfium2.raw as pdfium

    bounds = _bounds(item)
    if bounds is None:
        return None
    if not page.covers(bounds) and not bounds.covers(page):
        return "beside the page"
    if (
        0 < bounds.top - bounds.bottom < 0.7 * TINY_PT
        and bounds.right - bounds.left > TINY_PT
        and _size(item) < TINY_PT
    ):
        return "tiny letters"
    if pdfium.FPDFTextObj_GetTextRenderMode(item) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
        return None if scan else "drawn without ink"
    red, green, blue, alpha = _colour(item)
    if alpha < _CLEAR_BELOW:
        return None if scan else "drawn without ink"
    if min(red, green, blue) >= _WHITE_FROM and not any(ground.covers(bounds) for ground in grounds):
        return "white letters"
    return None


def _size(item: Any) -> float:
    """The letters' height in points as they stand on the page."""
    import pypdfium2.raw as pdfium

    size, matrix = ctypes.c_float(), pdfium.FS_MATRIX()
    pdfium.FPDFTextObj_GetFontSize(item, ctypes.byref(size))
    scale = 1.0
    if pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(matrix)):
        scale = max(abs(matrix.b), abs(matrix.d))
    return float(size.value) * scale


def _bounds(item: Any) -> _Drawn | None:
    import pypdfium2.raw as pdfium

    sides = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(item, *(ctypes.byref(side) for side in sides)):
        return None
    return _Drawn(*(side.value for side in sides))


def _colour(item: Any) -> tuple[int, int, int, int]:
    import pypdfium2.raw as pdfium

    parts = [ctypes.c_uint() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetFillColor(item, *(ctypes.byref(part) for part in parts)):
        return 0, 0, 0, 255
    return parts[0].value, parts[1].value, parts[2].value, parts[3].value


def _is_filled(item: Any) -> bool:
    """Whether a path fills an area with something that is not white."""
    import pypdfium2.raw as pdfium

    mode, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(item, ctypes.byref(mode), ctypes.byref(stroke))
    red, green, blue, alpha = _colour(item)
    return mode.value != 0 and alpha >= _CLEAR_BELOW and min(red, green, blue) < _WHITE_FROM


def _text(item: Any, text_page: Any) -> str:
    import pypdfium2.raw as pdfium

    size = pdfium.FPDFTextObj_GetText(item, text_page.raw, None, 0)
    buffer = ctypes.create_string_buffer(size * 2)
    pdfium.FPDFTextObj_GetText(item, text_page.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw[: max(size, 0)].decode("utf-16-le", "ignore").strip("\0")
