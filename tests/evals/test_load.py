"""A long measurement of many people leaves what it has seen so far, should it end before its time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals import load as loading
from evals import load_command

FOUND: dict[str, Any] = {
    "questions_asked": 3, "outcomes": {"own": 3}, "people": 2, "first_evidence_s": {}, "other_pages_ms": {},
    "burst": {"people": 2, "first_evidence_s": {}}, "memory_mb": {"start": 1, "end": 1}, "crowd": {"people": 4, "outcomes": {}},
}  # fmt: skip


def measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: Callable[[], dict[str, Any]]) -> Path:
    def measured(*_: object, on_part: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        on_part({"questions_asked": 1})
        on_part({"questions_asked": 2})
        return then()

    monkeypatch.setattr(loading, "measure_load", measured)
    load_command.load([tmp_path], people=2, minutes=1, model="quote", pause=1, chat=True, json_file=tmp_path / "x.json")
    return tmp_path


def test_what_was_seen_last_is_left_where_the_run_was_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> dict[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(tmp_path, monkeypatch, lost)
    assert not (tmp_path / "x.json").exists()
    assert json.loads((tmp_path / "x.part.json").read_text())["questions_asked"] == 2


def test_a_run_that_ends_leaves_its_result_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(tmp_path, monkeypatch, lambda: FOUND)
    assert json.loads((tmp_path / "x.json").read_text())["questions_asked"] == 3
    assert not (tmp_path / "x.part.json").exists()
