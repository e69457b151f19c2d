"""Answerability: the signs of an answer, and the threshold that refuses no more than a stated share of answers."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.answerability import Answerability, load_answerability, save_answerability, signs
from retrieval.errors import WeightsDamaged
from retrieval.records import Hit, Passage, Scores
from retrieval.search import SearchResult
from retrieval.tuning.calibration import Asked, abstention, fit_answerability, logistic


def _hit(rank: int, text: str, **scores: float) -> Hit:
    passage = Passage(f"p{rank}", "d", "d.v1", "", "d.md", text)
    return Hit(rank, 1.0 / rank, passage, Scores(**scores))


def test_signs_of_the_best_hits() -> None:
    hits = [
        _hit(1, "Unused leave lapses on 31 March.", bm25=4.0, dense=0.5, rerank=0.5),
        _hit(2, "Expenses are repaid.", bm25=1.0, dense=0.625, rerank=0.5),
    ]
    found = signs("When does unused leave lapse?", hits)
    assert found.tolist() == [0.0, 0.0, 0.625, 1.0, 2.0]


def test_signs_without_a_reranker_leave_its_places_empty() -> None:
    found = signs("unused leave", [_hit(1, "Unused holidays", bm25=4.0, dense=0.5)])
    assert found.tolist() == [0.0, 0.0, 0.5, 0.5, 3.0]


def test_without_hits_nothing_is_answered() -> None:
    assert Answerability().probability("unused leave", SearchResult((), {})) == 0.0


def test_a_certain_reranker_is_more_probable() -> None:
    layer = Answerability(bias=0.0, weights=(1.0, 0.0, 0.0, 0.0, 0.0))
    low, high = (
        layer.probability("leave", SearchResult((_hit(1, "leave", dense=0.5, rerank=chance),), {}))
        for chance in (0.1, 0.9)
    )
    assert (round(low, 6), round(high, 6)) == (0.1, 0.9)


def test_logistic_regression_finds_the_weights_that_made_the_data() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(4000, 2))
    labels = random.random(4000) < 1 / (1 + np.exp(-(0.5 + features @ [2.0, -1.0])))
    assert logistic(features, labels, np.ones(4000)) == pytest.approx([0.5, 2.0, -1.0], abs=0.15)


def test_the_threshold_refuses_the_stated_share_of_the_answerable() -> None:
    random = np.random.default_rng(2)
    asked = [
        Asked("set", bool(row % 2), np.array([random.normal(2.0 * (row % 2)), 0, 0, 0, 0]), np.zeros(5))
        for row in range(400)
    ]
    report = abstention(fit_answerability(asked, false_refusal_rate=0.1), asked)["set"]
    assert report["kept"] == pytest.approx(0.9, abs=0.01)
    assert report["auroc"] == pytest.approx(0.92, abs=0.03)


def test_a_saved_layer_loads(tmp_path: Path) -> None:
    layer = Answerability(threshold=0.4, weights=(1.0, 2.0, 3.0, 4.0, 5.0))
    save_answerability(layer, {"false_answer_rate": 0.15}, tmp_path / "a.json")
    assert load_answerability(tmp_path / "a.json") == layer


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"layer": {}}')
    with pytest.raises(WeightsDamaged, match=r"a\.json"):
        load_answerability(tmp_path / "a.json")


def test_the_layer_that_ships_loads() -> None:
    assert 0 < load_answerability().threshold < 1
