"""Who sends a request: an API token in the Authorization header, or the chat's signed session cookie."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from assistant.accounts import Accounts, Person
from assistant.signon import SignOn

SESSION_COOKIE = "access_token"
#: Signed sessions end after half a working day; a removed account's end with its next request.
SESSION_HOURS = 12


def session_key(secret: str) -> str:
    """The key that signs sessions, drawn from the instance's secret so that it has the right length and one use."""
    return hashlib.sha256(b"policydesk session\0" + secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Door:
    """Tells who sends a request, asking the database each time, so that what was revoked is of no use at once."""

    accounts: Accounts
    key: str
    sign_on: SignOn

    def person(self, headers: Headers, *, from_proxy: bool = False) -> Person | None:
        """The signed-in person, or None.

        :param from_proxy: whether a proxy of ours sends the request; then whom its header names counts before the session.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return self.accounts.with_token(token.strip())
        vouched = self.sign_on.in_headers(headers) if from_proxy else None
        return vouched or self.session_of(headers)

    def session_of(self, headers: Headers) -> Person | None:
        """The person whose session the cookie is, or None."""
        return self.person_in_session(session_token(cookie_parser(headers.get("cookie", ""))))

    def person_in_session(self, token: str | None) -> Person | None:
        """The person a session token was signed for, as the account stands now; None for a removed account."""
        if not token:
            return None
        try:
            claims: dict[str, Any] = jwt.decode(token, self.key, algorithms=["HS256"], options={"require": ["exp"]})
        except jwt.InvalidTokenError:
            return None
        person = self.accounts.find(str(claims.get("identifier")))
        metadata = claims.get("metadata")
        known = metadata.get("account_id") if isinstance(metadata, dict) else None
        return person if person and person.account_id == known else None

    def session(self, person: Person) -> str:
        """A signed session token for the person, with the claims that Chainlit's own have."""
        now = datetime.now(UTC)
        claims = {
            "identifier": person.name,
            "display_name": person.name,
            "metadata": {"account_id": person.account_id, "role": person.role.value},
            "iat": now,
            "exp": now + timedelta(hours=SESSION_HOURS),
        }
        return jwt.encode(claims, self.key, algorithm="HS256")


def session_token(cookies: Mapping[str, str]) -> str | None:
    """The session token; long ones come in pieces named ``access_token_0``, ``access_token_1``."""
    if whole := cookies.get(SESSION_COOKIE):
        return whole
    pieces: list[str] = []
    while piece := cookies.get(f"{SESSION_COOKIE}_{len(pieces)}"):
        pieces.append(piece)
    return "".join(pieces) or None
