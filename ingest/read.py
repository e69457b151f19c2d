"""One file's bytes in, everything known about its text out: load, clean, metadata, outline, clauses."""

from __future__ import annotations

from ingest.clauses import clauses
from ingest.clean import clean
from ingest.load import load
from ingest.metadata import metadata
from ingest.ocr import Ocr
from ingest.outline import outline
from ingest.records import Reading
from retrieval.errors import DocumentRejected


def read(file: str, data: bytes, *, ocr: Ocr | None = None) -> Reading:
    """Read a file, whatever supported format it has.

    :param file: the path people know it by.
    :param ocr: what reads scanned pages and pictures; without it they are reported as empty.
    :raises DocumentRejected: if it cannot be read, or holds no text.
    """
    loaded = load(file, data, ocr=ocr)
    blocks = clean(loaded.blocks)
    about = metadata(loaded, blocks, file=file)
    found = clauses(outline(blocks, title=about.title))
    if not found:
        raise DocumentRejected("no text in the file that says anything")
    return Reading(
        loaded.media_type, about, tuple(found), loaded.pages, loaded.empty_pages, loaded.warnings, loaded.ocr_pages, loaded.ocr_missing
    )  # fmt: skip
