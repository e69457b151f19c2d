"""The words of a PDF page as they were written to it: letters, boxes, fonts, and what glyph numbers stand for."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ingest.raised import raised


@dataclass(frozen=True, slots=True)
class RawWord:
    """A word in the page's own coordinates, which grow upwards."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    baseline: tuple[float, float]
    angle: int  #: quarter turns, 0 to 3, or ``SLANTED``
    size: float
    bold: bool
    font: int  #: equal for words of one font on one page


#: The angle of words that run across the page, as those of a watermark do.
SLANTED = -1
#: Letters that a program slants itself, for a font without italics, and pages that were scanned crooked are turned by less, in
#: quarter turns.
_MOST_SLANT = 0.35

Point = tuple[float, float]

#: Where the top of the letters points to, for each quarter turn.
_UP: tuple[Point, ...] = ((0, 1), (-1, 0), (0, -1), (1, 0))
_LAST_DIGITS = re.compile(r"[0-9]+(?=\W*$)")

#: What pdfium gives for a hyphen at the end of a line.
_LINE_HYPHENS = frozenset("\ufffe\x02")


_SPACES = frozenset(
    " \t\r\n\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\u200b\0"
)


class _WordReader:
    """Reads the words of one page in the order they were written to it.

    Boxes are asked for at the ends of words only, and each font's name once: that is what makes it quick.
    """

    def __init__(self, text_page: Any) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = text_page.raw
        self._count = text_page.count_chars()
        self._box = pdfium.FS_RECTF()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._name = ctypes.create_string_buffer(128)
        self._bold: dict[int, bool] = {}

    def words(self) -> Iterator[RawWord]:
        text = self._text()
        start: int | None = None
        for index, letter in enumerate(text):
            if letter in _SPACES:
                if start is not None:
                    yield from self._word(text[start:index], start, index - 1)
                    start = None
            elif letter in _LINE_HYPHENS:
                # pdfium leaves out the line break behind it.
                first = index if start is None else start
                yield from self._word(text[first:index] + "-", first, index)
                start = None
            elif start is None:
                start = index
        if start is not None:
            yield from self._word(text[start:], start, len(text) - 1)

    def _text(self) -> str:
        """One character for each of the page's, so that places in it are pdfium's own."""
        units = (ctypes.c_ushort * (self._count + 1))()
        written = self._pdfium.FPDFText_GetText(self._page, 0, self._count, units)
        if written == self._count + 1:
            return "".join(map(chr, units[: self._count]))
        codes = (self._pdfium.FPDFText_GetUnicode(self._page, index) for index in range(self._count))
        return "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)

    def _word(self, text: str, first: int, last: int) -> Iterator[RawWord]:
        pdfium, page, box = self._pdfium, self._page, self._box
        if not pdfium.FPDFText_GetLooseCharBox(page, first, box):
            return
        left, bottom, right, top = box.left, box.bottom, box.right, box.top
        if last != first and pdfium.FPDFText_GetLooseCharBox(page, last, box):
            left, right = min(left, box.left), max(right, box.right)
            bottom, top = min(bottom, box.bottom), max(top, box.top)
        pdfium.FPDFText_GetCharOrigin(page, first, self._x, self._y)
        turns = max(pdfium.FPDFText_GetCharAngle(page, first), 0.0) / (math.pi / 2)
        quarter = round(turns) % 4
        size = pdfium.FPDFText_GetFontSize(page, first)
        height = top - bottom if quarter % 2 == 0 else right - left
        # A font of size 1 under a scaling matrix reports 1: its box tells.
        size = size if 0.6 * size <= height <= 2.2 * size else height / 1.2
        font = self._font(first)
        bold = self._bold[font]
        baseline = self._x.value, self._y.value
        text = self._with_raised(text, first, _UP[quarter], baseline, 0.15 * size)
        angle = quarter if abs(turns - round(turns)) < _MOST_SLANT else SLANTED
        yield RawWord(text, left, bottom, right, top, baseline, angle, size, bold, font)

    def _with_raised(self, text: str, first: int, up: Point, baseline: Point, least: float) -> str:
        """A word whose last digits stand higher than its first letter, as the mark of a footnote does, with these as raised ones."""
        digits = _LAST_DIGITS.search(text)
        if digits is None:
            return text
        begin = digits.end()
        while begin > max(digits.start(), 1):
            self._pdfium.FPDFText_GetCharOrigin(self._page, first + begin - 1, self._x, self._y)
            if (self._x.value - baseline[0]) * up[0] + (self._y.value - baseline[1]) * up[1] < least:
                break
            begin -= 1
        return text[:begin] + raised(text[begin : digits.end()]) + text[digits.end() :]

    def _font(self, index: int) -> int:
        """A number for the font of a character; whether it is bold is then known."""
        pdfium = self._pdfium
        drawn = pdfium.FPDFText_GetTextObject(self._page, index)
        font = pdfium.FPDFTextObj_GetFont(drawn) if drawn else None
        key = ctypes.addressof(font.contents) if font else 0
        if key not in self._bold or not font:
            flags = ctypes.c_int()
            self._name.value = b""
            pdfium.FPDFText_GetFontInfo(self._page, index, self._name, 128, flags)
            name = self._name.value.lower()
            heavy = pdfium.FPDFText_GetFontWeight(self._page, index) >= 600
            self._bold[key] = heavy or b"bold" in name or b"black" in name or b"heavy" in name
        return key


#: Fonts embedded without a table of their letters give glyph numbers instead; in the usual order of glyphs they are this much lower.
_GLYPH_SHIFT = 29


_HIGH_GLYPHS = {"\xb1": "–", "\xb2": "—", "\xb3": "“", "\xb4": "”", "\xb5": "‘", "\xb6": "’", "\x87": "•", "\xab": "…"}


def words_of(text_page: Any) -> list[RawWord]:
    """The words of a page in the order they were written to it, their letters as readers see them."""
    return decoded(list(_WordReader(text_page).words()))


def decoded(words: list[RawWord]) -> list[RawWord]:
    """The words, with those of fonts that give glyph numbers turned into letters."""
    texts: dict[int, list[str]] = {}
    for word in words:
        texts.setdefault(word.font, []).append(word.text)
    whole = {font: " ".join(found) for font, found in texts.items()}
    if not any(_is_language(_shift(text)) and not _is_language(text) for text in whole.values()):
        return [replace(word, text=_without_breaks(word.text)) for word in words]
    shifted = {font for font, text in whole.items() if not _is_language(text) and _has_few_small_letters(text)}
    return [
        replace(word, text=_shift(word.text) if word.font in shifted else _without_breaks(word.text)) for word in words
    ]


_COMMON_WORDS = re.compile(r"\b(?:the|of|and|to|in|is|shall|der|die|und|von|le|la|les|des|el|de)\b", re.IGNORECASE)


def _is_language(text: str) -> bool:
    """Whether the commonest words of some language stand in a text as often as they do."""
    return len(_COMMON_WORDS.findall(text)) >= max(3, len(text) / 200)


def _has_few_small_letters(text: str, share: float = 0.15) -> bool:
    """Small letters become capitals and signs when glyph numbers are given for them."""
    return sum("a" <= letter <= "z" for letter in text) <= share * len(text)


def _shift(text: str) -> str:
    return "".join(
        chr(ord(letter) + _GLYPH_SHIFT) if ord(letter) < 0x7F - _GLYPH_SHIFT else _HIGH_GLYPHS.get(letter, letter)
        for letter in text
    )


def _without_breaks(text: str) -> str:
    return text.replace("\v", " ").replace("\f", " ")
