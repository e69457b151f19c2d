"""Uploads waiting to be read: durable jobs in the home's database, done one after the other on their own thread."""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from assistant import uploads
from assistant.jobrecords import LIVE, STOPPED, Job, JobRow, JobState, make_table
from assistant.keeper import Keeper, Report
from assistant.trouble import trouble
from retrieval.documents import Version
from retrieval.errors import DocumentRejected, PolicydeskError, WrongUsage
from retrieval.home import Home, sync
from retrieval.store import Store

log = logging.getLogger(__name__)


#: The files of a job that stopped are kept so long, to be tried again.
_KEPT_FOR_RETRY = timedelta(days=7)
#: Seconds until how a job stands is written once more where that failed.
_AGAIN_S = 5.0
#: Files without a record for so long are not on their way in any more.
_ARRIVED = timedelta(days=1)
_REMOVED = "its document was removed for good before it could be read once more; send it again to add it"


class Jobs:
    """The upload jobs of one home. What was acknowledged survives a crash: it is read at the next start."""

    def __init__(
        self,
        home: Home,
        store: Store,
        keeper: Keeper,
        *,
        on_report: Callable[[Report], None] | None = None,
        on_drafts: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        """
        :param on_report: called with the first line about each file, on the reading thread.
        :param on_drafts: called with the versions that a job has read for review, on the reading thread, before it ends.
        """
        make_table(store)
        self.sessions = store.sessions
        self.folder = _folder(home)
        self._keeper = keeper
        self._on_report = on_report
        self._on_drafts = on_drafts
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest")
        self._changed = threading.Condition()
        self._closed = threading.Event()

    def open(self) -> None:
        """Take up the jobs that were queued or under way when the server last stopped."""
        self.sweep()
        with self.sessions() as session:
            waiting = select(JobRow.job_id).where(JobRow.state.in_(LIVE))
            for job_id in session.scalars(waiting.order_by(JobRow.created_at)):
                self._submit(job_id)

    def close(self) -> None:
        self._closed.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def finish(self) -> None:
        """Wait until what was being read when they were closed has been read."""
        self._thread.shutdown(wait=True, cancel_futures=True)

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
        try:
            for name, path in files:
                kept = uploads.free_name(uploads.safe_name(name), names)
                shutil.copyfile(path, folder / kept)
                sync(folder / kept)
                names.append(kept)
            for written in (folder, self.folder):
                sync(written)
            row = JobRow(
                job_id=job_id, account_id=account_id, state=JobState.QUEUED.value, files=names, options=options or {},
                reports=[], created_at=datetime.now(UTC),
            )  # fmt: skip
            with self.sessions.begin() as session:
                session.add(row)
        except BaseException:  # what no job speaks of must not fill a disk that is full already
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._submit(job_id)
        return row.job()

    def get(self, job_id: str, *, account_id: str | None = None) -> Job | None:
        """The job, or None; with an account, only if it is that account's."""
        with self.sessions() as session:
            row = session.get(JobRow, job_id)
            return row.job() if row and account_id in (None, row.account_id) else None

    def of(self, account_id: str, *, last: int = 50) -> list[Job]:
        """An account's jobs, the latest first."""
        own = select(JobRow).where(JobRow.account_id == account_id)
        with self.sessions() as session:
            latest = own.order_by(JobRow.created_at.desc(), JobRow.job_id).limit(last)
            return [row.job() for row in session.scalars(latest)]

    def cancel(self, job_id: str) -> Job:
        """Read no further file of a job; what was read stays in the library, and the rest can be taken up by :meth:`retry`.

        :raises WrongUsage: if there is no such job, or it has ended.
        """
        job = self._require(job_id)
        if job.ended:
            raise WrongUsage(f"job {job_id} has ended already ({job.state.value}); there is nothing to cancel")
        self._end(job_id, JobState.CANCELLED, "cancelled before all files were read", only=LIVE)
        return self._require(job_id)

    def retry(self, job_id: str) -> Job:
        """Read the files of a job that failed or was cancelled once more; those that are in the library are left alone, and
        those whose document was removed for good are gone.

        :raises WrongUsage: if there is no such job, it did not stop early, or its files are kept no longer.
        """
        job = self._require(job_id)
        if not job.can_be_retried:
            raise WrongUsage(f"job {job_id} is {job.state.value}; only failed and cancelled jobs can be tried again")
        with self._changed:
            left = [name for name in job.files if (self.folder / job_id / name).is_file()]
            if not left:
                raise WrongUsage(f"the files of job {job_id} are kept no longer; send them again")
            self._update(job_id, lambda row: row.queue_again(left))
        self._submit(job_id)
        return self._require(job_id)

    def watch(self, job_id: str, *, seen: int, timeout_s: float) -> Job:
        """The job, as soon as it has more than ``seen`` reports or has ended, or when the time is up.

        :raises WrongUsage: if there is no such job.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._has_news(job_id, seen), timeout=timeout_s)
        return self._require(job_id)

    def _require(self, job_id: str) -> Job:
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
        if job is None or job.ended:
            return
        self._write(lambda: self._update(job_id, JobRow.begin))
        folder = self.folder / job_id
        accepted: list[tuple[str, Path]] = []
        for name in job.files:
            try:
                uploads.check(name, folder / name)
            except (DocumentRejected, OSError) as error:
                reason = _REMOVED if isinstance(error, FileNotFoundError) else str(error)
                self._report(job_id, {"file": name, "status": "rejected", "reason": reason})
            else:
                accepted.append((name, folder / name))
        ended, failure = JobState.DONE, None
        try:
            if accepted:
                self._keeper.add(
                    accepted,
                    self._options(job_id),
                    lambda line: self._report(job_id, line),
                    stop=lambda: not self._is_running(job_id),
                )
                self._tell_drafts(job_id)
        except PolicydeskError as error:
            ended, failure = JobState.FAILED, str(error)
        except BaseException as error:
            passing = trouble(error)
            said = str(passing) if passing else "reading stopped on an error of ours; the server's log has it"
            self._write(lambda: self._finish(job_id, JobState.FAILED, said))
            raise
        self._write(lambda: self._finish(job_id, ended, failure))

    def _finish(self, job_id: str, state: JobState, failure: str | None) -> None:
        """End a run. A job that was cancelled meanwhile stays so; one that was queued again keeps its files for its next run."""
        with self._changed:  # who is told that the job is done finds its files gone
            if self._end(job_id, state, failure, only=(JobState.RUNNING,)) and state is JobState.DONE:
                shutil.rmtree(self.folder / job_id, ignore_errors=True)

    def _write(self, change: Callable[[], None]) -> None:
        """Write how a job stands. Where there is trouble with the disk or the database it is tried until it is over or the jobs
        are closed: a job that nothing was written of would be shown as being read for as long as the server runs.
        """
        while True:
            try:
                return change()
            except Exception as error:
                if trouble(error) is None or self._closed.is_set():
                    raise
                log.error("how an upload stands could not be written: %s", trouble(error))
            self._closed.wait(_AGAIN_S)

    def _tell_drafts(self, job_id: str) -> None:
        job = self._require(job_id)
        versions = [str(line["version_id"]) for line in job.reports if line["status"] in ("indexed", "partial")]
        if self._on_drafts and job.is_draft and versions:
            self._on_drafts(versions)

    def _is_running(self, job_id: str) -> bool:
        """Whether nobody has cancelled, queued again or removed the job since its run began."""
        job = self.get(job_id)
        return job is not None and job.state is JobState.RUNNING

    def sweep(self) -> None:
        """Remove what was sent with jobs that are no more, have ended well, or stopped too long ago to be tried again."""
        if not self.folder.is_dir():
            return
        since = datetime.now(UTC) - _KEPT_FOR_RETRY
        is_over = (JobRow.state == JobState.DONE) | (JobRow.state.in_(STOPPED) & (JobRow.created_at < since))
        with self._changed:  # nothing is queued again meanwhile
            with self.sessions() as session:
                known = {
                    row.job_id: row.is_over for row in session.execute(select(JobRow.job_id, is_over.label("is_over")))
                }
            for left in self.folder.iterdir():
                if known[left.name] if left.name in known else _is_old(left):
                    shutil.rmtree(left, ignore_errors=True)

    def _options(self, job_id: str) -> dict[str, Any]:
        with self.sessions() as session:
            row = session.get(JobRow, job_id)
            return dict(row.options) if row else {}

    def _report(self, job_id: str, report: Report) -> None:
        """Add a file's line, or put it in the place of the one that the file has."""
        job = self.get(job_id)
        at = next((at for at, line in enumerate(job.reports if job else ()) if line["file"] == report["file"]), None)
        if self._on_report and at is None:
            self._on_report(report)

        def put(row: JobRow) -> None:
            if row.state == JobState.QUEUED.value:
                return  # the next run says it
            before, after = (row.reports, []) if at is None else (row.reports[:at], row.reports[at + 1 :])
            row.reports = [*before, report, *after]

        self._update(job_id, put)

    def _end(self, job_id: str, state: JobState, failure: str | None, *, only: Sequence[JobState]) -> bool:
        """End a job that is in one of these states; :returns: whether it was."""

        def end(row: JobRow) -> None:
            row.state, row.failure = state.value, failure

        with self._changed:
            job = self.get(job_id)
            if job is None or job.state not in only:
                return False
            self._update(job_id, end)
            return True

    def _update(self, job_id: str, change: Callable[[JobRow], None]) -> None:
        # One change at a time: what a change saw of the job holds until it is written.
        with self._changed:
            with self.sessions.begin() as session:
                row = session.get(JobRow, job_id)
                if row is not None:
                    change(row)
            self._changed.notify_all()


def forget_files(home: Home, versions: Collection[Version]) -> None:
    """Remove the files that versions were made from, wherever a job has them still."""
    sizes, hashes = {version.size_bytes for version in versions}, {version.sha256 for version in versions}
    for path in _folder(home).glob("*/*"):
        with suppress(FileNotFoundError):  # a job that ends meanwhile takes its files along
            if path.stat().st_size in sizes and _sha256(path) in hashes:
                path.unlink()


def _folder(home: Home) -> Path:
    return home.root / "uploads"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_old(folder: Path) -> bool:
    return datetime.fromtimestamp(folder.stat().st_mtime, UTC) < datetime.now(UTC) - _ARRIVED


def _log_failure(future: Future[None]) -> None:
    if not future.cancelled() and (error := future.exception()):
        log.error("an upload could not be read", exc_info=error)
