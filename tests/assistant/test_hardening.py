"""Weak settings are named, each with how to mend it."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.accounts import Accounts, Role
from assistant.config import Settings
from assistant.hardening import weak_settings
from assistant.tokens import TokenScope
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.conftest import PASSWORD, SECRET


def problems(home: Home, store: Store, **settings: Any) -> dict[str, str]:
    found = weak_settings(Settings(home, **settings), store)
    return {checked: problem for checked, problem in found if problem}


def test_a_sound_instance_has_no_problem(home: Home, store: Store) -> None:
    accounts = Accounts(store)
    accounts.add("ada", Role.ADMIN, PASSWORD)
    accounts.new_token("ada", scopes=frozenset({TokenScope.ASK}))
    assert problems(home, store, secret=SECRET, public_url="https://desk.example.com") == {}
    assert problems(home, store) == {"secret": problems(home, store)["secret"]}, "whoever serves people needs a secret"


def test_a_home_without_accounts_needs_no_secret(home: Home, store: Store) -> None:
    assert problems(home, store) == {}


@pytest.mark.parametrize(
    ("settings", "checked", "says"),
    [
        ({"secret": "changeme"}, "secret", "openssl rand"),
        ({"public_url": "http://desk.example.com"}, "POLICYDESK_PUBLIC_URL", "not https"),
        ({"public_url": "https://[desk"}, "POLICYDESK_PUBLIC_URL", "no address"),
        ({"oidc_issuer": "http://id.example.com"}, "POLICYDESK_OIDC_ISSUER", "not https"),
        ({"sso_roles": "x"}, "roles by single sign-on", "GROUP=ROLE"),
        ({"smtp_url": "smtp://mail.example.com"}, "mail", "POLICYDESK_MAIL_FROM"),
        (
            {"smtp_url": "smtp+plain://mail.example.com", "mail_from": "a@b.c", "mail_to": "a@b.c"},
            "mail",
            "not encrypted",
        ),
    ],
)
def test_a_weak_setting_is_named(home: Home, store: Store, settings: dict[str, Any], checked: str, says: str) -> None:
    found = problems(home, store, **settings)
    assert list(found) == [checked]
    assert says in found[checked]


def test_what_others_may_read_is_named(home: Home, store: Store) -> None:
    home.root.chmod(0o755)
    assert "chmod 700" in problems(home, store)["who can read the home"]
    (home.root / "privacy.json").write_text("{")
    assert "cannot be understood" in problems(home, store)["privacy settings"]


def test_accounts_that_open_too_much_are_named(home: Home, store: Store) -> None:
    accounts = Accounts(store)
    for number in range(6):
        accounts.add(f"admin{number}", Role.ADMIN, PASSWORD)
    accounts.add("hr", Role.HR, PASSWORD)
    accounts.new_token("hr")
    found = problems(home, store, secret=SECRET)
    assert set(found) == {"demo accounts", "administrators", "API tokens"}
    assert f"users revoke {accounts.tokens.all()[0].token_id}" in found["API tokens"]
    (home.root / "demo-secret").write_text("x")
    assert "demo accounts" not in problems(home, store, secret=SECRET)
