"""``policydesk eval access``: whether anything reaches a person that is not theirs to read."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer


def access(
    context: typer.Context,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, help="Folders of documents beside the sample's.", metavar="[FOLDER...]"),
    ] = None,
    pairs: Annotated[int, typer.Option(min=1, help="Pairs of a person and a question.")] = 10_000,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Let people with random groups ask about documents with random readers, and look through all they get."""
    from corpora.catalog import SAMPLE
    from evals.access import AccessConfig, measure_access
    from evals.commands import _console, _settings, _write
    from evals.machine import provenance
    from evals.readership import RememberedEncoder, open_library, open_quoting, read_documents
    from retrieval.encoder import load_encoder
    from retrieval.home import Home

    console = _console(json_file)
    config = AccessConfig(pairs=pairs)
    given = [SAMPLE / "documents", *(folders or ())]
    encoder = RememberedEncoder(load_encoder(_settings(context).encoder))
    documents = read_documents(given, encoder)
    with TemporaryDirectory(prefix="policydesk-access-") as scratch:
        home = Home(Path(scratch) / "home")
        stocked = open_library(home, documents, encoder, seed=config.seed)
        found = measure_access(stocked, open_quoting(home, encoder), config)
        stocked.store.close()
    console.print(
        f"{found['pairs']} pairs over {found['versions']} versions, {found['out_of_reach']:.0%} of them out of an asker's reach"
    )
    for surface, looks in found["looked_at"].items():
        console.print(f"{surface}: {found['leaks'][surface]} of {looks} should not have been there")
    _write({**provenance(), "folders": [folder.name for folder in given], **found}, json_file, None, console)
    if found["leaked"]:
        raise typer.Exit(1)
