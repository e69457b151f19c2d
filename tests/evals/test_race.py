from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals import race
from evals.beir import load_data
from evals.contenders import CONTENDERS, Contender
from evals.data import BenchData
from evals.lap import lap
from evals.limits import bert_flops
from evals.models import Models
from retrieval.errors import WrongUsage
from tests.evals.folders import write_folder
from tests.fakes import WordEncoder

TEXTS = {
    "a": "dogs are allowed in the office",
    "b": "cats are not allowed anywhere",
    "c": "bring expenses within thirty days",
}


@pytest.fixture
def data(tmp_path: Path) -> BenchData:
    return load_data(write_folder(tmp_path / "rules"))


@pytest.mark.parametrize("name", ["rank_bm25", "bm25s"])
def test_a_contender_finds_what_was_added_and_not_what_was_removed(name: str, tmp_path: Path) -> None:
    pytest.importorskip(name)
    contender: Contender = CONTENDERS[name][1](tmp_path)
    vectors = np.eye(3, dtype=np.float32)
    contender.build(list(TEXTS), list(TEXTS.values()), vectors)
    assert contender.search("thirty days expenses")[0] == "c"
    contender.add("d", "fridges are cleaned on fridays", vectors[0])
    assert contender.search("fridges fridays")[0] == "d"
    contender.remove("d")
    assert "d" not in contender.search("fridges fridays")


def test_ours_is_changed_as_the_product_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = WordEncoder()
    monkeypatch.setattr("evals.contenders.load_encoder", lambda: encoder)
    contender: Contender = CONTENDERS["policydesk"][1](tmp_path / "live")
    vectors = encoder.encode([*TEXTS.values(), "fridges are cleaned on fridays"])
    contender.build(list(TEXTS), list(TEXTS.values()), vectors[:3])
    (tmp_path / "saved").mkdir()
    assert contender.save(tmp_path / "saved")
    contender.add("d", "fridges are cleaned on fridays", vectors[3])
    assert contender.search("fridges fridays")[0] == "d"
    assert "fridges" in (tmp_path / "live" / "index" / "000002" / "passages.jsonl").read_text()
    contender.remove("d")
    assert "d" not in contender.search("fridges fridays")
    written = {path.name: path.read_bytes() for path in (tmp_path / "live" / "index" / "000003").iterdir()}
    saved = tmp_path / "saved" / "index" / "000001"
    assert written["passages.jsonl"] == (saved / "passages.jsonl").read_bytes()
    assert (saved / "dense.faiss").stat().st_size > 0


def test_passages_are_resampled_from_real_sentences_the_same_way_each_time(data: BenchData) -> None:
    first, second = (race.resample(data, WordEncoder(), 50) for _ in range(2))
    assert first.texts == second.texts
    assert len(first.texts) == len(first.ids) == 51
    assert len(set(first.texts)) == 51
    assert np.allclose(np.linalg.norm(first.vectors, axis=1), 1)
    assert len(first.questions) == race.QUERIES


def test_a_lap_tells_what_each_step_costs(data: BenchData, tmp_path: Path) -> None:
    workload = race.resample(data, WordEncoder(), 50)
    np.save(tmp_path / "vectors.npy", workload.vectors)
    (tmp_path / "texts.json").write_text(str(list(workload.texts)).replace("'", '"'))
    (tmp_path / "questions.json").write_text(str(list(workload.questions)).replace("'", '"'))
    found = lap("rank_bm25", tmp_path)
    assert found["disk_bytes"] is None
    assert found["queries"] == 50
    assert 0 < found["query_p50_ms"] <= found["query_p95_ms"]
    assert all(found[key] > 0 for key in ("build_s", "add_ms", "remove_ms"))


def test_a_peer_that_is_not_installed_is_said_not_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "find_spec", lambda name: None)
    assert race._race_one("txtai", tmp_path) == {"skipped": "not installed: pip install 'policydesk[race]'"}


def test_a_contender_that_fails_is_one_line(tmp_path: Path) -> None:
    found = race._race_one("rank_bm25", tmp_path)
    assert found["skipped"].startswith("failed: FileNotFoundError")
    assert "\n" not in found["skipped"]


def test_ratios_are_to_ours() -> None:
    row = race._with_ratio(
        {"build_s": 4.0, "disk_bytes": None, "add_ms": 1.0}, {"build_s": 2.0, "disk_bytes": 10, "add_ms": 2.0}
    )
    assert row["times_ours"] == {"build_s": 2.0, "add_ms": 0.5}


def test_an_unknown_contender_is_refused(data: BenchData, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="no contender 'elastic'"):
        race.run_race(data, Models(WordEncoder(), None), [50], names=["elastic"], cache=tmp_path)


def test_flops_of_minilm_are_twice_its_weights_a_token_and_attention() -> None:
    # 10.6 million weights outside the embeddings, used once a token.
    assert bert_flops(tokens=1, length=0) == pytest.approx(2 * 10_616_832)
