"""One request to the console: who makes it, what it may do, and how it is answered."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from assistant import problems
from assistant.accounts import Person
from assistant.console import notices, pages
from assistant.console.notices import Notice, Undo
from assistant.problems import Problem
from assistant.room import Room
from assistant.signin import session_token
from retrieval.errors import PolicydeskError

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "console_theme"


class NotSignedIn(Exception):
    """The page is for people who have signed in; the sign-in page brings them back."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who keeps the library."""

    request: Request
    room: Room
    person: Person

    @property
    def path(self) -> str:
        """Where the visitor is: a place to come back to."""
        return place_of(self.request)

    def page(self, template: str, *, status: int = 200, **fields: Any) -> HTMLResponse:
        """A page of the console, with what is to be said from the act before."""
        said = notices.read(self.request, self.room.door.key)
        fields.setdefault("notices", said)
        answer = show(self.request, template, status=status, person=self.person, path=self.path, **fields)
        if said:
            notices.forget(answer)
        return answer

    def go(self, to: str, said: str | None = None, *, undo: Undo | None = None, tone: str = "done") -> RedirectResponse:
        """Send the visitor to a page of the console, which says what was done."""
        answer = RedirectResponse(to, 303)
        if said:
            notices.write(answer, [Notice(said, tone, undo)], self.room.door.key)
        return answer


@dataclass(frozen=True, slots=True)
class Act(Visit):
    """A form that was sent from a page of ours."""

    form: FormData

    def field(self, name: str, *, most: int = 10_000) -> str:
        """A field's text without white space around it; empty where it was not sent. The end of a line is one character, as it is
        to the browser that counts while somebody types.

        :raises Problem: 422 if it is longer than ``most`` characters.
        """
        given = self.form.get(name)
        text = given.replace("\r\n", "\n").strip() if isinstance(given, str) else ""
        if len(text) > most:
            raise Problem(422, f"the field “{name}” has {len(text):,} characters; it may have {most:,}")
        return text

    def files(self, name: str) -> list[UploadFile]:
        """The files of a field; a browser sends an empty one where none was chosen."""
        return [each for each in self.form.getlist(name) if isinstance(each, UploadFile) and each.filename]


def enter(request: Request) -> Visit:
    """:raises NotSignedIn: if nobody has signed in; :raises Problem: 403 for those who don't keep the library."""
    person = request.scope.get("person")
    if not isinstance(person, Person):
        raise NotSignedIn
    if not person.keeps_library:
        raise Problem(403, "this part of Policydesk is for HR, legal and administrators")
    return Visit(request, room_of(request), person)


async def act(request: Request) -> AsyncIterator[Act]:
    """:raises Problem: 403 if the form does not carry the token of the session it comes from."""
    visit = enter(request)
    form = await check_token(request)
    try:
        yield Act(visit.request, visit.room, visit.person, form)
    finally:
        await form.close()


async def check_token(request: Request) -> FormData:
    """The form, if it carries the token of the session it comes from.

    :raises Problem: 403 if it does not.
    """
    form = await request.form()
    given = form.get("csrf")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), csrf_token(request).encode()):
        raise Problem(
            403, "this form was opened in another session; go back, load the page again and send it once more"
        )
    return form


Enter = Annotated[Visit, Depends(enter)]
Doing = Annotated[Act, Depends(act)]


def room_of(request: Request) -> Room:
    room: Room = request.app.state.room
    return room


def csrf_token(request: Request) -> str:
    """What a form of this session must carry; nothing outside the session can know it."""
    person = request.scope.get("person")
    # With single sign-on by header there is no session: then the account alone makes the token one's own.
    account = person.account_id if isinstance(person, Person) else ""
    own = f"csrf\0{account}\0{session_token(request.cookies) or ''}"
    return hmac.new(room_of(request).door.key.encode(), own.encode(), hashlib.sha256).hexdigest()


def show(request: Request, template: str, *, status: int = 200, **fields: Any) -> HTMLResponse:
    """A page for anybody, signed in or not."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    html = pages.render(template, csrf=csrf_token(request), theme=chosen if chosen in THEMES else "auto", **fields)
    return HTMLResponse(html, status, headers={"Content-Security-Policy": pages.POLICY})


def place_of(request: Request) -> str:
    """The page that is asked for, with its query; of one that a form led to, where the form stood."""
    if request.method not in ("GET", "HEAD"):
        came_from = urlsplit(request.headers.get("referer", ""))
        return own_path(f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path)
    url = request.url
    return f"{url.path}?{url.query}" if url.query else url.path


def own_path(given: str | None) -> str:
    """A page of the console to go back to: what was asked for if it is one, else the first page."""
    if given and (given == "/hr" or given.startswith(("/hr/", "/hr?"))) and "\\" not in given and "\n" not in given:
        return given
    return "/hr"


class ConsoleRoute(APIRoute):
    """A route whose errors are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                return RedirectResponse(_door(request), 303)
            except HTTPException as error:
                return refusal(request, error.status_code, str(error.detail))
            except RequestValidationError as error:
                first = error.errors()[0]
                return refusal(request, 422, f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}")
            except PolicydeskError as error:
                return refusal(request, problems.status_of(error), str(error))

        return answer


def _door(request: Request) -> str:
    """The sign-in page that brings back here."""
    return f"/hr/sign-in?next={quote(place_of(request), safe='/')}"


def refusal(request: Request, status: int, detail: str) -> HTMLResponse:
    """A page that says why not, and where to go instead: to the form, where one was refused."""
    person = request.scope.get("person")
    known = person if isinstance(person, Person) else None
    return show(
        request, "refusal.html", status=status, code=status, detail=detail, visitor=known,
        may_enter=bool(known and known.keeps_library), door=_door(request),
        form=None if request.method in ("GET", "HEAD") else place_of(request),
    )  # fmt: skip
