"""Pictures of pages: photographs and scans, each frame a page."""

from __future__ import annotations

import io
import math
import struct
import warnings as python_warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest import layout, media
from ingest.ocr import MAX_PIXELS, MAX_SCANNED_PAGES, Ocr, Picture, doubts, page_of
from ingest.page import Page
from ingest.records import Loaded, OcrPage
from retrieval.errors import DocumentRejected

if TYPE_CHECKING:
    from PIL.Image import Image

#: A picture that claims more pixels than this is refused before it is unpacked: a scan of A3 at 600 dpi has 70 million.
MAX_CLAIMED_PIXELS = 100_000_000
_FORMATS = {media.PNG: "PNG", media.JPEG: "JPEG", media.TIFF: "TIFF"}
#: What Pillow raises for pictures that are cut off or flipped.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, OverflowError, struct.error)  # fmt: skip
_USUAL_DPI = 200.0


def load_picture(kind: str, data: bytes, *, ocr: Ocr) -> Loaded:
    """Read a picture's words into blocks, each of its frames as a page.

    :raises DocumentRejected: if it is damaged or claims to be huge, or if nothing reads pictures here.
    """
    if ocr.missing:
        raise DocumentRejected(f"the file is a picture, and no text is read from it; {ocr.missing}")
    pages: list[Page] = []
    read: list[OcrPage] = []
    warnings: list[str] = []
    try:
        for number, frame in enumerate(_frames(kind, data), start=1):
            if number > MAX_SCANNED_PAGES:
                warnings.append(f"only the first {MAX_SCANNED_PAGES} pages were read; split the file")
                break
            page, confidence = page_of(number, frame, ocr)
            pages.append(page)
            if page.words:
                read.append(OcrPage(number, round(confidence, 3)))
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:160]
        raise DocumentRejected(f"the picture is truncated or damaged ({reason}); save it again") from error
    empty = tuple(page.number for page in pages if not page.words and not page.is_blank)
    blocks, furniture = layout.laid_out(pages)
    return Loaded(
        kind, tuple(blocks), pages=len(pages), empty_pages=empty, warnings=(*warnings, *doubts(read)), ocr_pages=tuple(read), furniture=furniture
    )  # fmt: skip


def _frames(kind: str, data: bytes) -> Iterator[Picture]:
    """The frames in grey, upright, no larger than OCR takes."""
    from PIL import Image as images
    from PIL import ImageOps, ImageSequence

    with python_warnings.catch_warnings():
        # Its own warning about large pictures; they are measured below.
        python_warnings.simplefilter("ignore")
        try:
            image = images.open(io.BytesIO(data), formats=[_FORMATS[kind]])
            for frame in ImageSequence.Iterator(image):
                width, height = frame.size
                if width * height > MAX_CLAIMED_PIXELS:
                    raise DocumentRejected(_TOO_LARGE)
                dpi = _dpi(frame.info.get("dpi"))
                grey = _on_white(ImageOps.exif_transpose(frame))
                shrink = min(1.0, math.sqrt(MAX_PIXELS / max(width * height, 1)))
                if shrink < 1:
                    grey = grey.resize((max(1, int(grey.width * shrink)), max(1, int(grey.height * shrink))))
                yield Picture(grey.width, grey.height, grey.tobytes(), dpi * shrink)
        except images.DecompressionBombError as error:
            raise DocumentRejected(_TOO_LARGE) from error


_TOO_LARGE = f"the picture claims more than {MAX_CLAIMED_PIXELS / 1e6:,.0f} million pixels; save it smaller"


def _on_white(frame: Image) -> Image:
    """The frame in grey; what is transparent is paper."""
    from PIL import Image as images

    if "A" not in frame.getbands() and "transparency" not in frame.info:
        return frame.convert("L")
    layered = frame.convert("RGBA")
    paper = images.new("RGBA", layered.size, "white")
    return images.alpha_composite(paper, layered).convert("L")


def _dpi(stated: object) -> float:
    """The resolution a picture states, where it can be true; cameras and screens state 72 for anything."""
    value = float(stated[0]) if isinstance(stated, tuple) and stated else 0.0
    return value if 100 <= value <= 1200 else _USUAL_DPI
