"""``policydesk eval versions``: versions in force, what changed and what contradicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def versions(
    context: typer.Context,
    corpus: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="A library with catalog.json and dated questions.")
    ] = Path("corpora/sample"),
    documents: Annotated[
        list[Path] | None,
        typer.Option(exists=True, help="A folder of real documents to count contradictions in; may be repeated."),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Ask about past days, compare hand-made versions, look for planted contradictions and for false alarms."""
    from evals.commands import _console, _settings, _write
    from evals.versions import measure_versions

    console = _console(json_file)
    found = measure_versions(corpus, _settings(context), documents=documents or ())
    travel, changes, clashes = found["time_travel"], found["diff"], found["contradictions"]
    default = travel["superseded_by_default"]
    console.print(
        f"dated questions: {travel['answered']} of {travel['dated_questions']} answered, "
        f"{travel['cite_version']['mean'] or 0:.0%} of them cite the version then in force; "
        f"{travel['cited_not_in_force']} citations not in force"
    )
    console.print(
        f"without a day: {default['superseded_citations']} of {default['citations']} citations "
        f"and {default['superseded_hits']} of {default['hits']} hits superseded"
    )
    console.print(
        f"diff: {changes['found']} of {changes['planted']} planted changes in {changes['pairs']} pairs found, "
        f"{changes['false_share']:.1%} of what is reported is false"
    )
    mentions = found["references"]
    console.print(f"references: {mentions['resolved']} of {mentions['mentions']} mentions lead to their clause")
    for name in ("all", "held_out"):
        one = clashes[name]
        console.print(
            f"contradictions, {name.replace('_', ' ')}: {one['found']['mean']:.0%} of {one['contradictions']} found, "
            f"precision {one['precision']['mean']:.0%} among {one['look_alikes']} look-alikes"
        )
    if found["alarms"]:
        console.print(
            f"real documents: {found['alarms']['alarms']} alarms in {found['alarms']['documents']} documents, "
            f"{found['alarms']['per_100_documents']} per 100"
        )
    _write(found, json_file, None, console)
