"""``policydesk users`` as people and scripts use it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from assistant.accounts import Accounts
from assistant.audit import Audit, Kind
from assistant.chats import Chats
from assistant.commands.users import app
from assistant.config import Settings
from assistant.handoffs import Handoffs
from retrieval.errors import PolicydeskError
from retrieval.home import Home
from retrieval.store import Store

PASSWORD = "correct horse battery"


class PowerCut(Exception):
    pass


def users(home: Home, *arguments: str, given: str = "") -> str:
    result = CliRunner().invoke(app, list(arguments), input=given, obj=Settings(home))
    if isinstance(result.exception, PolicydeskError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def add(home: Home, name: str = "maria", *more: str) -> str:
    return users(home, "add", name, "--role", "hr", "--password-stdin", *more, given=PASSWORD + "\n")


def test_an_added_account_can_sign_in(home: Home) -> None:
    assert "maria is made" in add(home, "maria", "--groups", "board, pay")
    person = Accounts(Store.open(home)).sign_in("maria", PASSWORD)
    assert person is not None
    assert (person.role.value, person.groups) == ("hr", {"board", "pay"})


def test_accounts_are_listed_as_json(home: Home) -> None:
    add(home, "maria", "--groups", "board")
    assert json.loads(users(home, "list", "--json")) == {
        "users": [{"name": "maria", "role": "hr", "groups": ["board"]}]
    }


def test_an_empty_list_says_how_to_make_an_account(home: Home) -> None:
    Store.open(home).close()
    assert "users add" in users(home, "list")


def test_a_token_is_the_last_word_on_its_line(home: Home) -> None:
    add(home)
    token = users(home, "token", "maria").split()[-1]
    accounts = Accounts(Store.open(home))
    found = accounts.with_token(token)
    assert found is not None
    assert found.name == "maria"
    assert "1 token(s)" in users(home, "token", "maria", "--revoke")
    assert accounts.with_token(token) is None


def test_a_removed_account_is_gone(home: Home) -> None:
    add(home)
    assert "removed" in users(home, "remove", "maria")
    assert Accounts(Store.open(home)).everyone() == []


def test_a_removal_that_is_cut_off_leaves_nothing_that_is_nobody_s(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    add(home)
    store = Store.open(home)
    account_id = Accounts(store).require("maria").account_id
    Chats(store).save("t1", account_id=account_id, name="Parental leave")
    Handoffs(store).add("May I work from Spain?", account_id=account_id)
    remove = Accounts.remove

    def cut_off(accounts: Accounts, name: str) -> None:
        remove(accounts, name)
        raise PowerCut

    monkeypatch.setattr(Accounts, "remove", cut_off)
    with pytest.raises(AssertionError):
        users(home, "remove", "maria")
    assert Accounts(store).everyone() == []
    assert (Chats(store).load("t1"), Handoffs(store).own(account_id)) == (None, [])
    assert [entry.payload["act"] for entry in Audit(store).entries(kind=Kind.ACCESS)] == ["added", "removed"]


@pytest.mark.parametrize("command", ["remove", "token"])
def test_an_unknown_account_is_one_line(home: Home, command: str) -> None:
    Store.open(home).close()
    with pytest.raises(PolicydeskError, match="there is no account maria"):
        users(home, command, "maria")


def test_without_a_terminal_the_password_has_to_be_piped_in(home: Home) -> None:
    with pytest.raises(PolicydeskError, match="--password-stdin"):
        users(home, "add", "maria", "--role", "hr")


def test_a_token_is_scoped_listed_and_revoked_by_its_id(home: Home) -> None:
    add(home)
    token = users(home, "token", "maria", "--scope", "ask, search").split()[-1]
    (listed,) = json.loads(users(home, "tokens", "--json"))["tokens"]
    assert (listed["account"], listed["scopes"]) == ("maria", ["ask", "search"])
    assert listed["created_at"].endswith("+00:00")
    assert token not in users(home, "tokens", "maria")
    assert "revoked" in users(home, "revoke", listed["token_id"])
    assert Accounts(Store.open(home)).with_token(token) is None
    with pytest.raises(PolicydeskError, match="no token"):
        users(home, "revoke", listed["token_id"])


@pytest.mark.parametrize("scope", ["everything", "ask,boss", ","])
def test_an_unknown_scope_is_one_line(home: Home, scope: str) -> None:
    add(home)
    with pytest.raises(PolicydeskError, match="ask, search"):
        users(home, "token", "maria", "--scope", scope)


def test_a_role_is_changed_and_the_audit_chain_knows_the_account_by_its_id(home: Home) -> None:
    add(home, "maria", "--groups", "board")
    assert "role legal, groups board" in users(home, "change", "maria", "--role", "legal")
    assert "groups none" in users(home, "change", "maria", "--groups", "")
    entries = list(Audit(Store.open(home)).entries(kind=Kind.ACCESS))
    assert [(each.payload["act"], each.payload["role"]) for each in entries] == [
        ("added", "hr"), ("changed", "legal"), ("changed", "legal"),
    ]  # fmt: skip
    assert "maria" not in str(entries)
    with pytest.raises(PolicydeskError, match="say what to change"):
        users(home, "change", "maria")
