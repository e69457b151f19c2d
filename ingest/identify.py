"""Whether a file is new, unchanged, a copy, or another version of a document in the library."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select

from ingest.countries import countries_named
from ingest.discover import UPLOADED
from ingest.outline import folded
from retrieval.documents import NewPassage, NewVersion
from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.store import Store
from retrieval.tables import IN_ORDER, DocumentRow, PassageRow, VersionRow


class Kinship(StrEnum):
    """What a file is to the library."""

    NEW = "new"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"  #: the same bytes are there from another place
    NEW_VERSION = "new version"


@dataclass(frozen=True, slots=True)
class Identity:
    kinship: Kinship
    document_id: str | None = None
    version_id: str | None = None
    because: str | None = None  #: why it is taken for another version, in words for people


#: How much of the shorter text's word triples the two must share.
SAME_POLICY_OVERLAP = 0.5
#: And so much where both were uploaded under one name.
KIN_OVERLAP = 0.25
#: These exist once per person, party or occasion: two alike are two documents, not versions of one.
_ONE_OF_MANY = re.compile(
    r"\b(agreements?|contracts?|nda|addend(?:um|a)|amendments?|statement of work|sow|offer|order|letter|form|template|minutes|agenda|invoice|"
    r"checklist|certificate|report|acknowledge?ment|notes?|letters?|quote|proposal)\b",
    re.IGNORECASE,
)
_VERSION_WORDS = re.compile(
    r"\b(?:v|version|rev|revision|edition)\.?\s*\d[\d.]*\b|\b(?:19|20)\d\d(?:[-/.]\d\d?){0,2}\b|\b(?:draft|final|current|new|updated|revised|old)\b|\(\s*\)",
    re.IGNORECASE,
)


def same_bytes(store: Store, *, sha256: str, source: str) -> Identity | None:
    """UNCHANGED or DUPLICATE if the library holds exactly these bytes, else None.

    None too for a file that went back to what an earlier version at its place said: only a new version brings that into
    force again.
    """
    standing = next((row for row in _latest_at(store, source) if row.sha256 == sha256), None)
    if standing is not None:
        return Identity(Kinship.UNCHANGED, standing.document_id, standing.version_id)
    version = store.version_with(sha256=sha256)
    if version is None or version.source == source:
        return None
    return Identity(
        Kinship.DUPLICATE, version.document_id, version.version_id, because=f"same content as {version.file}"
    )


def identify(store: Store, new: NewVersion, *, supersedes: str | None = None) -> Identity:
    """What a file is to the library, decided in this order: same bytes; superseded document given by name; same place; same policy
    with another date.

    A file that was uploaded also has to bear the title of what came under its name before, or say some of the same. The
    last is careful: title, country and most of the text agree, and both state dates that differ. Country variants and
    documents that exist once per person or party are never taken for versions.

    :raises WrongUsage: if ``supersedes`` is neither a document nor a version.
    """
    known = same_bytes(store, sha256=new.sha256, source=new.source)
    if known is not None:
        return known
    if supersedes is not None:
        return Identity(Kinship.NEW_VERSION, document_named(store, supersedes), because=f"supersedes {supersedes}")
    at_place = _at_place(store, new)
    if at_place is not None:
        return Identity(Kinship.NEW_VERSION, at_place, because="the file at this place has changed")
    same_policy = _same_policy(store, new)
    if same_policy is not None:
        return Identity(Kinship.NEW_VERSION, same_policy, because="same policy with another date")
    return Identity(Kinship.NEW)


def document_named(store: Store, identifier: str) -> str:
    """The document that a document's or version's id names.

    :raises WrongUsage: if it names none.
    """
    with store.sessions() as session:
        if session.get(DocumentRow, identifier) is not None:
            return identifier
        version = session.get(VersionRow, identifier)
        if version is not None:
            return version.document_id
    raise WrongUsage(f"there is no document {identifier} to supersede; see: policydesk documents list")


def _latest_at(store: Store, source: str) -> Collection[VersionRow]:
    """The latest version of each document that came from a place and was not withdrawn."""
    latest: dict[str, VersionRow] = {}
    # By number: a clock may have been set back since.
    for row in sorted(_versions_at(store, source), key=lambda row: row.number):
        if not row.withdrawn:
            latest[row.document_id] = row
    return latest.values()


def _versions_at(store: Store, source: str) -> Sequence[VersionRow]:
    """The versions that came from a place, latest first."""
    statement = select(VersionRow).where(VersionRow.source == source)
    with store.sessions() as session:
        return session.scalars(statement.order_by(VersionRow.created_at.desc(), VersionRow.number.desc())).all()


def _at_place(store: Store, new: NewVersion) -> str | None:
    """The document that had a file's place before it."""
    # A path holds one file at a time, but many a "policy.pdf" is sent that is no version of the last one.
    is_upload = new.source.startswith(UPLOADED)
    versions = _versions_at(store, new.source)
    return next((row.document_id for row in versions if not is_upload or _is_kin(store, row, new)), None)


def _is_kin(store: Store, row: VersionRow, new: NewVersion) -> bool:
    """Whether a file bears the title of a version or says some of the same."""
    title = bare_title(new.title)
    if title and title == bare_title(row.title):
        return True
    return overlap(_text(new.passages), _text(store.passages(row.version_id))) >= KIN_OVERLAP


def _text(passages: Iterable[NewPassage | Passage]) -> str:
    return "\n".join(passage.text for passage in passages)


def _same_policy(store: Store, new: NewVersion) -> str | None:
    title = bare_title(new.title)
    if new.effective_from is None or not title or _ONE_OF_MANY.search(new.title):
        return None
    statement = select(VersionRow.version_id, VersionRow.document_id, VersionRow.title, VersionRow.stated_from, DocumentRow.jurisdiction).join(
        DocumentRow, VersionRow.document_id == DocumentRow.document_id
    ).where(~VersionRow.withdrawn).order_by(VersionRow.created_at.desc())  # fmt: skip
    text = _text(new.passages)
    with store.sessions() as session:
        for version_id, document_id, other_title, stated_from, jurisdiction in session.execute(statement):
            if (
                bare_title(other_title) != title
                or jurisdiction != new.jurisdiction
                or not _dates_differ(stated_from, new.effective_from)
            ):
                continue
            passages = session.scalars(
                select(PassageRow.text).where(PassageRow.version_id == version_id).order_by(*IN_ORDER)
            )
            other = "\n".join(passages)
            if not _countries_apart(text, other) and overlap(text, other) >= SAME_POLICY_OVERLAP:
                return str(document_id)
    return None


def _countries_apart(one: str, other: str) -> bool:
    """Whether each names a country that the other does not, as two countries' variants of a policy do; a version that only
    names more countries than the last is still a version."""
    first, second = countries_named(one), countries_named(other)
    return bool(first - second) and bool(second - first)


def _dates_differ(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one != other


def bare_title(title: str) -> str:
    """A title without what tells versions apart: "Travel Policy v2 (2024)" is "travel policy"."""
    return folded(_VERSION_WORDS.sub(" ", title))


def overlap(one: str, other: str) -> float:
    """The share of the shorter text's word triples that the other has too; 0 for texts of under 30 words."""
    first, second = _triples(one), _triples(other)
    if min(len(first), len(second)) < 28:
        return 0.0
    return len(first & second) / min(len(first), len(second))


def _triples(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return set(zip(words, words[1:], words[2:], strict=False))
