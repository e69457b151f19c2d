"""``policydesk eval ingestrate``: pages a second, and memory over a thousand files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def ingestrate(
    context: typer.Context,
    pdfs: Annotated[int, typer.Option(min=4, help="Text PDFs to read.")] = 40,
    small_files: Annotated[int, typer.Option(min=1, help="Small files to watch memory over.")] = 1_000,
    beside: Annotated[
        int, typer.Option(min=0, help="Files uploaded in one go while questions are asked; 0 leaves that out.")
    ] = 200,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Make text PDFs and small files from the sample with other words, and time reading and indexing them, and questions that
    are asked meanwhile."""
    from assistant.cores import let_idle_threads_sleep

    let_idle_threads_sleep()  # as the server does, in which all of this goes on
    from evals.commands import _console, _settings, _write
    from evals.ingestrate import RateConfig, measure_ingest_rate
    from evals.models import load_models
    from evals.responsiveness import measure_responsiveness

    console = _console(json_file)
    models = load_models(_settings(context))
    found = measure_ingest_rate(models.encoder, RateConfig(pdfs=pdfs, small_files=small_files))
    if beside:
        found["answers"] = measure_responsiveness(models, files=beside)
    for name, what in (("parse", "read"), ("ingest", "read, cut, encoded and indexed")):
        one = found[name]
        console.print(
            f"{one['pages']} pages {what}: {one['pages_per_s']} a second by the clock, "
            f"{one['pages_per_s_of_two_cores']} by the processor time of two cores"
        )
    grown = found["grown_mb"]
    if grown:
        console.print(
            f"memory over {found['files']} files: {grown['mb']:+.0f} MB from the first hundred to the last, "
            f"largest child {grown['largest_child_mb']:+.0f} MB"
        )
    if beside:
        answers = found["answers"]
        console.print(
            f"evidence p50 {answers['alone']['p50_ms']:.0f} ms alone, {answers['beside']['p50_ms']:.0f} ms while {beside} files "
            f"are read: {answers['ratio']} times as long"
        )
    _write(found, json_file, None, console)
