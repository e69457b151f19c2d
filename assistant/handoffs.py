"""Questions handed to the people who keep the documents, and their answers.

Who asked is kept only so that the answer can be delivered: no reader of the inbox is shown it, the asker can take the question
back, and where even that link must not be written, a code that the asker keeps stands in its place.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Integer, String, Text, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from assistant.records import Citation
from ingest.preflight import Quoted
from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.store import Store
from retrieval.tables import Base, utc

#: Open questions one person may have; more would be a flood, not a need.
MOST_OPEN = 30
MAX_NOTE_CHARACTERS = 2_000
MAX_ANSWER_CHARACTERS = 10_000
#: Who is asked where a document names nobody.
NOBODY_NAMED = "HR"
_CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
#: What a code looks like, however it is typed.
CODE = re.compile(rf"pick(-[{_CODE_LETTERS}]{{4}}){{4}}", re.IGNORECASE)


class HandoffState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Handoff:
    """One question handed on. It does not say who asked.

    ``offer_id`` names the offer in the chat that it came from, so that the same click twice is one hand-off. ``code`` is set
    only on what :meth:`Handoffs.add` returns for a question without an account: it opens the answer and is kept nowhere else.
    """

    handoff_id: str
    offer_id: str
    question: str
    note: str | None
    owner: str  #: whom it was sent to, as the document names them
    document_id: str | None
    evidence: tuple[Quoted, ...]
    state: HandoffState
    answer: str | None
    created_at: datetime
    answered_at: datetime | None
    was_seen: bool  #: whether the asker has seen how it ended
    code: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state is HandoffState.OPEN

    def for_reader(self, documents: Collection[str]) -> Handoff:
        """As somebody sees it who may read only these documents: evidence of others is left out, with the document's id."""
        kept = tuple(shown for shown in self.evidence if shown.document_id in documents)
        return replace(
            self, evidence=kept, document_id=self.document_id if self.document_id in documents else None, code=None
        )


class HandoffRow(Base):
    __tablename__ = "handoffs"
    handoff_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(String(32), index=True)
    code_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    offer_id: Mapped[str] = mapped_column(String(64), unique=True)
    question: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)
    document_id: Mapped[str | None] = mapped_column(String(64))
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), index=True)
    answer: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    was_seen: Mapped[bool] = mapped_column(default=False)
    mail_waits: Mapped[bool] = mapped_column(default=False, index=True)
    mail_tries: Mapped[int] = mapped_column(Integer, default=0)


class Handoffs:
    """The hand-offs of one home. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[HandoffRow.__tablename__]])
        self.sessions = store.sessions

    def add(
        self,
        question: str,
        *,
        account_id: str | None,
        owner: str | None = None,
        evidence: Sequence[Citation | Passage] = (),
        note: str | None = None,
        offer_id: str | None = None,
        by_mail: bool = False,
    ) -> Handoff:
        """Hand a question on, with what the asker was shown.

        :param account_id: who is to get the answer; None keeps no trace of them, and the returned ``code`` opens the answer.
        :param owner: whom to ask; None takes the first passage's owner, or HR.
        :param evidence: passages inside the asker's scope only; the first names the document.
        :param offer_id: the offer it comes from; a second time returns the hand-off made at the first.
        :param by_mail: whether it also waits to be mailed.
        :raises WrongUsage: if the account has 30 open ones, or the offer was somebody else's.
        """
        passages = [each.passage if isinstance(each, Citation) else each for each in evidence]
        named = next((passage.owner for passage in passages if passage.owner), None)
        code = None if account_id else _new_code()
        row = HandoffRow(
            handoff_id=secrets.token_hex(8), account_id=account_id, code_sha256=_hash(code) if code else None,
            offer_id=offer_id or secrets.token_hex(16), question=question, note=(note or "").strip()[:MAX_NOTE_CHARACTERS] or None,
            owner=owner or named or NOBODY_NAMED, document_id=passages[0].document_id if passages else None,
            evidence=[_json(_quoted(each)) for each in evidence], state=HandoffState.OPEN.value, answer=None,
            created_at=datetime.now(UTC), answered_at=None, was_seen=False, mail_waits=by_mail, mail_tries=0,
        )  # fmt: skip
        try:
            with self.sessions.begin() as session:
                if earlier := self._earlier(session, row):
                    return earlier
                if account_id and _count_open(session, account_id) >= MOST_OPEN:
                    raise WrongUsage(
                        f"{MOST_OPEN} questions of yours are still open; wait for an answer, or take one back, before you send another"
                    )
                session.add(row)
        except IntegrityError:
            # The same click twice: the other has just made it.
            with self.sessions() as session:
                if earlier := self._earlier(session, row):
                    return earlier
            raise
        return replace(_handoff(row), code=code)

    @staticmethod
    def _earlier(session: Session, row: HandoffRow) -> Handoff | None:
        """What the offer of this row was sent as before.

        :raises WrongUsage: if that was not the same account's.
        """
        earlier = session.scalar(select(HandoffRow).where(HandoffRow.offer_id == row.offer_id))
        if earlier is None:
            return None
        if earlier.account_id is None or earlier.account_id != row.account_id:
            raise WrongUsage("this question has been sent already; ask again to send it anew")
        return _handoff(earlier)

    # -- the inbox ---------------------------------------------------------------------------------------------------

    def inbox(self, documents: Collection[str], *, state: HandoffState | None = HandoffState.OPEN) -> list[Handoff]:
        """What waits, oldest first, as somebody sees it who may read these documents.

        :param documents: ids of the reader's documents; see :func:`assistant.library.visible`.
        :param state: None gives all.
        """
        statement = select(HandoffRow).order_by(HandoffRow.created_at, HandoffRow.handoff_id)
        if state is not None:
            statement = statement.where(HandoffRow.state == state.value)
        with self.sessions() as session:
            return [_handoff(row).for_reader(documents) for row in session.scalars(statement)]

    def get(self, handoff_id: str, documents: Collection[str]) -> Handoff | None:
        """One hand-off as somebody sees it who may read these documents; None if there is no such."""
        with self.sessions() as session:
            row = session.get(HandoffRow, handoff_id)
            return _handoff(row).for_reader(documents) if row else None

    def answer(self, handoff_id: str, text: str) -> Handoff:
        """Answer a question; the asker sees it at the next visit. A second answer takes the place of the first.

        :raises WrongUsage: if there is no such hand-off, or the text is empty or longer than 10,000 characters.
        """
        text = text.strip()
        if not 0 < len(text) <= MAX_ANSWER_CHARACTERS:
            raise WrongUsage(f"the answer has {len(text):,} characters; write 1 to {MAX_ANSWER_CHARACTERS:,}")
        return self._end(handoff_id, HandoffState.ANSWERED, text)

    def close(self, handoff_id: str) -> Handoff:
        """Close a question without an answer; one that was answered stays answered, out of the way.

        :raises WrongUsage: if there is no such hand-off.
        """
        return self._end(handoff_id, HandoffState.CLOSED, None)

    def _end(self, handoff_id: str, state: HandoffState, text: str | None) -> Handoff:
        gone = WrongUsage(f"there is no hand-off {handoff_id}; the asker may have taken it back")
        try:
            with self.sessions.begin() as session:
                row = session.get(HandoffRow, handoff_id)
                if row is None:
                    raise gone
                row.was_seen = row.was_seen and text is None and row.answer is not None
                row.state, row.answer, row.mail_waits = state.value, text or row.answer, False
                row.answered_at = datetime.now(UTC)
                return _handoff(row)
        except StaleDataError as error:  # at this very moment
            raise gone from error

    # -- the asker ---------------------------------------------------------------------------------------------------

    def own(self, account_id: str) -> list[Handoff]:
        """What an account has handed on, newest first."""
        statement = select(HandoffRow).where(HandoffRow.account_id == account_id)
        with self.sessions() as session:
            ordered = statement.order_by(HandoffRow.created_at.desc(), HandoffRow.handoff_id)
            return [_handoff(row) for row in session.scalars(ordered)]

    def news(self, account_id: str) -> list[Handoff]:
        """What has ended and the asker has not seen yet, newest first."""
        return [each for each in self.own(account_id) if not each.is_open and not each.was_seen]

    def mark_seen(self, shown: Collection[Handoff]) -> None:
        """Their asker has been shown these as they are given; what has ended or changed since is still news."""
        with self.sessions.begin() as session:
            for each in shown:
                same = (HandoffRow.handoff_id == each.handoff_id) & (HandoffRow.answered_at == each.answered_at)
                if not (each.is_open or each.was_seen):
                    session.execute(update(HandoffRow).where(same).values(was_seen=True))

    def with_code(self, code: str) -> Handoff | None:
        """The hand-off that this code was given for, or None."""
        with self.sessions() as session:
            row = session.scalar(select(HandoffRow).where(HandoffRow.code_sha256 == _hash(code.strip().lower())))
            return _handoff(row) if row else None

    def withdraw(self, handoff_id: str, *, account_id: str) -> bool:
        """Delete a hand-off for its asker; :returns: whether there was one of theirs."""
        own = (HandoffRow.handoff_id == handoff_id) & (HandoffRow.account_id == account_id)
        with self.sessions.begin() as session:
            return session.scalar(delete(HandoffRow).where(own).returning(HandoffRow.handoff_id)) is not None

    # -- what time and removal do ------------------------------------------------------------------------------------

    def forget_account(self, account_id: str) -> int:
        """Delete everything an account has handed on; :returns: how many there were."""
        with self.sessions.begin() as session:
            own = session.scalars(select(HandoffRow).where(HandoffRow.account_id == account_id)).all()
            session.execute(delete(HandoffRow).where(HandoffRow.account_id == account_id))
            return len(own)

    def forget_askers(self) -> None:
        """Take out who asked; the questions stay in the inbox, and their answers reach nobody."""
        with self.sessions.begin() as session:
            session.execute(update(HandoffRow).where(HandoffRow.account_id.is_not(None)).values(account_id=None))

    def forget_document(self, document_id: str, version_ids: Collection[str] | None = None) -> None:
        """Take words that are gone for good out of every hand-off.

        :param version_ids: None: all of the document's, which is gone with them.
        """
        gone = tuple(f"{each}." for each in ([document_id] if version_ids is None else version_ids))
        with self.sessions.begin() as session:
            for row in session.scalars(select(HandoffRow)):
                kept = [shown for shown in row.evidence if not shown["passage_id"].startswith(gone)]
                if len(kept) < len(row.evidence):
                    row.evidence = kept
                if version_ids is None and row.document_id == document_id:
                    row.document_id = None

    def remove_older(self, days: int) -> int:
        """Delete what nothing has happened to for so many days; :returns: how many."""
        before = datetime.now(UTC) - timedelta(days=days)
        old = or_(HandoffRow.answered_at < before, HandoffRow.answered_at.is_(None) & (HandoffRow.created_at < before))
        with self.sessions.begin() as session:
            found = session.scalars(select(HandoffRow.handoff_id).where(old)).all()
            session.execute(delete(HandoffRow).where(HandoffRow.handoff_id.in_(found)))
            return len(found)

    # -- mail --------------------------------------------------------------------------------------------------------

    def waiting_for_mail(self, *, tries: int) -> list[Handoff]:
        """Open hand-offs that are still to be mailed and have failed fewer than so many times, oldest first."""
        waiting = select(HandoffRow).where(HandoffRow.mail_waits, HandoffRow.mail_tries < tries)
        with self.sessions() as session:
            return [_handoff(row) for row in session.scalars(waiting.order_by(HandoffRow.created_at))]

    def mailed(self, handoff_id: str, *, sent: bool) -> None:
        """Note that a hand-off was mailed, or that it failed once more."""
        tries = HandoffRow.mail_tries + (0 if sent else 1)
        noted = (
            update(HandoffRow).where(HandoffRow.handoff_id == handoff_id).values(mail_waits=not sent, mail_tries=tries)
        )
        with self.sessions.begin() as session:
            session.execute(noted)


def handoff_json(handoff: Handoff) -> dict[str, Any]:
    """A hand-off for scripts and the chat. Who asked is not in it."""
    return {
        "handoff_id": handoff.handoff_id,
        "offer_id": handoff.offer_id,
        "question": handoff.question,
        "note": handoff.note,
        "owner": handoff.owner,
        "document_id": handoff.document_id,
        "evidence": [_json(shown) for shown in handoff.evidence],
        "state": handoff.state.value,
        "answer": handoff.answer,
        "created_at": handoff.created_at.isoformat(),
        "answered_at": handoff.answered_at.isoformat() if handoff.answered_at else None,
        **({"code": handoff.code} if handoff.code else {}),
    }


def _quoted(source: Citation | Passage) -> Quoted:
    """A citation with its quoted words, or a passage whole."""
    if isinstance(source, Citation):
        return Quoted.from_passage(source.passage, source.start, source.end)
    return Quoted.from_passage(source, 0, len(source.text))


def _json(shown: Quoted) -> dict[str, Any]:
    return {
        "passage_id": shown.passage_id,
        "document_id": shown.document_id,
        "title": shown.title,
        "section_path": list(shown.section_path),
        "page": shown.page,
        "quote": shown.quote,
    }


def _handoff(row: HandoffRow) -> Handoff:
    return Handoff(
        handoff_id=row.handoff_id, offer_id=row.offer_id, question=row.question, note=row.note, owner=row.owner,
        document_id=row.document_id,
        evidence=tuple(Quoted(**{**each, "section_path": tuple(each["section_path"])}) for each in row.evidence),
        state=HandoffState(row.state), answer=row.answer, created_at=utc(row.created_at),
        answered_at=utc(row.answered_at) if row.answered_at else None, was_seen=row.was_seen,
    )  # fmt: skip


def _count_open(session: Session, account_id: str) -> int:
    own = select(func.count()).where(HandoffRow.account_id == account_id, HandoffRow.state == HandoffState.OPEN.value)
    return session.scalar(own) or 0


def _new_code() -> str:
    """Sixteen letters in groups that can be copied by hand: 78 bits."""
    drawn = "".join(secrets.choice(_CODE_LETTERS) for _ in range(16))
    return "pick-" + "-".join(drawn[at : at + 4] for at in range(0, 16, 4))


def _hash(code: str) -> str:
    # A code is random: nothing to guess, so a plain hash is enough to keep it out of the database.
    return hashlib.sha256(code.encode()).hexdigest()
