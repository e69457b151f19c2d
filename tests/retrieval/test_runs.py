"""What a run was begun with: only the same run goes on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from retrieval.errors import ModelUnavailable, WeightsDamaged, WrongUsage
from retrieval.records import Passage
from retrieval.tuning.runs import Run, begin, settled
from retrieval.tuning.schedule import rate
from retrieval.tuning.sheets import MadeSheets
from retrieval.weightfolder import check_place, read_manifest, write_manifest, write_readable

RUN = Run("reader", "d" * 64, "s" * 64, "e" * 64, 7)


def stopped(folder: Path) -> Path:
    begin(folder, RUN)
    (folder / "checkpoint.json").write_text('{"step": 1}')
    return folder


def test_the_same_run_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    begin(stopped(tmp_path / "run"), RUN)
    assert not caplog.messages


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (replace(RUN, kind="reranker"), "another kind of model; choose another --out, or remove"),
        (replace(RUN, data="1"), "other data;"),
        (replace(RUN, start="1"), "other start weights;"),
        (replace(RUN, settings="1", seed=8), "other settings and another seed;"),
    ],
)
def test_another_run_does_not(tmp_path: Path, other: Run, says: str) -> None:
    with pytest.raises(WrongUsage, match=says):
        begin(stopped(tmp_path / "run"), other)


def test_a_run_that_left_nothing_is_none(tmp_path: Path) -> None:
    begin(tmp_path / "run", RUN)
    begin(tmp_path / "run", replace(RUN, data="1"))
    (tmp_path / "run" / "best.json").write_text("{}")
    with pytest.raises(WrongUsage, match="other data"):
        begin(tmp_path / "run", RUN)


def test_what_an_earlier_version_left_goes_on_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (stopped(tmp_path / "run") / "run.json").unlink()
    begin(tmp_path / "run", replace(RUN, data="1"))
    assert "it goes on. If it was begun with others, remove" in caplog.text


def test_a_run_that_cannot_be_read_is_another(tmp_path: Path) -> None:
    (stopped(tmp_path / "run") / "run.json").write_text("{")
    with pytest.raises(WrongUsage, match="remove"):
        begin(tmp_path / "run", RUN)


def test_steps_may_change_while_a_run_is_stopped_and_other_settings_not() -> None:
    assert settled({"steps": 1, "checkpoint_steps": 5, "batch": 4}) == settled({"steps": 2, "batch": 4})
    assert settled({"batch": 4}) != settled({"batch": 8})
    assert settled({"batch": 4}, {"rules": {"made": 3}}) != settled({"batch": 4}, {"rules": {"made": 4}})


def test_a_rate_warms_up_stays_and_falls() -> None:
    assert [rate(step, 10, warmup=0.2, decay=0.5) for step in (0, 1, 5, 6, 9)] == [0.5, 1.0, 1.0, 0.8, 0.2]


def test_weights_are_not_written_over_those_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"kind": "reranker", "files": {}}')
    check_place(tmp_path, kind="reranker")
    with pytest.raises(ModelUnavailable, match="holds a reranker, not weights of the kind reader; choose another"):
        check_place(tmp_path, kind="reader")
    check_place(tmp_path / "new" / "folder", kind="reader")


def test_damaged_weights_say_how_they_are_made_again(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"whole")
    write_manifest(tmp_path, {"kind": "adapter"})
    (tmp_path / "weights.safetensors").write_bytes(b"half")
    with pytest.raises(WeightsDamaged, match="or write it again: policydesk tune generator"):
        read_manifest(tmp_path)


def test_weights_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"before")
    path.chmod(0o600)
    before = os.umask(0o022)
    try:
        write_readable(path, b"after")
    finally:
        os.umask(before)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"after", 0o644)
    assert list(tmp_path.iterdir()) == [path]


def test_documents_that_no_question_can_be_made_from_are_said() -> None:
    from retrieval.tuning.reading import draw

    one = MadeSheets([Passage("p", "d", "v", "Rules", "a.md", " ".join(["word"] * 40) + ".")])
    assert one
    with pytest.raises(WrongUsage, match="no question can be made from the documents"):
        draw(one, {}, 1.0, Random(1), 8)
