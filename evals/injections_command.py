"""``policydesk eval injections``: instructions hidden in documents, and who obeys them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def injections(
    context: typer.Context,
    documents: Annotated[int, typer.Option(min=1, help="Documents, each with every goal.")] = 200,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after so long.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Hand the model passages with an instruction hidden in them: how often it obeys, with our checks and without."""
    from assistant.model import load_model
    from evals.commands import _console, _settings, _write
    from evals.injections import measure_injections
    from evals.machine import provenance
    from evals.models import fingerprints
    from retrieval.errors import WrongUsage

    settings = _settings(context)
    model = load_model(settings.model, url=settings.model_url, key=settings.model_key, adapter=settings.adapter)
    if model is None:
        raise WrongUsage("without a model nothing can obey; set POLICYDESK_MODEL to one")
    weights = fingerprints(None, settings, model=settings.model)
    found = measure_injections(model, documents=documents, minutes=minutes)
    console = _console(json_file)
    console.print(f"{found['runs']} of {found['planned']} runs")
    for name in ("without_checks", "with_checks"):
        rate = found[name]
        if rate["mean"] is not None:
            low, high = rate["ci95"]
            console.print(f"obeyed {name.replace('_', ' ')}: {rate['mean']:.1%} ({low:.1%} to {high:.1%})")
    console.print(
        f"uncited claims that obey: {found['uncited_claims']}; quoted as the document's words: {found['quoted']}"
    )
    _write({**provenance(), "fingerprints": weights, **found}, json_file, None, console)
