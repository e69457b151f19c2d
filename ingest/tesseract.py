"""Tesseract, where the system has it: a process a page, with a picture as its only input."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import linear_regression, median

from ingest.ocr import INSTALL, LOW_CONFIDENCE, Ocr, Picture, Recognised, Without
from ingest.page import Word
from ingest.ruling import upright

_PAGE_TIMEOUT_S = 75.0
#: A word is dropped as a speck of dirt below this.
_NO_WORD = 0.15


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
        found = self._recognised(picture)
        if found.words and found.confidence >= LOW_CONFIDENCE and not _lie_on_side(found.words):
            return found
        # It may lie on its side. To ask that of every page would take a third longer.
        quarters = self._quarters(picture)
        again = replace(self._recognised(picture.turned(quarters)), quarters=quarters) if quarters else found
        better = again.confidence > found.confidence or not _lie_on_side(again.words)
        return again if again.words and better else found

    def _quarters(self, picture: Picture) -> int:
        """By how many quarters a picture has to be turned clockwise to stand upright, as far as can be told."""
        told = _ROTATE.search(self._run(["stdin", "stdout", "--psm", "0"], _pgm(picture)))
        return int(told[1]) // 90 if told else 0

    def _recognised(self, picture: Picture) -> Recognised:
        self.working()
        arguments = ["stdin", "stdout", "-l", self.languages, "--dpi", str(round(picture.dpi)), "tsv"]
        lines = _lines(self._run(arguments, _pgm(picture)), 72 / picture.dpi)
        boxes = [box for line in lines for box in line]
        letters = sum(len(box.text) for box in boxes)
        mean = sum(len(box.text) * box.sure for box in boxes) / letters if letters else 1.0
        slope = _slope(lines)
        sizes = _settled([_size_of(line) for line in lines])
        words = [
            word
            for line, size in zip(lines, sizes, strict=True)
            for word in _words([box.upright(slope) for box in line], size)
        ]
        return Recognised(tuple(words), mean, slope)

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


def _lie_on_side(words: Sequence[Word]) -> bool:
    """Whether words run up or down the page: most of the long ones are higher than wide."""
    long = [word for word in words if len(word.text) >= 4]
    return sum(word.bottom - word.top > word.right - word.left for word in long) > len(long) / 2


_ROTATE = re.compile(rb"^Rotate: (\d+)", re.MULTILINE)


def _pgm(picture: Picture) -> bytes:
    """The picture in the plainest format there is (Netpbm P5): nothing in it can attack a reader."""
    return b"P5 %d %d 255\n" % (picture.width, picture.height) + picture.pixels


def program() -> str | None:
    """Where tesseract is on this system, if it is."""
    return shutil.which("tesseract")


def available(working: Callable[[], None] = lambda: None) -> Ocr:
    """Tesseract, or what says that it is not installed."""
    found = program()
    return Tesseract(found, working) if found else Without(INSTALL)


# -- its table of words -----------------------------------------------------------------------------------------------

_LINE, _WORD = "4", "5"


@dataclass(frozen=True, slots=True)
class _Box:
    """A word as tesseract gives it; points from the top left corner."""

    text: str
    sure: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def descends(self) -> bool:
        return bool(_DESCENDS & set(self.text))

    def upright(self, slope: float) -> _Box:
        left, top = upright(self.left, self.top, slope)
        return replace(
            self, left=left, top=top, right=left + self.right - self.left, bottom=top + self.bottom - self.top
        )


def _lines(table: bytes, scale: float) -> list[list[_Box]]:
    """The words of tesseract's table line by line, in its reading order, without specks; ``scale`` is points a pixel."""
    rows = csv.DictReader(io.StringIO(table.decode("utf-8", errors="replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    lines: list[list[_Box]] = [[]]
    for row in rows:
        if row.get("level") == _LINE:
            lines.append([])
        text = (row.get("text") or "").strip()
        if row.get("level") != _WORD or not text or float(row["conf"]) < 100 * _NO_WORD:
            continue
        left, top, width, height = (float(row[key]) * scale for key in ("left", "top", "width", "height"))
        lines[-1].append(_Box(text, float(row["conf"]) / 100, left, top, left + width, top + height))
    return [line for line in lines if line]


def _slope(lines: Sequence[Sequence[_Box]]) -> float:
    """By how much lines fall from left to right: the median over those long enough to tell."""
    slopes = []
    for line in lines:
        standing = [((box.left + box.right) / 2, box.bottom) for box in line if not box.descends]
        if len(standing) >= 4 and standing[-1][0] - standing[0][0] > 100:
            fitted = linear_regression([x for x, _ in standing], [y for _, y in standing])
            slopes.append(fitted.slope)
    return median(slopes) if len(slopes) >= 3 else 0.0


#: Letters no higher than an x, and what hangs below the line.
_X_HEIGHT = frozenset("acemnorsuvwxz")
_DESCENDS = frozenset("gjpqy,;()[]{}|/@Q_$§")


def _words(line: Sequence[_Box], size: float) -> list[Word]:
    """The words of one line, on one baseline, which boxes around letters show only roughly."""
    baseline = median([box.bottom for box in line if not box.descends] or [box.bottom for box in line])
    return [Word(box.text, box.left, box.right, box.top, box.bottom, baseline, size, bold=False) for box in line]


def _settled(sizes: Sequence[float]) -> list[float]:
    """Sizes that differ only as measurements do, made one: text is set in a few sizes."""
    groups: list[list[float]] = []
    for size in sorted(sizes):
        if groups and size <= 1.06 * groups[-1][-1] and size <= 1.2 * groups[-1][0]:
            groups[-1].append(size)
        else:
            groups.append([size])
    settled = {size: round(median(group), 1) for group in groups for size in group}
    return [settled[size] for size in sizes]


def _size_of(line: Sequence[_Box]) -> float:
    heights = [_size(box) for box in line if any(letter.isalnum() for letter in box.text)]
    return median(heights or [box.bottom - box.top for box in line])


def _size(box: _Box) -> float:
    """The font size in which a word is so high: capitals take .72 of it, small letters .52, descenders .2 more."""
    share = 0.52 if set(box.text) <= _X_HEIGHT | _DESCENDS else 0.72
    return (box.bottom - box.top) / (share + (0.2 if box.descends else 0))
