"""A page as words and drawn lines, and its words gathered into lines. Points from the top left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Word:
    """A word on an upright page; points from the top left corner."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    baseline: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line drawn on the page, across or down."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def is_across(self) -> bool:
        return self.y0 == self.y1


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    width: float
    height: float
    words: list[Word]
    rules: list[Rule]
    is_blank: bool = False  #: nothing at all is on it, not even a picture


@dataclass(frozen=True, slots=True)
class Line:
    """Words side by side on one baseline, without a gap wider than a column's."""

    words: tuple[Word, ...]
    left: float
    right: float
    top: float
    bottom: float
    baseline: float
    text: str
    size: float  #: of most of its letters
    bold: bool  #: all its letters are

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Words gathered into lines, top to bottom, then left to right. A wide gap ends a line: another column or cell begins."""
    usual = median(word.size for word in words) if words else 0.0
    rows: list[list[Word]] = []
    small: list[Word] = []
    for word in sorted(words, key=lambda word: (word.baseline, word.left)):
        if word.size < 0.8 * usual:
            small.append(word)
        else:
            _into_row(rows, word)
    for word in small:
        beside = next((row for row in rows if _is_raised(row, word)), None)
        if beside is not None:
            beside.append(word)
        else:
            _into_row(rows, word)
    lines: list[Line] = []
    for row in rows:
        row.sort(key=lambda word: word.left)
        current = [row[0]]
        for word in row[1:]:
            if word.left - current[-1].right > 1.5 * max(word.size, current[-1].size):
                lines.append(line_of(current))
                current = []
            current.append(word)
        lines.append(line_of(current))
    lines.sort(key=lambda line: (line.baseline, line.left))
    return lines


def _into_row(rows: list[list[Word]], word: Word) -> None:
    for row in reversed(rows[-3:]):
        if abs(row[-1].baseline - word.baseline) <= 0.25 * max(word.size, 1):
            row.append(word)
            return
    rows.append([word])


def _is_raised(row: Sequence[Word], word: Word) -> bool:
    """Whether a small word belongs to a line beside it: a superscript or subscript."""
    return any(
        abs(beside.baseline - word.baseline) < 0.6 * beside.size
        and word.size < 0.8 * beside.size
        and min(abs(word.left - beside.right), abs(beside.left - word.right)) < 0.3 * beside.size
        for beside in row
    )


def line_of(words: Sequence[Word]) -> Line:
    """Words, from left to right, as one line."""
    letters: dict[float, int] = {}
    for word in words:
        letters[word.size] = letters.get(word.size, 0) + len(word.text)
    size = max(letters, key=lambda size: letters[size])
    largest = max(letters)
    return Line(
        words=tuple(words),
        left=words[0].left,
        right=max(word.right for word in words),
        top=min(word.top for word in words),
        bottom=max(word.bottom for word in words),
        baseline=next(word.baseline for word in words if word.size >= 0.8 * largest),
        text=" ".join(word.text for word in words),
        size=size,
        bold=all(word.bold for word in words if any(letter.isalnum() for letter in word.text)),
    )


def rows_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines beside each other, from the top down."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and abs(rows[-1][0].baseline - line.baseline) <= 0.3 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def page_ranges(pages: Sequence[int]) -> str:
    """Page numbers as people write them: ``1–3, 7``."""
    parts: list[list[int]] = []
    for page in pages:
        if parts and page == parts[-1][-1] + 1:
            parts[-1].append(page)
        else:
            parts.append([page])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)
