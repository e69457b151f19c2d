"""Rerankers: packed weights, checked manifests, batches without waste, and the weights that ship."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import ModelUnavailable, WeightsDamaged
from retrieval.rerank import BATCH_TOKENS, batches, load_reranker
from retrieval.weightfolder import SHIPPED, fingerprint, pack, read_manifest, unpack, write_manifest


def test_packing_a_matrix_errs_by_at_most_half_a_step() -> None:
    matrix = np.random.default_rng(0).normal(size=(8, 64)).astype(np.float32)
    step = np.abs(matrix).max(axis=1, keepdims=True) / 127
    assert (np.abs(unpack(pack({"m": matrix}))["m"] - matrix) <= 0.51 * step + 1e-3 * np.abs(matrix)).all()


def test_packing_keeps_vectors_and_empty_rows() -> None:
    tensors = {"bias": np.float32([0.5, -2.0]), "zero": np.zeros((2, 3), np.float32)}
    unpacked = unpack(pack(tensors))
    assert unpacked["bias"].tolist() == [0.5, -2.0]
    assert not unpacked["zero"].any()


def test_a_changed_weight_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"right")
    write_manifest(tmp_path, {"name": "test"})
    assert read_manifest(tmp_path)["name"] == "test"
    (tmp_path / "weights.safetensors").write_bytes(b"wrong")
    with pytest.raises(WeightsDamaged, match=r"weights\.safetensors differs from its manifest"):
        read_manifest(tmp_path)


def test_a_missing_weight_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"right")
    write_manifest(tmp_path, {"name": "test"})
    (tmp_path / "weights.safetensors").unlink()
    with pytest.raises(WeightsDamaged, match="nothing"):
        read_manifest(tmp_path)


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelUnavailable, match="there is no reranker nowhere"):
        load_reranker("nowhere")


def test_every_row_is_in_one_batch_and_no_batch_is_too_large() -> None:
    lengths = [30, 500, 20, 256, 256, 256, 256, 40, 3000]
    found = batches(lengths)
    assert sorted(row for batch in found for row in batch) == list(range(9))
    assert found[0] == [8]
    assert all(len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= BATCH_TOKENS for batch in found)


@pytest.mark.model
def test_a_reranker_tells_its_weights_from_others_of_its_name() -> None:
    assert getattr(load_reranker(), "weights", "") == fingerprint(SHIPPED / "reranker")


@pytest.mark.model
def test_the_reranker_that_ships_tells_an_answer_from_a_look_alike() -> None:
    reranker = load_reranker()
    assert reranker is not None
    question = "How many days of unused leave can I carry over?"
    texts = [
        "Leave > Requests\nLeave is requested in the portal at least two weeks ahead; unused requests expire.",
        "Leave > Carry-over\nUp to five unused days of leave may be carried over until 31 March.",
        "Expenses\nTaxi rides are repaid with a receipt.",
    ]
    scores = reranker.score(question, texts)
    assert scores.argmax() == 1
    assert scores.argmin() == 2


@pytest.mark.model
def test_a_score_does_not_depend_on_the_batch() -> None:
    reranker = load_reranker()
    assert reranker is not None
    texts = ["Staff may work from home two days a week.", "Laptops are encrypted. " * 20, "Ask HR."]
    together = reranker.score("Can I work from home?", texts)
    alone = [float(reranker.score("Can I work from home?", [text])[0]) for text in texts]
    assert together.tolist() == pytest.approx(alone, abs=0.1)
    assert reranker.score("Can I work from home?", []).shape == (0,)
