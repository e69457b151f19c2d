"""What a run in a folder was begun with, so that only the same run goes on there."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from retrieval.errors import WrongUsage

log = logging.getLogger(__name__)

#: What a run leaves that another would go on from.
_LEFT = ("checkpoint.safetensors", "checkpoint.json", "best.json", "train.jsonl", "look-alikes.json")
_SAID = {
    "kind": "another kind of model", "data": "other data", "start": "other start weights", "settings": "other settings",
    "seed": "another seed",
}  # fmt: skip
#: Settings that may change while a run is stopped: how long it goes on, and how often it is kept.
_FREE = frozenset({"steps", "checkpoint_steps"})


@dataclass(frozen=True, slots=True)
class Run:
    """All that decides what comes of a run, but for the number of its steps."""

    kind: str  #: of weights, as their manifest says
    data: str  #: see :func:`retrieval.tuning.collection.digest`
    start: str  #: tells the weights that training starts from
    settings: str  #: see :func:`settled`
    seed: int


def settled(training: Mapping[str, Any], *others: object) -> str:
    """Tells the settings of a run from others, those aside that may change while it is stopped: a sha256.

    :param training: the training configuration; ``others``: such as a recipe; both of what JSON can say.
    """
    kept = {name: value for name, value in training.items() if name not in _FREE}
    return sha256(json.dumps([kept, *others], sort_keys=True).encode()).hexdigest()


def begin(folder: Path, run: Run) -> None:
    """Write down in ``folder / "run.json"`` what a run is begun with, or see that the one that stopped there is the same.

    What a version before this one left there says nothing of itself; a warning is logged then.

    :raises WrongUsage: if another run was begun there.
    """
    file = folder / "run.json"
    if not any((folder / name).exists() for name in _LEFT):
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(run), indent=1) + "\n", encoding="utf-8")
        return
    if not file.exists():
        log.warning(
            "%s holds a run that does not say which data, settings and seed it was begun with; it goes on. If it was begun "
            "with others, remove %s and start again", folder, folder,
        )  # fmt: skip
        return
    try:
        begun: dict[str, Any] = dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        begun = {}
    if others := [said for name, said in _SAID.items() if begun.get(name) != getattr(run, name)]:
        raise WrongUsage(
            f"{folder} holds a stopped or completed run with {' and '.join(others)}; choose another --out, or remove"
            f" {folder} to start again"
        )
