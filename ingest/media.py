"""What a file is, by its content and its name; and what is refused before anything parses it."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath

from retrieval.errors import DocumentRejected

MARKDOWN = "text/markdown"
HTML = "text/html"
PLAIN = "text/plain"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: The formats that are read, by the end of the file's name. A name without an ending is read as text if it is text.
MEDIA_TYPES = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".txt": PLAIN,
    "": PLAIN,
    ".pdf": PDF,
    ".docx": DOCX,
}
NAMES = {MARKDOWN: "markdown", HTML: "HTML", PLAIN: "text", PDF: "PDF", DOCX: "docx"}

#: An uploaded file larger than this is refused unread.
MAX_BYTES = 50_000_000
#: What a docx may unpack to: all its parts together, and any part beside its packed size (a bomb is thousands to one).
MAX_UNPACKED_BYTES = 200_000_000
MAX_RATIO = 120
MAX_MEMBERS = 5_000

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def supported(name: str) -> bool:
    """Whether files named like this are read at all."""
    return PurePath(name).suffix.lower() in MEDIA_TYPES


def media_type(name: str, data: bytes) -> str:
    """The media type of a file's content, which wins over its name.

    :raises DocumentRejected: if the type is unsupported, or the content is empty, encrypted or broken.
    """
    ending = PurePath(name).suffix.lower()
    named = MEDIA_TYPES.get(ending)
    if named is None:
        raise DocumentRejected(f"unsupported type {ending}; supported are md, html, txt, docx and pdf")
    if not data.strip():
        raise DocumentRejected("the file is empty" if not data else "the file holds nothing but white space")
    if b"%PDF-" in data[:1024]:
        return PDF
    if data.startswith(b"PK"):
        return _zipped(data)
    if data.startswith(_OLE2):
        raise DocumentRejected(_ole2_reason(data))
    if data.startswith(b"{\\rtf"):
        raise DocumentRejected("the file holds RTF, which is not supported; save it as docx or pdf")
    if named in (PDF, DOCX):
        raise DocumentRejected(f"not a {NAMES[named]} file: its content is something else or damaged; save it again")
    if b"\0" in data[:8192] and not data.startswith(_BOMS) and _unmarked_utf16(data) is None:
        raise DocumentRejected("the file holds binary data, not text")
    if named == PLAIN and re.match(rb"\s*(<!doctype html|<html)\b", data[:512].lower()):
        return HTML
    return named


def _zipped(data: bytes) -> str:
    """DOCX, once its directory promises to unpack to something of a sane size. Nothing is unpacked here."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise DocumentRejected(f"the file is truncated or damaged ({error}); save it again") from error
    if len(members) > MAX_MEMBERS:
        raise DocumentRejected(f"the archive holds {len(members):,} parts, more than {MAX_MEMBERS:,}")
    names = {member.filename for member in members}
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES:
        raise DocumentRejected(
            f"the file unpacks to {unpacked / 1e6:,.0f} MB, over the {MAX_UNPACKED_BYTES / 1e6:,.0f} MB limit"
        )
    for member in members:
        if member.flag_bits & 1:
            raise DocumentRejected("the file is encrypted; save it without a password")
        if member.file_size > 1_000_000 and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            ratio = member.file_size / max(member.compress_size, 1)
            raise DocumentRejected(f"{member.filename} unpacks to {ratio:,.0f} times its size: refused as a zip bomb")
    if "word/document.xml" in names or any(re.fullmatch(r"word/document\d*\.xml", name) for name in names):
        return DOCX
    raise DocumentRejected(f"the file is {_archive_kind(names)}, which is not supported")


def _archive_kind(names: set[str]) -> str:
    if any(name.startswith("ppt/") for name in names):
        return "a PowerPoint presentation"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook"
    if "content.xml" in names:
        return "an OpenDocument file"
    if "META-INF/container.xml" in names:
        return "an EPUB"
    return "a zip archive"


def _ole2_reason(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "the file is encrypted; save it without a password"
    return "the file is in an old Office format (doc, xls, ppt), which is not supported; save it as docx or pdf"


def decode(data: bytes) -> str:
    """Text of a file's bytes: by its byte order mark, else UTF-8, else the encoding an HTML page declares, else Windows-1252."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    wide = _unmarked_utf16(data)
    if wide is not None:
        return data.decode(wide, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        declared = re.search(rb"charset=[\"']?([A-Za-z0-9_-]+)", data[:2048])
        for encoding in ([declared[1].decode()] if declared else []) + ["cp1252"]:
            try:
                return data.decode(encoding)
            except (UnicodeDecodeError, LookupError):
                continue
    return data.decode("latin-1")


def _unmarked_utf16(data: bytes) -> str | None:
    """The byte order of UTF-16 without a mark: every second byte of western text is zero. None where it is something else."""
    sample = data[:2048]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * len(sample) / 2 and even < 0.05 * len(sample):
        return "utf-16-le"
    if even > 0.4 * len(sample) / 2 and odd < 0.05 * len(sample):
        return "utf-16-be"
    return None
