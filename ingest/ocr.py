"""Text of scanned pages: tesseract, where the system has it, run as a program of its own."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Protocol

from ingest.page import Page, Word

#: Scans are read at this resolution, at most with so many pixels: an A4 page has 8.7 million.
DPI = 300
MAX_PIXELS = 12_000_000
#: Of one file so many scanned pages are read; a page of them takes a second or more.
MAX_SCANNED_PAGES = 300
_PAGE_TIMEOUT_S = 75.0
#: Below this mean confidence of its words a page is reported for a second look.
LOW_CONFIDENCE = 0.70
#: A word is dropped as a speck of dirt below this.
_NO_WORD = 0.15
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


@dataclass(frozen=True, slots=True)
class Recognised:
    """The words found on a picture, in points from its top left corner.

    :param confidence: mean over the words' letters, 0 to 1; 1 where there are none.
    """

    words: tuple[Word, ...]
    confidence: float


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


class Tesseract:
    """The program ``tesseract``, a process a page.

    :param program: where it is.
    :param working: called before each page, so that whoever waits knows that the reader is alive.
    """

    missing: str | None = None

    def __init__(self, program: str, working: Callable[[], None] = lambda: None) -> None:
        self.program = program
        self.working = working

    @cached_property
    def languages(self) -> str:
        """All installed languages, at most three, English first: nobody installs one that is not needed."""
        listed = self._run(["--list-langs"], b"").decode(errors="replace").split()
        found = sorted((name for name in listed if len(name) == 3 and name != "osd"), key=lambda name: name != "eng")
        return "+".join(found[:3]) or "eng"

    def read(self, picture: Picture) -> Recognised:
        self.working()
        header = b"P5 %d %d 255\n" % (picture.width, picture.height)
        arguments = ["stdin", "stdout", "-l", self.languages, "--dpi", str(round(picture.dpi)), "tsv"]
        found = list(_words(self._run(arguments, header + picture.pixels), 72 / picture.dpi))
        letters = sum(len(word.text) for word, _ in found)
        mean = sum(len(word.text) * sure for word, sure in found) / letters if letters else 1.0
        return Recognised(tuple(word for word, _ in found), mean)

    def _run(self, arguments: list[str], given: bytes) -> bytes:
        environment = {key: os.environ[key] for key in ("PATH", "LANG", "TESSDATA_PREFIX") if key in os.environ}
        try:
            done = subprocess.run(
                [self.program, *arguments], input=given, capture_output=True, timeout=_PAGE_TIMEOUT_S, check=False,
                env={**environment, "OMP_THREAD_LIMIT": "1"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return b""
        return done.stdout


def program() -> str | None:
    """Where tesseract is on this system, if it is."""
    return shutil.which("tesseract")


def available(working: Callable[[], None] = lambda: None) -> Ocr:
    """Tesseract, or what says that it is not installed."""
    found = program()
    return Tesseract(found, working) if found else Without(INSTALL)


def page_of(number: int, picture: Picture, ocr: Ocr) -> tuple[Page, float]:
    """A picture as a page of words, and how sure they are. A picture without ink is a blank page."""
    if not _has_ink(picture):
        return Page(number, *picture.points, [], [], is_blank=True), 1.0
    found = ocr.read(picture)
    return Page(number, *picture.points, list(found.words), []), found.confidence


def _has_ink(picture: Picture) -> bool:
    """Whether more than specks of dirt lie on a page: the empty back of a sheet is scanned with the rest."""
    import numpy as np

    pixels = np.frombuffer(picture.pixels, dtype=np.uint8)
    return bool(np.count_nonzero(pixels < 140) > 0.0002 * pixels.size)


# -- tesseract's table -----------------------------------------------------------------------------------------------

_LINE, _WORD = "4", "5"


def _words(table: bytes, scale: float) -> Iterator[tuple[Word, float]]:
    """The words of tesseract's table with their confidence, in its reading order; ``scale`` is points a pixel."""
    rows = csv.DictReader(io.StringIO(table.decode("utf-8", errors="replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    gathered: list[tuple[str, float, tuple[float, float, float, float]]] = []
    for row in rows:
        if row.get("level") == _LINE:
            yield from _line(gathered)
            gathered = []
        text = (row.get("text") or "").strip()
        if row.get("level") != _WORD or not text:
            continue
        left, top, width, height = (float(row[key]) * scale for key in ("left", "top", "width", "height"))
        gathered.append((text, float(row["conf"]) / 100, (left, top, left + width, top + height)))
    yield from _line(gathered)


#: Letters that stand on the line and are as high as capitals, for the size of what is set in them.
_X_HEIGHT = frozenset("acemnorsuvwxz")
_DESCENDS = frozenset("gjpqy,;()[]{}|/@Q_$§")


def _line(found: list[tuple[str, float, tuple[float, float, float, float]]]) -> Iterator[tuple[Word, float]]:
    """The words of one line: on one baseline, in one size, which boxes around letters show only roughly."""
    kept = [entry for entry in found if entry[1] >= _NO_WORD]
    if not kept:
        return
    standing = [box[3] for text, _, box in kept if not _DESCENDS & set(text)] or [box[3] for _, _, box in kept]
    baseline = median(standing)
    sizes = [_size(text, box[3] - box[1]) for text, _, box in kept if any(letter.isalnum() for letter in text)]
    size = round(median(sizes or [box[3] - box[1] for _, _, box in kept]), 1)
    for text, sure, (left, top, right, bottom) in kept:
        yield Word(text, left, right, top, bottom, baseline, size, bold=False), sure


def _size(text: str, height: float) -> float:
    """The font size in which a word is so high: capitals take .72 of it, small letters .52, descenders .2 more."""
    share = 0.52 if set(text) <= _X_HEIGHT | _DESCENDS else 0.72
    return height / (share + (0.2 if _DESCENDS & set(text) else 0))
