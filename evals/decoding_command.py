"""``policydesk eval decoding``: the seconds until a draft begins and ends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table


def decoding(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Argument(help="Whose questions are drafted; corpora/sister where not given.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Which questions.")] = "dev",
    adapter: Annotated[
        str | None, typer.Option(help="Folder of the adapter, or none; what would be loaded where not given.")
    ] = None,
    lookup: Annotated[int, typer.Option(min=1, help="Tokens guessed at a time.")] = 8,
    limit: Annotated[int, typer.Option(min=1, help="Drafts to time.")] = 20,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Draft the same answers token by token and with tokens guessed from the prompt: same text, and how much quicker."""
    from assistant.adapter import Adapter
    from assistant.model import DEFAULT_MODEL, DEFAULT_SHA256, TransformersModel, prepare_default
    from corpora.catalog import SISTER
    from evals.commands import _console, _settings, _write
    from evals.decoding import prompts, time_decoding, to_json
    from evals.encodings import CachedEncoder, default_folder
    from evals.library import load_any
    from evals.machine import provenance
    from evals.models import load_models
    from evals.systems import passages_of
    from evals.tables import progress_bars
    from retrieval.index import PassageIndex
    from retrieval.models import ModelCache
    from retrieval.search import Searcher

    console = _console(json_file)
    settings = _settings(context)
    loaded = load_any(data or SISTER, split)
    models = load_models(settings)
    encoder = CachedEncoder(models.encoder, default_folder())
    index = PassageIndex.build(passages_of(loaded.corpus), encoder, truncate=True)
    asked = prompts(loaded, Searcher(index, encoder, reranker=models.reranker), limit)
    chosen = Adapter.chosen(adapter or settings.adapter, DEFAULT_SHA256)
    folder = prepare_default(ModelCache.default())
    with progress_bars(console) as progress:
        timed = time_decoding(
            asked,
            TransformersModel(folder, DEFAULT_MODEL, adapter=chosen, lookup_tokens=0),
            TransformersModel(folder, DEFAULT_MODEL, adapter=chosen, lookup_tokens=lookup),
            progress=progress,
        )
    found = {
        "kind": "decoding",
        "data": loaded.name,
        "split": loaded.split,
        "model": DEFAULT_MODEL,
        "adapter": chosen.name if chosen else None,
        "lookup_tokens": lookup,
        **provenance(),
        **to_json(timed),
    }
    console.print(table(found))
    _write(found, json_file, None, console)


def table(found: Mapping[str, Any]) -> Table:
    """Both ways side by side."""
    caption = (
        ""
        if not found["drafts"]
        else f"same text in {found['same_text']:.0%}; {found['times_quicker']:.2f} times as quick"
    )
    shown = Table("decoding", "first token", "whole draft", "tokens a second",
                  title=f"{found['drafts']} drafts · {found['data']}", box=box.SIMPLE_HEAD, caption=caption)  # fmt: skip
    for name, label in (("plain", "token by token"), ("lookup", f"{found['lookup_tokens']} guessed")):
        if times := found.get(name):
            shown.add_row(
                label,
                f"{times['first_ms_p50']:.0f} ms",
                f"{times['total_ms_p50']:.0f} ms",
                f"{times['tokens_per_s']:.1f}",
            )
    return shown
