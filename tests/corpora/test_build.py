"""The Word and PDF documents are what their sources say, and the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpora.build import build
from corpora.catalog import SAMPLE
from corpora.errors import CorpusError
from corpora.sources import BlockKind, read_source, read_sources
from tests.corpora.reading import document_text

SOURCES = read_sources(SAMPLE / "sources")
HEAD = "format: docx\ntitle: T\nheader: H\nfooter: F\n\n"


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    build(SAMPLE / "sources", folder)
    return folder


@pytest.mark.parametrize("file", [source.file for source in SOURCES])
def test_rebuilding_a_committed_document_gives_the_same_text(rebuilt: Path, file: str) -> None:
    assert document_text(rebuilt / file) == document_text(SAMPLE / "documents" / file)


def test_rebuilding_gives_the_same_bytes(rebuilt: Path, tmp_path: Path) -> None:
    again = build(SAMPLE / "sources", tmp_path)
    assert [path.read_bytes() for path in again] == [(rebuilt / path.name).read_bytes() for path in again]


def test_word_sections_have_real_heading_styles_and_word_numbers_some_of_them(rebuilt: Path) -> None:
    import docx

    def headings(file: str) -> list[tuple[str, bool]]:
        paragraphs = docx.Document(str(rebuilt / file)).paragraphs
        found = [paragraph for paragraph in paragraphs if paragraph.style and paragraph.style.name == "Heading 1"]
        return [
            (paragraph.text, paragraph._p.pPr is not None and paragraph._p.pPr.numPr is not None) for paragraph in found
        ]

    automatic = headings("employment-contract-uk.docx")
    assert automatic[0] == ("Definitions", True)
    assert automatic[-1] == ("Schedule 1: Particulars", False)
    assert headings("expenses-policy-2025.docx")[0] == ("1 Principle and definitions", False)


def test_pdfs_have_several_pages_with_the_header_on_each(rebuilt: Path) -> None:
    import pypdfium2

    for source in SOURCES:
        if source.format != "pdf":
            continue
        document = pypdfium2.PdfDocument(rebuilt / source.file)
        pages = [page.get_textpage().get_text_bounded() for page in document]
        document.close()
        assert len(pages) >= 2
        assert all(source.header in page for page in pages)


def test_one_pdf_is_set_in_two_columns() -> None:
    assert [source.name for source in SOURCES if source.columns == 2] == ["travel-policy"]


def test_a_source_is_read_block_by_block(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(HEAD + "# T\n## S\n+ clause\n++ item\n- bullet\n| a | b |\n| 1 | 2 |\nwords\n", encoding="utf-8")
    source = read_source(path)
    assert [block.kind for block in source.blocks] == [
        BlockKind.TITLE,
        BlockKind.SECTION,
        BlockKind.CLAUSE,
        BlockKind.ITEM,
        BlockKind.BULLET,
        BlockKind.TABLE,
        BlockKind.PARAGRAPH,
    ]
    assert source.blocks[5].rows == (("a", "b"), ("1", "2"))


def test_a_ragged_table_and_a_missing_head_are_refused(tmp_path: Path) -> None:
    ragged, headless = tmp_path / "ragged.txt", tmp_path / "headless.txt"
    ragged.write_text(HEAD + "| a | b |\n| 1 |\n", encoding="utf-8")
    headless.write_text("format: pdf\n\nwords\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"ragged\.txt: a row has 1 cells, its header has 2"):
        read_source(ragged)
    with pytest.raises(CorpusError, match=r"headless\.txt: the head lacks footer, header, title"):
        read_source(headless)
