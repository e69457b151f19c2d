"""``policydesk eval answerability``: whether it knows which questions the documents answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table


def answerability(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Argument(
            help="Folder in the BEIR layout with unanswerable.jsonl, or a library such as corpora/sister, or lessons."
        ),
    ],
    split: Annotated[str | None, typer.Option(help="Which questions; test, else dev, where not given.")] = None,
    inside: Annotated[
        bool, typer.Option("--inside", help="Search only the documents a question is about: contracts that it names.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions of each kind.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Ask answerable and unanswerable questions, and count which are kept and which refused at the threshold in service.

    The JSON holds figures only: no question, answer or passage.
    """
    from evals.answerability import ask_all, figures
    from evals.commands import _console, _settings, _write
    from evals.encodings import CachedEncoder, CachedReranker, default_folder
    from evals.library import load_any
    from evals.machine import provenance
    from evals.models import fingerprints, load_models
    from evals.systems import passages_of
    from evals.tables import interval, progress_bars
    from retrieval.errors import WrongUsage
    from retrieval.keptvectors import KeptVectors

    console = _console(json_file)
    loaded = load_any(data, split).limited(limit)
    if not loaded.judged or not loaded.unanswerable:
        raise WrongUsage(f"{data} needs questions of both kinds: judged ones and unanswerable.jsonl")
    settings = _settings(context)
    models = load_models(settings)
    weights = fingerprints(models, settings)
    kept = default_folder()
    with progress_bars(console) as progress:
        asked = ask_all(
            loaded,
            passages_of(loaded.corpus),
            CachedEncoder(models.encoder, kept),
            CachedReranker(models.reranker, kept) if models.reranker else None,
            models.reader,
            reading_encoder=KeptVectors(models.encoder),
            inside=inside,
            progress=progress,
        )
    found = figures(asked, models.confidence)
    table = Table("", "answered questions kept", "others refused", "AUROC", "without reader", "reader alone")
    table.add_row(
        f"{loaded.name} {loaded.split}",
        *(interval(found[name]) for name in ("kept", "refused", "auroc", "auroc_without_reader", "auroc_reader_alone")),
    )
    console.print(table)
    about = {
        "data": loaded.name, "split": loaded.split, "inside_named_documents": inside,
        "fingerprints": weights,
    }  # fmt: skip
    _write({**provenance(), **about, **found}, json_file, None, console)
