"""Uploads waiting to be read: durable jobs in the home's database, done one after the other on their own thread."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from assistant import uploads
from assistant.keeper import Keeper, Report
from retrieval.errors import DocumentRejected, PolicydeskError, WrongUsage
from retrieval.home import Home
from retrieval.store import Base, Store

log = logging.getLogger(__name__)


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


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
        return self.state in (JobState.DONE, JobState.FAILED)


class Jobs:
    """The upload jobs of one home. What was acknowledged survives a crash: it is read at the next start."""

    def __init__(
        self, home: Home, store: Store, keeper: Keeper, *, on_report: Callable[[Report], None] | None = None
    ) -> None:
        """:param on_report: called with each line of a report, on the reading thread."""
        Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[JobRow.__tablename__]])
        self.sessions = store.sessions
        self.folder = home.root / "uploads"
        self._keeper = keeper
        self._on_report = on_report
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest")
        self._changed = threading.Condition()

    def open(self) -> None:
        """Take up the jobs that were queued or under way when the server last stopped."""
        with self.sessions() as session:
            waiting = select(JobRow.job_id).where(JobRow.state.in_([JobState.QUEUED, JobState.RUNNING]))
            for job_id in session.scalars(waiting.order_by(JobRow.created_at)):
                self._submit(job_id)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def add(self, files: Sequence[tuple[str, Path]], *, account_id: str, options: dict[str, Any] | None = None) -> Job:
        """Queue files for reading; they are copied into the home first.

        :param files: the name people know and where the bytes lie now.
        :raises WrongUsage: if there are none.
        """
        if not files:
            raise WrongUsage("no file was sent; send one or more as multipart fields named 'file'")
        job_id = secrets.token_hex(8)
        folder = self.folder / job_id
        folder.mkdir(mode=0o700, parents=True)
        names: list[str] = []
        for name, path in files:
            kept = _free(uploads.safe_name(name), names)
            shutil.copyfile(path, folder / kept)
            names.append(kept)
        row = JobRow(
            job_id=job_id, account_id=account_id, state=JobState.QUEUED.value, files=names, options=options or {},
            reports=[], created_at=datetime.now(UTC),
        )  # fmt: skip
        with self.sessions.begin() as session:
            session.add(row)
        self._submit(job_id)
        return _job(row)

    def get(self, job_id: str) -> Job | None:
        with self.sessions() as session:
            row = session.get(JobRow, job_id)
            return _job(row) if row else None

    def of(self, account_id: str, *, last: int = 50) -> list[Job]:
        """An account's jobs, the latest first."""
        own = select(JobRow).where(JobRow.account_id == account_id)
        with self.sessions() as session:
            latest = own.order_by(JobRow.created_at.desc(), JobRow.job_id).limit(last)
            return [_job(row) for row in session.scalars(latest)]

    def watch(self, job_id: str, *, seen: int, timeout_s: float) -> Job:
        """The job, as soon as it has more than ``seen`` reports or has ended, or when the time is up.

        :raises WrongUsage: if there is no such job.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._has_news(job_id, seen), timeout=timeout_s)
        job = self.get(job_id)
        if job is None:
            raise WrongUsage(f"there is no job {job_id}")
        return job

    def _has_news(self, job_id: str, seen: int) -> bool:
        job = self.get(job_id)
        return job is None or job.ended or len(job.reports) > seen

    def _submit(self, job_id: str) -> None:
        self._thread.submit(self._run, job_id).add_done_callback(_log_failure)

    def _run(self, job_id: str) -> None:
        """Read a job's files. A file that is refused at the door is a line of the report like any other."""
        job = self.get(job_id)
        if job is None:
            return
        self._update(job_id, _begin)
        folder = self.folder / job_id
        accepted: list[tuple[str, Path]] = []
        for name in job.files:
            try:
                uploads.check(name, folder / name)
            except (DocumentRejected, OSError) as error:
                self._report(job_id, {"file": name, "status": "rejected", "reason": str(error)})
            else:
                accepted.append((name, folder / name))
        ended, failure = JobState.DONE, None
        try:
            if accepted:
                self._keeper.add(accepted, self._options(job_id), lambda line: self._report(job_id, line))
        except PolicydeskError as error:
            ended, failure = JobState.FAILED, str(error)
        except BaseException:
            self._end(job_id, JobState.FAILED, "reading stopped on an error of ours; the server's log has it")
            raise
        shutil.rmtree(folder, ignore_errors=True)
        self._end(job_id, ended, failure)

    def _options(self, job_id: str) -> dict[str, Any]:
        with self.sessions() as session:
            row = session.get(JobRow, job_id)
            return dict(row.options) if row else {}

    def _report(self, job_id: str, report: Report) -> None:
        if self._on_report:
            self._on_report(report)
        self._update(job_id, lambda row: setattr(row, "reports", [*row.reports, report]))

    def _end(self, job_id: str, state: JobState, failure: str | None) -> None:
        def end(row: JobRow) -> None:
            row.state, row.failure = state.value, failure

        self._update(job_id, end)

    def _update(self, job_id: str, change: Callable[[JobRow], None]) -> None:
        with self.sessions.begin() as session:
            row = session.get(JobRow, job_id)
            if row is not None:
                change(row)
        with self._changed:
            self._changed.notify_all()


def remove_older(store: Store, days: int) -> int:
    """Remove the records of uploads that ended so many days ago; what was read stays; :returns: how many."""
    Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[JobRow.__tablename__]])
    before = datetime.now(UTC) - timedelta(days=days)
    with store.sessions.begin() as session:
        ended = JobRow.state.in_([JobState.DONE, JobState.FAILED]) & (JobRow.created_at < before)
        old = session.scalars(select(JobRow.job_id).where(ended)).all()
        session.execute(delete(JobRow).where(JobRow.job_id.in_(old)))
        return len(old)


def _begin(row: JobRow) -> None:
    row.state, row.reports = JobState.RUNNING.value, []


def _job(row: JobRow) -> Job:
    return Job(
        row.job_id, JobState(row.state), tuple(row.files), tuple(row.reports or ()), row.failure, row.created_at,
        is_draft=bool(row.options.get("draft")),
    )  # fmt: skip


def _free(name: str, taken: Sequence[str]) -> str:
    candidate, number = name, 2
    while candidate.casefold() in {other.casefold() for other in taken}:
        path = Path(name)
        candidate, number = f"{path.stem} ({number}){path.suffix}", number + 1
    return candidate


def _log_failure(future: Future[None]) -> None:
    if not future.cancelled() and (error := future.exception()):
        log.error("an upload could not be read", exc_info=error)
