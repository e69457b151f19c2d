from __future__ import annotations

import pytest

from ingest import media
from retrieval.errors import DocumentRejected
from tests.ingest.builders import docx, zipped


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("leave.md", b"# Leave", media.MARKDOWN),
        ("leave.HTM", b"<p>Leave</p>", media.HTML),
        ("leave.txt", b"Leave", media.PLAIN),
        ("LICENSE", b"You may copy this.", media.PLAIN),
        ("leave.txt", b"<!DOCTYPE html><p>Leave</p>", media.HTML),
        ("leave.txt", b"%PDF-1.7\n...", media.PDF),
        ("leave.pdf", docx(lambda document: document.add_paragraph("Leave")), media.DOCX),
    ],
)
def test_content_decides_the_type_within_the_supported_names(name: str, data: bytes, expected: str) -> None:
    assert media.media_type(name, data) == expected


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("data.yml", b"a: 1", "unsupported type .yml"),
        ("empty.txt", b"", "the file is empty; save it again with its text"),
        ("blank.txt", b" \n\n ", "nothing but white space; save it again"),
        ("fake.pdf", b"hello", "not a PDF file"),
        ("fake.docx", b"hello", "not a docx file"),
        ("binary.txt", b"\x7fELF\0\0\0\x01\x02", "binary data"),
        ("old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old Office format"),
        (
            "locked.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
        ("cut.docx", docx(lambda document: document.add_paragraph("Leave"))[:900], "truncated or damaged"),
        ("sheet.docx", zipped({"notes.txt": b"x"}), "a zip archive"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(DocumentRejected, match=reason):
        media.media_type(name, data)


def test_a_zip_bomb_is_refused_by_its_directory() -> None:
    bomb = zipped({"word/document.xml": b"0" * 30_000_000})
    with pytest.raises(DocumentRejected, match="zip bomb"):
        media.media_type("bomb.docx", bomb)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_text_is_decoded_whatever_its_encoding(encoding: str) -> None:
    text = "Überstunden – “overtime” – are paid."
    assert media.decode(text.encode(encoding)) == text
