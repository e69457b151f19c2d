"""``policydesk eval generator``: the small model without and with its adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

_MEASURES = ("right", "right_and_not_refused", "must_hold", "conditions", "citation_precision", "citation_recall", "citation_precision_of_answered", "citation_recall_of_answered", "phrased", "passed", "within_twice", "words", "first_ms", "total_ms")  # fmt: skip


def generator(
    context: typer.Context,
    data: Annotated[
        Path, typer.Argument(help="Folder in the BEIR layout with answers, or a library such as corpora/sister.")
    ],
    split: Annotated[str | None, typer.Option(help="Which questions; test, else dev, where not given.")] = None,
    adapter: Annotated[
        str | None, typer.Option(help="Folder of the adapter; what would be loaded where not given.")
    ] = None,
    before: Annotated[
        bool, typer.Option("--before/--no-before", help="Also without the adapter; its drafts are long and slow.")
    ] = True,
    models_too: Annotated[
        bool, typer.Option("--models/--no-models", help="Also draft with the model; without, only what needs none.")
    ] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="N questions, spread evenly over all.")] = None,
    must_hold: Annotated[
        bool, typer.Option("--must-hold", help="Only questions that say which words a right answer holds.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Let the small model phrase answers over gold and found evidence, without its adapter and with it, beside quoting.

    "Beside neighbours": also where the best sentence is quoted together with the ones beside it; "any start": also drafts that do
    not start with the best sentence. Neither is shown as things stand.
    The JSON holds figures only: no question, answer or passage.
    """
    from assistant.adapter import Adapter
    from assistant.model import DEFAULT_MODEL, DEFAULT_SHA256, load_model
    from assistant.phrasing import PhrasingConfig
    from evals.commands import _console, _settings, _write
    from evals.drafts import Drafting, Recorded, System, cut, evaluate_drafts, quoted, to_json
    from evals.encodings import CachedEncoder, default_folder
    from evals.library import load_any
    from evals.machine import provenance
    from evals.models import fingerprints, load_models
    from evals.systems import passages_of
    from evals.tables import progress_bars
    from retrieval.index import PassageIndex
    from retrieval.search import Searcher

    console = _console(json_file)
    settings = _settings(context)
    loaded = load_any(data, split)
    if must_hold:
        loaded = replace(loaded, questions=tuple(question for question in loaded.questions if question.must_hold))
    loaded = loaded.sampled(sample).limited(limit)
    models = load_models(settings)
    in_use = replace(settings, adapter=adapter or settings.adapter, model_url=None)
    weights = fingerprints(models, in_use, model=DEFAULT_MODEL if models_too else "quote")
    encoder = CachedEncoder(models.encoder, default_folder())
    index = PassageIndex.build(passages_of(loaded.corpus), encoder, windows=True)
    chosen = Adapter.chosen(adapter or settings.adapter, DEFAULT_SHA256)
    adapters = {"without adapter": "none"} if before or not chosen else {}
    if chosen:
        adapters["with adapter"] = str(chosen.folder)
    systems: dict[str, System] = {"quoted": quoted, "cut by rule": cut}
    for name, folder in adapters.items() if models_too else ():
        if (model := load_model(DEFAULT_MODEL, adapter=folder)) is not None:
            recorded = Recorded(model)
            systems[f"{name}, any start"] = Drafting(recorded, PhrasingConfig(alone=False, first_within=10))
            systems[f"{name}, beside neighbours"] = Drafting(recorded, PhrasingConfig(alone=False))
            systems[name] = Drafting(recorded)
    with progress_bars(console) as progress:
        shown = evaluate_drafts(
            loaded,
            Searcher(index, encoder, reranker=models.reranker, reader=models.reader),
            systems,
            confidence=models.confidence,
            progress=progress,
        )
    found = {
        "kind": "generator",
        "data": loaded.name,
        "split": loaded.split,
        "questions": len(loaded.questions),
        "passages": len(loaded.corpus),
        "model": DEFAULT_MODEL,
        "adapter": chosen.name if chosen else None,
        "fingerprints": weights,
        **provenance(),
        "measures": to_json(shown),
    }
    console.print(table(found))
    _write(found, json_file, None, console)


def table(found: Mapping[str, Any]) -> Table:
    """A row a measure, a column for each kind of evidence and system."""
    columns = [(evidence, system) for evidence, systems in sorted(found["measures"].items()) for system in systems]
    shown = Table(
        title=f"Drafts · {found['data']} · {found['split']} · {found['questions']} questions", box=box.SIMPLE_HEAD
    )
    shown.add_column("")
    for evidence, system in columns:
        shown.add_column(f"{system}\n{evidence} evidence", justify="right")
    for name in _MEASURES:
        means = [found["measures"][evidence][system].get(name, {}).get("mean") for evidence, system in columns]
        shown.add_row(name.replace("_", " "), *("–" if mean is None else f"{mean:.3g}" for mean in means))
    return shown
