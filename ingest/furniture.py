"""Page furniture: running headers and footers, and page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from ingest.numbering import roman_value
from ingest.page import Line, Page, rows_of

_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–—|]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*(?:(?:of|von|/|\|)\s*\d{1,4})?\s*[-–—|]?",
    re.IGNORECASE,
)


_NUMBER = re.compile(r"\d{1,9}|\b[ivxlc]+\b")


#: How many rows at the top and bottom of a page may be furniture.
_EDGE_ROWS = 12


def furniture(pages: Sequence[Page], lines: dict[int, list[Line]]) -> set[tuple[int, float, float]]:
    """Rows at the edges of pages that say the same thing, but for the page's number, at the same height on most other pages; and
    page numbers. Rows with other numbers that change, as those of a table over several pages, are text.

    Furniture reaches from the edge inwards without a gap. On the first page a running header in the body's size or larger is
    kept: it names the document.
    """
    rows = {page.number: rows_of(lines[page.number]) for page in pages}
    seen: Counter[tuple[str, int]] = Counter()
    body_size = median([word.size for page in pages for word in page.words] or [0])
    for page in pages:
        found = rows[page.number]
        edge = {*range(min(_EDGE_ROWS, len(found))), *range(max(len(found) - _EDGE_ROWS, 0), len(found))}
        seen.update({place for row in edge for place in _said_at(found[row], page, body_size)})
    with_text = sum(1 for found in rows.values() if found)
    needed = max(2, 0.5 * with_text) if with_text < 6 else max(3, 0.3 * with_text)
    found_lines: set[tuple[int, float, float]] = set()
    for page in pages:
        for inwards in (rows[page.number], rows[page.number][::-1]):
            at_top = inwards is rows[page.number]
            for depth, row in enumerate(inwards[:_EDGE_ROWS]):
                repeats = max(seen[place] for place in _said_at(row, page, body_size))
                is_number = (
                    depth < 2 and _PAGE_NUMBER.fullmatch(" ".join(line.text for line in row).strip()) is not None
                )
                if not (repeats >= needed or (is_number and _is_marginal(row, page))):
                    break
                names_document = at_top and page.number == 1 and not is_number and row[0].size >= 0.97 * body_size
                if not names_document:
                    found_lines.update((page.number, line.baseline, line.left) for line in row)
    return found_lines


def _places(row: Sequence[Line]) -> tuple[int, int]:
    """Where a row stands, coarsely; two rows at about the same height share at least one place."""
    return round(row[0].baseline / 6), round(row[0].baseline / 6) + 1


def _is_marginal(row: Sequence[Line], page: Page) -> bool:
    return row[0].baseline > 0.85 * page.height or row[0].baseline < 0.12 * page.height


def _said_at(row: Sequence[Line], page: Page, body_size: float) -> Iterator[tuple[str, int]]:
    """What a row says, and where; in small print in the margin also with each of its numbers in turn as its distance from the
    page, which a printed page number keeps."""
    text = " ".join(line.text for line in row).casefold()
    sayings = [text]
    if _is_marginal(row, page) and row[0].size <= 1.1 * body_size:
        for number in _NUMBER.finditer(text):
            value = int(number[0]) if number[0].isdecimal() else roman_value(number[0])
            if value is not None:
                sayings.append(f"{text[: number.start()]}\0{value - page.number}{text[number.end() :]}")
    for place in _places(row):
        yield from ((said, place) for said in sayings)
