"""The best weights of a run are kept, and a run that gains nothing more ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from retrieval.tuning.stopping import BestWeights, Validation


def weights(value: float) -> nn.Module:
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, value)
    return network


def held(network: nn.Module) -> float:
    return float(next(network.parameters()).detach())


def test_the_first_of_the_best_is_kept(tmp_path: Path) -> None:
    best = BestWeights(tmp_path, patience=3)
    for step, value in ((10, 0.5), (20, 0.7), (30, 0.7), (40, 0.6)):
        best.add(weights(step), step, value)
    network = weights(0)
    best.restore(network)
    assert (best.best, held(network)) == (Validation(20, 0.7), 20.0)
    assert best.latest == Validation(40, 0.6)


def test_a_run_ends_after_as_many_validations_without_a_gain(tmp_path: Path) -> None:
    best = BestWeights(tmp_path, patience=2)
    ended = []
    for step, value in ((1, 0.5), (2, 0.4), (3, 0.6), (4, 0.6), (5, 0.1)):
        best.add(weights(step), step, value)
        ended.append(best.exhausted)
    assert ended == [False, False, False, False, True]


def test_a_stopped_run_knows_its_best_again(tmp_path: Path) -> None:
    BestWeights(tmp_path, patience=1).add(weights(3), 3, 0.9)
    again = BestWeights(tmp_path, patience=1)
    again.add(weights(4), 4, 0.8)
    network = weights(0)
    again.restore(network)
    assert (held(network), again.exhausted) == (3.0, True)


def test_steps_that_are_done_again_count_once(tmp_path: Path) -> None:
    best = BestWeights(tmp_path, patience=1)
    for step, value in ((1, 0.5), (2, 0.4), (2, 0.6)):
        best.add(weights(value), step, value)
    assert best.validations == [Validation(1, 0.5), Validation(2, 0.6)]
    assert not best.exhausted


def test_what_another_run_left_counts_as_nothing(tmp_path: Path) -> None:
    BestWeights(tmp_path, patience=1, run="300 steps").add(weights(3), 3, 0.9)
    assert BestWeights(tmp_path, patience=1, run="300 steps").best == Validation(3, 0.9)
    assert BestWeights(tmp_path, patience=1, run="600 steps").best is None


@pytest.mark.parametrize("file", ["best.json", "best.safetensors"])
@pytest.mark.parametrize("left", [b"", b"[[3", None])
def test_what_a_power_cut_left_half_written_counts_as_nothing(tmp_path: Path, file: str, left: bytes | None) -> None:
    BestWeights(tmp_path, patience=1).add(weights(3), 3, 0.9)
    (tmp_path / file).unlink()
    if left is not None:
        (tmp_path / file).write_bytes(left)
    assert BestWeights(tmp_path, patience=1).validations == []


def test_without_validations_the_network_stays(tmp_path: Path) -> None:
    network = weights(5)
    BestWeights(tmp_path, patience=1).restore(network)
    assert held(network) == 5.0
