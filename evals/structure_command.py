"""``policydesk eval structure``: how true documents are cut into clauses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def structure(
    documents: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Folder of the real documents that were marked; without it only the sample's are compared.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
    differences: Annotated[
        bool, typer.Option(help="Print where documents that are not held out differ from their marks.")
    ] = False,
) -> None:
    """Compare clauses, their numbers and section paths with documents marked by hand (evals/gold/README.md)."""
    from evals.commands import _console, _write
    from evals.structure import measure_structure

    console = _console(json_file)

    def tell(difference: str) -> None:
        console.print(difference, markup=False, highlight=False, soft_wrap=True)

    found = measure_structure(documents, on_difference=tell if differences else None)
    for name in ("md", "docx", "html", "pdf"):
        console.print(f"{name:5} {_line(found['formats'][name])}")
    for name in ("held_out", "faults"):
        console.print(f"{name.replace('_', ' '):9} {_line(found[name])}")
    for one in found["skipped"]:
        console.print(f"skipped {one['document']}: {one['reason']}")
    _write(found, json_file, None, console)


def _line(summary: dict[str, Any]) -> str:
    if not summary["clauses"]:
        return "nothing to compare"
    low, high = summary["f1"]["ci95"]
    paths, numbers = summary["right_paths"]["mean"], summary["right_numbers"]["mean"]
    return (
        f"{summary['documents']} documents, {summary['clauses']} clauses: F1 {summary['f1']['mean']:.3f} "
        f"({low:.3f}–{high:.3f}), section paths {paths:.1%}"
        + (f", numbers {numbers:.1%}" if numbers is not None else "")
    )
