"""One's own data over HTTP, and the page for it at ``/me``."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant import owndata
from assistant.accounts import Person
from assistant.api import PROBLEM, Asker
from assistant.console.visit import check_token, csrf_token
from assistant.handoffs import CODE, Handoff
from assistant.problems import Problem
from assistant.room import Room
from assistant.wording import wording


def routes(room: Room) -> APIRouter:
    """Everybody's own data of one room."""
    api = APIRouter()
    _add_api(api, room)
    _add_page(api, room)
    return api


def _add_api(api: APIRouter, room: Room) -> None:
    @api.get("/api/v1/conversations", tags=["own data"], responses=PROBLEM, summary="Your conversations, latest first")
    async def conversations(person: Asker) -> dict[str, Any]:
        return {"conversations": await asyncio.to_thread(owndata.conversations, room, person)}

    @api.get(
        "/api/v1/conversations/{conversation_id}/export", tags=["own data"], responses=PROBLEM,
        summary="One of your conversations, with its citations",
    )  # fmt: skip
    async def export(
        conversation_id: str,
        person: Asker,
        format_: Annotated[Literal["json", "markdown"], Query(alias="format")] = "json",
    ) -> Response:
        said = await asyncio.to_thread(owndata.conversation, room, person, conversation_id)
        if format_ == "json":
            return _file(json.dumps(said, ensure_ascii=False, indent=2), "conversation.json", "application/json")
        return _file(owndata.conversation_markdown(said), "conversation.md", "text/markdown; charset=utf-8")

    @api.delete(
        "/api/v1/conversations/{conversation_id}", tags=["own data"], responses=PROBLEM, status_code=204,
        summary="Delete one of your conversations",
    )  # fmt: skip
    async def remove(conversation_id: str, person: Asker) -> Response:
        await asyncio.to_thread(owndata.remove_conversation, room, person, conversation_id)
        return Response(status_code=204)

    @api.get("/api/v1/me", tags=["own data"], responses=PROBLEM, summary="Everything that is kept about you")
    async def everything(person: Asker) -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(owndata.everything, room, person))

    @api.delete(
        "/api/v1/me", tags=["own data"], responses=PROBLEM, summary="Delete your conversations, hand-offs and tokens"
    )
    async def remove_everything(person: Asker) -> dict[str, Any]:
        return {"removed": await asyncio.to_thread(owndata.remove_everything, room.store, person.account_id)}


def _add_page(api: APIRouter, room: Room) -> None:
    @api.get("/me", include_in_schema=False)
    async def me(request: Request) -> Response:
        person = request.scope.get("person")
        if not isinstance(person, Person):
            return RedirectResponse("/login", 303)
        return await asyncio.to_thread(_page, request, room, person)

    @api.get("/me/", include_in_schema=False)
    async def with_slash() -> Response:
        """An address that was written with a slash at its end is the same page."""
        return RedirectResponse("/me", 307)

    @api.get("/me/data.json", include_in_schema=False)
    async def download(person: Asker) -> Response:
        kept = await asyncio.to_thread(owndata.everything, room, person)
        return _file(json.dumps(kept, ensure_ascii=False, indent=2), "policydesk-data.json", "application/json")

    @api.post("/me/{act}", include_in_schema=False)
    async def do(
        act: Literal["withdraw", "remove", "remove-everything", "pick-up"], request: Request, person: Asker
    ) -> Response:
        form = await check_token(request)
        item = str(form.get("id", ""))[:100]
        if act == "pick-up":
            return await asyncio.to_thread(_picked_up, request, room, person, item)
        if act == "withdraw":
            await asyncio.to_thread(lambda: room.handoffs.withdraw(item, account_id=person.account_id))
        elif act == "remove":
            await asyncio.to_thread(owndata.remove_conversation, room, person, item)
        elif form.get("sure") == "yes":
            await asyncio.to_thread(owndata.remove_everything, room.store, person.account_id)
        else:
            raise Problem(422, "tick the box first: what is deleted cannot be brought back")
        return RedirectResponse(f"/me?done={quote(act)}", 303)


def _picked_up(request: Request, room: Room, person: Person, code: str) -> HTMLResponse:
    found = room.handoffs.with_code(code) if CODE.fullmatch(code.strip()) else None
    return _page(request, room, person, picked=found, asked=True)


def _page(
    request: Request, room: Room, person: Person, *, picked: Handoff | None = None, asked: bool = False
) -> HTMLResponse:
    words, handoffs = wording(request.headers.get("accept-language")), room.handoffs.own(person.account_id)
    html = _template().render(
        words=words, person=person, conversations=owndata.conversations(room, person),
        handoffs=handoffs, works_council=room.privacy.works_council, picked=picked,
        unknown_code=asked and picked is None, done=request.query_params.get("done"),
        csrf=csrf_token(request), date=date,
    )  # fmt: skip
    room.handoffs.mark_seen(handoffs)
    return HTMLResponse(html)


@cache
def _template() -> Any:
    folder = Path(__file__).parent / "pages"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("me.html")


def _file(text: str, name: str, media_type: str) -> Response:
    return Response(text, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
