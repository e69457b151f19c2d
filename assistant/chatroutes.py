"""Chainlit's server at ``/``: the few of its routes that we let stand, and ours in front of them."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from chainlit import server as chainlit_server
from chainlit.config import config as chainlit_config
from chainlit.session import WebsocketSession
from chainlit.types import DeleteFeedbackRequest, UpdateFeedbackRequest
from fastapi import FastAPI, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.routing import Match, Mount
from starlette.types import Scope

from assistant import problems
from assistant.accounts import Person
from assistant.history import History
from assistant.problems import Problem
from assistant.room import Room
from assistant.signon import SignOnConfig
from assistant.wording import Wording, language_of, wording

#: Chainlit's routes that the chat needs. Sharing, MCP, copilot, OAuth and what a later version adds stay shut.
_KEPT = {
    ("GET", "/public/{filename:path}"), ("GET", "/assets/{filename:path}"), ("GET", "/auth/config"), ("POST", "/login"),
    ("POST", "/logout"), ("GET", "/user"), ("POST", "/project/threads"),
    ("GET", "/project/thread/{thread_id}"), ("GET", "/project/thread/{thread_id}/element/{element_id}"),
    ("PUT", "/project/thread"), ("DELETE", "/project/thread"), ("POST", "/project/action"), ("POST", "/project/file"),
    ("GET", "/project/file/{file_id}"), ("GET", "/favicon"), ("GET", "/logo"), ("GET", "/avatars/{avatar_id:str}"),
}  # fmt: skip
#: Events of Chainlit's socket that the chat needs. Editing a message, recordings, settings and favourites stay shut, and so
#: does what a later version adds: their handlers answer to nothing that the chat has.
_EVENTS = frozenset({"connect", "disconnect", "connection_successful", "clear_session", "client_message", "stop"})
_OTHER_ORIGIN = re.compile(r"<link\b[^>]*\bhref=\"https?://[^>]*>", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,4})?")


def mount(app: FastAPI, room: Room, history: History) -> None:
    """Put Chainlit's server at ``/``, without the routes and socket events that the chat does not need."""
    inner = chainlit_server.app
    problems.install(inner)
    kept = _kept(room.door.sign_on.config)
    # Chainlit's own mount_chainlit loads a script by path into a second copy of its module; ours is imported already.
    for router in (inner.router, chainlit_server.router):
        router.routes[:] = [route for route in router.routes if _is_kept(route, kept)]
    handlers = chainlit_server.sio.handlers["/"]
    for event in set(handlers) - _EVENTS:
        del handlers[event]
    handlers["stop"] = _stop
    # As the machine has it: Chainlit's page knows that, its settings' file does not.
    chainlit_config.ui.default_theme = "system"
    _add_our_routes(app, room, history)
    app.router.routes.append(_Beside("/", inner))


async def _stop(sid: str) -> None:
    """Stop what is being done for this page. Chainlit's own handler says so in English first; ours leaves that to the chat."""
    session = WebsocketSession.get(sid)
    if session and session.current_task:
        session.current_task.cancel()


class _Beside(Mount):
    """The chat, which has no part in the API's paths: a wrong method there is told the right ones, not sent here."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if scope["path"].startswith("/api/") else super().matches(scope)


def _kept(sign_on: SignOnConfig) -> frozenset[tuple[str, str]]:
    found = set(_KEPT)
    if sign_on.user_header:
        found.add(("POST", "/auth/header"))
    if sign_on.oidc:
        found |= {("GET", "/auth/oauth/{provider_id}"), ("GET", "/auth/oauth/{provider_id}/callback")}
    return frozenset(found)


def _is_kept(route: Any, kept: frozenset[tuple[str, str]]) -> bool:
    methods = getattr(route, "methods", None)
    return methods is None or any((method, route.path) in kept for method in methods)


def _add_our_routes(app: FastAPI, room: Room, history: History) -> None:
    """Routes that stand before Chainlit's own of the same path."""

    @app.get("/project/translations", include_in_schema=False)
    async def translations(language: str = "en-US") -> JSONResponse:
        wording = chainlit_config.load_translation(_language(language))
        return JSONResponse({"translation": wording})

    @app.get("/project/settings", include_in_schema=False)
    async def settings(request: Request, language: str = "en-US") -> JSONResponse:
        person = _signed_in(request)
        user = await history.get_user(person.name)
        answer = await chainlit_server.project_settings(user, _language(language), None)
        body = _json(answer)
        body["features"]["spontaneous_file_upload"]["enabled"] = person.keeps_library
        body["ui"]["header_links"] = _links(person, wording(language))
        return JSONResponse(body)

    @app.post("/set-session-cookie", include_in_schema=False)
    async def session_cookie() -> JSONResponse:
        """Chainlit's page sends its connection's id for load balancers; there is one process, so no cookie is needed."""
        return JSONResponse({"message": "not needed"})

    @app.post("/project/file", include_in_schema=False)
    async def attach(
        request: Request, session_id: str, file: UploadFile, ask_parent_id: str | None = None
    ) -> JSONResponse:
        """Chainlit takes a file without a byte for a mistake of its own."""
        if not file.size:
            words = wording(request.headers.get("accept-language"))
            raise Problem(422, words("upload_empty"))
        user = await history.get_user(_signed_in(request).name)
        answer: JSONResponse = await chainlit_server.upload_file(user, session_id, file, ask_parent_id)
        return answer

    @app.put("/feedback", include_in_schema=False)
    async def rate(request: Request, body: UpdateFeedbackRequest) -> JSONResponse:
        given = body.feedback
        kept = await history.rate(given, account_id=_signed_in(request).account_id)
        await asyncio.to_thread(
            lambda: room.ballot.cast(given.forId, kept, helpful=bool(given.value), comment=given.comment)
        )
        return JSONResponse({"success": True, "feedbackId": kept})

    @app.delete("/feedback", include_in_schema=False)
    async def unrate(request: Request, body: DeleteFeedbackRequest) -> JSONResponse:
        account_id = _signed_in(request).account_id
        removed = await asyncio.to_thread(lambda: room.chats.remove_thumb(body.feedbackId, account_id=account_id))
        if not removed and not room.privacy.works_council:
            raise Problem(404, "there is no such feedback of yours")
        await asyncio.to_thread(room.ballot.retract, body.feedbackId)
        return JSONResponse({"success": True})

    async def page(request: Request) -> HTMLResponse:
        german = language_of(request.headers.get("accept-language")) == "de"
        return HTMLResponse(_page(request.scope["nonce"], german=german))

    for path in ("/", "/login", "/login/callback", "/thread/{thread_id}", "/element/{element_id}"):
        app.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)


def _page(nonce: str, *, german: bool) -> str:
    """Chainlit's page without its links to a font host and a script CDN, its inline scripts signed for the policy."""
    page = _OTHER_ORIGIN.sub("", chainlit_server.get_html_template(""))
    page = page.replace('<html lang="en">', '<html lang="de">') if german else page
    return page.replace("<script", f'<script nonce="{nonce}"')


def _links(person: Person, words: Wording) -> list[dict[str, Any]]:
    """The ways out of the chat: one's own data, and the console for those who keep the library."""
    links = [("me", "/me"), *([("console", "/hr")] if person.keeps_library else [])]
    return [
        {
            "name": name,
            "display_name": words(f"link_{name}"),
            "icon_url": f"/public/{name}.svg",
            "url": url,
            "target": "_self",
        }
        for name, url in links
    ]


def _language(asked: str) -> str:
    """The language tag, cut to what Chainlit understands: browsers also say things like en-US@posix. Its German is de-DE."""
    found = _LANGUAGE.match(asked)
    tag = found.group() if found else "en-US"
    return "de-DE" if language_of(tag) == "de" else tag


def _json(response: JSONResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bytes(response.body))
    return body


def _signed_in(request: Request) -> Person:
    person = request.scope.get("person")
    if not isinstance(person, Person):
        raise Problem(401, "sign in first")
    return person
