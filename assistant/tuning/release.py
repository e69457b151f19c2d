"""A trained adapter as a folder that can be loaded, checked and read about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.weightfolder import write_manifest


@dataclass(frozen=True, slots=True)
class Facts:
    """What the model card and the manifest say."""

    name: str
    base: Mapping[str, str]  #: name, licence and sha256 of the weights it belongs to
    command: str
    data: Mapping[str, str]  #: collection -> licence or origin, as its folder states it
    examples: Mapping[str, Mapping[str, int]]  #: collection -> kind -> how many
    training: Mapping[str, Any]  #: the training configuration
    used: int  #: examples short enough to be trained on
    hours: float
    loss_before: float | None  #: mean a reply token on dev examples
    loss_after: float | None


def write_release(folder: Path, facts: Facts) -> None:
    """Write the model card and the manifest beside the adapter."""
    (folder / "README.md").write_text(card(facts), encoding="utf-8")
    write_manifest(
        folder,
        {
            "name": facts.name,
            "kind": "adapter",
            "base": dict(facts.base),
            "command": facts.command,
            "training": dict(facts.training),
            "examples": {source: dict(kinds) for source, kinds in facts.examples.items()},
            "dev_loss": {"before": facts.loss_before, "after": facts.loss_after},
        },
    )


def card(facts: Facts) -> str:
    """The model card, in Markdown."""
    data = [
        f"- {name}: {origin}; "
        + (
            ", ".join(f"{count} {kind}" for kind, count in sorted(facts.examples.get(name, {}).items()))
            or "no examples"
        )
        for name, origin in facts.data.items()
    ]
    steps, batch = int(facts.training["steps"]), int(facts.training["batch"])
    losses = ""
    if facts.loss_before is not None and facts.loss_after is not None:
        losses = (
            f"Mean loss a reply token on dev questions: {facts.loss_before:.3f} before, {facts.loss_after:.3f} after."
        )
    return "\n".join(
        [
            f"# {facts.name}",
            "",
            f"A LoRA adapter (rank {facts.training['rank']}, the upper {facts.training['layers']} layers, float16) for",
            f"{facts.base['name']} ({facts.base['licence']}). It teaches the model to answer with one whole sentence of its",
            "evidence, cut to what the question asks. The adapter is added to the base weights when they are loaded; whatever",
            "it writes is shown only after the claim check.",
            "",
            "## Made by",
            "",
            f"    {facts.command}",
            "",
            f"{steps} steps of {batch} examples, {steps * batch:,} in all of {facts.used:,}, in {facts.hours:.1f} hours. {losses}".rstrip(),
            "",
            "## Data",
            "",
            *data,
            "",
            "Prompts are what evidence and fixed prompt make of train questions at answer time; replies are sentences of that",
            "evidence that pass the claim check. \"made\" questions are made from the documents by rule.",
            "",
            "## Training configuration",
            "",
            "```json",
            json.dumps(dict(facts.training), indent=1),
            "```",
            "",
        ]
    )  # fmt: skip
