"""How much of a document is left when it comes as a scan: its words, its numbered clauses in their sections, and the doubt that is told."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from ingest.ocr import LOW_CONFIDENCE, Ocr, Picture
from ingest.pdf import pictures
from ingest.read import read
from ingest.records import Clause, Reading

#: A page with fewer of its words read right than this should be reported for a second look.
WELL_READ = 0.9


@dataclass(frozen=True, slots=True)
class Scanner:
    """How a page gets from paper into a file."""

    dpi: float
    skew_degrees: float = 0.0  #: at most, to either side
    blur_pixels: float = 0.0
    noise: float = 0.0  #: standard deviation of the grey values, of 255
    quality: int = 90  #: of the JPEG


SCANNERS: Mapping[str, Scanner] = {
    "clean, 300 dpi": Scanner(300),
    "office, 200 dpi": Scanner(200, skew_degrees=0.7, blur_pixels=0.6, noise=8, quality=70),
    "poor, 110 dpi": Scanner(110, skew_degrees=1.5, blur_pixels=0.9, noise=22, quality=35),
}


@dataclass(frozen=True, slots=True)
class ScanResult:
    """A document read from its scan, beside the same read from its text."""

    words: int
    words_read: int
    clauses: int  #: numbered ones
    clauses_in_place: int  #: with the same section path and page
    pages: tuple[tuple[float, float], ...]  #: each page's share of words read right, and the confidence that was told


def compare(text: Reading, scan: Reading) -> ScanResult:
    """What of a document's text its scan gives back, as bags of words and by clause number."""
    wanted, found = _words_by_page(text), _words_by_page(scan)
    told = {page.page: page.confidence for page in scan.ocr_pages}
    shares = [
        (_held(wanted[page], found.get(page, Counter())) / max(wanted[page].total(), 1), told.get(page, 0.0))
        for page in sorted(wanted)
    ]
    everything, read_words = sum(wanted.values(), Counter()), sum(found.values(), Counter())
    clauses, again = _places(text), _places(scan)
    return ScanResult(
        words=everything.total(),
        words_read=_held(everything, read_words),
        clauses=len(clauses),
        clauses_in_place=sum(again.get(number) == place for number, place in clauses.items()),
        pages=tuple(shares),
    )


def _held(wanted: Counter[str], found: Counter[str]) -> int:
    return (wanted & found).total()


def _words_by_page(reading: Reading) -> dict[int, Counter[str]]:
    """Words by page. A clause that goes on over the page counts where it begins, in the text as in the scan."""
    pages: dict[int, Counter[str]] = {}
    for clause in _flat(reading.clauses):
        words = pages.setdefault(clause.page or 1, Counter())
        words.update(re.findall(r"\w+", clause.text.casefold()))
    return pages


def _places(reading: Reading) -> dict[tuple[str, int], tuple[tuple[str, ...], int | None]]:
    """Where each numbered clause stands; one number may come more than once."""
    counted: Counter[str] = Counter()
    places = {}
    for clause in _flat(reading.clauses):
        if clause.number:
            counted[clause.number] += 1
            places[clause.number, counted[clause.number]] = (clause.section_path, clause.page)
    return places


def _flat(clauses: Sequence[Clause]) -> Iterator[Clause]:
    for clause in clauses:
        yield clause
        yield from _flat(clause.children)


def scanned(data: bytes, scanner: Scanner, chance: Random) -> bytes:
    """A PDF's pages as a PDF of their pictures, as the scanner gives them."""
    from PIL import Image

    pages = [_as_scanned(page, scanner, chance) for page in pictures(data, dpi=scanner.dpi)]
    saved = io.BytesIO()
    first, *others = [Image.open(io.BytesIO(page)) for page in pages]
    first.save(saved, "PDF", resolution=scanner.dpi, save_all=True, append_images=others)
    return saved.getvalue()


def _as_scanned(page: Picture, scanner: Scanner, chance: Random) -> bytes:
    import numpy as np
    from PIL import Image, ImageFilter

    picture = Image.frombytes("L", (page.width, page.height), page.pixels)
    angle = chance.uniform(-scanner.skew_degrees, scanner.skew_degrees)
    picture = picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
    picture = picture.filter(ImageFilter.GaussianBlur(scanner.blur_pixels))
    speckles = np.random.default_rng(chance.randrange(2**32)).normal(0, scanner.noise, (page.height, page.width))
    grey = np.clip(np.asarray(picture, dtype=np.float32) * 0.95 + speckles, 0, 255).astype(np.uint8)
    saved = io.BytesIO()
    Image.fromarray(grey).save(saved, "JPEG", quality=scanner.quality)
    return saved.getvalue()


def measure(
    files: Sequence[Path], ocr: Ocr, *, seed: int, on_file: Callable[[str, str], None] | None = None
) -> dict[str, list[ScanResult]]:
    """Each PDF as each scanner would give it, read back.

    :param on_file: called before each with its name and the scanner's.
    """
    results: dict[str, list[ScanResult]] = {name: [] for name in SCANNERS}
    for path in files:
        data = path.read_bytes()
        text = read(path.name, data)
        for name, scanner in SCANNERS.items():
            if on_file:
                on_file(path.name, name)
            results[name].append(compare(text, read(path.name, scanned(data, scanner, Random(seed)), ocr=ocr)))
    return results


def figures(results: Mapping[str, Sequence[ScanResult]]) -> dict[str, Any]:
    """Shares by scanner, over all words, clauses and pages; what doubt was told about pages read badly and well."""
    return {"kind": "scans", "flagged_below": LOW_CONFIDENCE, "well_read_from": WELL_READ, "scanners": {name: _figures(found) for name, found in results.items()}}  # fmt: skip


def _figures(found: Sequence[ScanResult]) -> dict[str, Any]:
    pages = [page for result in found for page in result.pages]
    badly = [told for share, told in pages if share < WELL_READ]
    well = [told for share, told in pages if share >= WELL_READ]
    words, clauses = sum(result.words for result in found), sum(result.clauses for result in found)
    return {
        "documents": len(found),
        "pages": len(pages),
        "words": words,
        "words_read": _share(sum(result.words_read for result in found), words),
        "clauses": clauses,
        "clauses_in_place": _share(sum(result.clauses_in_place for result in found), clauses),
        "mean_confidence": _share(sum(told for _, told in pages), len(pages)),
        "badly_read_pages": len(badly),
        "badly_read_pages_flagged": sum(told < LOW_CONFIDENCE for told in badly),
        "well_read_pages_flagged": sum(told < LOW_CONFIDENCE for told in well),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
