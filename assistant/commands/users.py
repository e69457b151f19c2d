"""``policydesk users``: accounts, roles and API tokens."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from assistant.accounts import MIN_PASSWORD_CHARACTERS, Accounts, Role
from assistant.audit import Audit
from assistant.commands.homes import open_store
from assistant.commands.output import console, print_json
from assistant.config import Settings
from assistant.owndata import remove_everything
from assistant.tokens import TokenScope
from retrieval.errors import WrongUsage
from retrieval.store import Store
from retrieval.tables import utc

app = typer.Typer(
    help="Accounts, their roles and API tokens.",
    no_args_is_help=True,
    epilog="Example: `policydesk users add maria --role hr`",
)


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
    settings: Settings = context.obj
    password = _password(asked=not password_stdin)
    accounts = Accounts(Store.open(settings.home))
    person = accounts.add(name, role, password, groups=_names(groups))
    Audit(accounts.store).record_access(person, "added")
    console.print(f"Account {person.name} is made, role {person.role.value}.")


@app.command()
def change(
    context: typer.Context,
    name: str,
    role: Annotated[Role | None, typer.Option(help="Another role.")] = None,
    groups: Annotated[str | None, typer.Option(metavar="A,B", help="Other groups, in place of all they have.")] = None,
    single_sign_on: Annotated[
        bool, typer.Option("--single-sign-on", help="Drop the password: the account is your identity provider's.")
    ] = False,
) -> None:
    """Give an account another role or other groups; it counts from its next request on.

    Example: `policydesk users change maria --role legal --groups board,works-council`
    """
    if role is None and groups is None and not single_sign_on:
        raise WrongUsage("say what to change: --role, --groups or --single-sign-on")
    accounts = _accounts(context)
    person = accounts.change(name, role=role, groups=None if groups is None else _names(groups))
    if single_sign_on:
        accounts.drop_password(name)
    Audit(accounts.store).record_access(person, "changed")
    console.print(f"Account {name}: role {person.role.value}, groups {', '.join(sorted(person.groups)) or 'none'}.")


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
    """Remove an account with its tokens, conversations and hand-offs; where it is signed in, that ends with its next request.

    Example: `policydesk users remove maria`
    """
    accounts = _accounts(context)
    person = accounts.require(name)
    # The account last: whatever stops this half way, it can be done once more.
    removed = remove_everything(accounts.store, person.account_id)
    Audit(accounts.store).record_access(person, "removed")
    accounts.remove(name)
    remove_everything(accounts.store, person.account_id)  # what came in meanwhile
    gone = f"{removed['conversations']} conversation(s) and {removed['handoffs']} hand-off(s)"
    console.print(f"Account {name} is removed, with {gone}.")


@app.command()
def token(
    context: typer.Context,
    name: str,
    scope: Annotated[
        str | None,
        typer.Option(metavar="A,B", help=f"What it may be used for: {', '.join(TokenScope)}. Without it: everything."),
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Make all tokens of the account useless instead.")] = False,
) -> None:
    """Make an API token; it is shown once, last on its line.

    Example: `TOKEN=$(policydesk users token maria --scope ask,search | awk '{print $NF}')`
    """
    accounts = _accounts(context)
    if revoke:
        console.print(f"{accounts.revoke_tokens(name)} token(s) of {name} revoked.")
        return
    scopes = None if scope is None else frozenset(_scope(each) for each in _names(scope))
    console.print(f"API token of {name}, shown this once: {accounts.new_token(name, scopes=scopes)}", soft_wrap=True)


@app.command()
def tokens(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One account's; all without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The API tokens there are, without what opens anything.

    Example: `policydesk users tokens maria`
    """
    accounts = _accounts(context)
    people = [accounts.require(name)] if name else accounts.everyone()
    found = [(person, token) for person in people for token in accounts.tokens.all(person.account_id)]
    if as_json:
        fields = [
            {"token_id": token.token_id, "account": person.name, "created_at": utc(token.created_at).isoformat(),
             "scopes": None if token.scopes is None else sorted(token.scopes)}
            for person, token in found
        ]  # fmt: skip
        print_json({"tokens": fields})
        return
    table = Table("token", "account", "for", "made on")
    for person, token in found:
        allowed = "everything" if token.scopes is None else ", ".join(sorted(token.scopes))
        table.add_row(token.token_id, person.name, allowed, f"{token.created_at:%Y-%m-%d}")
    console.print(table if found else "No tokens yet. Make one with: policydesk users token NAME")


@app.command()
def revoke(context: typer.Context, token_id: str) -> None:
    """Make one API token useless at once; `users tokens` shows its id.

    Example: `policydesk users revoke 3f9c0a7be12d44aa`
    """
    _accounts(context).tokens.revoke(token_id)
    console.print(f"Token {token_id} is revoked.")


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _scope(name: str) -> TokenScope:
    try:
        return TokenScope(name)
    except ValueError as error:
        raise WrongUsage(f"there is no scope {name}; choose from {', '.join(TokenScope)}") from error


def _accounts(context: typer.Context) -> Accounts:
    settings: Settings = context.obj
    return Accounts(open_store(settings))


def _password(*, asked: bool) -> str:
    if asked and not sys.stdin.isatty():
        raise WrongUsage("there is no terminal to ask for a password on; pipe it in with --password-stdin")
    if asked:
        prompt = f"Password (at least {MIN_PASSWORD_CHARACTERS} characters)"
        return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=True))
    try:
        password = sys.stdin.readline().rstrip("\r\n")
        password.encode("utf-8")
    except UnicodeError as error:
        raise WrongUsage("the password is not UTF-8 text; pipe it in as UTF-8, as browsers send it") from error
    return password
