"""``policydesk eval reranking``: the milliseconds of reranking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table


def reranking(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Argument(help="Whose passages and questions; corpora/sample where not given.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=2, help="Groups of twenty passages; the first is not counted.")] = 8,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Time our reranker over unread and over kept passages, beside sentence-transformers' float32 cross-encoder of its shape.

    Over passages of 256 tokens and over passages as they are.
    """
    from corpora.catalog import SAMPLE
    from evals.commands import _console, _settings, _write
    from evals.library import load_any
    from evals.machine import provenance
    from evals.models import fingerprints, load_models
    from evals.reranking import in_rounds, long_passages, time_reranking, to_json, untrained_cross_encoder
    from evals.systems import passages_of
    from evals.tables import progress_bars
    from retrieval.errors import NotReady
    from retrieval.models import ENCODER, ModelCache

    console = _console(json_file)
    settings = _settings(context)
    models = load_models(settings)
    weights = fingerprints(models, settings)
    if models.reranker is None:
        raise NotReady("there is no reranker; train one: policydesk tune reranker")
    loaded = load_any(data or SAMPLE, encoder=models.encoder)
    texts = [passage.searchable for passage in passages_of(loaded.corpus)]
    questions = [question.text for question in loaded.questions]
    cross_encoder = untrained_cross_encoder(ModelCache.default().require(ENCODER))
    kinds = {"long": long_passages(texts, models.encoder, rounds), "typical": in_rounds(texts, rounds)}
    found: dict[str, Any] = {
        "kind": "reranking",
        "data": loaded.name,
        "reranker": models.reranker.name,
        "fingerprints": weights,
        **provenance(),
    }
    with progress_bars(console) as progress:
        for kind, groups in kinds.items():
            timed = time_reranking(groups, questions, models.reranker, models.encoder, cross_encoder, progress=progress)
            found[kind] = to_json(timed)
    console.print(table(found))
    _write(found, json_file, None, console)


def table(found: Mapping[str, Any]) -> Table:
    """A row for each kind of passage and way."""
    shown = Table(
        "twenty passages", "", "ms", "times as quick", title=f"Reranking · {found['data']}", box=box.SIMPLE_HEAD
    )
    for kind in ("long", "typical"):
        if not found[kind]["rounds"]:
            continue
        name = f"{kind}, {found[kind]['tokens_p50']:,.0f} tokens"
        for way in ("cross_encoder", "unread", "kept"):
            times = found[kind][way]
            shown.add_row(name, way.replace("_", "-"), f"{times['ms_p50']:.0f}", f"{times.get('times_quicker', 1):.1f}")
            name = ""
    return shown
