"""Conversations as they are kept: threads, their steps, the citations shown, and thumbs. Each belongs to one person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, Integer, String, Text, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from assistant.handoffs import CODE
from assistant.records import Answer
from assistant.refusal import to_look_at
from retrieval.errors import WrongUsage
from retrieval.store import Store
from retrieval.tables import Base

_TRIES = 20
_REMOVED = "*Text that this answer cited has been removed from the library, and the answer with it.*"


class ChatRow(Base):
    __tablename__ = "conversations"
    thread_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(String(32), index=True)
    name: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    touched_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class StepRow(Base):
    __tablename__ = "conversation_steps"
    step_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    thread_id: Mapped[str] = mapped_column(ForeignKey("conversations.thread_id", ondelete="CASCADE"), index=True)
    ordinal: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class ElementRow(Base):
    __tablename__ = "conversation_elements"
    element_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    thread_id: Mapped[str] = mapped_column(ForeignKey("conversations.thread_id", ondelete="CASCADE"), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class ThumbRow(Base):
    __tablename__ = "conversation_thumbs"
    thumb_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    thread_id: Mapped[str] = mapped_column(ForeignKey("conversations.thread_id", ondelete="CASCADE"), index=True)
    step_id: Mapped[str] = mapped_column(String(64), unique=True)
    helpful: Mapped[bool]
    comment: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Shown:
    """A step of a conversation, or an element (a citation, an evidence list), as it was shown."""

    thread_id: str
    shown_id: str
    body: dict[str, Any]
    is_element: bool = False


class Chats:
    """The conversations of one home. A thread's id, once taken, is its owner's: nobody else can write under it."""

    def __init__(self, store: Store) -> None:
        rows = (ChatRow, StepRow, ElementRow, ThumbRow)
        Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[row.__tablename__] for row in rows])
        self.sessions = store.sessions

    def save(
        self,
        thread_id: str,
        *,
        account_id: str | None = None,
        name: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Make a thread or change what is given of it.

        :raises WrongUsage: if the thread belongs to another account.
        """
        now = datetime.now(UTC)
        with self.sessions.begin() as session:
            row = session.get(ChatRow, thread_id)
            if row is None and account_id is None:
                return  # Chainlit says goodbye to a conversation that its owner has just removed
            if row is None:
                row = ChatRow(thread_id=thread_id, account_id=account_id, details={}, created_at=now, touched_at=now)
                session.add(row)
            if account_id is not None:
                if row.account_id not in (None, account_id):
                    raise WrongUsage("this conversation belongs to somebody else")
                row.account_id = account_id
            if name is not None:
                row.name = name[:200]
            if details is not None:
                merged = {**row.details, **details}
                row.details = {key: value for key, value in merged.items() if value is not None}

    def owner(self, thread_id: str) -> str | None:
        """The account that a thread belongs to, or None."""
        with self.sessions() as session:
            row = session.get(ChatRow, thread_id)
            return row.account_id if row else None

    def keep(self, shown: Sequence[Shown]) -> list[Shown]:
        """Keep what was shown, new or changed, in one transaction; steps stay in the order they were first kept.

        :returns: what was left out because its id is taken in another conversation.
        """
        for _ in range(_TRIES - 1):
            # A conversation may be removed between our look and our write: look again.
            with suppress(IntegrityError, StaleDataError):
                return self._keep(shown)
        return self._keep(shown)

    def _keep(self, shown: Sequence[Shown]) -> list[Shown]:
        left_out: list[Shown] = []
        now = datetime.now(UTC)
        with self.sessions.begin() as session:
            ids = {one.shown_id for one in shown}
            steps = {row.step_id: row for row in session.scalars(select(StepRow).where(StepRow.step_id.in_(ids)))}
            elements = {
                row.element_id: row for row in session.scalars(select(ElementRow).where(ElementRow.element_id.in_(ids)))
            }
            threads = {thread_id: _thread(session, thread_id) for thread_id in {one.thread_id for one in shown}}
            of_these = StepRow.thread_id.in_(threads)
            counted = select(StepRow.thread_id, func.max(StepRow.ordinal)).where(of_these).group_by(StepRow.thread_id)
            last = dict(session.execute(counted).all())
            for one in shown:
                row = elements.get(one.shown_id) if one.is_element else steps.get(one.shown_id)
                if row is not None and row.thread_id != one.thread_id:
                    left_out.append(one)
                elif isinstance(row, StepRow):
                    row.body = {**row.body, **one.body}
                elif row is not None:
                    row.body = one.body
                elif one.is_element:
                    elements[one.shown_id] = ElementRow(element_id=one.shown_id, thread_id=one.thread_id, body=one.body)
                    session.add(elements[one.shown_id])
                else:
                    last[one.thread_id] = last.get(one.thread_id, 0) + 1
                    steps[one.shown_id] = StepRow(
                        step_id=one.shown_id, thread_id=one.thread_id, ordinal=last[one.thread_id], body=one.body
                    )
                    session.add(steps[one.shown_id])
                if not one.is_element:
                    threads[one.thread_id].touched_at = now
        return left_out

    def save_step(self, thread_id: str, step_id: str, body: dict[str, Any]) -> None:
        """Keep one step; see :meth:`keep`.

        :raises WrongUsage: if a step of another thread has this id.
        """
        if self.keep([Shown(thread_id, step_id, body)]):
            raise WrongUsage("this step belongs to another conversation")

    def save_element(self, thread_id: str, element_id: str, body: dict[str, Any]) -> None:
        """Keep one element; see :meth:`keep`.

        :raises WrongUsage: if an element of another thread has this id.
        """
        if self.keep([Shown(thread_id, element_id, body, is_element=True)]):
            raise WrongUsage("this element belongs to another conversation")

    def remove_step(self, step_id: str) -> None:
        with self.sessions.begin() as session:
            session.execute(delete(StepRow).where(StepRow.step_id == step_id))

    def element(self, thread_id: str, element_id: str) -> dict[str, Any] | None:
        with self.sessions() as session:
            row = session.get(ElementRow, element_id)
            return row.body if row and row.thread_id == thread_id else None

    def remove_element(self, element_id: str) -> None:
        with self.sessions.begin() as session:
            session.execute(delete(ElementRow).where(ElementRow.element_id == element_id))

    def save_thumb(
        self,
        thread_id: str,
        step_id: str,
        *,
        thumb_id: str,
        helpful: bool,
        comment: str | None,
        account_id: str | None = None,
    ) -> None:
        """Keep a thumb for an answer; a second one for the same answer replaces the first.

        :raises WrongUsage: if the conversation is not the account's own.
        """
        with self.sessions.begin() as session:
            thread = _thread(session, thread_id)
            if account_id is not None and thread.account_id != account_id:
                raise WrongUsage("only the owner of a conversation can rate its answers")
            session.execute(delete(ThumbRow).where(or_(ThumbRow.step_id == step_id, ThumbRow.thumb_id == thumb_id)))
            session.add(
                ThumbRow(
                    thumb_id=thumb_id, thread_id=thread_id, step_id=step_id, helpful=helpful,
                    comment=comment[:2000] if comment else None, created_at=datetime.now(UTC),
                )
            )  # fmt: skip

    def remove_thumb(self, thumb_id: str, *, account_id: str | None = None) -> bool:
        """Take a thumb back; :returns: whether there was one to take back."""
        with self.sessions.begin() as session:
            row = session.get(ThumbRow, thumb_id)
            if row is None or (account_id is not None and _thread(session, row.thread_id).account_id != account_id):
                return False
            session.delete(row)
            return True

    def remove_thumbs(self, days: int) -> int:
        """Remove thumbs older than so many days; :returns: how many."""
        before = datetime.now(UTC) - timedelta(days=days)
        with self.sessions.begin() as session:
            old = session.scalars(select(ThumbRow.thumb_id).where(ThumbRow.created_at < before)).all()
            session.execute(delete(ThumbRow).where(ThumbRow.thumb_id.in_(old)))
            return len(old)

    def thumbs(self) -> list[ThumbRow]:
        """All thumbs, oldest first."""
        with self.sessions() as session:
            return list(session.scalars(select(ThumbRow).order_by(ThumbRow.created_at, ThumbRow.thumb_id)))

    def remove(self, thread_id: str) -> None:
        """Remove a conversation with everything in it."""
        with self.sessions.begin() as session:
            for row in (ThumbRow, ElementRow, StepRow, ChatRow):
                session.execute(delete(row).where(row.thread_id == thread_id))

    def forget(self, document_id: str, version_ids: Collection[str] | None = None) -> int:
        """Take words that are gone for good out of every conversation: answers that cite them, and the passages shown;
        :returns: how many answers and lists of passages were changed.

        :param version_ids: None: all of the document's.
        """
        changed = 0
        with self.sessions.begin() as session:
            elements = session.scalars(select(ElementRow).where(ElementRow.body.cast(Text).contains(document_id))).all()
            shown = _versions_shown(elements)
            for step in session.scalars(select(StepRow).where(StepRow.body.cast(Text).contains(document_id))):
                if _cites(step, document_id, version_ids, shown.get(step.step_id)):
                    kept = {key: value for key, value in step.body["metadata"].items() if key != "answer"}
                    step.body = {**step.body, "output": _REMOVED, "metadata": kept}
                    changed += 1
            gone = tuple(f"{each}." for each in ([document_id] if version_ids is None else version_ids))
            for element in elements:
                props = element.body["props"]
                passages = props.get("passages", [])
                left = [each for each in passages if not each["passage_id"].startswith(gone)]
                if len(left) < len(passages):
                    element.body = {**element.body, "props": {**props, "passages": left}}
                    changed += 1
        return changed

    def forget_codes(self) -> None:
        """Take out the codes of hand-offs that earlier releases kept: they lead from a question to its asker."""
        with self.sessions.begin() as session:
            for row in session.scalars(select(ChatRow).where(ChatRow.name.ilike("%pick-%"))):
                row.name = None if CODE.search(row.name or "") else row.name
            for step in session.scalars(select(StepRow).where(StepRow.body.cast(Text).ilike("%pick-%"))):
                kept = without_codes(step.body)
                if kept != step.body:
                    step.body = kept

    def remove_untouched(self, days: int) -> int:
        """Remove conversations nobody has written in for so many days, and what is left of removed ones whose answer
        was still being written; :returns: how many.
        """
        before = datetime.now(UTC) - timedelta(days=days)
        expired = or_(ChatRow.touched_at < before, ChatRow.account_id.is_(None))
        with self.sessions() as session:
            old = session.scalars(select(ChatRow.thread_id).where(expired)).all()
        for thread_id in old:
            self.remove(thread_id)
        return len(old)

    def latest(
        self, account_id: str, *, first: int | None = None, after: str | None = None, search: str | None = None
    ) -> tuple[list[ChatRow], bool]:
        """An account's conversations, the last touched first, and whether there are more.

        :param first: at most so many; all without it.
        """
        statement = select(ChatRow).where(ChatRow.account_id == account_id)
        if search:
            wanted = f"%{search.replace('%', '').replace('_', ' ')}%"
            inside = select(StepRow.thread_id).where(StepRow.body["output"].as_string().ilike(wanted))
            statement = statement.where(or_(ChatRow.name.ilike(wanted), ChatRow.thread_id.in_(inside)))
        statement = statement.order_by(ChatRow.touched_at.desc(), ChatRow.thread_id)
        with self.sessions() as session:
            rows = list(session.scalars(statement))
        ids = [row.thread_id for row in rows]
        begin = ids.index(after) + 1 if after in ids else 0
        end = len(rows) if first is None else begin + first
        return rows[begin:end], len(rows) > end

    def load(self, thread_id: str) -> tuple[ChatRow, list[StepRow], list[ElementRow], list[ThumbRow]] | None:
        """A conversation and all that is in it, in order; None if there is no such."""
        with self.sessions() as session:
            row = session.get(ChatRow, thread_id)
            if row is None:
                return None
            steps = session.scalars(
                select(StepRow).where(StepRow.thread_id == thread_id).order_by(StepRow.ordinal)
            ).all()
            elements = session.scalars(select(ElementRow).where(ElementRow.thread_id == thread_id)).all()
            thumbs = session.scalars(select(ThumbRow).where(ThumbRow.thread_id == thread_id)).all()
            return row, list(steps), list(elements), list(thumbs)


def kept_with(answer: Answer) -> dict[str, Any]:
    """What is kept with the message: for follow-up questions, and to find it when a document or version is gone for good."""
    passages = [source.passage for source in (*answer.sources, *to_look_at(answer))]
    return {
        "answer": answer.text,
        "status": answer.status.value,
        "reason": answer.reason.value if answer.reason else None,
        "documents": sorted({passage.document_id for passage in passages}),
        "versions": sorted({passage.version_id for passage in passages}),
    }


def without_codes(body: dict[str, Any]) -> dict[str, Any]:
    """A step without what was typed or said in it that holds the code of a hand-off."""
    return {
        key: "" if key in ("name", "input", "output") and CODE.search(str(value)) else value
        for key, value in body.items()
    }


def _versions_shown(elements: Iterable[ElementRow]) -> dict[str, set[str]]:
    """The versions whose passages are shown below each step, by its id."""
    shown: dict[str, set[str]] = {}
    for element in elements:
        versions = {each["passage_id"].rpartition(".")[0] for each in element.body["props"].get("passages", ())}
        shown.setdefault(element.body.get("forId") or "", set()).update(versions)
    return shown


def _cites(step: StepRow, document_id: str, version_ids: Collection[str] | None, shown: set[str] | None) -> bool:
    """Whether a step is an answer from a document, or from one of these versions of it."""
    metadata = step.body.get("metadata") or {}
    if document_id not in metadata.get("documents", ()):
        return False
    # Answers kept by earlier releases name no versions: then the passages below them tell, or else the document must do.
    cited = metadata.get("versions") or shown
    return version_ids is None or not cited or not set(cited).isdisjoint(version_ids)


def _thread(session: Session, thread_id: str) -> ChatRow:
    row = session.get(ChatRow, thread_id)
    if row is None:
        now = datetime.now(UTC)
        row = ChatRow(thread_id=thread_id, account_id=None, details={}, created_at=now, touched_at=now)
        session.add(row)
        session.flush()
    return row
