"""What the person who ingests says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ingest import media
from ingest.sandbox import Limits


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What the person who ingests says about the files; it wins over what the files say."""

    audience: frozenset[str] = frozenset()  #: groups that may read them; empty: every employee
    jurisdiction: str | None = None
    owner: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    supersedes: str | None = None  #: the document, or version, that the one file given replaces
    collection: str | None = None
    draft: bool = False  #: hold for review instead of publishing
    ocr: bool = True  #: read pictures of text, where the system can
    max_bytes: int = media.MAX_BYTES
    limits: Limits = field(default_factory=Limits)
    workers: int = 2  #: files read at once
