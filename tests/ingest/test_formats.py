"""One policy in every format: read alike, with sections, numbers, pages and tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.uploads import check
from corpora.formats import SECTIONS, TABLE, TITLE, every_format
from ingest.pipeline import ingest
from ingest.read import read
from ingest.records import Clause, FileStatus, Reading
from ingest.tesseract import program
from retrieval.errors import DocumentRejected
from retrieval.home import Home
from retrieval.store import Store
from tests.fakes import WordEncoder

FILES = every_format()
PROSE = ("md", "html", "txt", "docx", "pptx", "rtf", "odt", "epub")
WITH_TABLE = ("md", "html", "csv", "docx", "pptx", "xlsx", "rtf", "odt")
MAILS = ("eml", "msg")
SCANS = ("bicycle-leasing.png", "bicycle-leasing.jpg", "bicycle-leasing.tiff", "scan.pdf")


def reading(ending: str) -> Reading:
    name = f"bicycle-leasing.{ending}"
    return read(name, FILES[name])


def flat(clauses: tuple[Clause, ...]) -> Iterator[Clause]:
    for clause in clauses:
        yield clause
        yield from flat(clause.children)


@pytest.mark.parametrize("ending", PROSE)
def test_clauses_stand_in_their_sections_with_their_numbers(ending: str) -> None:
    found = reading(ending)
    numbered = [(clause.section_path, clause.number, clause.text) for clause in found.clauses if clause.number]
    assert numbered == [((heading,), text.split()[0], text) for heading, texts in SECTIONS for text in texts]
    assert found.metadata.title == TITLE


@pytest.mark.parametrize("ending", WITH_TABLE)
def test_each_row_of_a_table_repeats_its_header(ending: str) -> None:
    rows = {clause.text for clause in flat(reading(ending).clauses)}
    heads, *body = TABLE
    for row in body:
        assert "; ".join(f"{head}: {cell}" for head, cell in zip(heads, row, strict=True)) in rows


@pytest.mark.parametrize("ending", MAILS)
def test_a_mail_is_its_text_and_its_attachments(ending: str) -> None:
    found = reading(ending)
    assert found.metadata.title == TITLE
    assert "From:" in found.clauses[0].text
    assert "ada@example.com" in found.clauses[0].text
    texts = [clause.text for clause in found.clauses]
    assert "A lease runs for 36 months." in texts
    assert not any("When does it start?" in text or "wrote:" in text for text in texts)
    attached = next(clause for clause in found.clauses if clause.number == "2.1")
    assert attached.section_path == ("Attachment: policy.md", TITLE, "2. Limits")


def test_a_slide_is_a_page_and_its_notes_are_marked() -> None:
    clauses = {clause.text: clause for clause in reading("pptx").clauses}
    assert clauses["2.2 A lease runs for 36 months."].page == 3
    assert clauses["Mention that trainees asked for this."].section_path == ("1. Purpose", "Speaker notes")
    assert reading("pptx").pages == 4


def test_a_sheet_is_a_section() -> None:
    found = reading("xlsx")
    assert found.metadata.title == "Bicycle leasing"
    assert {clause.section_path for clause in found.clauses} == {("Rates",), ("Rules",)}


@pytest.mark.skipif(program() is None, reason="tesseract is not installed")
@pytest.mark.parametrize("name", SCANS)
def test_a_scan_is_read_with_its_sections_and_says_how_sure(name: str) -> None:
    from ingest.tesseract import available

    found = read(name, FILES[name], ocr=available())
    paths = {clause.number: (clause.section_path, clause.page) for clause in found.clauses}
    assert paths["1.1"] == (("1. Purpose",), 1)
    assert paths["2.1"] == (("2. Limits",), 1)
    assert found.metadata.title == TITLE
    assert [page.page for page in found.ocr_pages] == [1]
    assert found.ocr_pages[0].confidence > 0.9


@pytest.mark.parametrize("name", FILES)
def test_an_upload_of_any_format_passes_the_door(name: str, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(FILES[name])
    check(name, path)
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(DocumentRejected, match=r"not a|binary data"):
        check(name, path)


def test_slides_sheets_and_mails_answer_from_the_library(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = tmp_path / "files"
    folder.mkdir()
    for ending in ("pptx", "xlsx", "eml"):
        (folder / f"{ending}.{ending}").write_bytes(FILES[f"bicycle-leasing.{ending}"])
    store = Store.open(home)
    try:
        reports = ingest([folder], home=home, store=store, encoder=WordEncoder())
        assert {report.status for report in reports} == {FileStatus.INDEXED}
        found = {(passage.section_path, passage.page) for passage in store.published_passages()}
        assert {(("Attachment: policy.md", TITLE, "2. Limits"), None), (("2. Limits",), 3), (("Rates",), None)} <= found
    finally:
        store.close()
