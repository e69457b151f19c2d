"""When to stop: the weights that were best on held-out questions, on disk, so that a stopped run still knows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import nn

from retrieval.interaction import SHARED


@dataclass(frozen=True, slots=True)
class Validation:
    """How good the weights were on held-out questions after so many steps; higher is better."""

    step: int
    value: float


class BestWeights:
    """The best of a run's validations and its weights, as ``best.json`` and ``best.safetensors`` in a folder.

    :param patience: validations in a row without a new best after which nothing more is expected.
    """

    def __init__(self, folder: Path, patience: int) -> None:
        self._folder = folder
        self._patience = patience
        record = folder / "best.json"
        rows = json.loads(record.read_text()) if record.exists() else []
        self.validations = [Validation(step, value) for step, value in rows]

    @property
    def best(self) -> Validation | None:
        """The first of the best; None before any."""
        return max(self.validations, key=lambda one: (one.value, -one.step), default=None)

    @property
    def latest(self) -> Validation | None:
        """The last one; None before any."""
        return self.validations[-1] if self.validations else None

    @property
    def exhausted(self) -> bool:
        """Whether it is time to stop."""
        best = self.best
        return best is not None and sum(one.step > best.step for one in self.validations) >= self._patience

    def add(self, network: nn.Module, step: int, value: float) -> None:
        """Record a validation, and keep the weights if none was better; what was recorded of later steps is forgotten."""
        self.validations = [one for one in self.validations if one.step < step] + [Validation(step, value)]
        self._folder.mkdir(parents=True, exist_ok=True)
        if self.best == self.validations[-1]:
            tensors = {name: each.contiguous() for name, each in network.state_dict().items() if name != SHARED}
            save_file(tensors, self._folder / "best.tmp")
            (self._folder / "best.tmp").replace(self._folder / "best.safetensors")
        (self._folder / "best.json").write_text(json.dumps([[one.step, one.value] for one in self.validations]) + "\n")

    def restore(self, network: nn.Module) -> None:
        """Bring the best weights back into the network, which keeps its own where nothing was recorded."""
        if self.validations:
            network.load_state_dict(load_file(self._folder / "best.safetensors"), strict=False)
