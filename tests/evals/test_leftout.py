"""Leaving one kind of documents out: what counts as a kind, and a whole run on tiny folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.config import Settings
from evals.console import app
from evals.leftout import begin, kinds_of
from retrieval.errors import WrongUsage
from tests.retrieval.test_tune import write_beir


def folders(parent: Path) -> list[Path]:
    """Two folders with questions and one without."""
    (parent / "handbook").mkdir()
    (parent / "handbook" / "leave.md").write_text("# Leave\n\nUnused days lapse on 31 March of the next year.\n")
    return [write_beir(parent / "rules"), write_beir(parent / "policies"), parent / "handbook"]


def test_each_folder_with_questions_is_a_kind_where_none_is_named(tmp_path: Path) -> None:
    rules, policies, handbook = folders(tmp_path)
    kinds = kinds_of([rules, policies, handbook], [])
    assert [(one.left_out, one.judged, one.rest) for one in kinds] == [
        ((rules,), (rules,), (policies, handbook)), ((policies,), (policies,), (rules, handbook)),
    ]  # fmt: skip


def test_folders_are_left_out_together(tmp_path: Path) -> None:
    rules, policies, handbook = folders(tmp_path)
    [kind] = kinds_of([rules, policies, handbook], ["rules, handbook, rules"])
    assert (kind.left_out, kind.judged, kind.name) == ((rules, handbook), (rules,), "rules+handbook")


def test_a_folder_spelled_twice_is_not_trained_on(tmp_path: Path) -> None:
    rules, policies, handbook = folders(tmp_path)
    [kind] = kinds_of([rules, policies, handbook, handbook / ".." / "rules"], ["rules"])
    assert kind.rest == (policies, handbook)


def test_folders_without_questions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="none of the folders has questions"):
        kinds_of([folders(tmp_path)[2]], [])


def test_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="two folders have the same name"):
        kinds_of([*folders(tmp_path), write_beir(tmp_path / "older" / "rules")], [])


@pytest.mark.parametrize(
    ("named", "said"),
    [("rules,contracts", "no folder 'contracts'"), ("handbook", "nothing can be measured on handbook"),
     ("rules,policies,handbook", "no questions are left"), ("rules,policies", "no questions are left")],
)  # fmt: skip
def test_a_kind_that_cannot_be_left_out_is_refused(tmp_path: Path, named: str, said: str) -> None:
    with pytest.raises(WrongUsage, match=said):
        kinds_of(folders(tmp_path), [named])


def test_weights_of_another_run_are_not_taken_for_this_one(tmp_path: Path) -> None:
    assert begin(tmp_path / "rules", {"steps": 1})
    assert begin(tmp_path / "rules", {"steps": 1}), "begun and not completed"
    (tmp_path / "rules" / "fusion.json").touch()
    assert begin(tmp_path / "rules", {"steps": 1}), "the manifest is written last"
    (tmp_path / "rules" / "manifest.json").touch()
    assert not begin(tmp_path / "rules", {"steps": 1})
    with pytest.raises(WrongUsage, match="choose another --out"):
        begin(tmp_path / "rules", {"steps": 300})
    (tmp_path / "rules" / "left-out.json").write_text("")
    with pytest.raises(WrongUsage, match="choose another --out"):
        begin(tmp_path / "rules", {"steps": 1})


@pytest.mark.model
def test_a_kind_is_ranked_by_a_reranker_that_never_saw_it(tmp_path: Path) -> None:
    rules, policies, _ = folders(tmp_path)
    for number in range(2):
        out, file = tmp_path / "out", tmp_path / f"found{number}.json"
        done = CliRunner().invoke(
            app,
            ["left-out", str(rules), str(policies), "--kind=rules", "--steps=1", f"--out={out}", f"--json={file}"],
            obj=Settings(tmp_path),
        )
        assert done.exit_code == 0, done.output
    first, again = (json.loads((tmp_path / f"found{number}.json").read_text())["left_out"] for number in range(2))
    assert first == again  # the second run found the weights of the first
    [row] = first
    assert (row["data"], row["without"], row["questions"]) == ("rules", ["rules"], 3)
    assert set(row["nDCG@10"]) == {"bm25", "dense", "hybrid", "reranked", "in service"}
    assert row["nDCG@10"][row["best_first_stage"]]["mean"] == max(
        row["nDCG@10"][name]["mean"] for name in ("bm25", "dense", "hybrid")
    )
    gained = row["nDCG@10"]["reranked"]["mean"] - row["nDCG@10"][row["best_first_stage"]]["mean"]
    assert row["gained"]["mean"] == pytest.approx(gained)
    card = (tmp_path / "out" / "rules" / "README.md").read_text()
    assert "policies" in card
    assert "rules" not in card.partition("## Data")[2].partition("##")[0]
