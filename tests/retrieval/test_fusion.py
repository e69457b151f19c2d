"""Fusion: scales that do not depend on other candidates, and a reranker's vote beside the first stage's."""

import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import WeightsDamaged
from retrieval.fusion import Fusion, load_fusion, save_fusion
from retrieval.lexical import LexicalIndex


def test_coverage_counts_beside_the_cosine() -> None:
    fused = Fusion(coverage_weight=0.5).fuse(np.float32([1, 0]), np.float32([0.25, 0.5]))
    assert fused.tolist() == [0.75, 0.5]


def test_a_score_does_not_depend_on_the_other_candidates() -> None:
    fusion = Fusion()
    alone = fusion.fuse(np.float32([0.3]), np.float32([0.4]))
    among = fusion.fuse(np.float32([0.3, 0.8]), np.float32([0.4, 0.9]))
    assert alone[0] == among[0]


def test_coverage_counts_rare_terms_more_and_repeats_not_at_all() -> None:
    index = LexicalIndex.build([["leave", "notice", "notice"], ["leave", "gift"], ["leave"], ["taxi"], ["desk"]])
    rows = np.array([0, 1, 3])
    covered = index.coverage_of(["notice", "leave", "unknown"], rows)
    assert covered[0] == 1.0
    assert 0.0 < covered[1] < 0.5
    assert covered[2] == 0.0
    assert index.coverage_of(["unknown"], rows).tolist() == [0.0, 0.0, 0.0]


def test_a_term_that_only_hidden_passages_hold_counts_as_unknown() -> None:
    index = LexicalIndex.build([["leave", "notice"], ["leave", "merger"], ["taxi"], ["desk"], ["gift"]])
    rows, seen = np.array([0]), np.array([True, False, True, True, True])
    told = index.coverage_of(["leave", "merger"], rows, mask=seen)
    assert told.tolist() == index.coverage_of(["leave", "unknown"], rows, mask=seen).tolist() == [1.0]
    assert index.coverage_of(["leave", "merger"], rows)[0] < 1.0


def test_the_reranker_moves_a_score_by_its_weight() -> None:
    blended = Fusion(rerank_weight=0.5).blend(np.float32([1, 1]), np.float32([2, -2]))
    assert blended.tolist() == [2.0, 0.0]


def test_saved_weights_load(tmp_path: Path) -> None:
    save_fusion(Fusion(coverage_weight=1.5), {"fitted_on": ["a"]}, tmp_path / "fusion.json")
    assert load_fusion(tmp_path / "fusion.json") == Fusion(coverage_weight=1.5)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_fusion(tmp_path / "none.json") == Fusion()


@pytest.mark.parametrize("text", ["", "{}", json.dumps({"weights": {"cosine": 1}})])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "fusion.json").write_text(text)
    with pytest.raises(WeightsDamaged, match=r"fusion\.json"):
        load_fusion(tmp_path / "fusion.json")


def test_the_weights_that_ship_load() -> None:
    assert load_fusion().coverage_weight > 0
