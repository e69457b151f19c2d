"""A small OpenID Connect provider in a process of its own: ``python -m tests.assistant.identity_provider PORT``.

It signs in whoever ``login_hint`` names, without asking.
"""

from __future__ import annotations

import secrets
import sys
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "desk", "the desk's own secret"
PEOPLE = {
    "ada": {"sub": "1", "email": "Ada@example.com", "email_verified": True, "groups": ["board", "people-team"]},
    "eve": {"sub": "2", "email": "root@example.com", "email_verified": False},
    "max": {"sub": "3", "email": "max@example.com", "groups": ["admin"]},
}


class Provider:
    """Codes and tokens given out, each good once."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.next_person = "ada"
        self.codes: dict[str, tuple[str, str]] = {}
        self.tokens: dict[str, str] = {}

    async def configuration(self, _request: Request) -> Response:
        names = ("authorization", "token", "userinfo")
        return JSONResponse({"issuer": self.issuer, **{f"{name}_endpoint": f"{self.issuer}/{name}" for name in names}})

    async def choose(self, request: Request) -> Response:
        """Who the next one to sign in is."""
        self.next_person = request.path_params["name"]
        return JSONResponse({})

    async def authorization(self, request: Request) -> Response:
        asked = request.query_params
        if asked["client_id"] != CLIENT or asked["response_type"] != "code" or "openid" not in asked["scope"].split():
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(8)
        self.codes[code] = (self.next_person, asked["redirect_uri"])
        # The state may hold any character: unescaped, "%2f" in it would come back as "/".
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    async def token(self, request: Request) -> Response:
        form = await request.form()
        name, address = self.codes.pop(str(form["code"]), ("", ""))
        if (form["client_id"], form["client_secret"], form["redirect_uri"]) != (CLIENT, SECRET, address) or not name:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = secrets.token_urlsafe(8)
        self.tokens[token] = name
        return JSONResponse({"access_token": token, "token_type": "Bearer"})

    async def userinfo(self, request: Request) -> Response:
        name = self.tokens.pop(request.headers["authorization"].removeprefix("Bearer "))
        return JSONResponse(PEOPLE[name])


def application(issuer: str) -> Starlette:
    provider = Provider(issuer)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.configuration),
            Route("/choose/{name}", provider.choose),
            Route("/authorization", provider.authorization),
            Route("/token", provider.token, methods=["POST"]),
            Route("/userinfo", provider.userinfo),
        ]
    )


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(application(f"http://127.0.0.1:{port}"), port=port, log_level="warning")
