"""``policydesk privacy``: how long what is kept, and works council mode."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated

import typer
from rich.table import Table

from assistant.commands.homes import no_home, open_store
from assistant.commands.output import console, print_json
from assistant.config import Settings
from assistant.privacy import KINDS, Privacy, period, read_period, sweep

app = typer.Typer(
    help="How long records are kept, and works council mode.",
    no_args_is_help=True,
    epilog="Example: `policydesk privacy show`",
)
_MEANING = {
    "conversations": "chats, from their last message",
    "questions": "what was asked, without the asker",
    "feedback": "thumbs and comments",
    "handoffs": "questions sent on, from their answer",
    "logs": "who sent which files when",
}
Period = Annotated[str | None, typer.Option(metavar="PERIOD", help="90d, 12w, 6m, 2y or forever.")]


@app.command()
def show(context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """The settings of this home.

    Example: `policydesk privacy show`
    """
    settings: Settings = context.obj
    if not settings.home.root.is_dir():  # a database may come later than what is set
        raise no_home(settings)
    privacy = Privacy.load(settings.home)
    if as_json:
        print_json(asdict(privacy))
        return
    table = Table("kind", "kept for", "what it is")
    for kind in KINDS:
        table.add_row(kind, period(getattr(privacy.retention, kind)), _MEANING[kind])
    console.print(table)
    console.print(f"Works council mode is {'on' if privacy.works_council else 'off'}.")


@app.command()
def retention(
    context: typer.Context,
    conversations: Period = None,
    questions: Period = None,
    feedback: Period = None,
    handoffs: Period = None,
    logs: Period = None,
) -> None:
    """Set for how long records are kept; what is not named stays as it was. It counts from the server's next start.

    Example: `policydesk privacy retention --conversations 90d --handoffs 6m --questions 2y`
    """
    settings: Settings = context.obj
    given = {
        "conversations": conversations,
        "questions": questions,
        "feedback": feedback,
        "handoffs": handoffs,
        "logs": logs,
    }
    days = {kind: read_period(text) for kind, text in given.items() if text is not None}
    privacy = Privacy.load(settings.home).with_retention(**days)
    privacy.save(settings.home)
    console.print(", ".join(f"{kind} {period(getattr(privacy.retention, kind))}" for kind in KINDS))


@app.command("works-council")
def works_council(
    context: typer.Context, on: Annotated[bool, typer.Option("--on/--off", help="Turn it on or off.")]
) -> None:
    """Keep nothing that leads from a question to a person. It counts from the server's next start, which also removes the
    conversations there are.

    Example: `policydesk privacy works-council --on`
    """
    settings: Settings = context.obj
    replace(Privacy.load(settings.home), works_council=on).save(settings.home)
    console.print(f"Works council mode is {'on' if on else 'off'} from the server's next start.")


@app.command("sweep")
def sweep_now(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Remove what has been kept long enough; the server does so when it starts and once a day.

    Example: `policydesk privacy sweep`
    """
    settings: Settings = context.obj
    removed = sweep(open_store(settings), Privacy.load(settings.home))
    if as_json:
        print_json({"removed": removed})
        return
    console.print("Removed: " + ", ".join(f"{count} {kind}" for kind, count in removed.items()))
