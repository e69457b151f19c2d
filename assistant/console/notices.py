"""What a page says about the act before it: carried in a signed cookie from one request to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import Response

COOKIE = "console_said"
_KEPT = timedelta(minutes=5)
_MOST_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Undo:
    """A form that takes the act back."""

    path: str
    fields: dict[str, str] = field(default_factory=dict)
    label: str = "Undo"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence about what was done. ``tone``: ``done``, ``careful`` or ``failed``."""

    text: str
    tone: str = "done"
    undo: Undo | None = None


def write(response: Response, notices: Sequence[Notice], key: str) -> None:
    """Say this on the next page."""
    said = [
        {
            "text": each.text[:_MOST_CHARACTERS],
            "tone": each.tone,
            **({"undo": _undo_json(each.undo)} if each.undo else {}),
        }
        for each in notices
    ]
    token = jwt.encode({"said": said, "exp": datetime.now(UTC) + _KEPT}, _key(key), algorithm="HS256")
    response.set_cookie(COOKIE, token, path="/hr", max_age=int(_KEPT.total_seconds()), httponly=True, samesite="lax")


def read(request: Request, key: str) -> list[Notice]:
    """What is to be said now; empty where nothing is, or where the cookie is not ours."""
    try:
        claims: dict[str, Any] = jwt.decode(
            request.cookies.get(COOKIE, ""), _key(key), algorithms=["HS256"], options={"require": ["exp"]}
        )
    except jwt.InvalidTokenError:
        return []
    return [
        Notice(each["text"], each["tone"], Undo(**each["undo"]) if "undo" in each else None) for each in claims["said"]
    ]


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/hr")


def _undo_json(undo: Undo) -> dict[str, Any]:
    return {"path": undo.path, "fields": undo.fields, "label": undo.label}


def _key(key: str) -> str:
    # Signed with a key of its own: a notice must never pass for a session.
    return hashlib.sha256(b"policydesk notices\0" + key.encode()).hexdigest()
