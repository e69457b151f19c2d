"""Uploads as jobs: acknowledged means kept, and every file gets its line."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from assistant.chores import chores
from assistant.jobrecords import Job, JobRow, JobState
from assistant.jobs import Jobs, forget_files
from assistant.keeper import LibraryKeeper
from assistant.review import Review
from assistant.room import Room
from assistant.uploads import check, safe_name
from retrieval.errors import DocumentRejected, NotReady, WrongUsage
from retrieval.generations import open_index
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import FakeKeeper
from tests.fakes import WordEncoder


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note"
    path.write_text("# Note\n\nBicycles stand in the yard.\n")
    return path


def _ended(jobs: Jobs, job: Job) -> Job:
    while not job.ended:
        job = jobs.watch(job.job_id, seen=len(job.reports), timeout_s=5)
    return job


def test_each_file_gets_a_line_in_the_report_and_bad_ones_stop_nobody(
    home: Home, store: Store, note: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    jobs = Jobs(home, store, FakeKeeper(home, store))
    job = _ended(jobs, jobs.add([("empty.pdf", empty), ("note.md", note), ("tool.exe", note)], account_id="1"))
    assert job.state is JobState.DONE
    assert {line["file"]: line["status"] for line in job.reports} == {
        "empty.pdf": "rejected", "tool.exe": "rejected", "note.md": "indexed",
    }  # fmt: skip
    assert not (home.root / "uploads" / job.job_id).exists(), "what was read is not kept twice"


def test_two_files_of_one_name_are_both_read(home: Home, store: Store, note: Path) -> None:
    jobs = Jobs(home, store, FakeKeeper(home, store))
    job = _ended(jobs, jobs.add([("note.md", note), ("NOTE.md", note)], account_id="1"))
    assert job.files == ("note.md", "NOTE (2).md")
    assert [line["status"] for line in job.reports] == ["indexed", "unchanged"]


def test_what_was_acknowledged_is_read_after_a_crash(home: Home, store: Store, note: Path) -> None:
    stopped = Jobs(home, store, FakeKeeper(home, store))
    stopped._thread.shutdown(wait=True)
    with pytest.raises(RuntimeError):  # the process ends between the acknowledgement and the reading
        stopped.add([("note.md", note)], account_id="1")
    (folder,) = (home.root / "uploads").iterdir()
    again = Jobs(home, store, FakeKeeper(home, store))
    again.open()
    job = again.watch(folder.name, seen=0, timeout_s=5)
    assert _ended(again, job).reports[0]["status"] == "indexed"


def test_a_failure_of_the_whole_job_is_said(home: Home, store: Store, note: Path) -> None:
    class Locked:
        def add(
            self,
            files: Sequence[tuple[str, Path]],
            options: dict[str, Any],
            report: Callable[[dict[str, Any]], None],
            *,
            stop: Callable[[], bool] | None = None,
        ) -> None:
            raise NotReady("another process is writing to the home")

    jobs = Jobs(home, store, Locked())
    job = _ended(jobs, jobs.add([("note.md", note)], account_id="1"))
    assert (job.state, job.failure) == (JobState.FAILED, "another process is writing to the home")


@contextmanager
def _full_disk(store: Store) -> Iterator[None]:
    """As long as it lasts nothing can be written about an upload."""

    def refuse(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE upload_jobs"):
            raise OperationalError(statement, {}, sqlite3.OperationalError("database or disk is full"))

    event.listen(store.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(store.engine, "before_cursor_execute", refuse)


def test_a_job_whose_end_cannot_be_written_ends_as_soon_as_it_can(
    home: Home, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.jobs._AGAIN_S", 0.02)
    keeper = SlowToEnd(home, store)
    keeper.go_on.set()
    jobs = Jobs(home, store, keeper)
    job = jobs.add(_notes(tmp_path, 1), account_id="1")
    assert keeper.through.wait(timeout=5)
    with _full_disk(store):
        keeper.may_end.set()
        assert not jobs.watch(job.job_id, seen=1, timeout_s=0.2).ended
    assert jobs.watch(job.job_id, seen=1, timeout_s=5).state is JobState.DONE


def test_a_server_stops_while_the_disk_is_full_and_takes_the_job_up_at_its_next_start(
    home: Home, store: Store, tmp_path: Path
) -> None:
    keeper = SlowToEnd(home, store)
    keeper.go_on.set()
    jobs = Jobs(home, store, keeper)
    job = jobs.add(_notes(tmp_path, 1), account_id="1")
    assert keeper.through.wait(timeout=5)
    with _full_disk(store):
        keeper.may_end.set()
        jobs.close()
        jobs.finish()
    again = Jobs(home, store, FakeKeeper(home, store))
    again.open()
    assert _ended(again, job).reports[0]["status"] == "unchanged"


class SlowKeeper(FakeKeeper):
    """Reads a file each time somebody lets it."""

    def __init__(self, home: Home, store: Store) -> None:
        super().__init__(home, store)
        self.let = threading.Semaphore(0)

    def read(self, path: Path, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        self.let.acquire(timeout=10)
        return super().read(path, options, **more)


def _notes(folder: Path, count: int) -> list[tuple[str, Path]]:
    files = []
    for number in range(count):
        path = folder / f"note{number}.md"
        path.write_text(f"# Note {number}\n\nBicycle number {number} stands in the yard.\n")
        files.append((path.name, path))
    return files


def test_a_cancelled_job_reads_no_further_file_and_can_be_taken_up_again(
    home: Home, store: Store, tmp_path: Path
) -> None:
    keeper = SlowKeeper(home, store)
    jobs = Jobs(home, store, keeper)
    job = jobs.add(_notes(tmp_path, 3), account_id="1")
    keeper.let.release()
    assert len(jobs.watch(job.job_id, seen=0, timeout_s=5).reports) == 1
    assert jobs.cancel(job.job_id).state is JobState.CANCELLED
    keeper.let.release(5)
    jobs._thread.submit(lambda: None).result(timeout=5)  # what was under way has come to its end
    read = len(store.documents())
    assert read < 3
    again = jobs.retry(job.job_id)
    assert not again.ended
    done = _ended(jobs, again)
    assert done.state is JobState.DONE
    assert [line["status"] for line in done.reports] == ["unchanged"] * read + ["indexed"] * (3 - read)
    assert not (home.root / "uploads" / job.job_id).exists()


class SlowToEnd(FakeKeeper):
    """Says when it has read its files or was stopped, and returns when it may."""

    def __init__(self, home: Home, store: Store) -> None:
        super().__init__(home, store)
        self.begun, self.go_on, self.through, self.may_end = (threading.Event() for _ in range(4))

    def add(self, files: Sequence[tuple[str, Path]], *given: Any, **more: Any) -> None:
        super().add(files, *given, **more)
        self.through.set()
        self.may_end.wait(timeout=10)

    def read(self, path: Path, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        self.begun.set()
        self.go_on.wait(timeout=10)
        return super().read(path, options, **more)


def test_a_job_that_is_retried_while_its_first_run_ends_reads_what_is_left(
    home: Home, store: Store, tmp_path: Path
) -> None:
    keeper = SlowToEnd(home, store)
    jobs = Jobs(home, store, keeper)
    job = jobs.add(_notes(tmp_path, 3), account_id="1")
    assert keeper.begun.wait(timeout=5)
    jobs.cancel(job.job_id)
    keeper.go_on.set()
    assert keeper.through.wait(timeout=5)
    again = jobs.retry(job.job_id)
    assert again.state is JobState.QUEUED
    keeper.may_end.set()
    done = _ended(jobs, again)
    assert done.state is JobState.DONE
    assert [line["status"] for line in done.reports] == ["unchanged", "indexed", "indexed"]


@pytest.mark.parametrize("erase", [True, False], ids=["removed for good", "purged"])
def test_a_file_whose_document_is_gone_for_good_does_not_come_back_with_retry(
    home: Home, store: Store, tmp_path: Path, erase: bool
) -> None:
    keeper = SlowToEnd(home, store)
    jobs = Jobs(home, store, keeper)
    job = jobs.add(_notes(tmp_path, 2), account_id="1")
    assert keeper.begun.wait(timeout=5)
    jobs.cancel(job.job_id)
    keeper.go_on.set()
    keeper.may_end.set()
    jobs._thread.submit(lambda: None).result(timeout=5)
    (document,) = store.documents()
    review = Review(home, store, encoder=WordEncoder)
    if erase:
        review.erasure.erase(document.document_id)
    else:
        review.remove(document.document_id)
        review.erasure.purge(all_removed=True)
    assert [path.name for path in (home.root / "uploads" / job.job_id).iterdir()] == ["note1.md"]
    done = _ended(jobs, jobs.retry(job.job_id))
    assert [(line["file"], line["status"]) for line in done.reports] == [("note1.md", "indexed")]
    assert [each.title for each in store.documents()] == ["Note 1"]


def test_a_file_that_waited_while_its_document_was_removed_for_good_is_said_to_be_gone(
    home: Home, store: Store, note: Path
) -> None:
    keeper, go_on = FakeKeeper(home, store), threading.Event()
    version = keeper.read(note)["version_id"]
    jobs = Jobs(home, store, keeper)
    jobs._thread.submit(go_on.wait, 10)
    waiting = jobs.add([("note.md", note)], account_id="1")
    forget_files(home, [store.version(version)])
    go_on.set()
    (line,) = _ended(jobs, waiting).reports
    assert line["status"] == "rejected"
    assert "removed for good" in line["reason"]


def test_files_kept_for_retry_go_after_a_week_and_what_is_on_its_way_in_stays(
    home: Home, store: Store, note: Path
) -> None:
    jobs, go_on = Jobs(home, store, FakeKeeper(home, store)), threading.Event()
    jobs._thread.submit(go_on.wait, 10)
    stopped, kept = (jobs.add([("note.md", note)], account_id="1") for _ in range(2))
    for job in (stopped, kept):
        jobs.cancel(job.job_id)
    with store.sessions.begin() as session:
        session.get_one(JobRow, stopped.job_id).created_at = datetime.now(UTC) - timedelta(days=8)
    for name, days in (("arriving", 0), ("forgotten", 2)):
        folder = home.root / "uploads" / name
        folder.mkdir()
        then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(folder, (then, then))
    jobs.sweep()
    assert {left.name for left in (home.root / "uploads").iterdir()} == {kept.job_id, "arriving"}
    go_on.set()


async def test_a_folder_that_goes_during_the_daily_chores_does_not_end_them(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room.home.root / "uploads" / "forgotten").mkdir(parents=True)

    def gone(_: Path) -> bool:
        raise FileNotFoundError("removed just now")

    monkeypatch.setattr("assistant.jobs._is_old", gone)
    async with chores(room):
        pass


async def test_the_server_removes_them_among_its_daily_chores(room: Room) -> None:
    folder = room.home.root / "uploads" / "forgotten"
    folder.mkdir(parents=True)
    os.utime(folder, (0, 0))
    async with chores(room):
        assert not folder.exists()


def test_a_job_that_waits_is_cancelled_without_being_read(home: Home, store: Store, note: Path) -> None:
    keeper = SlowKeeper(home, store)
    jobs = Jobs(home, store, keeper)
    first, second = (jobs.add([("note.md", note)], account_id="1") for _ in range(2))
    jobs.cancel(second.job_id)
    keeper.let.release(5)
    assert _ended(jobs, first).state is JobState.DONE
    jobs._thread.submit(lambda: None).result(timeout=5)
    waiting = jobs.get(second.job_id)
    assert waiting is not None
    assert (waiting.state, waiting.reports) == (JobState.CANCELLED, ())


def test_only_what_stopped_is_tried_again_and_only_what_runs_is_cancelled(home: Home, store: Store, note: Path) -> None:
    jobs = Jobs(home, store, FakeKeeper(home, store))
    job = _ended(jobs, jobs.add([("note.md", note)], account_id="1"))
    with pytest.raises(WrongUsage, match="only failed and cancelled"):
        jobs.retry(job.job_id)
    with pytest.raises(WrongUsage, match="has ended already"):
        jobs.cancel(job.job_id)


def test_drafts_are_told_before_their_job_ends(home: Home, store: Store, note: Path) -> None:
    told: list[str] = []
    jobs = Jobs(home, store, FakeKeeper(home, store), on_drafts=told.extend)
    job = _ended(jobs, jobs.add([("note.md", note)], account_id="1", options={"draft": True}))
    assert told == [job.reports[0]["version_id"]]


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(home: Home, store: Store, tmp_path: Path) -> None:
    """Killed in the middle of reading, started again: every file is in the library, none twice, and the index holds all."""
    folder = tmp_path / "notes"
    folder.mkdir()
    _notes(folder, 12)
    code = """
        import sys
        from pathlib import Path
        from assistant.jobs import Jobs
        from assistant.keeper import LibraryKeeper
        from retrieval.home import Home
        from retrieval.store import Store
        from tests.fakes import WordEncoder

        home = Home(Path(sys.argv[1]))
        store = Store.open(home)
        jobs = Jobs(home, store, LibraryKeeper(home, store, WordEncoder))
        job = jobs.add([(path.name, path) for path in sorted(Path(sys.argv[2]).iterdir())], account_id="1")
        print(job.job_id, flush=True)
        jobs.watch(job.job_id, seen=2, timeout_s=60)
        print("reading", flush=True)
        jobs.watch(job.job_id, seen=1000, timeout_s=60)
    """
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(home.root), str(folder)],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    job_id = child.stdout.readline().strip()
    assert child.stdout.readline() == "reading\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    again = Jobs(home, store, LibraryKeeper(home, store, WordEncoder))
    again.open()
    job = _ended(again, again.watch(job_id, seen=0, timeout_s=30))
    assert job.state is JobState.DONE
    assert len(job.reports) == 12
    assert sorted(version.file for document in store.documents() for version in document.versions) == sorted(
        f"note{number}.md" for number in range(12)
    )
    assert len(open_index(home).passages) == 12


def test_no_file_is_no_job(home: Home, store: Store) -> None:
    with pytest.raises(WrongUsage, match="no file"):
        Jobs(home, store, FakeKeeper(home, store)).add([], account_id="1")


def test_an_unknown_job_is_named(home: Home, store: Store) -> None:
    with pytest.raises(WrongUsage, match="no job x"):
        Jobs(home, store, FakeKeeper(home, store)).watch("x", seen=0, timeout_s=1)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\me\\leave.docx", "leave.docx"), ("a\x00b\n.md", "ab.md"), ("", "unnamed"),
        ("..", "unnamed"), ("invoice\u202efdp.exe", "invoicefdp.exe"), ("x" * 300 + ".md", "x" * 140 + ".md"), (".hidden", "hidden"),
        ("a\ud800b.md", "ab.md"), ("休" * 100 + ".docx", "休" * 46 + ".docx"), ("休" * 100, "休" * 50),
    ],
)  # fmt: skip
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"<html>", "not a PDF"), ("a.docx", b"PK\x03\x04 broken", "damaged"), ("a.md", bytes(range(256)) * 4, "binary"),
        ("a.txt", b"", "empty"), ("a.exe", b"MZ", "unsupported"), ("a.xls", b"\xd0\xcf", "save it as .xlsx"),
    ],
)  # fmt: skip
def test_bytes_that_are_not_what_the_name_says_are_refused(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    with pytest.raises(DocumentRejected, match=reason):
        check(name, path)
