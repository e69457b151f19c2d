"""``policydesk documents``: the library."""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from assistant.actions import Act
from assistant.commands import diffing, reviewing
from assistant.commands.homes import open_store
from assistant.commands.output import console, harmless, print_json
from assistant.config import Settings
from assistant.contract import document_json
from retrieval.documents import Document, Standing
from retrieval.errors import WrongUsage

app = typer.Typer(
    help="The library: list, show, review, publish, remove, undo, versions, diff, conflicts.",
    no_args_is_help=True,
    epilog="Example: `policydesk documents list`",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_documents(context: typer.Context, as_json: AsJson = False) -> None:
    """All documents with their status, dates and versions.

    Example: `policydesk documents list --json`
    """
    settings: Settings = context.obj
    documents = open_store(settings).documents()
    today = date.today()
    if as_json:
        print_json({"documents": [document_json(document, today=today) for document in documents]})
        return
    if not documents:
        console.print("No documents yet. Add some with: policydesk ingest FOLDER")
        return
    table = Table(
        Column("id", no_wrap=True),
        "title",
        "status",
        Column("in force", no_wrap=True),
        "versions",
        "country",
        "audience",
    )
    for document in documents:
        table.add_row(*_row(document, today))
    console.print(table)


@app.command()
def show(context: typer.Context, document_id: str, as_json: AsJson = False) -> None:
    """One document: its versions and what was read from the latest.

    Example: `policydesk documents show d3f9a12c45`
    """
    settings: Settings = context.obj
    store = open_store(settings)
    document = store.document(document_id)
    passages = store.passages(document.versions[-1].version_id)
    if as_json:
        fields = ("passage_id", "section_path", "page", "text")
        print_json(
            {
                **document_json(document, today=date.today()),
                "passages": [{name: getattr(passage, name) for name in fields} for passage in passages],
            }
        )
        return
    console.print(Text(document.title, style="bold"), document.document_id)
    console.print(_versions_table(document))
    for passage in passages:
        where = " > ".join(passage.section_path) + (f"  (page {passage.page})" if passage.page else "")
        console.print(where, style="dim")
        console.print(passage.text)
        console.print()


@app.command()
def versions(context: typer.Context, document_id: str, as_json: AsJson = False) -> None:
    """A document's versions, oldest first, and when each is in force.

    Example: `policydesk documents versions d3f9a12c45 --json`
    """
    settings: Settings = context.obj
    document = open_store(settings).document(document_id)
    if as_json:
        print_json(document_json(document, today=date.today()))
        return
    console.print(_versions_table(document))


@app.command()
def diff(context: typer.Context, document_id: str, old: str, new: str, as_json: AsJson = False) -> None:
    """What changed between two versions (ids or numbers), clause by clause.

    Example: `policydesk documents diff d3f9a12c45 1 2`
    """
    diffing.diff(context, document_id, old, new, as_json)


app.command()(reviewing.review)
app.command()(reviewing.confirm)
app.command()(reviewing.publish)
app.command()(reviewing.reject)
app.command()(reviewing.attach)
app.command()(reviewing.undo)
app.command()(reviewing.history)
app.command()(reviewing.conflicts)


@app.command()
def remove(
    context: typer.Context,
    document_id: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    undoable: Annotated[
        bool, typer.Option("--undoable", help="Keep its text for seven days, or until `index rebuild`, for undo.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a document and all its versions for good.

    Example: `policydesk documents remove d3f9a12c45 --yes`
    """
    settings: Settings = context.obj
    document = open_store(settings).document(document_id)
    how = "" if undoable else " for good"
    if as_json and not yes:
        raise WrongUsage("nothing was removed: standard output carries JSON, so nobody is asked; add --yes")
    if not yes and not _is_agreed(f"Remove “{document.title}” with {len(document.versions)} version(s){how}?"):
        raise WrongUsage("nothing was removed")
    room = reviewing.open_review(context)
    if undoable:
        action = room.remove(document_id)
        said = f"{document.title} is removed; undo with: policydesk documents undo {action.action_id}"
        reviewing.say(room, action, said, as_json=as_json)
        return
    room.erasure.erase(document_id)
    if as_json:
        print_json(
            {
                "action_id": None,
                "act": Act.REMOVE.value,
                "document_id": document_id,
                "versions": [version.version_id for version in document.versions],
                "title": document.title,
                "can_be_undone": False,
                "status": Standing.WITHDRAWN.value,
            }
        )
    else:
        console.print(f"{document.title} is removed.")


def _is_agreed(question: str) -> bool:
    try:
        return typer.confirm(harmless(question))
    except typer.Abort as error:
        if sys.stdin.isatty():
            raise
        raise WrongUsage("nothing was removed: there is nobody to ask; add --yes to remove without asking") from error


def _row(document: Document, today: date) -> tuple[str, ...]:
    latest = document.versions[-1]
    days = f"{latest.effective_from or 'always'} – {latest.effective_to or ''}"
    audience = ", ".join(sorted(document.audience)) or "everyone"
    status = document.standing(today).value.replace("_", " ")
    return (
        document.document_id,
        document.title,
        status,
        days,
        str(len(document.versions)),
        document.jurisdiction or "",
        audience,
    )


def _versions_table(document: Document) -> Table:
    table = Table("version", "file", "status", "from", "to", "pages", "passages")
    for version in document.versions:
        table.add_row(
            version.version_id,
            version.file,
            version.standing(date.today()).value.replace("_", " "),
            str(version.effective_from or ""),
            str(version.effective_to or ""),
            str(version.pages or ""),
            str(version.passages),
        )
    return table
