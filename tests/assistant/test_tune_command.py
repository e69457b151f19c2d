"""What ``policydesk tune`` says while it works, and where it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.commands import tune
from retrieval.weightfolder import SHIPPED


def test_progress_in_a_log_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(tune, "monotonic", lambda: float(next(clock)))
    with tune._reporting() as report:
        for done in range(1, 13):
            report(f"training, loss 0.{done}", done, 12)
        report("reading [dev] questions", 1, 1)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "training, loss 0.1: 1 of 12"
    assert said[-2:] == ["training, loss 0.12: 12 of 12", "reading [dev] questions: 1 of 1"]
    assert 4 <= len(said) <= 5


def test_a_recipe_for_a_folder_of_another_name_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    recipe = {"my-question": 1, "handbook": 2}
    assert tune._of(recipe, [tmp_path / "my-questions", tmp_path / "handbook"]) == recipe
    assert caplog.messages == [
        "the recipe sets my-question, but the folders are my-questions, handbook; what it says of others counts for nothing"
    ]


def test_training_begins_where_it_is_told() -> None:
    assert tune._before(None, "reader") is None
    assert tune._before("shipped", "reader") == SHIPPED / "reader"
    assert tune._before("mine/", "reader") == Path("mine")
