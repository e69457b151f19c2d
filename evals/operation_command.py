"""``policydesk eval operation``: how an installation runs on real folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def operation(
    folders: Annotated[list[Path], typer.Argument(exists=True, help="Folders of documents.", metavar="FOLDER...")],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Ingest folders into a new home, search them, serve them: what is read, how quickly, start-up time and memory."""
    from evals.commands import _console, _write
    from evals.operation import measure_operation

    console = _console(json_file)
    found = measure_operation(folders)
    files = ", ".join(f"{count} {status}" for status, count in found["files"].items())
    console.print(f"{files}; {found['passages']} passages in {found['seconds']} s ({found['files_per_s']} files/s)")
    console.print(f"silently empty: {len(found['silently_empty'])}")
    console.print(f"search p50 {found['search_ms']['total']['p50']} ms, p95 {found['search_ms']['total']['p95']} ms")
    console.print(f"ready {found['second_start_s']} s after the second start; {found['serving_rss_mb']} MB at most")
    _write(found, json_file, None, console)
