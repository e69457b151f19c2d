"""``policydesk eval load``: many people asking at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def load(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, help="Folders to serve; the sample's without any.", metavar="[FOLDER...]"),
    ] = None,
    people: Annotated[int, typer.Option(min=1, help="How many ask.")] = 32,
    minutes: Annotated[float, typer.Option(min=0.1, help="For how long.")] = 2.0,
    model: Annotated[str, typer.Option(help="Language model of the server; 'quote' for none.")] = "quote",
    pause: Annotated[float, typer.Option(min=0, help="Seconds people read before they ask again, on average.")] = 0.0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Serve documents to people who all ask at once: whose answer reaches whom, how soon, and what else slows down."""
    from corpora.catalog import SAMPLE
    from evals.commands import _console, _json, _save
    from evals.load import LoadConfig, measure_load
    from evals.machine import provenance

    given = folders or [SAMPLE / "documents"]
    facts = provenance()
    found = measure_load(given, LoadConfig(people=people, minutes=minutes, model=model, pause_s=pause))
    console = _console(json_file)
    outcomes = ", ".join(f"{count} {name}" for name, count in found["outcomes"].items())
    console.print(f"{found['questions_asked']} questions of {people} people: {outcomes}")
    console.print(
        f"first evidence p50 {found['first_evidence_s'].get('p50')} s, p95 {found['first_evidence_s'].get('p95')} s"
    )
    for page, took in found["other_pages_ms"].items():
        console.print(f"{page}: p50 {took.get('p50')} ms, p95 {took.get('p95')} ms")
    console.print(f"memory {found['memory_mb']['start']} MB at the start, {found['memory_mb']['end']} MB at the end")
    console.print(f"a crowd of {found['crowd']['people']}: {found['crowd']['outcomes']}")
    if json_file is not None:
        _save(json_file, _json({**facts, **found}))
