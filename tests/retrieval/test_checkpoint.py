"""A training that was stopped at any moment goes on from weights and a step that belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from retrieval.errors import WrongUsage
from retrieval.tuning.checkpoint import resume, save_checkpoint


def _save(out: Path, step: int) -> torch.nn.Linear:
    layer = torch.nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    save_checkpoint(out, {"network": layer.state_dict()}, optimizer, step, {"steps": 9})
    return layer


def _resumed(out: Path, steps: int = 9) -> tuple[int, torch.nn.Linear]:
    layer = torch.nn.Linear(2, 1)
    step = resume(out, {"network": layer.load_state_dict}, torch.optim.AdamW(layer.parameters()), steps)
    return step, layer


def test_without_a_checkpoint_nothing_is_done_yet(tmp_path: Path) -> None:
    assert _resumed(tmp_path)[0] == 0


def test_weights_and_step_are_those_of_one_moment_wherever_writing_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(tmp_path, 3)

    def killed(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        _save(tmp_path, 6)
    monkeypatch.undo()
    step, layer = _resumed(tmp_path)
    assert step == 6
    again = _save(tmp_path, 7)
    assert torch.equal(_resumed(tmp_path)[1].weight, again.weight)
    assert not torch.equal(layer.weight, again.weight)


def test_half_a_file_beside_the_weights_stops_nothing(tmp_path: Path) -> None:
    _save(tmp_path, 3)
    (tmp_path / "checkpoint.json").write_text('{"st')
    assert _resumed(tmp_path)[0] == 3


def test_weights_of_more_steps_are_not_told_to_be_those_of_fewer(tmp_path: Path) -> None:
    _save(tmp_path, 6)
    assert _resumed(tmp_path, steps=6)[0] == 6
    with pytest.raises(WrongUsage, match="has done 6 steps already; ask for as many or more, choose another --out"):
        _resumed(tmp_path, steps=3)


def test_a_checkpoint_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    _save(tmp_path, 3)
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WrongUsage, match=r"checkpoint\.safetensors cannot be read .* remove .* to start again"):
        _resumed(tmp_path)
