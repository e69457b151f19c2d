"""What people think of answers: a thumb and a comment, kept without the person's name."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import DateTime, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from retrieval.store import Store
from retrieval.tables import Base


class FeedbackRow(Base):
    __tablename__ = "feedback"
    feedback_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    helpful: Mapped[bool]
    comment: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Feedback:
    """The feedback of one home."""

    def __init__(self, store: Store) -> None:
        Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[FeedbackRow.__tablename__]])
        self.sessions = store.sessions

    def add(self, question: str, *, helpful: bool, comment: str | None = None) -> str:
        """Keep a thumb; :returns: its id."""
        row = FeedbackRow(
            feedback_id=secrets.token_hex(8),
            question=question,
            helpful=helpful,
            comment=comment,
            created_at=datetime.now(UTC),
        )
        with self.sessions.begin() as session:
            session.add(row)
        return row.feedback_id

    def change(self, feedback_id: str, *, helpful: bool, comment: str | None) -> bool:
        """Put another thumb in the place of one; :returns: whether it is still there."""
        with self.sessions.begin() as session:
            row = session.get(FeedbackRow, feedback_id)
            if row is not None:
                row.helpful, row.comment = helpful, comment
            return row is not None

    def remove(self, feedback_id: str) -> None:
        with self.sessions.begin() as session:
            session.execute(delete(FeedbackRow).where(FeedbackRow.feedback_id == feedback_id))

    def remove_older(self, days: int) -> int:
        """Remove thumbs older than so many days; :returns: how many."""
        before = datetime.now(UTC) - timedelta(days=days)
        with self.sessions.begin() as session:
            old = session.scalars(select(FeedbackRow.feedback_id).where(FeedbackRow.created_at < before)).all()
            session.execute(delete(FeedbackRow).where(FeedbackRow.feedback_id.in_(old)))
            return len(old)

    def comments(self) -> list[tuple[str, str]]:
        """What people wrote of answers that did not help them: the question and the comment, in an order that tells nothing."""
        wanted = select(FeedbackRow.question, FeedbackRow.comment).where(FeedbackRow.helpful.is_(False))
        with self.sessions() as session:
            written = [(question, (comment or "").strip()) for question, comment in session.execute(wanted)]
        return sorted((question, comment) for question, comment in written if comment)

    def everything(self) -> list[FeedbackRow]:
        """All feedback, oldest first."""
        with self.sessions() as session:
            return list(session.scalars(select(FeedbackRow).order_by(FeedbackRow.created_at, FeedbackRow.feedback_id)))
