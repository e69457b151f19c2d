"""The nouns of a document's way in: blocks, clauses, what was read from a file, and the line reported about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from ingest.suspects import Suspect
from retrieval.records import PassageKind


class BlockKind(StrEnum):
    """What a block looks like, before anyone has asked what it means."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item or table of a document, in reading order."""

    kind: BlockKind
    text: str  #: with its number in front, without its bullet; empty for tables
    level: int | None = None  #: headings: 1 is outermost, None where the format doesn't say; items: nesting from 1
    page: int | None = None  #: from 1; None where the format has no pages
    rows: tuple[tuple[str, ...], ...] = ()  #: tables: cells row by row
    header_rows: int = 0  #: tables: how many of the rows head the columns
    row_pages: tuple[int | None, ...] = ()  #: tables over several pages: the page of each row
    bold: bool = False  #: the whole block is bold
    size: float | None = None  #: font size in points, where known
    caps: bool = False  #: set in capitals by its font or style
    note: bool = False  #: a footnote: the number in front of it is no clause's


@dataclass(frozen=True, slots=True)
class OcrPage:
    """A page that was read from its picture."""

    page: int  #: from 1
    confidence: float  #: mean over its words, 0 to 1, as the reader itself says


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file as its format gives it."""

    media_type: str
    blocks: tuple[Block, ...]
    title: str | None = None  #: as the format states it: front matter, ``<title>``, title style
    properties: dict[str, str] = field(default_factory=dict)  #: front matter and document properties, keys lower-cased
    pages: int | None = None
    empty_pages: tuple[int, ...] = ()  #: pages without text, from 1: scans that were not read
    warnings: tuple[str, ...] = ()
    ocr_pages: tuple[OcrPage, ...] = ()
    ocr_missing: str | None = None  #: why scans were not read and what to do, where there are any
    furniture: tuple[str, ...] = ()  #: what running headers and footers say, each line once; no part of the text


@dataclass(frozen=True, slots=True)
class Clause:
    """The smallest part of a document that stands by itself, with everything that hangs below it.

    ``text`` begins with the clause's number. A table's ``text`` is its caption and header line, its children the rows.
    """

    text: str
    kind: PassageKind = PassageKind.CLAUSE
    section_path: tuple[str, ...] = ()
    page: int | None = None
    number: str | None = None  #: in full: ``4.2(b)(iii)``
    children: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says about itself; None where it doesn't."""

    title: str
    effective_from: date | None = None
    effective_to: date | None = None
    jurisdiction: str | None = None
    owner: str | None = None
    version: str | None = None
    ambiguous_from: str | None = None  #: a first day that can be read two ways, as it is written: "01/04/2025"
    audience: str | None = None  #: who it says may read it, where that is not everybody


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read from one file."""

    media_type: str
    metadata: Metadata
    clauses: tuple[Clause, ...]
    pages: int | None = None
    empty_pages: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    ocr_pages: tuple[OcrPage, ...] = ()
    ocr_missing: str | None = None
    hidden: tuple[Suspect, ...] = ()  #: text that readers of the file cannot see


class FileStatus(StrEnum):
    """How a file ended; exactly one of these, always."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class FileReport:
    """One line about one file."""

    file: str
    status: FileStatus
    reason: str | None = None
    document_id: str | None = None
    version_id: str | None = None
    title: str | None = None
    pages: int | None = None
    passages: int = 0
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    ocr_pages: tuple[OcrPage, ...] = ()  #: pages that were read from their picture
    waits: bool = False  #: it is as it was when it was held for review, and now was to be published

    def as_json(self) -> dict[str, Any]:
        """The object that ``ingest --json`` prints for a file."""
        return {
            "file": self.file,
            "status": self.status.value,
            "reason": self.reason,
            "document_id": self.document_id,
            "version_id": self.version_id,
            "title": self.title,
            "pages": self.pages,
            "passages": self.passages,
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 3),
            "ocr_pages": [{"page": page.page, "confidence": page.confidence} for page in self.ocr_pages],
        }
