"""``policydesk audit``: prove the chain untouched, read it, and ask a recorded question again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from assistant.accounts import Accounts, scope_of
from assistant.asked import Asked
from assistant.audit import Audit, Entry, Kind
from assistant.commands.homes import open_store
from assistant.commands.output import console, print_json
from assistant.config import Settings
from assistant.records import Answer
from assistant.replay import Replay, replay
from retrieval.scope import Scope
from retrieval.store import Store

app = typer.Typer(
    help="The audit chain: verify, list, replay.",
    no_args_is_help=True,
    epilog="Example: `policydesk audit verify`",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def verify(
    context: typer.Context,
    head: Annotated[
        str | None, typer.Option(metavar="HASH", help="A head noted earlier: is it still in the chain?")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every link of the chain; exit code 1 if one is broken.

    Example: `policydesk audit verify`
    """
    settings: Settings = context.obj
    found = Audit(open_store(settings)).verify(head=head)
    if as_json:
        print_json({"entries": found.entries, "head": found.head, "broken": found.broken, "why": found.why})
    elif found.holds:
        console.print(f"The audit chain is whole: {found.entries} entries. Note its head: {found.head}")
    else:
        console.print(f"The audit chain is broken at entry {found.broken}: {found.why}.")
    if not found.holds:
        raise typer.Exit(1)


@app.command("list")
def list_entries(
    context: typer.Context,
    kind: Annotated[Kind | None, typer.Option(help="Only entries of this kind.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many, the latest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The latest entries, oldest first.

    Example: `policydesk audit list --kind answer`
    """
    settings: Settings = context.obj
    entries = list(Audit(open_store(settings)).entries(kind=kind))[-last:]
    if as_json:
        print_json({"entries": [_entry_json(entry) for entry in entries]})
        return
    table = Table("entry", "time", "kind", "what")
    for entry in entries:
        table.add_row(str(entry.sequence), entry.time[:19], entry.kind.value, Text(_what(entry)))
    console.print(table)


@app.command("replay")
def replay_answer(context: typer.Context, answer_id: str, as_json: AsJson = False) -> None:
    """Ask a recorded question again, if its text is still kept; exit code 1 if another answer comes for no known reason.

    Example: `policydesk audit replay 4f1c2ab09d3e77a1`
    """
    settings: Settings = context.obj
    store = open_store(settings)
    entry = Audit(store).find_answer(answer_id)
    scopes = [_at(scope, country) for scope in _scopes(store) for country in _countries(store)]
    played = replay(entry, _asking(settings, entry), text_with=Asked(store).text_with, scopes=scopes)
    if as_json:
        print_json(_replay_json(played))
    else:
        _show(played)
    if not played.holds:
        raise typer.Exit(1)


def _asking(settings: Settings, entry: Entry) -> Callable[[str, Scope], Answer]:
    """Answers a question; the models are loaded at the first one."""

    def ask(question: str, scope: Scope) -> Answer:
        from assistant.opening import open_assistant

        model = "quote" if entry.payload["model"] == "quote" else None
        return open_assistant(settings, model=model).answer(question, scope=scope)

    return ask


def _scopes(store: Store) -> list[Scope]:
    """Nobody's scope and every account's; each only once."""
    people = [scope_of(person) for person in Accounts(store).everyone()]
    return list(dict.fromkeys([scope_of(None), *people]))


def _countries(store: Store) -> list[str | None]:
    known = {document.jurisdiction for document in store.documents() if document.jurisdiction}
    return [None, *sorted(known)]


def _at(scope: Scope, country: str | None) -> Scope:
    return Scope(groups=scope.groups, jurisdiction=country)


def _show(played: Replay) -> None:
    if played.same_answer and played.same_citations:
        console.print("The same answer came again, with the same citations.")
    elif played.same_index and played.same_model:
        console.print("Another answer came, from the same index and the same model:")
    else:
        changed = "the index" if not played.same_index else "the model"
        console.print(f"Another answer came; {changed} has changed since:")
    console.print(played.answer.text)


def _replay_json(played: Replay) -> dict[str, Any]:
    return {
        "answer_id": played.entry.payload["answer_id"],
        "same_answer": played.same_answer,
        "same_citations": played.same_citations,
        "same_index": played.same_index,
        "same_model": played.same_model,
        "answer": played.answer.text,
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "time": entry.time,
        "kind": entry.kind.value,
        "payload": entry.payload,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def _what(entry: Entry) -> str:
    if entry.kind is Kind.ANSWER:
        versions = ", ".join(entry.payload["versions"])
        return f"{entry.payload['answer_id']} {entry.payload['status']}{': ' + versions if versions else ''}"
    return ", ".join(f"{name} {value}" for name, value in entry.payload.items())
