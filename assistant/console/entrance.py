"""Signing in and out at the console's own door, and how its pages look."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from assistant.accounts import Person
from assistant.console import pages
from assistant.console.visit import THEME_COOKIE, THEMES, ConsoleRoute, check_token, own_path, room_of, show
from assistant.problems import Problem
from assistant.signin import SESSION_COOKIE, SESSION_HOURS
from assistant.signon import PROVIDER

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
_YEAR_S = 365 * 24 * 3600


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/hr") -> Response:
    """Who has signed in already goes on at once."""
    person = request.scope.get("person")
    if isinstance(person, Person) and person.keeps_library:
        return RedirectResponse(own_path(next), 303)
    return show(request, "sign_in.html", next=own_path(next), name="", failed=False, provider=_provider(request))


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """The edge has let the form through: it comes from a page of this origin."""
    form = await request.form()
    name, password = (str(form.get(field) or "") for field in ("name", "password"))
    room, to = room_of(request), own_path(str(form.get("next") or ""))
    person = await asyncio.to_thread(room.accounts.sign_in, name.strip(), password)
    if person is None:
        return show(
            request,
            "sign_in.html",
            status=401,
            next=to,
            name=name.strip()[:64],
            failed=True,
            provider=_provider(request),
        )
    answer = RedirectResponse(to, 303)
    _end_session(request, answer)
    answer.set_cookie(
        SESSION_COOKIE, room.door.session(person), max_age=SESSION_HOURS * 3600, httponly=True, samesite="lax"
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """For everybody: who may not enter signs out here to come back as somebody else."""
    await check_token(request)
    answer = RedirectResponse("/hr/sign-in", 303)
    _end_session(request, answer)
    return answer


@router.post("/appearance")
async def appearance(request: Request) -> Response:
    """Light, dark, or as the machine has it. Nothing but a colour depends on it, so anybody may."""
    form = await request.form()
    chosen = str(form.get("theme") or "auto")
    answer = RedirectResponse(own_path(str(form.get("next") or "")), 303)
    answer.set_cookie(
        THEME_COOKIE, chosen if chosen in THEMES else "auto", path="/hr", max_age=_YEAR_S, httponly=True, samesite="lax"
    )
    return answer


@router.get("/static/{name}")
def static(name: str) -> Response:
    path = pages.STATIC / name
    if name not in {each.name for each in pages.STATIC.iterdir()}:
        raise Problem(404, "there is no such file")
    return FileResponse(path, headers={"Cache-Control": "public, max-age=86400"})


def _provider(request: Request) -> str | None:
    """Where single sign-on begins, if the desk has it; it ends in the chat."""
    return f"/auth/oauth/{PROVIDER}" if room_of(request).door.sign_on.config.oidc else None


def _end_session(request: Request, answer: Response) -> None:
    for cookie in request.cookies:
        if cookie == SESSION_COOKIE or cookie.startswith(f"{SESSION_COOKIE}_"):
            answer.delete_cookie(cookie)
