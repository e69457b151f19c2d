"""When to stop: the weights that were best on held-out questions, on disk, so that a stopped run still knows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from retrieval.interaction import SHARED


@dataclass(frozen=True, slots=True)
class Validation:
    """How good the weights were on held-out questions after so many steps; higher is better."""

    step: int
    value: float


def best_of(validations: Sequence[Validation]) -> Validation | None:
    """The first of the best; None before any."""
    return max(validations, key=lambda one: (one.value, -one.step), default=None)


class BestWeights:
    """The best of a run's validations and its weights, as ``best.json`` and ``best.safetensors`` in a folder.

    What another run left there, or what cannot be read, counts as nothing.

    :param patience: validations in a row without a new best after which nothing more is expected.
    :param run: what validations can be compared by: steps planned, questions held out.
    """

    def __init__(self, folder: Path, patience: int, run: str = "") -> None:
        self._folder = folder
        self._patience = patience
        self._run = run
        self.validations = self._recorded()

    def _recorded(self) -> list[Validation]:
        try:
            record = json.loads((self._folder / "best.json").read_text())
            load_file(self._folder / "best.safetensors")
            comparable = record["run"] == self._run
            return [Validation(step, value) for step, value in record["validations"] if comparable]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            return []

    @property
    def best(self) -> Validation | None:
        """The first of the best; None before any."""
        return best_of(self.validations)

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
        rows = [[one.step, one.value] for one in self.validations]
        (self._folder / "best.json.tmp").write_text(json.dumps({"run": self._run, "validations": rows}) + "\n")
        (self._folder / "best.json.tmp").replace(self._folder / "best.json")

    def restore(self, network: nn.Module) -> None:
        """Bring the best weights back into the network, which keeps its own where nothing was recorded."""
        if self.validations:
            network.load_state_dict(load_file(self._folder / "best.safetensors"), strict=False)
