"""Who may sign in: accounts with passwords and roles, their API tokens, and the one place a person becomes a scope."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import JSON, DateTime, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from retrieval.errors import WrongUsage
from retrieval.scope import Scope
from retrieval.store import Base, Store

MIN_PASSWORD_CHARACTERS = 10
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
    """Someone who has signed in. ``account_id`` changes when an account is removed and made again."""

    account_id: str
    name: str
    role: Role
    groups: frozenset[str] = frozenset()

    @property
    def keeps_library(self) -> bool:
        """Whether they may add, see drafts of, and remove documents."""
        return self.role in LIBRARIANS


def scope_of(person: Person | None, *, as_of: date | None = None, jurisdiction: str | None = None) -> Scope:
    """What a person's questions may see; nobody sees only what has no audience. The only place that decides it."""
    groups = frozenset({person.role.value}) | person.groups if person else frozenset()
    return Scope(groups=groups, as_of=as_of, jurisdiction=jurisdiction)


class AccountRow(Base):
    __tablename__ = "accounts"
    account_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    groups: Mapped[list[str]] = mapped_column(JSON, default=list)
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class TokenRow(Base):
    __tablename__ = "account_tokens"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.account_id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Throttle:
    """Counts failures by key and shuts a key out for a while after too many. Safe to share between threads."""

    def __init__(self, *, failures: int = 5, window_s: float = 300.0) -> None:
        self.failures = failures
        self.window_s = window_s
        self._failed: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> float:
        """Seconds until the key may try again; 0 when it may now."""
        now = time.monotonic()
        with self._lock:
            recent = [at for at in self._failed.get(key, ()) if now - at < self.window_s]
            if recent:
                self._failed[key] = recent
            else:
                self._failed.pop(key, None)
            return self.window_s - (now - recent[-self.failures]) if len(recent) >= self.failures else 0.0

    def failed(self, key: str) -> None:
        with self._lock:
            self._failed.setdefault(key, []).append(time.monotonic())

    def succeeded(self, key: str) -> None:
        with self._lock:
            self._failed.pop(key, None)


class Accounts:
    """The accounts of one home. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        tables = [Base.metadata.tables[row.__tablename__] for row in (AccountRow, TokenRow)]
        Base.metadata.create_all(store.engine, tables=tables)
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
        if not _NAME.fullmatch(name):
            raise WrongUsage(
                f"{name!r} cannot be an account name: use letters, digits and . _ @ + -, at most 64, no spaces"
            )
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
            session.execute(delete(TokenRow).where(TokenRow.account_id == row.account_id))
            session.delete(row)

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
        if self.throttle.wait_s(name):
            return None
        with self.sessions() as session:
            row = session.scalar(select(AccountRow).where(AccountRow.name == name))
        try:
            self._hasher.verify(row.password_hash if row else self._nobody, password)
        except VerifyMismatchError:
            self.throttle.failed(name)
            return None
        self.throttle.succeeded(name)
        return _person(row) if row else None

    def new_token(self, name: str) -> str:
        """An API token for the account. Only its hash is kept: it cannot be shown again.

        :raises WrongUsage: if there is no such account.
        """
        person = self.require(name)
        token = f"pd_{secrets.token_urlsafe(32)}"
        with self.sessions.begin() as session:
            session.add(TokenRow(sha256=_hash(token), account_id=person.account_id, created_at=datetime.now(UTC)))
        return token

    def revoke_tokens(self, name: str) -> int:
        """Make all tokens of the account useless; :returns: how many there were."""
        person = self.require(name)
        with self.sessions.begin() as session:
            tokens = session.scalars(select(TokenRow).where(TokenRow.account_id == person.account_id)).all()
            for token in tokens:
                session.delete(token)
            return len(tokens)

    def with_token(self, token: str) -> Person | None:
        """The person an API token stands for, or None."""
        statement = select(AccountRow).join(TokenRow, TokenRow.account_id == AccountRow.account_id)
        with self.sessions() as session:
            row = session.scalar(statement.where(TokenRow.sha256 == _hash(token)))
            return _person(row) if row else None


def _person(row: AccountRow) -> Person:
    return Person(row.account_id, row.name, Role(row.role), frozenset(row.groups))


def _hash(token: str) -> str:
    # A token is 256 random bits: nothing to guess, so a plain hash is enough to keep it out of the database.
    return hashlib.sha256(token.encode()).hexdigest()


def _unknown(name: str) -> WrongUsage:
    return WrongUsage(f"there is no account {name}; see: policydesk users list")
