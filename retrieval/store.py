"""The truth: documents, versions and passages in the home's database (SQLite)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, func, select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from retrieval.documents import Document, NewPassage, NewVersion, Version
from retrieval.errors import HomeInUse, HomeTooNew, NotReady, WrongUsage
from retrieval.home import PATIENCE_S, Home
from retrieval.records import Passage, PassageKind
from retrieval.tables import IN_ORDER, Base, DocumentRow, NumberRow, PassageRow, VersionRow, utc
from retrieval.validity import settle

#: Raised by one whenever a table changes in a way that older code cannot read.
SCHEMA_VERSION = 1


class Store:
    """Documents, versions and passages of one home. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sessions = sessionmaker(engine, expire_on_commit=False)

    @classmethod
    def open(cls, home: Home) -> Store:
        """Open the home's database, creating it if there is none.

        :raises HomeTooNew: if a newer Policydesk wrote it.
        :raises HomeInUse: if another process keeps it locked.
        :raises NotReady: if the file is not a database or cannot be opened.
        """
        home.create()
        engine = create_engine(
            URL.create("sqlite", database=str(home.database)), connect_args={"timeout": 30}, hide_parameters=True
        )
        event.listen(engine, "connect", _durable)
        try:
            if _is_empty(home) or not _schema(engine, home):
                # Of several processes that open a new home at once, one makes it and the others wait.
                with home.writing(timeout_s=PATIENCE_S):
                    _make(engine, home)
            # What later releases added; not under the lock, which an ingest may hold for long.
            Base.metadata.create_all(engine)
        except DatabaseError as error:
            engine.dispose()
            if isinstance(error, OperationalError) and "locked" in str(error.orig):
                raise HomeInUse(f"another process keeps {home.database} locked; try again when it is done") from error
            raise NotReady(
                f"{home.database} cannot be read as a database ({error.orig}); restore it from a backup or choose another --home"
            ) from error
        return cls(engine)

    def close(self) -> None:
        self.engine.dispose()

    def check(self) -> None:
        """Look through the whole database.

        :raises NotReady: if a part of it is damaged.
        """
        try:
            with self.engine.connect() as connection:
                verdict = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        except DatabaseError as error:
            verdict = str(error.orig)
        if verdict != "ok":
            raise NotReady(
                f"{self.engine.url.database} is damaged ({' '.join(verdict.split())}); restore a backup into a new home with: "
                "policydesk --home NEW restore FILE"
            )

    # -- reading -----------------------------------------------------------------------------------------------------

    def documents(self) -> list[Document]:
        """All documents, by title then id."""
        with self.sessions() as session:
            rows = session.scalars(select(DocumentRow).order_by(DocumentRow.title, DocumentRow.document_id))
            counts = _passage_counts(session)
            return [_document(row, counts) for row in rows]

    def document(self, document_id: str) -> Document:
        """:raises WrongUsage: if there is no such document."""
        with self.sessions() as session:
            row = _find(session, document_id)
            return _document(row, _passage_counts(session, row.versions))

    def version_with(self, *, sha256: str) -> Version | None:
        """The version made from exactly these bytes, if there is one that was not withdrawn."""
        with self.sessions() as session:
            same = select(VersionRow).where(VersionRow.sha256 == sha256, ~VersionRow.withdrawn)
            row = session.scalars(same.order_by(VersionRow.created_at)).first()
            return _version(row, _passage_counts(session, [row])) if row else None

    def version(self, version_id: str) -> Version:
        """:raises WrongUsage: if there is no such version."""
        with self.sessions() as session:
            row = session.get(VersionRow, version_id)
            if row is None:
                raise _no_version(version_id)
            return _version(row, _passage_counts(session, [row]))

    def stated_dates(self, version_id: str) -> tuple[date | None, date | None]:
        """The first and last day in force as the version itself states them, whatever came after it.

        :raises WrongUsage: if there is no such version.
        """
        with self.sessions() as session:
            row = session.get(VersionRow, version_id)
            if row is None:
                raise _no_version(version_id)
            return row.stated_from, row.stated_to

    def drafts(self) -> list[Version]:
        """The versions that are neither published nor withdrawn, oldest first."""
        waiting = select(VersionRow).where(~VersionRow.published, ~VersionRow.withdrawn)
        with self.sessions() as session:
            counts = _passage_counts(session)
            rows = session.scalars(waiting.order_by(VersionRow.created_at, VersionRow.version_id))
            return [_version(row, counts) for row in rows]

    def passages(self, version_id: str) -> list[Passage]:
        """A version's passages in document order."""
        with self.sessions() as session:
            row = session.get(VersionRow, version_id)
            if row is None:
                raise _no_version(version_id)
            return [_passage(passage, row, row.document) for passage in row.passages]

    def published_passages(self) -> list[Passage]:
        """Every passage that may answer, in the order of their ids: what an index generation is made of."""
        statement = (
            select(PassageRow, VersionRow, DocumentRow)
            .join(VersionRow, PassageRow.version_id == VersionRow.version_id)
            .join(DocumentRow, VersionRow.document_id == DocumentRow.document_id)
            .where(VersionRow.published, ~VersionRow.withdrawn)
            .order_by(*IN_ORDER)
        )
        with self.sessions() as session:
            return [_passage(*row) for row in session.execute(statement)]

    # -- writing -----------------------------------------------------------------------------------------------------

    def add_version(self, new: NewVersion, *, document_id: str | None = None) -> Version:
        """Add a version, to an existing document or as the first of a new one, and set the dates of its siblings:
        a version is in force until the day before the next one begins.

        :param document_id: None makes a new document, named after the hash of the file.
        """
        with self.sessions.begin() as session:
            return _added(session, new, document_id)

    def move_version(self, version_id: str, document_id: str | None) -> Version:
        """Make a version the latest of another document, under a new id; a document that is left without versions goes.

        :param document_id: None makes it the first of a document of its own.
        :raises WrongUsage: if there is no such version or document, or it is a version of that document already.
        """
        with self.sessions.begin() as session:
            row = session.get(VersionRow, version_id)
            if row is None:
                raise _no_version(version_id)
            if document_id is not None and _find(session, document_id) is row.document:
                raise WrongUsage(f"{version_id} is a version of {document_id} already; choose another document")
            new = _new(row, row.document)
            _remove(session, row)
            return _added(session, new, document_id)

    def remove_document(self, document_id: str) -> Document:
        """Remove a document, its versions and their text for good; :returns: what was removed."""
        with self.sessions.begin() as session:
            row = _find(session, document_id)
            removed = _document(row, _passage_counts(session, row.versions))
            _remove_document(session, row)
        self.empty_log()
        return removed

    def prune_originals(self, home: Home) -> None:
        """Delete kept originals that no version was made from. The caller holds ``home.writing()``."""
        with self.sessions() as session:
            known = set(session.scalars(select(VersionRow.sha256)))
        for path in home.originals.iterdir():
            if path.name not in known:
                path.unlink()

    def compact(self) -> None:
        """Write the database anew without what was removed from it."""
        with self.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def change(self, document_id: str, change: Callable[[DocumentRow], None]) -> Document:
        """Change what is said about a document or its versions, then set the versions' dates in force anew.

        :raises WrongUsage: if there is no such document.
        """
        with self.sessions.begin() as session:
            row = _find(session, document_id)
            change(row)
            settle(row)
            session.flush()
            return _document(row, _passage_counts(session, row.versions))

    def remove_versions(self, version_ids: Collection[str]) -> None:
        """Remove versions and their text for good, and documents that have no others; unknown ids are passed over."""
        with self.sessions.begin() as session:
            for version_id in version_ids:
                row = session.get(VersionRow, version_id)
                if row is None:
                    continue
                _remove(session, row)
        self.empty_log()

    def empty_log(self) -> None:
        """Leave nothing of what was removed in the database's files."""
        with self.engine.connect() as connection:
            # Freed pages are zeroed by secure_delete; the checkpoint empties the write-ahead log of the old text.
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _added(session: Session, new: NewVersion, document_id: str | None) -> Version:
    now = datetime.now(UTC)
    if document_id is None:
        document = DocumentRow(
            document_id=_free_document_id(session, new.sha256), title=new.title, collection=new.collection,
            owner=new.owner, jurisdiction=new.jurisdiction, audience=sorted(new.audience), created_at=now, versions=[],
        )  # fmt: skip
        session.add(document)
    else:
        document = _find(session, document_id)
    number = _next_number(session, document)
    version_id = f"{document.document_id}.v{number}"
    row = VersionRow(
        version_id=version_id, number=number, title=new.title, file=new.file, source=new.source, sha256=new.sha256,
        media_type=new.media_type, size_bytes=new.size_bytes, pages=new.pages, published=new.published, withdrawn=False,
        stated_from=new.effective_from, stated_to=new.effective_to, warnings=list(new.warnings), created_at=now,
        passages=[
            PassageRow(
                passage_id=f"{version_id}.p{ordinal:04d}", section_path=list(passage.section_path), page=passage.page,
                kind=passage.kind.value, text=passage.text,
            )
            for ordinal, passage in enumerate(new.passages, start=1)
        ],
    )  # fmt: skip
    document.versions.append(row)
    settle(document)
    session.flush()
    return _version(row, {version_id: len(new.passages)})


def _new(row: VersionRow, document: DocumentRow) -> NewVersion:
    """A version as ingest would hand it over."""
    return NewVersion(
        title=row.title, file=row.file, source=row.source, sha256=row.sha256, media_type=row.media_type,
        size_bytes=row.size_bytes, pages=row.pages, effective_from=row.stated_from, effective_to=row.stated_to,
        jurisdiction=document.jurisdiction, audience=frozenset(document.audience), owner=document.owner,
        collection=document.collection, warnings=tuple(row.warnings), published=row.published,
        passages=tuple(
            NewPassage(passage.text, tuple(passage.section_path), passage.page, PassageKind(passage.kind))
            for passage in row.passages
        ),
    )  # fmt: skip


def _remove(session: Session, row: VersionRow) -> None:
    """Remove a version, and its document if it has no other."""
    document = row.document
    _numbers(session, document)
    session.delete(row)
    session.flush()
    session.expire(document, ["versions"])
    if document.versions:
        settle(document)
    else:
        _remove_document(session, document)


def _remove_document(session: Session, document: DocumentRow) -> None:
    """Remove a document, but not the record of its numbers, in which nothing stands of what it said."""
    numbers = _numbers(session, document)
    if numbers.last <= 1:
        # It is named after the hash of its first version: whoever gets its name again has the same text as its first.
        session.delete(numbers)
    session.delete(document)
    session.flush()


def _next_number(session: Session, document: DocumentRow) -> int:
    """A number that no version of the document ever had, not even before the document was removed and added anew: what was said
    of one that is gone is never taken for another's."""
    numbers = _numbers(session, document)
    numbers.last += 1
    return numbers.last


def _numbers(session: Session, document: DocumentRow) -> NumberRow:
    """The record of a document's numbers, made or brought up to date from the versions that are there."""
    numbers = session.get(NumberRow, document.document_id)
    if numbers is None:
        numbers = NumberRow(document_id=document.document_id, last=0)
        session.add(numbers)
    numbers.last = max([numbers.last, *(version.number for version in document.versions)])
    return numbers


def _is_empty(home: Home) -> bool:
    return not home.database.is_file() or home.database.stat().st_size == 0


def _schema(engine: Engine, home: Home) -> int:
    """The version of the tables that are there, written after the last of them; 0 where they are not all made.

    :raises HomeTooNew: if a newer Policydesk made them.
    """
    with engine.connect() as connection:
        found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if found > SCHEMA_VERSION:
        raise HomeTooNew(
            f"{home.root} was written by a newer Policydesk (schema {found}, this one reads {SCHEMA_VERSION});"
            " upgrade Policydesk or choose another --home"
        )
    return found


def _make(engine: Engine, home: Home) -> None:
    if _schema(engine, home):
        return
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _durable(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _no_version(version_id: str) -> WrongUsage:
    return WrongUsage(f"there is no version {version_id}; see: policydesk documents list")


def _find(session: Session, document_id: str) -> DocumentRow:
    row = session.get(DocumentRow, document_id)
    if row is None:
        raise WrongUsage(f"there is no document {document_id}; see: policydesk documents list")
    return row


def _free_document_id(session: Session, sha256: str) -> str:
    for length in range(10, 64):
        candidate = f"d{sha256[:length]}"
        if session.get(DocumentRow, candidate) is None:
            return candidate
    raise WrongUsage("this file is in the library already; remove it first or use --supersedes")


def _passage_counts(session: Session, versions: Collection[VersionRow] | None = None) -> dict[str, int]:
    """How many passages each version has, by its id: these alone, or all."""
    statement = select(PassageRow.version_id, func.count().label("passages")).group_by(PassageRow.version_id)
    if versions is not None:
        statement = statement.where(PassageRow.version_id.in_([version.version_id for version in versions]))
    return {row.version_id: int(row.passages) for row in session.execute(statement)}


def _document(row: DocumentRow, counts: dict[str, int]) -> Document:
    return Document(
        document_id=row.document_id, title=row.title, collection=row.collection, owner=row.owner, jurisdiction=row.jurisdiction,
        audience=frozenset(row.audience), created_at=utc(row.created_at),
        versions=tuple(_version(version, counts) for version in row.versions),
    )  # fmt: skip


def _version(row: VersionRow, counts: dict[str, int]) -> Version:
    return Version(
        version_id=row.version_id, document_id=row.document_id, number=row.number, title=row.title, file=row.file,
        source=row.source, sha256=row.sha256, media_type=row.media_type, size_bytes=row.size_bytes, pages=row.pages,
        passages=counts.get(row.version_id, 0), published=row.published, withdrawn=row.withdrawn,
        effective_from=row.effective_from, effective_to=row.effective_to, warnings=tuple(row.warnings), created_at=utc(row.created_at),
    )  # fmt: skip


def _passage(passage: PassageRow, version: VersionRow, document: DocumentRow) -> Passage:
    return Passage(
        passage_id=passage.passage_id, document_id=document.document_id, version_id=version.version_id, title=version.title,
        file=version.file, text=passage.text, section_path=tuple(passage.section_path), page=passage.page,
        kind=PassageKind(passage.kind), effective_from=version.effective_from, effective_to=version.effective_to,
        jurisdiction=document.jurisdiction, audience=frozenset(document.audience), owner=document.owner,
    )  # fmt: skip
