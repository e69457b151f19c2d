"""Accounts, tokens, throttling, and the scope of a person."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.accounts import Accounts, Person, Role, scope_of
from assistant.throttle import Throttle
from retrieval.errors import WrongUsage
from retrieval.store import Store

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return Accounts(store)


def test_the_right_password_signs_in_and_a_wrong_one_does_not(accounts: Accounts) -> None:
    made = accounts.add("maria", Role.HR, PASSWORD, groups=frozenset({"board"}))
    assert accounts.sign_in("maria", PASSWORD) == made
    assert accounts.sign_in("maria", PASSWORD + "x") is None
    assert accounts.sign_in("nobody", PASSWORD) is None


def test_neither_password_nor_token_stands_in_the_database(accounts: Accounts, store: Store) -> None:
    accounts.add("maria", Role.HR, PASSWORD)
    token = accounts.new_token("maria")
    with store.engine.connect() as connection:
        rows = [
            *connection.exec_driver_sql("select * from accounts"),
            *connection.exec_driver_sql("select * from account_tokens"),
        ]
    text = repr(rows)
    assert PASSWORD not in text
    assert token not in text
    assert "$argon2id$" in text


def test_a_name_is_taken_once(accounts: Accounts) -> None:
    accounts.add("maria", Role.HR, PASSWORD)
    with pytest.raises(WrongUsage, match="already"):
        accounts.add("maria", Role.EMPLOYEE, PASSWORD)


@pytest.mark.parametrize("name", ["", "two words", "../etc", "a" * 65, "-x", "maria\n"])
def test_a_malformed_name_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(WrongUsage, match="account name"):
        accounts.add(name, Role.EMPLOYEE, PASSWORD)


def test_a_short_password_is_refused(accounts: Accounts) -> None:
    with pytest.raises(WrongUsage, match="at least 10"):
        accounts.add("maria", Role.EMPLOYEE, "short")


def test_a_token_stands_for_its_account_until_it_is_revoked(accounts: Accounts) -> None:
    made = accounts.add("maria", Role.HR, PASSWORD)
    first, second = accounts.new_token("maria"), accounts.new_token("maria")
    assert accounts.with_token(first) == made
    assert accounts.with_token(first + "x") is None
    assert accounts.revoke_tokens("maria") == 2
    assert accounts.with_token(second) is None


def test_removing_an_account_removes_its_tokens(accounts: Accounts) -> None:
    accounts.add("maria", Role.HR, PASSWORD)
    token = accounts.new_token("maria")
    accounts.remove("maria")
    accounts.add("maria", Role.HR, PASSWORD)
    assert accounts.with_token(token) is None


def test_unknown_accounts_are_named(accounts: Accounts) -> None:
    for act in (accounts.remove, accounts.new_token, accounts.revoke_tokens, accounts.require):
        with pytest.raises(WrongUsage, match="no account maria"):
            act("maria")


def test_after_five_failures_even_the_right_password_waits(accounts: Accounts) -> None:
    accounts.add("maria", Role.HR, PASSWORD)
    for _ in range(5):
        assert accounts.sign_in("maria", "a wrong password") is None
    assert accounts.sign_in("maria", PASSWORD) is None
    accounts.throttle.succeeded("maria")
    assert accounts.sign_in("maria", PASSWORD) is not None


def test_a_throttle_forgets_who_may_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now, throttle = [0.0], Throttle()
    monkeypatch.setattr("assistant.throttle.time.monotonic", lambda: now[0])
    for number in range(10_000):
        throttle.failed(f"nobody{number}")
    now[0] = throttle.window_s
    throttle.failed("maria")
    assert list(throttle._failed) == ["maria"]


def test_what_cannot_be_a_name_is_not_counted(store: Store) -> None:
    accounts = Accounts(store)
    for name in ("", "x" * 65, "maria\x00", "m" * 900_000):
        assert accounts.sign_in(name, PASSWORD) is None
    assert accounts.throttle._failed == {}


def test_a_throttle_opens_again_after_its_window() -> None:
    throttle = Throttle(failures=1, window_s=0.0)
    throttle.failed("maria")
    assert throttle.wait_s("maria") == 0.0


def test_a_scope_holds_the_role_and_the_groups() -> None:
    person = Person("1", "maria", Role.HR, frozenset({"board"}))
    scope = scope_of(person, as_of=date(2024, 5, 1), jurisdiction="DE")
    assert (scope.groups, scope.as_of, scope.jurisdiction) == (frozenset({"hr", "board"}), date(2024, 5, 1), "DE")


def test_nobody_has_no_groups() -> None:
    assert scope_of(None).groups == frozenset()


def test_hr_legal_and_admin_keep_the_library() -> None:
    keepers = {role for role in Role if Person("1", "x", role).keeps_library}
    assert keepers == {Role.HR, Role.LEGAL, Role.ADMIN}


def test_a_country_is_known_by_its_code_however_it_was_given() -> None:
    assert [scope_of(None, jurisdiction=said).jurisdiction for said in ("UK", "GB", "de", "XX", "", None)] == [
        "GB", "GB", "DE", "XX", None, None,
    ]  # fmt: skip
