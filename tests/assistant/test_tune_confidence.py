"""Fitting confidence: what it learns from, the stated rate of false answers, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant import confidence
from assistant.confidence import Layer, Signs, fingerprints, load_confidence, misfit
from assistant.config import read_settings
from assistant.tuneconfidence import (
    ConfidenceTuneConfig,
    Fitted,
    Models,
    Tried,
    choose_threshold,
    fit,
    spread,
    tune_confidence,
)
from retrieval.errors import ModelUnavailable, WeightsDamaged, WrongUsage
from retrieval.index import PassageIndex
from retrieval.records import Passage, Reading
from retrieval.search import Searcher, SearchResult
from retrieval.tuning.collection import Question
from retrieval.weightfolder import SHIPPED
from tests.fakes import OverlapReader, OverlapReranker, WordEncoder
from tests.retrieval.test_tune import write_beir

MODELS = Models(WordEncoder(), OverlapReranker(), OverlapReader(), {"reader": "abc"})


def tried(answerable: bool, answers: float, similarity: float = 0.5) -> Tried:
    signs = Signs(similarity, answers, 0.1)
    return Tried(answerable, signs, signs)


def told_apart_by_reading(shift: float = 0.0) -> list[Tried]:
    return [tried(kind, side + step / 10 + shift) for kind, side in ((True, 1), (False, -1)) for step in range(-12, 13)]


def test_what_parts_the_kinds_gets_the_weight() -> None:
    layer = fit({"one": told_apart_by_reading()}, lambda one: one.read)
    assert layer.answers > 0.5
    assert layer.similarity == layer.margin == 0.0  # the same everywhere: they tell nothing


def test_a_large_collection_weighs_as_much_as_a_small_one() -> None:
    small, large = told_apart_by_reading(), told_apart_by_reading(3.0)
    once, often = (
        fit({"small": small, "large": large * times}, lambda one: one.read) for times in (1, 20)
    )  # fmt: skip
    assert (once.bias, once.answers) == pytest.approx((often.bias, often.answers), abs=0.002)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5])
def test_the_threshold_keeps_to_the_stated_rate(rate: float) -> None:
    asked = {"one": told_apart_by_reading(), "other": told_apart_by_reading(0.5)}
    layer = fit(asked, lambda one: one.read)
    threshold = choose_threshold(asked, layer, rate)
    mean = sum(Fitted(layer, threshold).judge(one)["false_answers"] for one in asked.values()) / 2
    sure = [
        layer.probability(one.read) for several in asked.values() for one in several if one.read and not one.answerable
    ]
    next_below = max(one for one in sure if one < threshold)
    lower = sum(Fitted(layer, next_below).judge(one)["false_answers"] for one in asked.values()) / 2
    assert mean <= rate < lower


def test_no_rate_at_all_asks_nothing_of_the_threshold() -> None:
    asked = {"one": told_apart_by_reading()}
    assert choose_threshold(asked, fit(asked, lambda one: one.read), 1.0) == 0.0


def test_where_the_kinds_lie_far_apart_the_threshold_is_in_the_middle() -> None:
    asked = {
        "one": [tried(kind, side * (3 + step / 10)) for kind, side in ((True, 1), (False, -1)) for step in range(3)]
    }
    layer = Layer(0.0, 0.0, answers=2.0)
    assert [choose_threshold(asked, layer, rate) for rate in (0.0, 0.3)] == [0.5, 0.5]
    # Two questions lie at 0.88 and 0.95: the threshold between them parts nothing else.
    near = {"one": [*asked["one"], tried(False, 1.0), tried(True, 1.5)]}
    assert choose_threshold(near, layer, 0.0) == 0.91
    assert choose_threshold(near, layer, 0.3) == 0.44


def test_what_is_answered_without_doubt_keeps_to_a_rate_of_its_own(tmp_path: Path) -> None:
    folders = [write_beir(tmp_path / "rules"), write_beir(tmp_path / "others")]
    by_rates = {
        rates: tune_confidence(folders, MODELS, tmp_path / "out", ConfidenceTuneConfig("mine", *rates)).fitted
        for rates in ((1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    }
    assert by_rates[1.0, 0.0].threshold < by_rates[1.0, 0.0].sure
    assert by_rates[1.0, 1.0].threshold == by_rates[1.0, 1.0].sure
    assert by_rates[0.0, 1.0].threshold == by_rates[0.0, 1.0].sure, "what is refused is never given without doubt"


def test_few_questions_of_a_kind_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tune_confidence([write_beir(tmp_path / "rules")], MODELS, tmp_path / "out", ConfidenceTuneConfig())
    assert [message.split(",")[0] for message in caplog.messages] == [
        "only 3 answerable questions were asked", "only 1 unanswerable questions were asked",
    ]  # fmt: skip


def test_the_languages_of_the_questions_are_kept_with_what_was_fitted(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "rules")
    asked = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    (folder / "queries.jsonl").write_text(
        "".join(
            json.dumps({**one, "text": f"Ich weiß nicht, was ist und wer kann: {one['text']}"}) + "\n" for one in asked
        )
    )
    tune_confidence([folder], MODELS, tmp_path / "out", ConfidenceTuneConfig())
    assert load_confidence(str(tmp_path / "out")).languages == {"de", "en"}


def test_where_nothing_is_found_no_threshold_answers() -> None:
    told = Fitted(Layer(0.0, 1.0), 0.0).judge([tried(True, 1.0), Tried(False, None, None)])
    assert (told["kept"], told["false_answers"]) == (1.0, 0.0)


def test_a_file_in_the_way_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    for out in (tmp_path / "out", tmp_path / "out" / "confidence"):
        with pytest.raises(WrongUsage, match="out is a file, and weights are written to a folder"):
            tune_confidence([tmp_path / "nowhere"], MODELS, out, ConfidenceTuneConfig())


def test_what_was_fitted_is_loaded(tmp_path: Path) -> None:
    folders = [write_beir(tmp_path / "rules"), write_beir(tmp_path / "others")]
    outcome = tune_confidence(folders, MODELS, tmp_path / "out", ConfidenceTuneConfig())
    fitted, judged = outcome.fitted, outcome.judged
    loaded = load_confidence(str(tmp_path / "out"))
    assert (loaded.threshold, loaded.sure, loaded.read) == (fitted.threshold, fitted.sure, fitted.layer)
    assert loaded.unread.answers == 0.0
    assert {name: (one.answerable, one.unanswerable) for name, one in judged.items()} == {
        "others": (3, 1),
        "rules": (3, 1),
    }
    assert set(judged["rules"].left_out) == {"auroc", "kept", "false_answers"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["fitted_to"] == {"reader": "abc"}
    assert loaded.languages == {"en"}
    assert manifest["dev"]["rules"]["kept"] == judged["rules"].kept
    kept = [rate.kept for rate in outcome.rates]
    assert kept == sorted(kept)  # more false answers keep no fewer
    assert [rate["kept"] for rate in manifest["rates"]] == kept


class Verified(OverlapReader):
    """Read once more by somebody who knows what the rules do not say."""

    class _Knowing:
        name = "knowing"
        rank_weight = 0.0

        def verify(self, question: str, passages: Sequence[Passage], readings: Sequence[Reading]) -> list[float]:
            return [-3.0 if "parking" in question else 3.0 for _ in passages]

        def keep(self, passages: Sequence[Passage]) -> None: ...

    verifier = _Knowing()


def test_with_a_verifier_its_layer_chooses_the_threshold(tmp_path: Path) -> None:
    folders = [write_beir(tmp_path / "rules"), write_beir(tmp_path / "others")]
    models = replace(MODELS, verified=Verified())
    outcome = tune_confidence(folders, models, tmp_path / "out", ConfidenceTuneConfig())
    loaded = load_confidence(str(tmp_path / "out"))
    assert loaded.verified == outcome.fitted.layer
    assert loaded.verified.verified > 0
    assert loaded.read.verified == loaded.unread.verified == 0.0
    assert outcome.judged["rules"].auroc == outcome.judged["rules"].left_out["auroc"] == 1.0


def test_without_a_reader_similarity_decides(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "rules")
    outcome = tune_confidence([folder], Models(WordEncoder(), None, None), tmp_path / "out", ConfidenceTuneConfig())
    fitted, judged = outcome.fitted, outcome.judged
    assert fitted.layer.answers == 0.0
    assert not judged["rules"].left_out  # there are no others
    assert load_confidence(str(tmp_path / "out")).unread == fitted.layer


def test_a_question_for_which_nothing_is_found_is_refused_and_not_learned_from() -> None:
    found = told_apart_by_reading()
    nothing = [Tried(kind, None, None) for kind in (True, False)]
    layer = fit({"one": found}, lambda one: one.read)
    assert fit({"one": [*found, *nothing]}, lambda one: one.read) == layer
    told = Fitted(layer, 0.5).judge([*found, *nothing])
    alone = Fitted(layer, 0.5).judge(found)
    assert told["kept"] < alone["kept"]
    assert told["false_answers"] < alone["false_answers"]
    with pytest.raises(WrongUsage, match="one kind alone"):
        fit({"one": [tried(True, 1.0), Tried(False, None, None)]}, lambda one: one.read)


def test_inside_searches_only_what_a_question_is_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[PassageIndex] = []

    class Watched(Searcher):
        def __init__(self, index: PassageIndex, *more: Any, **named: Any) -> None:
            built.append(index)
            super().__init__(index, *more, **named)

    monkeypatch.setattr("assistant.tuneconfidence.Searcher", Watched)
    folder = write_beir(tmp_path / "rules")
    config = ConfidenceTuneConfig(inside=frozenset({"rules"}))
    judged = tune_confidence([folder], MODELS, tmp_path / "out", config).judged
    assert (judged["rules"].answerable, judged["rules"].unanswerable) == (3, 1)
    searched = [len(index) for index in built]
    assert max(searched) == 1  # each question is about one passage, a document of its own
    with pytest.raises(WrongUsage, match="--inside rulez"):
        tune_confidence([folder], MODELS, tmp_path / "out", ConfidenceTuneConfig(inside=frozenset({"rulez"})))


def test_a_question_is_asked_as_its_asker_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, set[str]] = {}

    class Watched(Searcher):
        def search(self, question: str, *more: Any, **named: Any) -> SearchResult:
            result = super().search(question, *more, **named)
            found[question] = {hit.passage.passage_id for hit in result.hits}
            return result

    monkeypatch.setattr("assistant.tuneconfidence.Searcher", Watched)
    folder = write_beir(tmp_path / "rules")
    particulars = {"gifts": {"audience": ["legal"]}, "training": {"effective_to": "2020-12-31"}}
    asker = {
        "q-gifts": {"groups": ["legal"]},
        "q-training": {"as_of": "2020-05-01"},
        "q-laptop": {"history": [{"question": "Whom do I tell about a lost key?", "answer": "Security."}]},
    }
    for name, about in (("corpus.jsonl", particulars), ("queries.jsonl", asker)):
        rows = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        lines = [json.dumps({**row, "metadata": about.get(row["_id"], {})}) + "\n" for row in rows]
        (folder / name).write_text("".join(lines).replace("I lost my laptop, what now?", "What about a laptop?"))
    tune_confidence([folder], MODELS, tmp_path / "out", ConfidenceTuneConfig())
    assert "gifts" in found["May I accept a gift from a supplier?"]
    assert "training" in found["How many training days do I get?"]
    assert not {"gifts", "training"} & found["Does the company pay for parking?"]
    assert "Whom do I tell about a lost key, a laptop?" in found


def test_others_of_one_kind_alone_do_not_undo_the_asking(tmp_path: Path) -> None:
    rules, others = write_beir(tmp_path / "rules"), write_beir(tmp_path / "others")
    rows = [json.loads(line) for line in (others / "corpus.jsonl").read_text().splitlines()]
    hidden = [{**row, "metadata": {"audience": ["nobody"]}} for row in rows]
    (others / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in hidden))
    judged = tune_confidence([rules, others], MODELS, tmp_path / "out", ConfidenceTuneConfig()).judged
    assert judged["rules"].left_out == {}  # nothing was found for any question of the others
    assert set(judged["others"].left_out) == {"auroc", "kept", "false_answers"}


def test_a_question_that_names_no_document_is_not_asked_inside_one(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "rules")
    rows = [json.loads(line) for line in (folder / "unanswerable.jsonl").read_text().splitlines()]
    lost = [{**row, "asked_against": []} for row in rows]
    (folder / "unanswerable.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lost))
    with pytest.raises(WrongUsage, match="no unanswerable dev questions that name a document"):
        tune_confidence(
            [folder], MODELS, tmp_path / "out", ConfidenceTuneConfig(inside=frozenset({"rules"}))
        )  # fmt: skip


@pytest.mark.parametrize("wrong", ["unanswerable.jsonl", "queries.jsonl"])
def test_a_folder_that_cannot_be_asked_is_said_before_any_is(tmp_path: Path, wrong: str) -> None:
    folders = [write_beir(tmp_path / name) for name in ("fine", "lacking")]
    path = folders[1] / wrong
    rows = [json.loads(line) | {"metadata": {"as_of": "1.2.2024"}} for line in path.read_text().splitlines()]
    path.write_text("" if wrong == "unanswerable.jsonl" else "\n".join(map(json.dumps, rows)))
    asked: list[str] = []
    with pytest.raises(
        WrongUsage, match=r"lacking has no unanswerable|lacking, question q-gifts: metadata holds the date"
    ):
        tune_confidence(
            folders, MODELS, tmp_path / "out", ConfidenceTuneConfig(), report=lambda what, *_: asked.append(what)
        )
    assert asked == []


def test_questions_of_both_kinds_may_have_one_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, set[str]] = {}

    class Watched(Searcher):
        def search(self, question: str, *more: Any, **named: Any) -> SearchResult:
            asked[question] = {passage.passage_id for passage in self.index.passages}
            return super().search(question, *more, **named)

    monkeypatch.setattr("assistant.tuneconfidence.Searcher", Watched)
    folder = write_beir(tmp_path / "rules")
    path = folder / "unanswerable.jsonl"
    path.write_text(path.read_text().replace('"u2"', '"q-gifts"'))
    tune_confidence([folder], MODELS, tmp_path / "out", ConfidenceTuneConfig(inside=frozenset({"rules"})))
    assert asked["May I accept a gift from a supplier?"] == {"gifts"}
    assert asked["Does the company pay for parking?"] == {"expenses"}


def test_folders_of_one_name_and_a_taken_out_folder_are_refused(tmp_path: Path) -> None:
    folders = [write_beir(tmp_path / side / "questions") for side in ("hr", "legal")]
    with pytest.raises(WrongUsage, match="two folders are called questions"):
        tune_confidence(folders, MODELS, tmp_path / "out", ConfidenceTuneConfig())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text('{"kind": "reranker", "files": {}}')
    with pytest.raises(ModelUnavailable, match="holds a reranker"):
        tune_confidence(folders[:1], MODELS, tmp_path / "out", ConfidenceTuneConfig())


def test_questions_of_one_kind_alone_teach_nothing(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "rules")
    (folder / "unanswerable.jsonl").unlink()
    with pytest.raises(WrongUsage, match="no unanswerable dev questions"):
        tune_confidence([folder], MODELS, tmp_path / "out", ConfidenceTuneConfig())
    assert not (tmp_path / "out").exists()


def test_what_ships_was_fitted_to_the_weights_that_ship() -> None:
    manifest = json.loads((confidence.SHIPPED / "manifest.json").read_text())
    settings = read_settings(None, {})
    assert manifest["fitted_to"] == fingerprints(settings)
    assert misfit(load_confidence(), settings) is None
    other = replace(settings, reader=settings.reranker or str(SHIPPED / "reranker"))
    assert "another reader; fit it again: policydesk tune confidence" in str(misfit(load_confidence(), other))


def test_questions_are_taken_from_everywhere() -> None:
    questions = [Question(str(number), "?", "dev") for number in range(10)]
    assert [one.question_id for one in spread(questions, 3)] == ["0", "3", "6"]
    assert spread(questions, 20) == questions


def test_another_folder_than_confidences_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="holds a reader where a confidence was expected"):
        load_confidence(str(SHIPPED / "reader"))
    with pytest.raises(ModelUnavailable, match="policydesk tune confidence"):
        load_confidence(str(tmp_path))
    for written, says in (
        ('{"kind": "confidence", "threshold": 0.3, "files": {}}', "'read'"),
        (
            '{"kind": "confidence", "threshold": "high", "read": {"bias": null}, "unread": {}, "files": {}}',
            "policydesk tune",
        ),
        ("[]", "is not a manifest"),
    ):
        (tmp_path / "manifest.json").write_text(written)
        with pytest.raises(WeightsDamaged, match=says):
            load_confidence(str(tmp_path))


def test_the_shipped_thresholds_are_those_of_the_rates_that_were_stated() -> None:
    manifest = json.loads((confidence.SHIPPED / "manifest.json").read_text())
    of_rate = {rate["false_answers"]: rate["threshold"] for rate in manifest["rates"]}
    assert (manifest["threshold"], manifest["sure"]) == (
        of_rate[manifest["false_answers"]], of_rate[manifest["undoubted"]],
    )  # fmt: skip
