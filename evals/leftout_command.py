"""``policydesk eval left-out``: how well the reranker ranks documents of a kind that it was not trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table


def left_out(
    context: typer.Context,
    data: Annotated[
        list[Path],
        typer.Argument(help="The folders that policydesk tune reranker is given.", exists=True, file_okay=False),
    ],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="Names of folders that are left out together, comma-separated; several times for several kinds. "
            "Each folder with questions alone where not given."
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder the weights are written to, one folder a kind; a stopped run there goes on.")
    ] = Path("left-out"),
    steps: Annotated[int, typer.Option(help="Training steps of eight questions, each time.", min=1)] = 300,
    seed: Annotated[int, typer.Option(help="Decides every draw.")] = 7,
    recipe: Annotated[
        Path | None, typer.Option(help="JSON: mining settings by folder name.", exists=True, dir_okay=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions of each folder.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Train the reranker without one kind of documents, rank the questions about that kind, and do so for each kind.

    Beside it the reranker in service; name the one that you trained on all of them with POLICYDESK_RERANKER. A quarter of an
    hour to half an hour a kind on two idle cores. The reader takes no part: it has read what is left out.
    """
    from dataclasses import asdict, replace

    from evals.commands import _console, _settings, _write
    from evals.encodings import CachedEncoder, default_folder
    from evals.leftout import begin, kinds_of, rank_left_out
    from evals.library import load_any
    from evals.machine import provenance
    from evals.models import load_models
    from evals.tables import interval, progress_bars
    from retrieval.models import ENCODER, ModelCache
    from retrieval.rerank import load_reranker
    from retrieval.tune import TuneConfig, tune_reranker
    from retrieval.tuning.mining import read_recipe

    console = _console(json_file)
    kinds = kinds_of(data, kind or [])
    judged = {folder: load_any(folder).limited(limit) for one in kinds for folder in one.judged}
    models = load_models(_settings(context))
    encoder = CachedEncoder(models.encoder, default_folder())
    config = TuneConfig(name="policydesk-reranker-left-out")
    config = replace(
        config, mining=replace(config.mining, seed=seed), training=replace(config.training, steps=steps, seed=seed)
    )
    mined = read_recipe(recipe, config.mining) if recipe else None
    table = Table("nDCG@10", "bm25", "dense", "hybrid", "reranked", "over the best before", "in service")
    rows: list[dict[str, Any]] = []
    with progress_bars(console) as progress:
        for one in kinds:
            weights = out / one.name
            recipe_read = {name: asdict(use) for name, use in (mined or {}).items()}
            settings = {
                "trained_on": [str(folder) for folder in one.rest], "steps": steps, "seed": seed, "recipe": recipe_read,
            }  # fmt: skip
            if begin(weights, settings):
                tune_reranker(
                    one.rest, encoder, ModelCache.default().require(ENCODER), weights, config, recipe=mined,
                    command="policydesk eval left-out", report=progress or (lambda _what, _done, _total: None),
                )  # fmt: skip
            reranker = load_reranker(str(weights))
            assert reranker is not None, "a folder that was named is loaded or refused"
            for folder in one.judged:
                found = rank_left_out(judged[folder], encoder, reranker, models.reranker, progress)
                rows.append({"without": [path.name for path in one.left_out], **found.to_json()})
                gained = {"mean": found.gained.mean, "ci95": [found.gained.low, found.gained.high]}
                shown = (interval(found.systems[name].to_json()) for name in ("bm25", "dense", "hybrid", "reranked"))
                beside = interval(found.systems["in service"].to_json()) if "in service" in found.systems else "–"
                table.add_row(f"{found.data} {found.split}", *shown, interval(gained), beside)
    console.print(table)
    about = {"kind": "left out", "steps": steps, "seed": seed, "reader": None}
    _write({**provenance(), **about, "left_out": rows}, json_file, None, console)
