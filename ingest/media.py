"""What a file is, by its content and its name; and what is refused before anything parses it."""

from __future__ import annotations

import re
from pathlib import PurePath

from ingest.archive import Archive
from retrieval.errors import DocumentRejected

MARKDOWN = "text/markdown"
HTML = "text/html"
PLAIN = "text/plain"
CSV = "text/csv"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
EPUB = "application/epub+zip"
EML = "message/rfc822"
MSG = "application/vnd.ms-outlook"
RTF = "application/rtf"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"

#: The formats that are read, by the end of the file's name. A name without an ending is read as text if it is text.
MEDIA_TYPES = {
    ".md": MARKDOWN, ".markdown": MARKDOWN, ".html": HTML, ".htm": HTML, ".txt": PLAIN, "": PLAIN,
    ".docx": DOCX, ".pdf": PDF, ".pptx": PPTX, ".xlsx": XLSX, ".xlsm": XLSX, ".csv": CSV, ".tsv": CSV,
    ".eml": EML, ".msg": MSG, ".rtf": RTF, ".odt": ODT, ".epub": EPUB,
    ".png": PNG, ".jpg": JPEG, ".jpeg": JPEG, ".tif": TIFF, ".tiff": TIFF,
}  # fmt: skip
NAMES = {
    MARKDOWN: "markdown", HTML: "HTML", PLAIN: "text", CSV: "csv", PDF: "PDF", DOCX: "docx", PPTX: "pptx", XLSX: "xlsx",
    ODT: "odt", EPUB: "epub", EML: "eml", MSG: "msg", RTF: "rtf", PNG: "png", JPEG: "jpg", TIFF: "tiff",
}  # fmt: skip
#: As people are told.
SUPPORTED = "md, html, txt, docx, pdf, pptx, xlsx, csv, eml, msg, rtf, odt, epub, png, jpg and tiff"
#: Formats that some program saves as one that is read.
_SAVE_AS = {
    ".doc": "docx", ".dot": "docx", ".docm": "docx", ".dotx": "docx", ".pages": "docx", ".wpd": "docx",
    ".xls": "xlsx", ".xlsb": "xlsx", ".ods": "xlsx", ".numbers": "xlsx",
    ".ppt": "pptx", ".pps": "pptx", ".pptm": "pptx", ".ppsx": "pptx", ".odp": "pptx", ".key": "pptx",
    ".bmp": "png", ".gif": "png", ".heic": "png", ".webp": "png", ".mht": "pdf", ".xps": "pdf", ".mobi": "epub",
}  # fmt: skip
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")

#: An uploaded file larger than this is refused unread.
MAX_BYTES = 50_000_000

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"II*\0": TIFF,
    b"MM\0*": TIFF,
    b"{\\rtf": RTF,
}
EMPTY = "the file is empty; save it again with its text"
#: Formats that their content must show; the others are text of some kind.
_WITH_MAGIC = frozenset({PDF, DOCX, PPTX, XLSX, ODT, EPUB, MSG, RTF, PNG, JPEG, TIFF})


def supported(name: str) -> bool:
    """Whether files named like this are read at all."""
    return PurePath(name).suffix.lower() in MEDIA_TYPES


def unsupported_reason(name: str) -> str:
    """Why a file named like this is not read, and what to do."""
    ending = PurePath(name).suffix.lower()
    if ending in _SAVE_AS:
        return f"{ending} files are not read; save it as .{_SAVE_AS[ending]}"
    if ending in _ARCHIVES:
        return "archives are not read; unpack it and give its files"
    return f"unsupported type {ending}; supported are {SUPPORTED}"


def media_type(name: str, data: bytes) -> str:
    """The media type of a file's content, which wins over its name.

    :raises DocumentRejected: if the type is unsupported, or the content is empty, encrypted or broken.
    """
    named = MEDIA_TYPES.get(PurePath(name).suffix.lower())
    if named is None:
        raise DocumentRejected(unsupported_reason(name))
    if not data.strip():
        raise DocumentRejected(
            EMPTY if not data else "the file holds nothing but white space; save it again with its text"
        )
    if b"%PDF-" in data[:1024] and named != EML:
        return PDF
    if data.startswith(b"PK\x03\x04") or (data.startswith(b"PK") and named in _WITH_MAGIC):
        return _zipped(data)
    if data.startswith(_OLE2):
        return _ole2(data)
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return kind
    if named in _WITH_MAGIC:
        raise DocumentRejected(f"not a {NAMES[named]} file: its content is something else or damaged; save it again")
    if b"\0" in data[:8192] and not data.startswith(_BOMS) and _unmarked_utf16(data) is None:
        raise DocumentRejected(
            "the file holds binary data, not text; save it as .docx or .pdf in the program that made it"
        )
    if named == PLAIN and re.match(rb"\s*(<!doctype html|<html)\b", data[:512].lower()):
        return HTML
    return named


def _zipped(data: bytes) -> str:
    """The kind of document, once its directory promises to unpack to something of a sane size. Nothing is unpacked here."""
    names = set(Archive(data).names)
    if any(re.fullmatch(r"word/document\d*\.xml", name) for name in names):
        return DOCX
    if "ppt/presentation.xml" in names:
        return PPTX
    if "xl/workbook.xml" in names:
        return XLSX
    if "META-INF/container.xml" in names:
        return EPUB
    if "content.xml" in names:
        return _opendocument(data)
    if "xl/workbook.bin" in names:
        raise DocumentRejected("the file is a binary Excel workbook (xlsb); save it as .xlsx")
    raise DocumentRejected("the file is a zip archive; unpack it and give its files")


_ODF = b"application/vnd.oasis.opendocument."
_ODF_SAVE_AS = {b"spreadsheet": "xlsx", b"presentation": "pptx"}


def _opendocument(data: bytes) -> str:
    archive = Archive(data)
    kind = archive.read("mimetype").strip() if "mimetype" in archive.names else _ODF + b"text"
    if not kind.startswith(_ODF + b"text"):
        other = _ODF_SAVE_AS.get(kind.removeprefix(_ODF), "pdf")
        raise DocumentRejected(f"the file is an OpenDocument file other than text; save it as .{other}")
    return ODT


def _ole2(data: bytes) -> str:
    """What lies in a compound file: a mail of Outlook's; all else is encrypted or too old."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage") or has("EncryptionInfo"):
        raise DocumentRejected("the file is encrypted; save it without a password")
    if has("__properties_version1.0"):
        return MSG
    for stream, program, ending in _OLD_OFFICE:
        if has(stream):
            raise DocumentRejected(f"the file is in an old {program} format; save it as .{ending}")
    raise DocumentRejected("the file is in an old Office format; save it as .docx, .xlsx or .pptx")


_OLD_OFFICE = (
    ("WordDocument", "Word", "docx"),
    ("Workbook", "Excel", "xlsx"),
    ("PowerPoint Document", "PowerPoint", "pptx"),
)


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
