"""API tokens: scoped, revocable, and known by their hash alone."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import DateTime, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from retrieval.errors import WrongUsage
from retrieval.store import Store
from retrieval.tables import Base


class TokenScope(StrEnum):
    """What a token may be used for."""

    ASK = "ask"  #: ask, rate answers, hand questions on
    SEARCH = "search"
    READ = "read"  #: list and download documents
    LIBRARY = "library"  #: add, publish and remove documents, answer hand-offs; for those who keep the library
    REPORTS = "reports"  #: for those who keep the library
    OWN = "own"  #: the account's own conversations and data
    METRICS = "metrics"  #: /metrics, for administrators


#: What a token must be for, by method and path; the first that fits counts. What fits none takes a token for everything.
_NEEDED = tuple(
    (methods, re.compile(pattern), scope)
    for methods, pattern, scope in (
        (("POST",), r"/api/v1/(ask|feedback)", TokenScope.ASK),
        (("POST",), r"/api/v1/search", TokenScope.SEARCH),
        (("POST",), r"/api/v1/handoffs/[^/]+/(answer|close)", TokenScope.LIBRARY),
        (("GET", "POST", "DELETE"), r"/api/v1/handoffs(/[^/]+)?", TokenScope.ASK),
        (("GET",), r"/api/v1/documents/[^/]+/(preflight|history)", TokenScope.LIBRARY),
        (("GET",), r"/api/v1/documents(/.*)?", TokenScope.READ),
        (("GET",), r"/api/v1/reports/.*", TokenScope.REPORTS),
        (("GET", "DELETE"), r"/api/v1/(conversations|me)(/.*)?", TokenScope.OWN),
        (("GET", "POST", "PUT", "PATCH", "DELETE"), r"/api/v1/(documents|jobs|drafts)(/.*)?", TokenScope.LIBRARY),
        (("GET",), r"/metrics", TokenScope.METRICS),
    )
)


def scope_needed(method: str, path: str) -> TokenScope | None:
    """What a token must be for to make this request; None: for everything."""
    method = "GET" if method == "HEAD" else method
    return next((scope for methods, form, scope in _NEEDED if method in methods and form.fullmatch(path)), None)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: never the token itself. ``scopes`` is None where it is for everything its account may do."""

    token_id: str
    account_id: str
    scopes: frozenset[TokenScope] | None
    created_at: datetime


class TokenRow(Base):
    __tablename__ = "account_tokens"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.account_id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class TokenScopeRow(Base):
    """One thing a token may be used for; a token without a row may be used for everything."""

    __tablename__ = "account_token_scopes"
    sha256: Mapped[str] = mapped_column(ForeignKey("account_tokens.sha256", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(16), primary_key=True)


class Tokens:
    """The tokens of one home. Its accounts' table must be there. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        tables = [Base.metadata.tables[row.__tablename__] for row in (TokenRow, TokenScopeRow)]
        Base.metadata.create_all(store.engine, tables=tables)
        self.sessions = store.sessions

    def add(self, account_id: str, *, scopes: frozenset[TokenScope] | None = None) -> str:
        """Make a token. Only its hash is kept: it cannot be shown again.

        :param scopes: what it may be used for; None: everything the account may do.
        :raises WrongUsage: if there is no scope at all.
        """
        if scopes is not None and not scopes:
            raise WrongUsage(f"a token for nothing is of no use; name one or more of {', '.join(TokenScope)}")
        token = f"pd_{secrets.token_urlsafe(32)}"
        with self.sessions.begin() as session:
            session.add(TokenRow(sha256=_hash(token), account_id=account_id, created_at=datetime.now(UTC)))
            session.flush()
            session.add_all([TokenScopeRow(sha256=_hash(token), scope=scope.value) for scope in scopes or ()])
        return token

    def find(self, token: str) -> Token | None:
        """What this token stands for, or None."""
        with self.sessions() as session:
            row = session.get(TokenRow, _hash(token))
            return _token(session, row) if row else None

    def all(self, account_id: str | None = None) -> list[Token]:
        """The tokens there are, of one account or of all, oldest first."""
        statement = select(TokenRow).order_by(TokenRow.created_at, TokenRow.sha256)
        if account_id is not None:
            statement = statement.where(TokenRow.account_id == account_id)
        with self.sessions() as session:
            return [_token(session, row) for row in session.scalars(statement)]

    def revoke(self, token_id: str) -> Token:
        """Make one token useless; :returns: what it was.

        :raises WrongUsage: if there is no such token.
        """
        for token in self.all():
            if token.token_id == token_id:
                self._delete([token])
                return token
        raise WrongUsage(f"there is no token {token_id}; see: policydesk users tokens")

    def revoke_all(self, account_id: str) -> int:
        """Make all tokens of an account useless; :returns: how many there were."""
        tokens = self.all(account_id)
        self._delete(tokens)
        return len(tokens)

    def _delete(self, tokens: Sequence[Token]) -> None:
        with self.sessions.begin() as session:
            for token in tokens:
                session.execute(delete(TokenScopeRow).where(TokenScopeRow.sha256.startswith(token.token_id)))
                session.execute(delete(TokenRow).where(TokenRow.sha256.startswith(token.token_id)))


def _token(session: Session, row: TokenRow) -> Token:
    scopes = session.scalars(select(TokenScopeRow.scope).where(TokenScopeRow.sha256 == row.sha256)).all()
    # Enough of the hash to name a token by, and of no use to make one.
    return Token(row.sha256[:16], row.account_id, frozenset(map(TokenScope, scopes)) or None, row.created_at)


def _hash(token: str) -> str:
    # A token is 256 random bits: nothing to guess, so a plain hash is enough to keep it out of the database.
    return hashlib.sha256(token.encode()).hexdigest()
