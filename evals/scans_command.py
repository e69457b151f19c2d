"""``policydesk eval scans``: PDFs printed, scanned and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table


def scans(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="PDF files with text in them.", metavar="FILE...")
    ],
    seed: Annotated[int, typer.Option(help="The same seed scans alike.")] = 1,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Turn PDFs into scans of three kinds and read them by OCR: how many words and clauses come back, and which doubt is told."""
    from evals.commands import _console, _write
    from evals.machine import provenance
    from evals.scans import figures, measure
    from ingest.tesseract import available
    from retrieval.errors import NotReady

    ocr = available()
    if ocr.missing:
        raise NotReady(f"scans cannot be read here; {ocr.missing}")
    console = _console(json_file)
    results = measure(files, ocr, seed=seed, on_file=lambda file, scanner: console.print(f"{file} · {scanner}"))
    measured = figures(results)
    found = {**measured, "files": [path.name for path in files], "seed": seed, **provenance()}
    shown = Table(title="Scans", box=box.SIMPLE_HEAD)
    for heading in (
        "scanner",
        "pages",
        "words read",
        "clauses in place",
        "confidence",
        "badly read",
        "of them flagged",
        "others flagged",
    ):
        shown.add_column(heading, justify="left" if heading == "scanner" else "right")
    for name, row in measured["scanners"].items():
        keys = ("pages", "words_read", "clauses_in_place", "mean_confidence", "badly_read_pages", "badly_read_pages_flagged", "well_read_pages_flagged")  # fmt: skip
        shown.add_row(name, *(f"{row[key]:.1%}" if isinstance(row[key], float) else str(row[key]) for key in keys))
    console.print(shown)
    _write(found, json_file, None, console)
