"""``policydesk users``: accounts, roles and API tokens."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from assistant.accounts import MIN_PASSWORD_CHARACTERS, Accounts, Role
from assistant.commands.output import console, print_json
from assistant.config import Settings
from retrieval.errors import WrongUsage
from retrieval.store import Store

app = typer.Typer(help="Accounts, their roles and API tokens.", no_args_is_help=True)


@app.command()
def add(
    context: typer.Context,
    name: str,
    role: Annotated[Role, typer.Option(help="What they may do: HR, legal and admin keep the library.")],
    groups: Annotated[
        str, typer.Option(metavar="A,B", help="Groups they are in, for documents with an audience.")
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Make an account. Without --password-stdin the password is asked for twice.

    Example: `printf %s "$PASSWORD" | policydesk users add maria --role hr --groups board --password-stdin`
    """
    accounts = _accounts(context)
    password = _password(asked=not password_stdin)
    wanted = frozenset(group.strip() for group in groups.split(",") if group.strip())
    person = accounts.add(name, role, password, groups=wanted)
    console.print(f"Account {person.name} is made, role {person.role.value}.")


@app.command("list")
def list_users(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """All accounts with their roles and groups.

    Example: `policydesk users list`
    """
    people = _accounts(context).everyone()
    if as_json:
        fields = [{"name": each.name, "role": each.role.value, "groups": sorted(each.groups)} for each in people]
        print_json({"users": fields})
        return
    if not people:
        console.print("No accounts yet. Make one with: policydesk users add NAME --role employee")
        return
    table = Table("name", "role", "groups")
    for each in people:
        table.add_row(each.name, each.role.value, ", ".join(sorted(each.groups)))
    console.print(table)


@app.command()
def remove(context: typer.Context, name: str) -> None:
    """Remove an account with its tokens; where it is signed in, that ends with its next request.

    Example: `policydesk users remove maria`
    """
    _accounts(context).remove(name)
    console.print(f"Account {name} is removed.")


@app.command()
def token(
    context: typer.Context,
    name: str,
    revoke: Annotated[bool, typer.Option("--revoke", help="Make all tokens of the account useless instead.")] = False,
) -> None:
    """Make an API token; it is shown once, last on its line.

    Example: `TOKEN=$(policydesk users token maria | awk '{print $NF}')`
    """
    accounts = _accounts(context)
    if revoke:
        console.print(f"{accounts.revoke_tokens(name)} token(s) of {name} revoked.")
        return
    console.print(f"API token of {name}, shown this once: {accounts.new_token(name)}", soft_wrap=True)


def _accounts(context: typer.Context) -> Accounts:
    settings: Settings = context.obj
    return Accounts(Store.open(settings.home))


def _password(*, asked: bool) -> str:
    if asked and not sys.stdin.isatty():
        raise WrongUsage("there is no terminal to ask for a password on; pipe it in with --password-stdin")
    if asked:
        prompt = f"Password (at least {MIN_PASSWORD_CHARACTERS} characters)"
        return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
