"""``policydesk eval robustness``: a thousand damaged files, and each file of some folders, through the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table


def robustness(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True, help="Folders whose files are read as they are, and damaged too.", metavar="[FOLDER]..."
        ),
    ] = None,
    files: Annotated[int, typer.Option(min=1, help="How many damaged files to read.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed damages in the same way.")] = 1,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Damage documents of every format on purpose and read them: nothing may crash, hang, or come back empty without a word.

    Exits 1 where something did, where a good file between the bad ones was read otherwise than before, or where a bomb took a
    second to refuse.
    """
    from assistant.commands.output import progress_bar
    from evals.commands import _console, _write
    from evals.machine import provenance
    from evals.robustness import figures, measure
    from ingest.sandbox import Limits

    limits = Limits()
    console = _console(json_file)
    with progress_bar(enabled=json_file is None or str(json_file) != "-") as progress:
        task = progress.add_task("Reading files", total=None)
        trial = measure(
            folders or [], files=files, seed=seed, limits=limits,
            on_file=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    found = {**figures(trial, limits), "seed": seed, **provenance()}
    console.print(table(found))
    good, bombs = found["good_files_between"], found["bombs"]
    console.print(f"good files between the bad ones: {good['as_before']} of {good['read']} read as before")
    console.print(f"bombs refused within a second: {bombs['refused_within_1_s']} of {bombs['files']}")
    _write(found, json_file, None, console)
    if not trial.holds:
        raise typer.Exit(1)


def table(found: Mapping[str, Any]) -> Table:
    """A row a kind of damage, one for all of them, and one a folder."""
    from evals.robustness import Outcome

    shown = Table(title="Robustness", box=box.SIMPLE_HEAD)
    for heading in ("files", "read", *(outcome.value.replace("_", " ") for outcome in Outcome), "worst s", "worst MB"):
        shown.add_column(heading, justify="left" if heading == "files" else "right")
    rows = [*found["by_mutation"].items(), ("all damaged", found["damaged"]), *found["given"].items()]
    for name, counts in rows:
        numbers = [
            counts["files"],
            *(counts[outcome.value] for outcome in Outcome),
            counts["worst_s"],
            counts["worst_memory_mb"],
        ]
        shown.add_row(name, *map(str, numbers), style="bold" if name == "all damaged" else "")
    return shown
