"""Trained weights as a folder that can be loaded, checked and read about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.interaction import SHARED, InteractionNetwork
from retrieval.tuning.stopping import Validation, best_of
from retrieval.weightfolder import pack, write_manifest, write_readable


@dataclass(frozen=True, slots=True)
class Facts:
    """What the model card and the manifest say."""

    name: str
    command: str
    data: Mapping[str, str]  #: collection -> licence or origin, as the user gave it
    groups: Mapping[str, int]  #: training groups by source
    training: Mapping[str, Any]  #: the training configuration
    steps: int
    hours: float
    measures: Mapping[str, Mapping[str, float]]  #: nDCG@10 by system and source
    validations: Sequence[Validation] = ()
    notes: str = ""


def write_weights(network: InteractionNetwork, folder: Path) -> None:
    """Write ``weights.safetensors``: everything but the word embeddings, which are the encoder's, a byte a number."""
    from safetensors.numpy import save

    tensors = {name: value.detach().float().numpy() for name, value in network.state_dict().items() if name != SHARED}
    folder.mkdir(parents=True, exist_ok=True)
    write_readable(folder / "weights.safetensors", save(pack(tensors)))


def write_release(folder: Path, facts: Facts, *, scale: float, offset: float) -> None:
    """Write the model card and the manifest beside the weights.

    :param scale: with ``offset``, turns the network's output into log-odds.
    """
    (folder / "README.md").write_text(card(facts), encoding="utf-8")
    write_manifest(
        folder,
        {
            "name": facts.name,
            "kind": "reranker",
            "shares_words_with": "all-MiniLM-L6-v2",
            "calibration": {"scale": round(scale, 6), "offset": round(offset, 6)},
            "command": facts.command,
            "training": {**facts.training, "steps_done": _done(facts), "step_taken": _taken(facts)},
        },
    )


def card(facts: Facts) -> str:
    """The model card, in Markdown."""
    systems = list(facts.measures)
    sources = sorted({source for values in facts.measures.values() for source in values})
    table = ["| documents | " + " | ".join(systems) + " |", "|---|" + "---|" * len(systems)]
    for source in sources:
        cells = [
            f"{facts.measures[system][source]:.3f}" if source in facts.measures[system] else "–" for system in systems
        ]
        table.append(f"| {source} | " + " | ".join(cells) + " |")
    data = [f"- {name}: {origin}; {facts.groups.get(name, 0)} asked, {facts.groups.get(f'made-{name}', 0)} made questions"
            for name, origin in facts.data.items()]  # fmt: skip
    return "\n".join(
        [
            f"# {facts.name}",
            "",
            "A cross-encoder that scores how well a passage answers a question: all-MiniLM-L6-v2 (Apache-2.0) with a",
            "comparing head, trained by the command below. Word embeddings and tokenizer are the encoder's own and are read",
            "from the model cache; `weights.safetensors` holds the rest as int8 with one scale a row.",
            "",
            "## Made by",
            "",
            f"    {facts.command}",
            "",
            f"{_done(facts)} of at most {facts.steps} steps in {facts.hours:.1f} hours. {_validated(facts)} {facts.notes}".strip(),
            "",
            "## Data",
            "",
            *data,
            "",
            "## nDCG@10 on dev questions, before and after",
            "",
            "Every wanted passage counts alike, whatever its grade; `policydesk eval retrieval` weighs grades.",
            "",
            *table,
            "",
            "## Training configuration",
            "",
            "```json",
            json.dumps(dict(facts.training), indent=1),
            "```",
            "",
        ]
    )


def _validated(facts: Facts) -> str:
    if not facts.validations:
        return "No dev questions told which step was best; the last weights were taken."
    seen = ", ".join(f"{one.step}: {one.value:.3f}" for one in facts.validations)
    return (
        f"The weights of step {_taken(facts)} were taken, by mean reciprocal rank on held-out dev questions ({seen}); some of these are"
        " among the dev questions measured below."
    )


def _done(facts: Facts) -> int:
    return facts.validations[-1].step if facts.validations else facts.steps


def _taken(facts: Facts) -> int:
    best = best_of(facts.validations)
    return best.step if best else facts.steps
