"""Uploads as jobs: acknowledged means kept, and every file gets its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.jobs import Job, Jobs, JobState
from assistant.uploads import check, safe_name
from retrieval.errors import DocumentRejected, NotReady, WrongUsage
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import FakeKeeper


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
            self, files: Sequence[tuple[str, Path]], options: dict[str, Any], report: Callable[[dict[str, Any]], None]
        ) -> None:
            raise NotReady("another process is writing to the home")

        def remove(self, document_id: str) -> None: ...

    jobs = Jobs(home, store, Locked())
    job = _ended(jobs, jobs.add([("note.md", note)], account_id="1"))
    assert (job.state, job.failure) == (JobState.FAILED, "another process is writing to the home")


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
