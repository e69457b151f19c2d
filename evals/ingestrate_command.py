"""``policydesk eval ingestrate``: pages a second, and memory over a thousand files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def ingestrate(
    context: typer.Context,
    pdfs: Annotated[int, typer.Option(min=4, help="Text PDFs to read.")] = 40,
    small_files: Annotated[int, typer.Option(min=1, help="Small files to watch memory over.")] = 1_000,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Make text PDFs and small files from the sample with other words, and time reading and indexing them."""
    from evals.commands import _console, _json, _save, _settings
    from evals.ingestrate import RateConfig, measure_ingest_rate
    from retrieval.encoder import load_encoder

    encoder = load_encoder(_settings(context).encoder)
    found = measure_ingest_rate(encoder, RateConfig(pdfs=pdfs, small_files=small_files))
    console = _console(json_file)
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
    if json_file is not None:
        _save(json_file, _json(found))
