"""``policydesk eval decoding``: the seconds until a draft begins and ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
    library: Annotated[
        bool, typer.Option("--library/--no-library", help="Also by transformers, without and with its prompt lookup.")
    ] = True,
    limit: Annotated[int, typer.Option(min=1, help="Drafts to time.")] = 20,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Draft the same answers token by token and with tokens guessed from the evidence: same text, and how much quicker.

    "Library": transformers' own greedy decoding of the same weights, in the number format it runs here, without and with its
    prompt lookup.
    """
    from assistant.adapter import Adapter
    from assistant.decoding import CopyingModel
    from assistant.model import (
        DEFAULT_MODEL,
        DEFAULT_SHA256,
        LOOKUP_TOKENS,
        LanguageModel,
        TransformersModel,
    )
    from corpora.catalog import SISTER
    from evals.commands import _console, _settings, _write
    from evals.decoding import prompts, time_decoding, to_json
    from evals.encodings import CachedEncoder, default_folder
    from evals.library import load_any
    from evals.machine import provenance
    from evals.models import fingerprints, load_models
    from evals.systems import passages_of
    from evals.tables import progress_bars
    from retrieval.basemodel import prepare_default
    from retrieval.index import PassageIndex
    from retrieval.matrices import has_fast_int8
    from retrieval.models import ModelCache
    from retrieval.search import Searcher

    console = _console(json_file)
    settings = _settings(context)
    loaded = load_any(data or SISTER, split)
    models = load_models(settings)
    in_use = replace(settings, adapter=adapter or settings.adapter, model_url=None)
    weights = fingerprints(models, in_use, model=DEFAULT_MODEL)
    encoder = CachedEncoder(models.encoder, default_folder())
    index = PassageIndex.build(passages_of(loaded.corpus), encoder, windows=True)
    asked = prompts(loaded, Searcher(index, encoder, reranker=models.reranker, reader=models.reader), limit)
    chosen = Adapter.chosen(adapter or settings.adapter, DEFAULT_SHA256)
    folder = prepare_default(ModelCache.default())
    lookup = CopyingModel.load(folder, DEFAULT_MODEL, adapter=chosen)
    drafted: dict[str, LanguageModel] = {"plain": lookup.token_by_token(), "lookup": lookup}
    if library:
        for name, tokens in (("library", 0), ("library lookup", LOOKUP_TOKENS)):
            drafted[name] = TransformersModel(folder, DEFAULT_MODEL, adapter=chosen, lookup_tokens=tokens)
    with progress_bars(console) as progress:
        timed = time_decoding(asked, drafted, lookup.count_tokens, progress=progress)
    found = {
        "kind": "decoding",
        "data": loaded.name,
        "split": loaded.split,
        "model": DEFAULT_MODEL,
        "adapter": chosen.name if chosen else None,
        "fingerprints": weights,
        "weights": "int8" if has_fast_int8() else "float32",
        **provenance(),
        **to_json(timed),
    }
    console.print(table(found))
    _write(found, json_file, None, console)


_LABELS = {
    "plain": "token by token", "lookup": "guessing", "library": "transformers", "library lookup": "transformers, guessing"
}  # fmt: skip


def table(found: Mapping[str, Any]) -> Table:
    """A row a model."""
    shown = Table("decoding", "first token", "whole draft", "tokens a second", "times as quick", "after reading", "same text",
                  title=f"{found['drafts']} drafts · {found['data']}", box=box.SIMPLE_HEAD)  # fmt: skip
    for name, label in _LABELS.items():
        if times := found.get(name):
            shown.add_row(
                label,
                f"{times['first_ms_p50']:.0f} ms",
                f"{times['total_ms_p50']:.0f} ms",
                f"{times['tokens_per_s']:.1f}",
                f"{times['times_quicker']:.2f}",
                f"{times['times_quicker_after_reading']:.2f}",
                f"{times['same_text']:.0%}",
            )
    return shown
