"""Documents and their versions: as they are kept, and as ingest hands them over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from retrieval.records import PassageKind


class Standing(StrEnum):
    """Where a version stands on a given day."""

    DRAFT = "draft"
    UPCOMING = "upcoming"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Version:
    """One file of a document, with the dates it is in force."""

    version_id: str
    document_id: str
    number: int
    title: str
    file: str
    source: str
    sha256: str
    media_type: str
    size_bytes: int
    pages: int | None
    passages: int
    published: bool
    withdrawn: bool
    effective_from: date | None
    effective_to: date | None
    warnings: tuple[str, ...]
    created_at: datetime

    def standing(self, day: date) -> Standing:
        if self.withdrawn:
            return Standing.WITHDRAWN
        if not self.published:
            return Standing.DRAFT
        if self.effective_from is not None and day < self.effective_from:
            return Standing.UPCOMING
        if self.effective_to is not None and day > self.effective_to:
            return Standing.SUPERSEDED
        return Standing.IN_FORCE


@dataclass(frozen=True, slots=True)
class Document:
    """A policy as people know it: a family of versions, oldest first."""

    document_id: str
    title: str
    collection: str | None
    owner: str | None
    jurisdiction: str | None
    audience: frozenset[str]
    created_at: datetime
    versions: tuple[Version, ...]

    def standing(self, day: date) -> Standing:
        """The best standing any version has: in force before upcoming before superseded before draft."""
        order = [Standing.IN_FORCE, Standing.UPCOMING, Standing.SUPERSEDED, Standing.DRAFT, Standing.WITHDRAWN]
        return min((version.standing(day) for version in self.versions), key=order.index, default=Standing.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage before it belongs to a version; the store numbers it."""

    text: str
    section_path: tuple[str, ...] = ()
    page: int | None = None
    kind: PassageKind = PassageKind.CLAUSE


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What ingest found in one file."""

    title: str
    file: str
    source: str
    sha256: str
    media_type: str
    size_bytes: int
    passages: tuple[NewPassage, ...]
    pages: int | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    jurisdiction: str | None = None
    audience: frozenset[str] = frozenset()
    owner: str | None = None
    collection: str | None = None
    warnings: tuple[str, ...] = ()
    published: bool = True
