"""What was asked, without who asked it: the only source of the reports.

A row says nothing that leads to a person: no name, no account, no conversation, no hour. So that askers can be counted, each
row carries one of 4,096 buckets, made from the account and a secret that is thrown away every quarter.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Date, Float, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from assistant.records import Answer, Reason, Status
from retrieval.store import Store
from retrieval.tables import Base

_BUCKETS = 4096


class AskedRow(Base):
    __tablename__ = "asked"
    # The order of writing would tell who asked just before or after whom.
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012
    asked_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    confidence: Mapped[float] = mapped_column(Float)
    helpful: Mapped[bool | None]
    day: Mapped[date] = mapped_column(Date, index=True)
    asker: Mapped[str | None] = mapped_column(String(8))
    first_evidence_ms: Mapped[float] = mapped_column(Float)
    total_ms: Mapped[float] = mapped_column(Float)


class AskerSecretRow(Base):
    __tablename__ = "asker_secrets"
    quarter: Mapped[str] = mapped_column(String(8), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True, slots=True)
class Question:
    """One question as the reports see it. ``asker`` means something within one quarter only; None: not to be counted."""

    text: str
    status: Status
    reason: Reason | None
    confidence: float
    helpful: bool | None
    day: date
    asker: str | None
    first_evidence_ms: float
    total_ms: float

    @property
    def was_refused(self) -> bool:
        return self.status is Status.ABSTAINED


class Asked:
    """The questions of one home. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        tables = [Base.metadata.tables[row.__tablename__] for row in (AskedRow, AskerSecretRow)]
        Base.metadata.create_all(store.engine, tables=tables)
        self.sessions = store.sessions

    def record(self, answer: Answer, *, account_id: str | None, day: date | None = None) -> str | None:
        """Keep a question and how it was answered.

        :param account_id: who asked, to be counted; it is not kept. None (works council mode, the command line) is never
            counted, so such questions alone never make a group that is shown.
        :returns: an id for :meth:`vote`; None for greetings, which are not kept.
        """
        if answer.status is Status.CLARIFY and answer.reason is None:
            return None
        day = day or date.today()
        row = AskedRow(
            asked_id=secrets.token_hex(16), question=answer.standalone_question, status=answer.status.value,
            reason=answer.reason.value if answer.reason else None, confidence=answer.confidence, helpful=None, day=day,
            first_evidence_ms=answer.timings_ms.get("first_evidence", 0.0), total_ms=answer.timings_ms.get("total", 0.0),
        )  # fmt: skip
        with self.sessions.begin() as session:
            row.asker = _bucket(session, account_id, day) if account_id is not None else None
            session.add(row)
            return row.asked_id

    def vote(self, asked_id: str, helpful: bool | None) -> bool:
        """Keep a thumb, or take it back with None; :returns: whether there is such a question."""
        with self.sessions.begin() as session:
            row = session.get(AskedRow, asked_id)
            if row is not None:
                row.helpful = helpful
            return row is not None

    def vote_on(self, question: str, helpful: bool | None, *, account_id: str) -> bool:
        """Keep a thumb for the account's latest question of this wording; :returns: whether there is one."""
        asked_id = self.find(question, account_id=account_id)
        return asked_id is not None and self.vote(asked_id, helpful)

    def find(self, question: str, *, account_id: str, today: date | None = None) -> str | None:
        """The id of this account's latest question of that text in this quarter, for a thumb that comes with the text only."""
        today = today or date.today()
        with self.sessions.begin() as session:
            same = select(AskedRow.asked_id).where(
                AskedRow.question == question,
                AskedRow.asker == _bucket(session, account_id, today),
                AskedRow.day >= date(today.year, 3 * ((today.month - 1) // 3) + 1, 1),
            )
            return session.scalars(same.order_by(AskedRow.day.desc(), AskedRow.asked_id)).first()

    def questions(self, since: date, until: date) -> list[Question]:
        """What was asked from one day to another, both included; by day, within a day in no order that means anything."""
        statement = (
            select(
                AskedRow.question, AskedRow.status, AskedRow.reason, AskedRow.confidence, AskedRow.helpful, AskedRow.day,
                AskedRow.asker, AskedRow.first_evidence_ms, AskedRow.total_ms,
            )
            .where(AskedRow.day >= since, AskedRow.day <= until)
            .order_by(AskedRow.day, AskedRow.asked_id)
        )  # fmt: skip
        with self.sessions() as session:
            return [_question(*row) for row in session.execute(statement)]

    def state(self, since: date, until: date) -> tuple[object, ...]:
        """What :meth:`questions` gives, in short: another one when it gives others or they were rated otherwise."""
        statement = select(
            func.count(), func.count(AskedRow.asker), func.sum(AskedRow.helpful), func.count(AskedRow.helpful),
            func.sum(AskedRow.total_ms), func.min(AskedRow.asked_id), func.max(AskedRow.asked_id),
        ).where(AskedRow.day >= since, AskedRow.day <= until)  # fmt: skip
        with self.sessions() as session:
            return tuple(session.execute(statement).one())

    def text_with(self, sha256: str) -> str | None:
        """The question whose text has this hash, while it is still kept."""
        with self.sessions() as session:
            for text in session.scalars(select(AskedRow.question).distinct()):
                if hashlib.sha256(text.encode("utf-8")).hexdigest() == sha256:
                    return text
        return None

    def forget_askers(self) -> None:
        """Take out what askers are counted by, with the secret behind it."""
        with self.sessions.begin() as session:
            session.execute(update(AskedRow).where(AskedRow.asker.is_not(None)).values(asker=None))
            session.execute(delete(AskerSecretRow))

    def forget(self, days: int, *, today: date | None = None) -> int:
        """Remove questions older than so many days; :returns: how many."""
        before = (today or date.today()) - timedelta(days=days)
        with self.sessions.begin() as session:
            old = session.scalars(select(AskedRow.asked_id).where(AskedRow.day < before)).all()
            session.execute(delete(AskedRow).where(AskedRow.day < before))
            return len(old)


def count_askers(questions: Collection[Question]) -> int:
    """At least how many people asked these.

    Buckets of two quarters cannot be told apart or joined, so the quarter with the most askers counts.
    """
    askers: dict[str, set[str]] = defaultdict(set)
    for question in questions:
        if question.asker is not None:
            askers[_quarter(question.day)].add(question.asker)
    return max((len(buckets) for buckets in askers.values()), default=0)


def _question(
    text: str, status: str, reason: str | None, confidence: float, helpful: bool | None, day: date, asker: str | None,
    first_evidence_ms: float, total_ms: float,
) -> Question:  # fmt: skip
    return Question(
        text,
        Status(status),
        Reason(reason) if reason else None,
        confidence,
        helpful,
        day,
        asker,
        first_evidence_ms,
        total_ms,
    )


def new_secret() -> str:
    return secrets.token_hex(32)


def _bucket(session: Session, account_id: str, day: date) -> str:
    quarter = _quarter(day)
    row = session.get(AskerSecretRow, quarter)
    if row is None:
        session.execute(delete(AskerSecretRow))
        row = AskerSecretRow(quarter=quarter, secret=new_secret())
        session.add(row)
        session.flush()
    digest = hmac.digest(row.secret.encode(), account_id.encode(), "sha256")
    return f"{int.from_bytes(digest[:4], 'big') % _BUCKETS:03x}"


def _quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"
