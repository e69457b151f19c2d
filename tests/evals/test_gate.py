"""The gate notices what it is there for, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from assistant.records import Answer, AnswerDone, AnswerEvent, Check, Citation, Claim, EvidenceFound, Status, Turn
from evals.answers import evaluate_answers
from evals.beir import load_data
from evals.commands import app
from evals.data import BenchData
from evals.models import Models
from evals.retrieval import evaluate_retrieval
from evals.systems import passages_of
from retrieval.errors import WrongUsage
from retrieval.fusion import Fusion
from retrieval.records import Passage
from retrieval.scope import Scope
from tests.evals.folders import write_folder
from tests.fakes import WordEncoder

runner = CliRunner()


class OtherPooling(WordEncoder):
    """The same name, but a text is its first word only."""

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        return super().encode([text.split()[0] for text in texts], truncate=truncate, progress=progress)


class Citing:
    """Answers each question from the passage that many places after its own; refuses what names no passage."""

    def __init__(self, data: BenchData, places_off: int = 0) -> None:
        passages = passages_of(data.corpus)
        self._answers = {
            question.text: passages[(number + places_off) % len(passages)]
            for number, question in enumerate(data.questions)
        }

    def stream(
        self, question: str, *, scope: Scope | None = None, history: Sequence[Turn] = ()
    ) -> Iterator[AnswerEvent]:
        passage = self._answers.get(question)
        answer = _answer(question, passage)
        yield EvidenceFound(answer.citations)
        yield AnswerDone(answer)


def _answer(question: str, passage: Passage | None) -> Answer:
    quote = " ".join(passage.text.split()[:5]) if passage else ""
    return Answer(
        question=question, standalone_question=question, status=Status.ANSWERED if passage else Status.ABSTAINED, reason=None,
        text=quote, claims=(Claim(quote, (1,), Check.QUOTED),) if passage else (),
        citations=(Citation(1, passage, 0, len(quote)),) if passage else (),
        conflicts=(), confidence=0.9 if passage else 0.1, as_of=date(2025, 1, 1), model="fake", index_generation=1,
    )  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> BenchData:
    return load_data(write_folder(tmp_path / "rules"))


def save(path: Path, result: dict[str, Any]) -> Path:
    path.write_text(json.dumps(result))
    return path


def retrieval(data: BenchData, folder: Path, name: str, encoder: WordEncoder) -> Path:
    outcome = evaluate_retrieval(data, ["bm25", "dense", "hybrid"], Models(encoder, None), cache=folder / "cache")
    return save(folder / f"{name}.json", outcome.to_json())


def answers(data: BenchData, folder: Path, name: str, answerer: Citing) -> Path:
    return save(folder / f"{name}.json", evaluate_answers(data, answerer, model="fake").to_json())


def gate(*arguments: object) -> tuple[int, str]:
    result = runner.invoke(app, ["compare", *map(str, arguments)], env={"COLUMNS": "200"})
    return result.exit_code, result.output + str(result.exception or "")


def test_an_unchanged_rerun_passes(data: BenchData, tmp_path: Path) -> None:
    base, new = (retrieval(data, tmp_path, name, WordEncoder()) for name in ("base", "new"))
    assert gate(base, new)[0] == 0
    base, new = (answers(data, tmp_path, name, Citing(data)) for name in ("base", "new"))
    assert gate(base, new)[0] == 0


def test_swapped_pooling_fails_the_gate_although_encodings_were_kept(data: BenchData, tmp_path: Path) -> None:
    base = retrieval(data, tmp_path, "base", WordEncoder())
    new = retrieval(data, tmp_path, "new", OtherPooling())
    code, said = gate(base, new)
    assert code == 1
    assert "FAILED" in said
    printed = runner.invoke(app, ["compare", str(base), str(new), "--json"]).output
    worse = {(row["system"], row["measure"]) for row in json.loads(printed)["changes"] if row["verdict"] == "worse"}
    assert ("dense", "nDCG@10") in worse
    assert not any(system == "bm25" for system, _ in worse)


def test_broken_fusion_fails_the_gate(data: BenchData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = retrieval(data, tmp_path, "base", WordEncoder())
    right = Fusion.fuse
    monkeypatch.setattr(Fusion, "fuse", lambda self, *scores: -right(self, *scores))
    assert gate(base, retrieval(data, tmp_path, "new", WordEncoder()))[0] == 1


def test_citing_the_wrong_passage_fails_the_gate(data: BenchData, tmp_path: Path) -> None:
    base = answers(data, tmp_path, "base", Citing(data))
    assert gate(base, answers(data, tmp_path, "new", Citing(data, places_off=1)))[0] == 1


def test_what_answers_cite_is_a_run_that_scores_as_any_other(data: BenchData, tmp_path: Path) -> None:
    evaluate_answers(data, Citing(data), model="fake").write_runs(tmp_path / "runs")
    runs = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert runs == ["rules-test-cited.run", "rules-test.qrels"]
    result = runner.invoke(
        app, ["retrieval", str(data.folder), "--systems", str(tmp_path / "runs" / runs[0]), "--json", "-"]
    )
    (scored,) = json.loads(result.stdout)["systems"].values()
    assert scored["RR@10"]["mean"] == 1.0


def test_an_improvement_passes(data: BenchData, tmp_path: Path) -> None:
    base = answers(data, tmp_path, "base", Citing(data, places_off=1))
    code, said = gate(base, answers(data, tmp_path, "new", Citing(data)))
    assert code == 0
    assert "better" in said


def test_a_rechunked_corpus_is_told_from_a_regression(data: BenchData, tmp_path: Path) -> None:
    base = retrieval(data, tmp_path, "base", WordEncoder())
    cut = BenchData(data.folder, data.split, data.corpus[:-1], data.questions[:-1])
    new = retrieval(cut, tmp_path, "new", WordEncoder())
    code, said = gate(base, new)
    assert code != 0
    assert "re-chunked corpus, not comparable: BASE was measured on 60 passages" in said
    assert gate(base, new, "--allow-different-corpus")[0] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"split": "dev"}, "BASE has split 'test', NEW has 'dev'"),
        ({"kind": "answers", "per_question": {}}, "BASE has kind 'retrieval', NEW has 'answers'"),
        (
            {"per_question": {"other": {"systems": {"bm25": {"P@5": 1}, "dense": {"P@5": 1}, "hybrid": {"P@5": 1}}}}},
            "NEW lacks",
        ),
    ],
)
def test_results_that_do_not_belong_together_are_refused(
    data: BenchData, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    base = retrieval(data, tmp_path, "base", WordEncoder())
    new = save(tmp_path / "new.json", {**json.loads(base.read_text()), **change})
    assert said in gate(base, new)[1]


@pytest.mark.parametrize("row", [None, [], {}, {"systems": 1}, {"systems": {"bm25": {"P@5": "high"}}}])
def test_a_damaged_row_is_named(data: BenchData, tmp_path: Path, row: object) -> None:
    base = retrieval(data, tmp_path, "base", WordEncoder())
    new = save(tmp_path / "new.json", {**json.loads(base.read_text()), "per_question": {"q07": row}})
    result = runner.invoke(app, ["compare", str(base), str(new)])
    assert isinstance(result.exception, WrongUsage)
    assert "NEW is damaged at question 'q07'" in str(result.exception)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"kind": "retrieval"}', "[1", '{"kind": "retrieval", "per_question": [1]}']
)
def test_what_is_no_result_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "base.json"
    path.write_text(text)
    result = runner.invoke(app, ["compare", str(path), str(path)])
    assert "write one with" in str(result.exception)
    assert "\n" not in str(result.exception)
