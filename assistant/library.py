"""The library as one person may see it: listing, showing, removing, and the originals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.accounts import Person, scope_of
from assistant.contract import document_json
from assistant.problems import Problem
from retrieval.documents import Document, Standing, Version
from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.store import Store

if TYPE_CHECKING:
    from assistant.room import Room

_PUBLIC = (Standing.IN_FORCE, Standing.UPCOMING, Standing.SUPERSEDED)


def visible(store: Store, person: Person) -> list[Document]:
    """The documents a person may read, by title: in their audience, and published unless they keep the library."""
    return [document for document in store.documents() if _may_read(document, person)]


def find(store: Store, person: Person, document_id: str) -> Document:
    """:raises Problem: 404, whether there is no such document or the person may not know of it."""
    try:
        document = store.document(document_id)
    except WrongUsage:
        document = None
    if document is None or not _may_read(document, person):
        raise Problem(404, f"there is no document {document_id} that you may read")
    return document


def _may_read(document: Document, person: Person) -> bool:
    allowed = not document.audience or bool(document.audience & scope_of(person).groups)
    return allowed and (person.keeps_library or document.standing(date.today()) in _PUBLIC)


def readable(store: Store, person: Person | None) -> frozenset[str]:
    """The ids of the documents a person may read; of those that everybody may read, for nobody in particular."""
    if person is not None:
        return frozenset(document.document_id for document in visible(store, person))
    today = date.today()
    public = (each for each in store.documents() if not each.audience and each.standing(today) in _PUBLIC)
    return frozenset(document.document_id for document in public)


def passages(store: Store, person: Person, passage_ids: Sequence[str]) -> list[Passage]:
    """These passages, in this order; what is gone, or not this person's to read, is left out."""
    allowed, found = readable(store, person), dict[str, Passage]()
    for version_id in dict.fromkeys(each.rpartition(".")[0] for each in passage_ids):
        document_id = version_id.rpartition(".")[0]
        if document_id not in allowed:
            continue
        seen = _as_seen(store.document(document_id), person).versions
        if any(version.version_id == version_id for version in seen):
            found |= {passage.passage_id: passage for passage in store.passages(version_id)}
    return [found[each] for each in dict.fromkeys(passage_ids) if each in found]


def listing(store: Store, person: Person) -> list[dict[str, Any]]:
    return [_document_json(document, person) for document in visible(store, person)]


def show(store: Store, person: Person, document_id: str) -> dict[str, Any]:
    return _document_json(find(store, person, document_id), person)


def remove(room: Room, person: Person, document_id: str) -> None:
    """Remove a document for good: its text, its originals, its place in the index, and what is quoted of it elsewhere.

    :raises Problem: 404 for a document this person may not know of.
    """
    document = find(room.store, person, document_id)
    room.review.erasure.erase(document.document_id, who=person.name)


@dataclass(frozen=True, slots=True)
class Original:
    """The uploaded bytes of one version."""

    path: Path
    name: str
    media_type: str

    @property
    def is_pdf(self) -> bool:
        """By its bytes: nothing else is ever shown inside the browser."""
        with self.path.open("rb") as stream:
            return stream.read(5) == b"%PDF-"


def original(room: Room, person: Person, document_id: str, version_id: str | None) -> Original:
    """:raises Problem: 404 where there is no such document or version for this person, or its bytes are gone."""
    version = _version(find(room.store, person, document_id), person, version_id)
    path = room.home.original(version.sha256)
    if not path.is_file():
        raise Problem(404, "the original of this version is not kept here")
    return Original(path, Path(version.file).name, version.media_type)


def changes(store: Store, person: Person, document_id: str, older: str, newer: str) -> dict[str, Any]:
    """What changed from one version to another, clause by clause; each is named by its id or its number.

    :raises Problem: 404 for a document or version this person may not see.
    """
    from assistant.changes import compare_versions, comparison_json

    document = _as_seen(find(store, person, document_id), person)
    try:
        return comparison_json(compare_versions(store, document, older, newer))
    except WrongUsage as error:
        known = ", ".join(str(version.number) for version in document.versions)
        raise Problem(404, f"document {document_id} has these versions that you may read: {known}") from error


def _version(document: Document, person: Person, version_id: str | None) -> Version:
    """The version with this id, or the one in force, or the latest that may be seen."""
    today = date.today()
    seen = list(_as_seen(document, person).versions)
    if version_id is not None:
        seen = [each for each in seen if each.version_id == version_id]
    if not seen:
        raise Problem(404, f"document {document.document_id} has no version {version_id or ''} that you may read")
    in_force = [each for each in seen if each.standing(today) is Standing.IN_FORCE]
    return (in_force or seen)[-1]


def _document_json(document: Document, person: Person) -> dict[str, Any]:
    return document_json(_as_seen(document, person), today=date.today())


def _as_seen(document: Document, person: Person) -> Document:
    """The document with the versions that this person may read; there may be none."""
    today = date.today()
    seen = tuple(each for each in document.versions if person.keeps_library or each.standing(today) in _PUBLIC)
    return replace(document, versions=seen)
