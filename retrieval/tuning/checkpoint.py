"""Where a training run stands, on disk: weights, optimizer and step, so that a stopped run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from retrieval.errors import WrongUsage
from retrieval.interaction import SHARED


def save_checkpoint(
    out: Path, parts: Mapping[str, Mapping[str, Tensor]], optimizer: torch.optim.Optimizer, step: int, config: Mapping[str, object]
) -> None:  # fmt: skip
    """Write ``checkpoint.safetensors`` into ``out``, the one before replaced in one move; ``checkpoint.json`` is for people.

    :param parts: weights by part and name; the word embeddings that belong to the encoder are left out.
    """
    out.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{part}.{name}": value for part, weights in parts.items() for name, value in weights.items() if name != SHARED
    }
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors["step"] = torch.tensor(step)
    save_file({name: value.contiguous() for name, value in tensors.items()}, out / "checkpoint.tmp")
    (out / "checkpoint.tmp").replace(out / "checkpoint.safetensors")
    (out / "checkpoint.json").write_text(json.dumps({"step": step, "config": config}, indent=1) + "\n")


def resume(
    out: Path, parts: Mapping[str, Callable[[dict[str, Tensor]], object]], optimizer: torch.optim.Optimizer, steps: int
) -> int:  # fmt: skip
    """Load the checkpoint in ``out``.

    :param parts: by part, what takes its weights.
    :param steps: that the run is to have.
    :returns: the steps already done, 0 without a checkpoint.
    :raises WrongUsage: if more are done, whose weights would be told to be those of fewer, or it cannot be read.
    """
    path = out / "checkpoint.safetensors"
    if not path.exists():
        return 0
    try:
        tensors = load_file(path)
        # A version before this one kept the step beside the weights alone.
        step = int(tensors["step"] if "step" in tensors else json.loads((out / "checkpoint.json").read_text())["step"])
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise WrongUsage(f"{path} cannot be read ({error}); remove {out} to start again") from error
    if step > steps:
        raise WrongUsage(
            f"the run in {out} has done {step} steps already; ask for as many or more, choose another --out, or remove {out} to"
            " start again"
        )
    for part, take in parts.items():
        take(_part(tensors, f"{part}."))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _part(tensors, "optimizer.").items():
        number, field = name.split(".", 1)
        state.setdefault(int(number), {})[field] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return step


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
