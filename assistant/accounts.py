"""Who may sign in: accounts with passwords and roles, their API tokens, and the one place a person becomes a scope."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import JSON, DateTime, String, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from assistant.throttle import Throttle
from assistant.tokens import Tokens, TokenScope
from ingest.countries import country_code
from retrieval.errors import WrongUsage
from retrieval.scope import Scope
from retrieval.store import Store
from retrieval.tables import Base

MIN_PASSWORD_CHARACTERS = 10
#: In place of a hash: no password opens the account, an identity provider vouches for it.
_NO_PASSWORD = ""
#: What can happen to an account, as the audit chain has it.
Act = Literal["added", "changed", "removed"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


class Role(StrEnum):
    EMPLOYEE = "employee"
    HR = "hr"
    LEGAL = "legal"
    EVALUATOR = "evaluator"
    ADMIN = "admin"


#: Roles that add, publish and remove documents.
LIBRARIANS = frozenset({Role.HR, Role.LEGAL, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who has signed in. ``account_id`` changes when an account is removed and made again.

    ``scopes`` is None for somebody who is here in person, or with a token for everything.
    """

    account_id: str
    name: str
    role: Role
    groups: frozenset[str] = frozenset()
    scopes: frozenset[TokenScope] | None = None

    @property
    def keeps_library(self) -> bool:
        """Whether they may add, see drafts of, and remove documents."""
        return self.role in LIBRARIANS

    def may(self, scope: TokenScope) -> bool:
        """Whether the token they came with is for this; whoever is here in person may."""
        return self.scopes is None or scope in self.scopes


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody an identity provider vouches for, and what that has done to their account; None: nothing."""

    person: Person
    act: Act | None


def scope_of(person: Person | None, *, as_of: date | None = None, jurisdiction: str | None = None) -> Scope:
    """What a person's questions may see; nobody sees only what has no audience. The only place that decides it."""
    groups = frozenset({person.role.value}) | person.groups if person else frozenset()
    return Scope(groups=groups, as_of=as_of, jurisdiction=country_code(jurisdiction))


class AccountRow(Base):
    __tablename__ = "accounts"
    account_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    groups: Mapped[list[str]] = mapped_column(JSON, default=list)
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Accounts:
    """The accounts of one home. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[AccountRow.__tablename__]])
        self.store = store
        self.tokens = Tokens(store)
        self.sessions = store.sessions
        self.throttle = Throttle()
        self._hasher = PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """Checked for names that do not exist, so that a wrong name takes as long as a wrong password."""
        return self._hasher.hash(secrets.token_urlsafe(16))

    def add(self, name: str, role: Role, password: str, *, groups: frozenset[str] = frozenset()) -> Person:
        """Make an account.

        :raises WrongUsage: if the name is taken or malformed, or the password is shorter than 10 characters.
        """
        _check_name(name)
        if len(password) < MIN_PASSWORD_CHARACTERS:
            raise WrongUsage(
                f"the password has {len(password)} characters; choose one of at least {MIN_PASSWORD_CHARACTERS}"
            )
        row = AccountRow(
            account_id=secrets.token_hex(8), name=name, role=role.value, groups=sorted(groups),
            password_hash=self._hasher.hash(password), created_at=datetime.now(UTC),
        )  # fmt: skip
        with self.sessions.begin() as session:
            if session.scalar(select(AccountRow).where(AccountRow.name == name)):
                raise WrongUsage(f"there is an account {name} already; remove it first: policydesk users remove {name}")
            session.add(row)
        return _person(row)

    def remove(self, name: str) -> None:
        """Remove an account with its tokens; its sessions end with their next request.

        :raises WrongUsage: if there is no such account.
        """
        with self.sessions.begin() as session:
            row = session.scalar(select(AccountRow).where(AccountRow.name == name))
            if row is None:
                raise _unknown(name)
            account_id = row.account_id
        self.tokens.revoke_all(account_id)
        with self.sessions.begin() as session:
            session.execute(delete(AccountRow).where(AccountRow.account_id == account_id))

    def change(self, name: str, *, role: Role | None = None, groups: frozenset[str] | None = None) -> Person:
        """Give an account another role or other groups; it counts from its next request on.

        :raises WrongUsage: if there is no such account.
        """
        with self.sessions.begin() as session:
            row = session.scalar(select(AccountRow).where(AccountRow.name == name))
            if row is None:
                raise _unknown(name)
            row.role = role.value if role else row.role
            row.groups = sorted(groups) if groups is not None else row.groups
            return _person(row)

    def drop_password(self, name: str) -> Person:
        """Leave an account to single sign-on: its password opens nothing any more.

        :raises WrongUsage: if there is no such account.
        """
        with self.sessions.begin() as session:
            row = session.scalar(select(AccountRow).where(AccountRow.name == name))
            if row is None:
                raise _unknown(name)
            row.password_hash = _NO_PASSWORD
            return _person(row)

    def vouched_for(self, name: str, *, role: Role | None, groups: frozenset[str] | None) -> Vouched:
        """The account of somebody an identity provider vouches for; made at the first visit, as an employee's.

        :param role, groups: what they are now; None leaves them as they are.
        :raises WrongUsage: if the name is malformed, or its account has a password: then it may be somebody else's.
        """
        _check_name(name)
        try:
            return self._vouched_for(name, role, groups)
        except IntegrityError:
            # A browser's first visit asks several things at once, and another of them has just made the account.
            return self._vouched_for(name, role, groups)

    def _vouched_for(self, name: str, role: Role | None, groups: frozenset[str] | None) -> Vouched:
        with self.sessions.begin() as session:
            row = session.scalar(select(AccountRow).where(AccountRow.name == name))
            if row is None:
                row = AccountRow(
                    account_id=secrets.token_hex(8), name=name, role=Role.EMPLOYEE.value, groups=[],
                    password_hash=_NO_PASSWORD, created_at=datetime.now(UTC),
                )  # fmt: skip
                session.add(row)
            elif row.password_hash != _NO_PASSWORD:
                raise WrongUsage(
                    f"the account {name} has a password of its own; if it is the same person, run: "
                    f"policydesk users change {name} --single-sign-on"
                )
            if role is not None and row.role != role.value:
                row.role = role.value
            if groups is not None and row.groups != sorted(groups):
                row.groups = sorted(groups)
            act: Act | None = "added" if row in session.new else "changed" if session.is_modified(row) else None
            return Vouched(_person(row), act)

    def everyone(self) -> list[Person]:
        """All accounts, by name."""
        with self.sessions() as session:
            return [_person(row) for row in session.scalars(select(AccountRow).order_by(AccountRow.name))]

    def find(self, name: str) -> Person | None:
        with self.sessions() as session:
            row = session.scalar(select(AccountRow).where(AccountRow.name == name))
            return _person(row) if row else None

    def require(self, name: str) -> Person:
        """:raises WrongUsage: if there is no such account."""
        person = self.find(name)
        if person is None:
            raise _unknown(name)
        return person

    def sign_in(self, name: str, password: str) -> Person | None:
        """The person, or None where name or password is wrong or the name has failed too often lately."""
        # What cannot be a name is not counted either: somebody could send as many and as long ones as they like.
        if not _NAME.fullmatch(name) or self.throttle.wait_s(name):
            return None
        with self.sessions() as session:
            row = session.scalar(select(AccountRow).where(AccountRow.name == name))
        try:
            has_password = row is not None and row.password_hash != _NO_PASSWORD
            self._hasher.verify(row.password_hash if row and has_password else self._nobody, password)
        except VerifyMismatchError:
            self.throttle.failed(name)
            return None
        self.throttle.succeeded(name)
        return _person(row) if row else None

    def new_token(self, name: str, *, scopes: frozenset[TokenScope] | None = None) -> str:
        """An API token for the account; see :meth:`assistant.tokens.Tokens.add`.

        :raises WrongUsage: if there is no such account, or no scope at all.
        """
        return self.tokens.add(self.require(name).account_id, scopes=scopes)

    def revoke_tokens(self, name: str) -> int:
        """Make all tokens of the account useless; :returns: how many there were.

        :raises WrongUsage: if there is no such account.
        """
        return self.tokens.revoke_all(self.require(name).account_id)

    def with_token(self, token: str) -> Person | None:
        """The person an API token stands for, held to what the token is for; or None."""
        found = self.tokens.find(token)
        if found is None:
            return None
        with self.sessions() as session:
            row = session.get(AccountRow, found.account_id)
            return replace(_person(row), scopes=found.scopes) if row else None


def _check_name(name: str) -> None:
    """:raises WrongUsage: if an account cannot be called so."""
    if not _NAME.fullmatch(name):
        raise WrongUsage(
            f"{name!r} cannot be an account name: use letters, digits and . _ @ + -, at most 64, no spaces"
        )


def _person(row: AccountRow) -> Person:
    return Person(row.account_id, row.name, Role(row.role), frozenset(row.groups))


def _unknown(name: str) -> WrongUsage:
    return WrongUsage(f"there is no account {name}; see: policydesk users list")
