from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from evals.commands import _save, _sizes, app
from evals.models import Models
from retrieval.errors import PolicydeskError, WrongUsage
from retrieval.search import Mode, Searcher, SearchResult
from tests.evals.folders import write_folder
from tests.fakes import OverlapReranker, WordEncoder

runner = CliRunner()


def run(*arguments: object) -> Result:
    return runner.invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "120"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "rules")


@pytest.fixture
def peer(tmp_path: Path) -> Path:
    """A run file that finds every passage at the first place."""
    path = tmp_path / "peer.run"
    path.write_text("".join(f"q{n:02d} Q0 rule-{n:02d} 1 1.0 peer\n" for n in range(60)))
    return path


def test_json_on_standard_output_is_json_alone(folder: Path, peer: Path) -> None:
    result = run("retrieval", folder, "--systems", peer, "--json", "-")
    assert json.loads(result.stdout)["systems"]["peer"]["nDCG@10"] == {
        "mean": 1.0,
        "ci95": [pytest.approx(0.940, abs=1e-3), 1.0],
        "n": 60,
    }
    assert "peer" in result.stderr


def test_every_output_is_written_where_it_is_asked_for(folder: Path, peer: Path, tmp_path: Path) -> None:
    result = run("retrieval", folder, "--systems", peer, "--limit", 20, "--json", tmp_path / "new" / "r.json",
                 "--html", tmp_path / "r.html", "--runs", tmp_path / "runs")  # fmt: skip
    assert result.exit_code == 0
    assert "1.000" in result.stdout
    found = json.loads((tmp_path / "new" / "r.json").read_text())
    assert found["questions"] == 20
    assert found.keys() >= {
        "data",
        "split",
        "questions",
        "machine",
        "commit",
        "command",
        "systems",
        "comparisons",
        "per_question",
    }
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["rules-test-peer.run", "rules-test.qrels"]
    drawn = run("report", tmp_path / "new" / "r.json", "--html", tmp_path / "again.html")
    assert drawn.exit_code == 0
    assert (tmp_path / "again.html").read_text() == (tmp_path / "r.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retrieval", "nowhere", "--systems", "bm25"], "nowhere is not a folder"),
        (["retrieval", "{folder}", "--split", "dev", "--systems", "bm25"], "dev.tsv"),
        (["retrieval", "{folder}", "--systems", "{peer},{peer}"], "name each system once"),
        (["retrieval", "{folder}", "--systems", "bm26"], "no system 'bm26'"),
        (["answers", "{folder}", "--judge", "nothing"], "module:function"),
        (["compare", "nothing.json", "nothing.json"], "cannot read nothing.json"),
        (["retrieval", "{folder}", "--systems", "{peer}", "--runs", "{peer}"], "choose a folder"),
        (["answers", "{folder}", "--runs", "{peer}"], "choose a folder"),
        (["retrieval", "nowhere", "--json", "{folder}"], "it is a folder"),
        (["answers", "nowhere", "--html", "{peer}/r.html"], "cannot write"),
        (["answers", "{folder}", "--systems", "bm25,bm26"], "takes bm25, dense, hybrid, reranked"),
        (["answers", "{folder}", "--systems", ","], "takes bm25, dense, hybrid, reranked"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(folder: Path, peer: Path, arguments: list[str], said: str) -> None:
    result = run(*(argument.format(folder=folder, peer=peer) for argument in arguments))
    assert isinstance(result.exception, PolicydeskError)
    assert result.exception.exit_code == 2
    assert said in str(result.exception)
    assert "\n" not in str(result.exception)


@pytest.fixture
def searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Mode, bool]]:
    """How each question was searched for, and whether a reranker stood by, by an assistant without weights."""
    seen: list[tuple[Mode, bool]] = []
    search = Searcher.search

    def noted(self: Searcher, question: str, **options: Any) -> SearchResult:
        seen.append((options["mode"], self.reranker is not None))
        return search(self, question, **options)

    monkeypatch.setattr(Searcher, "search", noted)
    monkeypatch.setattr("evals.models.load_models", lambda _settings: Models(WordEncoder(), OverlapReranker()))
    monkeypatch.setenv("POLICYDESK_MODELS", str(tmp_path / "models"))
    return seen


@pytest.mark.parametrize(
    ("systems", "expected"),
    [
        ("bm25", (Mode.BM25, False)),
        ("dense", (Mode.DENSE, False)),
        ("hybrid", (Mode.HYBRID, False)),
        ("reranked", (Mode.HYBRID, True)),
        ("bm25, dense", (Mode.DENSE, False)),
    ],
)
def test_answers_are_found_as_the_last_system_finds(
    folder: Path, searched: list[tuple[Mode, bool]], systems: str, expected: tuple[Mode, bool]
) -> None:
    result = run("answers", folder, "--model", "quote", "--limit", 2, "--systems", systems, "--json", "-")
    found = json.loads(result.stdout)
    assert (found["answerable"], found["unanswerable"]) == (2, 2), "so many of each, as --help says"
    assert ("reranker" in found["fingerprints"]) == expected[1], "only weights in use are named"
    assert set(searched) == {expected}
    assert ("Of bm25, dense the last one answers: dense." in result.stderr) == ("," in systems)


@pytest.mark.usefixtures("searched")
@pytest.mark.parametrize("command", ["retrieval", "answers"])
def test_an_id_that_no_run_file_carries_loses_no_measurement(folder: Path, tmp_path: Path, command: str) -> None:
    for path in (folder / "queries.jsonl", folder / "answers.jsonl", folder / "qrels" / "test.tsv"):
        path.write_text(path.read_text().replace("q00", "q 0"))
    more = ["--systems", "bm25"] if command == "retrieval" else ["--model", "quote"]
    result = run(command, folder, *more, "--json", tmp_path / "r.json", "--html", tmp_path / "r.html",
                 "--limit", 2, "--runs", tmp_path / "runs")  # fmt: skip
    assert "'q 0' holds a space" in str(result.exception)
    assert json.loads((tmp_path / "r.json").read_text())["per_question"].keys() >= {"q 0", "q01"}
    assert (tmp_path / "r.html").is_file()
    assert list((tmp_path / "runs").iterdir()) == [], "no half of a file is left"


@pytest.mark.parametrize("said", ["inf", "nan", "1e999", "", "9", "1e3,1e9"])
def test_sizes_to_race_at_are_numbers_within_reason(said: str) -> None:
    with pytest.raises(WrongUsage, match="--passages takes"):
        _sizes(said)


@pytest.mark.parametrize("command", ["retrieval", "answers", "compare", "report"])
def test_help_shows_an_example(command: str) -> None:
    assert f"Example: policydesk eval {command}" in run(command, "--help").output


def test_what_was_there_stays_until_the_new_file_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.json"
    path.write_text("old")

    def full(written: Path, text: str, **_: object) -> int:
        written.write_bytes(text.encode()[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(WrongUsage, match="No space left on device; choose another file"):
        _save(path, "new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("r.json", b"old")]


@pytest.mark.usefixtures("searched")
def test_a_judge_that_cannot_say_counts_for_nothing_and_leaves_json(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []

    def judge(*_: object) -> float:
        seen.append([float("nan"), 0.5][len(seen) % 2])
        return seen[-1]

    monkeypatch.setattr("evals.judging.load_judge", lambda _name: judge)
    result = run(
        "answers", folder, "--model", "quote", "--judge", "mine:judge", "--html", tmp_path / "r.html", "--json", "-"
    )
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert found["mine:judge"]["mean"] == 0.5
    assert found["mine:judge"]["n"] == len(seen) // 2
    assert '"nan' not in (tmp_path / "r.html").read_text()
    assert None in [row["measures"].get("mine:judge") for row in found["per_question"].values() if row["measures"]]


@pytest.mark.parametrize("command", ["report", "overview"])
@pytest.mark.parametrize("found", [{}, {"data": "d", "split": "test", "questions": 1, "systems": {"a": {"R@10": {"mean": 1}}}},
                                   {"data": "d", "split": "dev", "questions": 1, "passages": 1, "systems": []},
                                   {"data": "d", "split": "dev", "questions": 1, "passages": 1, "systems": {"a": {"nDCG@10": {"mean": None}}}}])  # fmt: skip
def test_a_result_that_lacks_what_is_shown_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, found: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.json").write_text(json.dumps({"kind": "retrieval", "per_question": {}, **found}))
    error = run(command, "r.json").exception
    assert isinstance(error, WrongUsage)
    assert "measure it again" in str(error)
    assert "\n" not in str(error)


def test_a_result_with_nan_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"kind": "answers", "per_question": {}, "a:b": {"mean": NaN}}')
    assert "is not JSON (it holds NaN)" in str(run("report", tmp_path / "r.json").exception)
