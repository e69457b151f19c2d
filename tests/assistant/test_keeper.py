"""What is published at once is held against the library afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.jobrecords import JobState
from assistant.jobs import Jobs
from assistant.keeper import LibraryKeeper, Report
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.test_review import HANDBOOK, LEAVE
from tests.fakes import WordEncoder


@pytest.mark.parametrize("draft", [False, True])
def test_a_file_that_contradicts_the_library_says_so_once_it_is_published(tmp_path: Path, draft: bool) -> None:
    home = Home(tmp_path / "home")
    store = Store.open(home)
    counted: list[Report] = []
    jobs = Jobs(home, store, LibraryKeeper(home, store, WordEncoder), on_report=counted.append)
    for name, text in (
        ("handbook.md", HANDBOOK),
        ("leave.md", LEAVE),
        ("dogs.md", "# Dogs\n\nDogs stay at the gate.\n"),
    ):
        (tmp_path / name).write_text(text)
    first = jobs.add([("handbook.md", tmp_path / "handbook.md")], account_id="a")
    both = [(name, tmp_path / name) for name in ("leave.md", "dogs.md")]
    job = jobs.add(both, account_id="a", options={"draft": draft})
    for each in (first, job):
        while not jobs.get(each.job_id).ended:  # type: ignore[union-attr]
            jobs.watch(each.job_id, seen=9, timeout_s=5)
    ended = jobs.get(job.job_id)
    assert ended is not None
    assert ended.state is JobState.DONE, ended.failure
    leave, dogs = ended.reports
    assert (leave["file"], dogs["file"], dogs["warnings"]) == ("leave.md", "dogs.md", [])
    said = ["1 of its rules seems to contradict other documents in force; compare them under Conflicts"]
    assert leave["warnings"] == ([] if draft else said)
    assert [line["file"] for line in counted] == ["handbook.md", "leave.md", "dogs.md"]
    jobs.close()
    store.close()


def test_a_contradiction_with_what_only_some_may_read_is_not_told_to_all(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    store = Store.open(home)
    keeper = LibraryKeeper(home, store, WordEncoder)
    for name, text, audience in (("handbook.md", HANDBOOK, ["board"]), ("leave.md", LEAVE, [])):
        (tmp_path / name).write_text(text)
        lines: list[Report] = []
        keeper.add([(name, tmp_path / name)], {"audience": audience}, lines.append)
        assert [line["warnings"] for line in lines] == [[]]
    store.close()
