"""The records of uploads in the home's database: what was sent, how far it is, and what was read from each file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from assistant.keeper import Report
from retrieval.documents import Version
from retrieval.store import Store
from retrieval.tables import Base


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = (JobState.QUEUED, JobState.RUNNING)
STOPPED = (JobState.FAILED, JobState.CANCELLED)
ENDED = (JobState.DONE, *STOPPED)


@dataclass(frozen=True, slots=True)
class Job:
    """One upload of one or more files. ``reports`` grows by one for each file read."""

    job_id: str
    state: JobState
    files: tuple[str, ...]
    reports: tuple[Report, ...] = field(default=())
    failure: str | None = None
    created_at: datetime | None = None
    is_draft: bool = False  #: what was read waits for review

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def can_be_retried(self) -> bool:
        return self.state in STOPPED


class JobRow(Base):
    __tablename__ = "upload_jobs"
    job_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), index=True)
    files: Mapped[list[str]] = mapped_column(JSON)
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    reports: Mapped[list[Report]] = mapped_column(JSON, default=list)
    failure: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    def job(self) -> Job:
        return Job(
            self.job_id, JobState(self.state), tuple(self.files), tuple(self.reports or ()), self.failure, self.created_at,
            is_draft=bool(self.options.get("draft")),
        )  # fmt: skip

    def begin(self) -> None:
        if self.state in LIVE:  # not what was cancelled at this moment
            self.state, self.reports = JobState.RUNNING.value, []

    def queue_again(self, files: list[str]) -> None:
        self.state, self.failure, self.reports, self.files = JobState.QUEUED.value, None, [], files


def make_table(store: Store) -> None:
    """Make the table of the records where there is none."""
    Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[JobRow.__tablename__]])


def remove_older(store: Store, days: int) -> int:
    """Remove the records of uploads that ended so many days ago; what was read stays; :returns: how many."""
    make_table(store)
    before = datetime.now(UTC) - timedelta(days=days)
    with store.sessions.begin() as session:
        ended = JobRow.state.in_(ENDED) & (JobRow.created_at < before)
        old = session.scalars(select(JobRow.job_id).where(ended)).all()
        session.execute(delete(JobRow).where(JobRow.job_id.in_(old)))
        return len(old)


def follow_version(store: Store, version_id: str, moved: Version) -> None:
    """Let the records of uploads name a version that has moved to another document as it is called now."""
    make_table(store)
    now = {"document_id": moved.document_id, "version_id": moved.version_id}
    with store.sessions.begin() as session:
        for row in session.scalars(select(JobRow).where(JobRow.reports.cast(Text).contains(version_id))):
            row.reports = [
                {**report, **now} if report.get("version_id") == version_id else report for report in row.reports
            ]


def forget_document(store: Store, document_id: str, version_ids: Collection[str] | None = None) -> None:
    """Take a removed document's title, and what else was read from it, out of the records of uploads.

    :param version_ids: None: all of the document's.
    """

    def is_gone(report: Report) -> bool:
        named = version_ids is None or report.get("version_id") in version_ids
        return named and report.get("document_id") == document_id

    make_table(store)
    with store.sessions.begin() as session:
        for row in session.scalars(select(JobRow).where(JobRow.reports.cast(Text).contains(document_id))):
            row.reports = [
                {**report, "title": None, "warnings": []} if is_gone(report) else report for report in row.reports
            ]
