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
from evals.compare import compare_results
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


def told(kind: str, rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A result with these rows of questions."""
    return {"kind": kind, "data": "rules", "split": "test", "corpus_fingerprint": "a", "per_question": rows, **more}


def ranked(*values: float) -> dict[str, Any]:
    """A result of four systems that score the same on every measure of a question."""
    measures = ("nDCG@10", "R@10", "R@100", "RR@10", "P@5", "hit@1")
    return told("retrieval", {
        f"q{at}": {"systems": {name: dict.fromkeys(measures, value) for name in ("bm25", "dense", "hybrid", "reranked")}}
        for at, value in enumerate(values)
    })  # fmt: skip


def test_a_new_one_that_refuses_everything_fails(data: BenchData, tmp_path: Path) -> None:
    base = answers(data, tmp_path, "base", Citing(data))
    refusing = answers(data, tmp_path, "new", Citing(BenchData(data.folder, data.split, data.corpus, ())))
    code, said = gate(base, refusing)
    assert code == 1
    assert "answered_right" in said
    assert gate(refusing, base)[0] == 0


def test_a_measure_of_shown_answers_is_not_to_be_missing_where_answers_are_shown() -> None:
    measures = {"answered": 1.0, "mine:judge": 0.5}
    base = told("answers", {f"q{at}": {"measures": measures, "citations": [{}]} for at in range(30)})
    new = told("answers", {f"q{at}": {"measures": {"answered": 1.0}, "citations": [{}]} for at in range(30)})
    with pytest.raises(WrongUsage, match="NEW lacks answers mine:judge"):
        compare_results(base, new)


def test_too_few_questions_to_tell_a_total_loss_are_refused_not_passed() -> None:
    with pytest.raises(WrongUsage, match=r"9 questions are too few to tell: .* p 0\.094; compare 10 questions or more"):
        compare_results(ranked(*[1.0] * 9), ranked(*[0.0] * 9))
    assert compare_results(ranked(*[1.0] * 10), ranked(*[0.0] * 10)).worse


def test_more_rows_than_any_number_of_questions_can_tell_apart_are_refused_in_one_line() -> None:
    def many(value: float) -> dict[str, Any]:
        systems = {f"run{at}": {"nDCG@10": value} for at in range(250)}
        return told("retrieval", {f"q{at}": {"systems": systems} for at in range(2)})

    with pytest.raises(WrongUsage, match="250 rows are too many to tell: NEW is lower in 250 of them"):
        compare_results(many(1.0), many(0.0))


def test_few_questions_without_a_loss_pass_and_are_called_too_few(tmp_path: Path) -> None:
    path = save(tmp_path / "base.json", ranked(*[1.0] * 9))
    code, said = gate(path, path)
    assert code == 0
    assert "24 of 24 rows have too few questions" in " ".join(said.split())


def test_missing_questions_are_refused() -> None:
    with pytest.raises(WrongUsage, match="NEW lacks 297 of the 300 questions of BASE, 'q10' among them"):
        compare_results(ranked(*[1.0] * 300), ranked(*[1.0] * 3))
    assert compare_results(ranked(*[1.0] * 20), ranked(*[1.0] * 30)).only_new == 10


def test_a_changed_test_is_told_where_both_say_what_they_were_judged_by() -> None:
    same = ranked(*[1.0] * 20)
    with pytest.raises(WrongUsage, match="another test, not comparable"):
        compare_results({**same, "test_fingerprint": "x"}, {**same, "test_fingerprint": "y"})
    assert not compare_results(same, {**same, "test_fingerprint": "y"}).worse, "the older result does not say"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_damage_not_a_pass(value: float) -> None:
    with pytest.raises(WrongUsage, match="NEW is damaged at question 'q1'"):
        compare_results(ranked(*[1.0] * 30), ranked(1.0, value, *[1.0] * 28))
