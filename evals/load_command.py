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
    pause: Annotated[
        float,
        typer.Option(
            min=0,
            help="Seconds people read before they ask again: drawn between two and four thirds of it. 0: they ask again at "
            "once, which is more than people do.",
        ),
    ] = 30.0,
    chat: Annotated[
        bool, typer.Option("--chat", help="Let people sit in the chat, over its socket, instead of using the API.")
    ] = False,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            help="Write the result as JSON, and what was seen so far beside it every two minutes; - prints it and nothing else.",
        ),
    ] = None,
) -> None:
    """Serve documents to people who all ask in the same second, then each at their own pace, then to a crowd: whose answer
    reaches whom, how soon, and what else slows down.

    The questions are the documents' headings, each with words that nobody else's has, so that no answer is kept from before.
    """
    from corpora.catalog import SAMPLE
    from evals.commands import _console, _json, _save, _write
    from evals.load import LoadConfig, measure_load
    from evals.machine import provenance

    console = _console(json_file)
    given = folders or [SAMPLE / "documents"]
    facts = provenance()
    config = LoadConfig(people=people, minutes=minutes, model=model, chat=chat, pause_s=pause)
    is_file = json_file is not None and str(json_file) != "-"
    part = json_file.with_suffix(".part.json") if json_file is not None and is_file else None
    found = measure_load(
        given, config, on_part=lambda so_far: _save(part, _json({**facts, **so_far})) if part else None
    )
    outcomes = ", ".join(f"{count} {name}" for name, count in found["outcomes"].items())
    console.print(f"{found['questions_asked']} questions of {people} people: {outcomes}")
    for name, told in (("each at their pace", found), ("all at once", found["burst"])):
        evidence = told["first_evidence_s"]
        console.print(f"{name}: first evidence p50 {evidence.get('p50')} s, p95 {evidence.get('p95')} s")
    for page, took in found["other_pages_ms"].items():
        console.print(f"{page}: p50 {took.get('p50')} ms, p95 {took.get('p95')} ms")
    memory = found["memory_mb"]
    console.print(
        f"memory {memory['start']} MB at the start, {memory['end']} MB at the end; "
        f"{memory.get('rise_per_1000_questions')} MB more for 1,000 questions when warm"
    )
    console.print(f"a crowd of {found['crowd']['people']}: {found['crowd']['outcomes']}")
    _write({**facts, **found}, json_file, None, console)
    if part is not None:
        part.unlink(missing_ok=True)
