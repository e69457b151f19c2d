"""Text of scanned pages: pictures in, pages of words out, whoever recognises them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.page import Page, Word, page_ranges
from ingest.records import OcrPage
from ingest.ruling import rules_of

#: Scans are read at this resolution, at most with so many pixels: an A4 page has 8.7 million.
DPI = 300
MAX_PIXELS = 12_000_000
#: Of one file so many scanned pages are read; a page of them takes a second or more.
MAX_SCANNED_PAGES = 300
#: Below this mean confidence of its words a page is reported for a second look: good scans come out at .94 and more, those of
#: which a tenth of the words are wrong at .86 (`policydesk eval scans`).
LOW_CONFIDENCE = 0.90
INSTALL = "install tesseract-ocr (Debian: apt install tesseract-ocr) and ingest it again"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as grey pixels, row by row, one byte each."""

    width: int
    height: int
    pixels: bytes
    dpi: float = DPI

    @property
    def points(self) -> tuple[float, float]:
        """Width and height on paper, in points."""
        return self.width * 72 / self.dpi, self.height * 72 / self.dpi

    def turned(self, quarters: int) -> Picture:
        """The picture turned clockwise by so many quarters."""
        import numpy as np

        if quarters % 4 == 0:
            return self
        grey = np.frombuffer(self.pixels, dtype=np.uint8).reshape(self.height, self.width)
        turned = np.rot90(grey, -quarters)
        return Picture(turned.shape[1], turned.shape[0], turned.tobytes(), self.dpi)


@dataclass(frozen=True, slots=True)
class Recognised:
    """The words found on a picture, in points from its top left corner, the page set upright.

    :param confidence: mean over the words' letters, 0 to 1; 1 where there are none.
    :param slope: by how much the lines fell from left to right before it was: height over width.
    :param quarters: by how many quarters it was turned clockwise before that.
    """

    words: tuple[Word, ...]
    confidence: float
    slope: float = 0.0
    quarters: int = 0


class Ocr(Protocol):
    """Reads pictures of pages."""

    @property
    def missing(self) -> str | None:
        """Why no picture can be read and what to do about it; None if they can."""

    def read(self, picture: Picture) -> Recognised:
        """The words of a picture. No words, if none were found or reading it took too long."""
        ...


@dataclass(frozen=True, slots=True)
class Without:
    """No OCR, and the reason."""

    missing: str | None = "ingest it with --ocr auto"

    def read(self, picture: Picture) -> Recognised:
        return Recognised((), 1.0)


def page_of(number: int, picture: Picture, ocr: Ocr) -> tuple[Page, float]:
    """A picture as a page of words, and how sure they are. A picture without ink is a blank page."""
    if not _has_ink(picture):
        return Page(number, *picture.points, [], [], is_blank=True), 1.0
    found = ocr.read(picture)
    picture = picture.turned(found.quarters)
    rules = rules_of(picture, found.slope) if found.words else []
    return Page(number, *picture.points, list(found.words), rules), found.confidence


def doubts(pages: Sequence[OcrPage]) -> tuple[str, ...]:
    """A warning about the pages that were recognised with little confidence; nothing where there are none."""
    unsure = [page for page in pages if page.confidence < LOW_CONFIDENCE]
    if not unsure:
        return ()
    sure = min(page.confidence for page in unsure)
    which = page_ranges([page.page for page in unsure])
    return (f"page {which} was recognised with doubt (words {sure:.0%} sure); compare with the original",)


def _has_ink(picture: Picture) -> bool:
    """Whether more than specks of dirt lie on a page: the empty back of a sheet is scanned with the rest."""
    import numpy as np

    pixels = np.frombuffer(picture.pixels, dtype=np.uint8)
    return bool(np.count_nonzero(pixels < 140) > 0.0002 * pixels.size)
