"""Scans made of documents, and what comes back from them."""

from __future__ import annotations

from random import Random

import pytest

from evals.scans import SCANNERS, ScanResult, compare, figures, scanned
from ingest.ocr import Picture, Recognised
from ingest.page import Word
from ingest.pdf import load_pdf
from ingest.read import read
from ingest.records import Clause, Metadata, OcrPage, Reading
from tests.ingest.builders import flowing_pdf

PAGE = flowing_pdf(
    [
        ("h1", "1 Leave"),
        "1.1 Leave is paid in full.",
        "1.2 Ask ten days ahead.",
        None,
        "1.3 Sick leave is another thing.",
    ]
)


class Blind:
    """Finds one word on every page, each time further down: else it would be a running header."""

    missing: str | None = None
    read_pages = 0

    def read(self, picture: Picture) -> Recognised:
        self.read_pages += 1
        y = 150.0 * self.read_pages
        return Recognised((Word("Leave", 72, 120, y, y + 12, y + 11, 12, bold=False),), 0.4)


@pytest.mark.parametrize("name", SCANNERS)
def test_a_scan_has_the_pages_of_its_document_and_no_text(name: str) -> None:
    scan = scanned(PAGE, SCANNERS[name], Random(1))
    assert scanned(PAGE, SCANNERS[name], Random(1))[:2_000] == scan[:2_000]
    loaded = load_pdf(scan)
    assert (loaded.pages, loaded.empty_pages, loaded.blocks) == (2, (1, 2), ())


def test_a_document_read_as_before_is_whole() -> None:
    text = read("leave.pdf", PAGE)
    assert {clause.number for clause in text.clauses} == {"1.1", "1.2", "1.3"}
    result = compare(text, text)
    assert (result.words_read, result.clauses_in_place, result.clauses) == (result.words, 3, 3)


def test_words_and_clauses_that_are_gone_count() -> None:
    text = read("leave.pdf", PAGE)
    result = compare(text, read("scan.pdf", scanned(PAGE, SCANNERS["poor, 110 dpi"], Random(1)), ocr=Blind()))
    assert 0 < result.words_read <= 2
    assert result.clauses_in_place == 0
    assert [confidence for _, confidence in result.pages] == [0.4, 0.4]


def test_a_clause_in_another_section_or_page_is_not_in_place() -> None:
    def reading(path: str, page: int) -> Reading:
        clause = Clause("4.2 Leave.", section_path=(path,), page=page, number="4.2")
        return Reading("application/pdf", Metadata("Leave"), (clause,), ocr_pages=(OcrPage(page, 0.9),))

    assert compare(reading("Leave", 1), reading("Leave", 1)).clauses_in_place == 1
    assert compare(reading("Leave", 1), reading("Pay", 1)).clauses_in_place == 0
    assert compare(reading("Leave", 1), reading("Leave", 2)).clauses_in_place == 0


def test_figures_say_which_badly_read_pages_were_told() -> None:
    found = figures({"office": [ScanResult(10, 8, 2, 1, ((1.0, 0.95), (0.6, 0.8), (0.5, 0.97), (0.99, 0.6)))]})
    row = found["scanners"]["office"]
    assert (row["words_read"], row["clauses_in_place"], row["pages"]) == (0.8, 0.5, 4)
    assert (row["badly_read_pages"], row["badly_read_pages_flagged"], row["well_read_pages_flagged"]) == (2, 1, 1)
