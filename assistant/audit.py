"""The audit chain: what happened to the library and what each answer rested on, in entries that nobody can change unseen.

Each entry carries the hash of the one before it. There is no question text and no asker in it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DDL, Integer, String, Text, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from assistant.accounts import Act, Person
from assistant.records import Answer
from retrieval.errors import WrongUsage
from retrieval.scope import Scope
from retrieval.store import Store
from retrieval.tables import Base

#: The hash before the first entry.
BEGINNING = "0" * 64
_TRIES = 20
_PUBLIC = Scope()


class Kind(StrEnum):
    UPLOAD = "upload"
    PUBLISH = "publish"
    REJECT = "reject"  #: a draft was put aside
    CONFIRM = "confirm"  #: dates, country, readers, owner or title were set
    ATTACH = "attach"  #: a draft was made a version of another document
    UNDO = "undo"
    REMOVE = "remove"
    ACCESS = "access"  #: accounts, roles, groups, audiences
    ANSWER = "answer"


class AuditRow(Base):
    __tablename__ = "audit"
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    time: Mapped[str] = mapped_column(String(40))  # as text: what is hashed must come back letter for letter
    kind: Mapped[str] = mapped_column(String(16), index=True)
    payload: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


for _forbidden in ("UPDATE", "DELETE"):
    # Against mistakes; who can drop the trigger is met by verify.
    event.listen(
        AuditRow.__table__,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER IF NOT EXISTS audit_no_{_forbidden.lower()} BEFORE {_forbidden} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END"
        ).execute_if(dialect="sqlite"),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the chain. ``sequence`` counts from 1 without a gap; ``time`` is UTC in ISO 8601."""

    sequence: int
    time: str
    kind: Kind
    payload: dict[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of checking the chain; ``broken`` is the first entry that does not hold, with ``why``."""

    entries: int
    head: str  #: hash of the last entry that holds
    broken: int | None = None
    why: str | None = None

    @property
    def holds(self) -> bool:
        return self.broken is None


class Audit:
    """The chain of one home. Safe to share between threads and processes."""

    def __init__(self, store: Store) -> None:
        Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[AuditRow.__tablename__]])
        self.sessions = store.sessions

    def append(self, kind: Kind, payload: dict[str, Any], *, within: Session | None = None) -> Entry:
        """Add an entry at the end of the chain, durably.

        :param payload: what JSON can say; no question text, no name of an asker.
        :param within: a transaction that has written something: the entry is kept if that is. None for one of its own.
        """
        if within:
            return _linked(within, kind, payload)  # who has written something is the only one that writes
        for attempt in range(_TRIES):
            try:
                with self.sessions.begin() as session:
                    return _linked(session, kind, payload)
            except IntegrityError:
                # Another writer took the number between our look and our write: look again.
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("the loop returns or raises")

    def entries(self, *, kind: Kind | None = None, after: str | None = None) -> Iterator[Entry]:
        """The chain, oldest first, without what was changed after it was written: that is nobody's record; see :meth:`verify`.

        :param after: only what happened from this time on, ISO 8601.
        """
        statement = select(AuditRow).order_by(AuditRow.sequence).execution_options(yield_per=1000)
        if kind is not None:
            statement = statement.where(AuditRow.kind == kind.value)
        if after is not None:
            statement = statement.where(AuditRow.time >= after)
        with self.sessions() as session:
            yield from _entries(session.scalars(statement))

    def latest(self, number: int, *, kind: Kind | None = None) -> list[Entry]:
        """The last entries of the chain, newest first, of which :meth:`entries` leaves out the same."""
        statement = select(AuditRow).order_by(AuditRow.sequence.desc()).limit(number)
        if kind is not None:
            statement = statement.where(AuditRow.kind == kind.value)
        with self.sessions() as session:
            return list(_entries(session.scalars(statement)))

    def verify(self, *, head: str | None = None) -> Verification:
        """Check every link, up to the first that does not hold.

        Entries taken from the end leave a chain that holds; who notes the head now and then can ask whether it is still there.

        :param head: a hash noted earlier; the chain is broken if no entry has it.
        """
        previous, count, seen = BEGINNING, 0, head in (None, BEGINNING)
        statement = select(AuditRow).order_by(AuditRow.sequence).execution_options(yield_per=1000)
        with self.sessions() as session:
            for row in session.scalars(statement):
                if why := _fault(row, count + 1, previous):
                    return Verification(count, previous, broken=row.sequence, why=why)
                count, previous = row.sequence, row.hash
                seen = seen or row.hash == head
        if not seen:
            why = f"no entry has the hash {head}: entries are missing from the end"
            return Verification(count, previous, broken=count + 1, why=why)
        return Verification(count, previous)

    def record_answer(self, answer: Answer, *, scope: Scope | None = _PUBLIC) -> str:
        """Record what an answer rested on; :returns: the answer's id, for ``audit replay``.

        :param scope: what the question was asked under; kept as a hash, so that groups don't tell who asked. None keeps
            nothing of it; then the answer cannot be replayed.
        """
        answer_id = secrets.token_hex(8)
        payload = {
            "answer_id": answer_id,
            "question_sha256": sha256(answer.question),
            "standalone_sha256": sha256(answer.standalone_question),
            "scope_sha256": scope_sha256(scope) if scope else None,
            "as_of": answer.as_of.isoformat(),
            "status": answer.status.value,
            "reason": answer.reason.value if answer.reason else None,
            "answer_sha256": sha256(answer.text),
            "model": answer.model,
            "index_generation": answer.index_generation,
            "citations": [
                {"passage_id": citation.passage.passage_id, "start": citation.start, "end": citation.end}
                for citation in answer.citations
            ],
            "versions": sorted({citation.passage.version_id for citation in answer.citations}),
        }
        self.append(Kind.ANSWER, payload)
        return answer_id

    def record_access(self, person: Person, act: Act) -> None:
        """Record what somebody may do from now on, by the account's id: a name could not be taken out again."""
        payload = {
            "account_id": person.account_id,
            "act": act,
            "role": person.role.value,
            "groups": sorted(person.groups),
        }
        self.append(Kind.ACCESS, payload)

    def find_answer(self, answer_id: str) -> Entry:
        """:raises WrongUsage: if the chain has no answer of this id."""
        for entry in self.entries(kind=Kind.ANSWER):
            if entry.payload.get("answer_id") == answer_id:
                return entry
        raise WrongUsage(f"the audit chain has no answer {answer_id}; see: policydesk audit list")

    def answers_resting_on(self, passage_ids: Collection[str], *, after: str | None = None) -> list[Entry]:
        """The answers that cited one of these passages, oldest first."""
        return [
            entry
            for entry in self.entries(kind=Kind.ANSWER, after=after)
            if any(citation["passage_id"] in passage_ids for citation in entry.payload["citations"])
        ]


def _linked(session: Session, kind: Kind, payload: dict[str, Any]) -> Entry:
    """A new entry behind the last one there is."""
    text, time = _canonical(payload), datetime.now(UTC).isoformat()
    last = session.scalars(select(AuditRow).order_by(AuditRow.sequence.desc()).limit(1)).first()
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, BEGINNING)
    own = _hash(sequence, time, kind.value, text, previous)
    session.add(AuditRow(sequence=sequence, time=time, kind=kind.value, payload=text, previous_hash=previous, hash=own))
    return Entry(sequence, time, kind, json.loads(text), previous, own)


def _entries(rows: Iterable[AuditRow]) -> Iterator[Entry]:
    """What rows say, as far as they say what was written, and in words of this release."""
    for row in rows:
        if row.kind in set(Kind) and row.hash == _own_hash(row):
            yield Entry(row.sequence, row.time, Kind(row.kind), json.loads(row.payload), row.previous_hash, row.hash)


def _fault(row: AuditRow, expected: int, previous: str) -> str | None:
    """What is wrong with an entry, None where nothing is."""
    if row.sequence != expected:
        return f"entry {expected} is missing"
    if row.previous_hash != previous:
        return "it does not follow the entry before it"
    if row.hash != _own_hash(row):
        return "what it says was changed after it was written"
    return None


def scope_sha256(scope: Scope) -> str:
    """What a question was asked under, apart from the day."""
    return sha256(_canonical({"groups": sorted(scope.groups), "jurisdiction": scope.jurisdiction}))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _own_hash(row: AuditRow) -> str:
    return _hash(row.sequence, row.time, row.kind, row.payload, row.previous_hash)


def _hash(sequence: int, time: str, kind: str, payload: str, previous: str) -> str:
    return sha256(_canonical([sequence, time, kind, payload, previous]))


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
