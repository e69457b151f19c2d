"""Answerability: questions of both kinds, the evidence found for them, and what the threshold makes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assistant.confidence import load_confidence
from evals.answerability import AskedOnce, ask_all, figures
from evals.answerability_command import answerability
from evals.beir import load_data
from evals.data import BenchData, CorpusText, DataError, Question, Unanswerable
from evals.systems import passages_of
from retrieval.errors import WrongUsage
from tests.fakes import OverlapReader, WordEncoder
from tests.retrieval.test_tune import write_beir


def asked(folder: Path, *, inside: bool = False, reader: OverlapReader | None = None) -> list[AskedOnce]:
    data = load_data(write_beir(folder), "dev")
    encoder = WordEncoder()
    return ask_all(
        data, passages_of(data.corpus), encoder, None, reader, reading_encoder=encoder, inside=inside
    )  # fmt: skip


def test_every_question_of_both_kinds_is_asked(tmp_path: Path) -> None:
    found = asked(tmp_path / "rules")
    assert sorted((one.question_id, one.answerable) for one in found) == [
        ("q-gifts", True), ("q-laptop", True), ("q-training", True), ("u2", False),
    ]  # fmt: skip
    assert all(one.evidence for one in found)


def test_inside_a_document_nothing_else_is_found(tmp_path: Path) -> None:
    found = {one.question_id: one for one in asked(tmp_path / "rules", inside=True)}
    assert {sentence.passage.passage_id for sentence in found["u2"].evidence} == {"expenses"}
    assert {sentence.passage.passage_id for sentence in found["q-laptop"].evidence} == {"laptop"}


def test_a_question_is_asked_as_its_asker_would() -> None:
    corpus = (
        CorpusText("old-1", "", "Five unused days of leave carry over.", {"effective_to": "2020-12-31"}),
        CorpusText("pay-1", "", "Managers are paid a bonus in March.", {"audience": ["hr"]}),
        CorpusText("car-1", "", "Company cars are parked in the yard."),
    )
    questions = (
        Question("q1", "How many days of leave carry over?", {"as_of": "2020-05-01"}, {"old-1": 1}),
        Question("q2", "When are managers paid a bonus?", {"groups": ["hr"]}, {"pay-1": 1}),
        Question(
            "q3", "And who pays for it?", {"history": [{"question": "Where are company cars parked?"}]}, {"car-1": 1}
        ),
    )
    data = BenchData(Path("rules"), "test", corpus, questions, (Unanswerable("u", "Are managers paid for leave?"),))
    encoder = WordEncoder()
    found = ask_all(data, passages_of(corpus), encoder, None, None, reading_encoder=encoder, inside=False)
    best = {one.question_id: one.hits[0].passage.passage_id for one in found}
    assert best == {"q1": "old-1", "q2": "pay-1", "q3": "car-1", "u": "car-1"}


def test_an_id_of_both_kinds_is_refused_not_mixed_up() -> None:
    corpus = (CorpusText("leave-1", "", "Five unused days of leave carry over."),)
    questions = (Question("1", "How many days of leave carry over?", wanted={"leave-1": 1}),)
    data = BenchData(Path("rules"), "test", corpus, questions, (Unanswerable("1", "Who waters the plants?"),))
    encoder = WordEncoder()
    with pytest.raises(DataError, match=r"'1' stands both in queries\.jsonl and in unanswerable\.jsonl; rename one"):
        ask_all(data, passages_of(corpus), encoder, None, None, reading_encoder=encoder, inside=False)


def test_figures_count_both_kinds_at_the_threshold(tmp_path: Path) -> None:
    found = asked(tmp_path / "rules", reader=OverlapReader())
    everything, nothing = (figures(found, replace(load_confidence(), threshold=threshold)) for threshold in (0.0, 1.01))
    assert everything["kept"]["mean"] == 1.0
    assert everything["refused"]["mean"] == 0.0
    assert nothing["kept"]["mean"] == 0.0
    assert nothing["refused"]["mean"] == 1.0
    assert everything["answerable"] == 3
    below = nothing["answer_shown_below_refusal"]
    assert (everything["answer_shown_below_refusal"]["n"], below["n"]) == (0, 3), (
        "only what is refused is shown below a refusal"
    )
    assert below["mean"] == 1.0
    astray = [replace(one, wanted=frozenset({"elsewhere"})) for one in found]
    assert figures(astray, replace(load_confidence(), threshold=1.01))["answer_shown_below_refusal"]["mean"] == 0.0
    doubted = figures(found, replace(load_confidence(), threshold=0.0, sure=1.01))
    assert (doubted["kept"]["mean"], doubted["kept_without_doubt"]["mean"]) == (1.0, 0.0)
    assert doubted["refused_or_doubted"]["mean"] == 1.0
    assert everything["auroc_reader_alone"]["mean"] is not None


def test_without_a_reader_there_is_no_figure_of_it(tmp_path: Path) -> None:
    alone = figures(asked(tmp_path / "rules"), load_confidence())["auroc_reader_alone"]
    assert alone["mean"] == 0.5


def test_data_without_unanswerable_questions_is_refused(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(answerability)
    folder = write_beir(tmp_path / "rules")
    (folder / "unanswerable.jsonl").unlink()
    done = CliRunner().invoke(app, [str(folder), "--split", "dev"])
    assert isinstance(done.exception, WrongUsage)
    assert "unanswerable.jsonl" in str(done.exception)
