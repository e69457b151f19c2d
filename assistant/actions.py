"""What people did to the library, when, and how it was before: what undo needs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import takewhile
from typing import Any

from sqlalchemy import JSON, DateTime, Integer, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from retrieval.documents import Version
from retrieval.errors import WrongUsage
from retrieval.store import Store
from retrieval.tables import Base, utc

#: Who acts where nobody has signed in.
COMMAND_LINE = "command line"


class Act(StrEnum):
    """What can be done to a document and taken back."""

    PUBLISH = "publish"
    REJECT = "reject"
    REMOVE = "remove"
    CONFIRM = "confirm"  #: dates, country, readers, owner or title were set
    ATTACH = "attach"  #: a draft was made a version of another document


class ActionRow(Base):
    __tablename__ = "actions"
    action_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    act: Mapped[str] = mapped_column(String(16))
    document_id: Mapped[str] = mapped_column(String(64), index=True)
    version_ids: Mapped[list[str]] = mapped_column(JSON)
    title: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(128))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    final_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing done to one document."""

    action_id: str
    act: Act
    document_id: str
    version_ids: tuple[str, ...]  #: what it was done to
    title: str  #: of the document, for people; empty once its text is gone
    who: str  #: account name, or "command line"
    at: datetime
    undone_at: datetime | None = None
    final_at: datetime | None = None  #: since when it can no longer be undone, because its text is gone for good
    before: dict[str, Any] = field(default_factory=dict)  #: how it was, as undo needs it

    @property
    def can_be_undone(self) -> bool:
        return self.undone_at is None and self.final_at is None


class Actions:
    """The log of one home. Safe to share between threads and processes."""

    def __init__(self, store: Store) -> None:
        Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[ActionRow.__tablename__]])
        self.sessions = store.sessions

    def add(
        self, act: Act, document_id: str, version_ids: Sequence[str], *, title: str, who: str, before: dict[str, Any] | None = None,
        within: Session | None = None,
    ) -> Action:  # fmt: skip
        """Write down what was done. Acts of one home are numbered: the log has one order.

        :param within: the transaction of what was done: both are kept or neither.
        """
        with nullcontext(within) if within else self.sessions.begin() as session:
            number = (session.scalar(select(func.max(ActionRow.number))) or 0) + 1
            row = ActionRow(
                action_id=secrets.token_hex(6), number=number, act=act.value, document_id=document_id,
                version_ids=list(version_ids), title=title, who=who, at=datetime.now(UTC), before=before or {},
            )  # fmt: skip
            session.add(row)
            session.flush()
            return _action(row)

    def get(self, action_id: str) -> Action:
        """:raises WrongUsage: if there is no such act."""
        with self.sessions() as session:
            row = session.get(ActionRow, action_id)
            if row is None:
                raise WrongUsage(f"there is no act {action_id}; see: policydesk documents history")
            return _action(row)

    def all(self, *, document_id: str | None = None) -> list[Action]:
        """The acts, latest first."""
        statement = select(ActionRow).order_by(ActionRow.number.desc())
        if document_id is not None:
            statement = statement.where(ActionRow.document_id == document_id)
        with self.sessions() as session:
            return [_action(row) for row in session.scalars(statement)]

    def undoable(self, action_id: str | None = None) -> Action:
        """The act that can be taken back now: the one named, or the latest.

        :raises WrongUsage: if there is no such act, it was undone, its text is gone, or a later act on the same document
            stands on it.
        """
        action = self.get(action_id) if action_id else next((each for each in self.all() if each.can_be_undone), None)
        if action is None:
            raise WrongUsage("there is nothing to undo; see: policydesk documents history")
        if action.undone_at is not None:
            raise WrongUsage(f"act {action.action_id} was undone already; see: policydesk documents history")
        if action.final_at is not None:
            raise WrongUsage(f"act {action.action_id} can no longer be undone: its text is gone for good")
        later = takewhile(lambda each: each.action_id != action.action_id, self.all(document_id=action.document_id))
        standing = next((each for each in later if each.can_be_undone), None)
        if standing is not None:
            raise WrongUsage(
                f"act {action.action_id} came before {standing.act.value} {standing.action_id} on the same document; "
                f"undo that first: policydesk documents undo {standing.action_id}"
            )
        return action

    def follow(self, version_id: str, moved: Version) -> None:
        """Let the acts on a version that has moved to another document go with it."""
        with self.sessions.begin() as session:
            for row in session.scalars(select(ActionRow)):
                if row.version_ids == [version_id]:
                    row.document_id, row.version_ids = moved.document_id, [moved.version_id]

    def undone(self, action_id: str) -> Action:
        """Note that an act was taken back; :returns: it."""
        with self.sessions.begin() as session:
            row = session.get_one(ActionRow, action_id)
            row.undone_at = datetime.now(UTC)
            return _action(row)

    def close(self, document_id: str, version_ids: Sequence[str] | None = None) -> None:
        """Note that text is gone for good: acts on these versions cannot be undone, and say nothing of the text any more.

        :param version_ids: None: all of the document's.
        """
        gone = None if version_ids is None else set(version_ids)
        with self.sessions.begin() as session:
            for row in session.scalars(select(ActionRow).where(ActionRow.document_id == document_id)):
                if gone is None or gone & set(row.version_ids):
                    row.final_at = row.final_at or datetime.now(UTC)
                    row.title, row.before = "", {}


def undoable_now(acts: Iterable[Action]) -> set[str]:
    """The ids of the acts that no other has to be undone before: of each document the latest that can be undone.

    :param acts: latest first.
    """
    latest: dict[str, str] = {}
    for act in acts:
        if act.can_be_undone:
            latest.setdefault(act.document_id, act.action_id)
    return set(latest.values())


def _action(row: ActionRow) -> Action:
    return Action(
        action_id=row.action_id, act=Act(row.act), document_id=row.document_id, version_ids=tuple(row.version_ids),
        title=row.title, who=row.who, at=utc(row.at),
        undone_at=utc(row.undone_at) if row.undone_at else None, final_at=utc(row.final_at) if row.final_at else None,
        before=dict(row.before or {}),
    )  # fmt: skip
