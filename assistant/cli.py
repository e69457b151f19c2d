"""The console command ``policydesk``: every command, its settings, and how errors reach people."""

from __future__ import annotations

import importlib.metadata
import io
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from assistant.config import quiet_libraries, read_settings

app = typer.Typer(
    name="policydesk",
    help="Answers questions about your policies from the documents themselves, offline.",
    epilog='Example: `policydesk ask "Can I carry over unused leave?"`',
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"policydesk {importlib.metadata.version('policydesk')}")
        raise typer.Exit


@app.callback()
def settings(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder of one instance (or POLICYDESK_HOME; default ./.policydesk).", show_default=False),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Answers questions about your policies from the documents themselves, offline."""
    context.obj = read_settings(home)


@cache
def build_app() -> typer.Typer:
    """The command with everything in it, also what other packages bring (pyproject.toml, "policydesk.commands")."""
    from assistant.commands import (
        asking,
        audits,
        backups,
        documents,
        index,
        ingesting,
        models,
        privacy,
        reports,
        serve,
        tune,
        users,
    )

    app.command("ingest")(ingesting.ingest)
    app.command("search")(asking.search)
    app.command("ask")(asking.ask)
    app.command("serve")(serve.serve)
    app.command("doctor")(index.doctor)
    app.command("backup")(backups.backup)
    app.command("restore")(backups.restore)
    app.add_typer(documents.app, name="documents")
    app.add_typer(models.app, name="models")
    app.add_typer(index.app, name="index")
    app.add_typer(users.app, name="users")
    app.add_typer(tune.app, name="tune")
    app.add_typer(audits.app, name="audit")
    app.add_typer(privacy.app, name="privacy")
    app.add_typer(reports.app, name="report")
    for entry in sorted(importlib.metadata.entry_points(group="policydesk.commands"), key=lambda entry: entry.name):
        command = entry.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=entry.name)
        else:
            app.command(entry.name)(command)
    return app


def _open_what_is_closed() -> None:
    """A standard stream that the caller has closed is empty and swallows what is written; no file of ours takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _write_whatever_comes() -> None:
    """Where the terminal or the file that we write to has no sign for a letter, say which it is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _check_text(arguments: Sequence[str]) -> None:
    """:raises WrongUsage: for an argument in bytes that are no text and name no file; a file may be called anything."""
    from retrieval.errors import WrongUsage

    for argument in arguments:
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError as error:
            if not Path(argument).exists():
                raise WrongUsage(
                    f"{argument.encode('utf-8', 'backslashreplace').decode()} is not UTF-8 text; set the terminal to UTF-8 and type "
                    "it again"
                ) from error


def _say(text: str) -> None:
    """One line on standard error, whatever the title or the path that is named in it holds."""
    from assistant.commands.output import harmless

    typer.echo(f"policydesk: {harmless(' '.join(text.splitlines()))}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every error a user can cause is one line on standard error and an exit code.

    :param arguments: without the program's name; None reads the command line.
    """
    quiet_libraries()
    from sqlalchemy.exc import DatabaseError

    from assistant.trouble import out_of_reach, trouble
    from retrieval.errors import NotReady, PolicydeskError

    _open_what_is_closed()
    _write_whatever_comes()
    try:
        _check_text(sys.argv[1:] if arguments is None else arguments)
        build_app()(arguments, prog_name="policydesk")
    except PolicydeskError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except DatabaseError as error:
        _say(
            f"the home's database did not do it ({error.orig}); try again when nothing else writes to it, or run: policydesk doctor"
        )
        sys.exit(NotReady.exit_code)
    except KeyboardInterrupt:
        _say("stopped")
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has gone: `policydesk documents list | head`
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if (passing := trouble(error) or out_of_reach(error)) is None:
            raise
        _say(str(passing))
        sys.exit(passing.exit_code)
