"""The edge: what every request passes before anything of it is read into memory, and every answer before it leaves."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import time
from dataclasses import dataclass, field
from http import HTTPMethod
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import problems, signpost
from assistant.accounts import Person
from assistant.console import visit
from assistant.problems import Problem
from assistant.signin import SESSION_COOKIE, Door
from assistant.tokens import scope_needed

log = logging.getLogger("policydesk.access")

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Where files come in: only librarians may send a body here, and it may be large.
UPLOAD_PATHS = ("/api/v1/documents", "/project/file", "/hr/upload")
_SIGN_IN_PATHS = ("/login", "/hr/sign-in", "/auth/header")
#: Pages for people hold Chainlit's inline styles; scripts need the page's nonce. Custom elements (our citation panel)
#: are compiled in the browser, which is what 'unsafe-eval' is for; no origin but our own is ever named.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
#: Logged where nobody waited for the answer; never sent.
_CLIENT_GONE = 499
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request, and one person in a minute or an hour, may ask for."""

    body_bytes: int = 1_000_000
    upload_bytes: int = 50_000_000
    requests_a_minute: int = 600
    questions_a_minute: int = 60
    sign_ins_a_minute: int = 20
    handoffs_an_hour: int = 30


@dataclass(slots=True)
class Quota:
    """So many acts in each period for each key, refilled steadily."""

    most: int
    period_s: float = 60.0
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait_s(self, key: str) -> float:
        """Take one; 0 if there was one left, else the seconds until there is."""
        now = time.monotonic()
        left, since = self._left.get(key, (float(self.most), now))
        left = min(float(self.most), left + (now - since) * self.most / self.period_s)
        if left < 1:
            self._left[key] = (left, now)
            return (1 - left) * self.period_s / self.most
        self._left[key] = (left - 1, now)
        if len(self._left) > 10_000:
            self._left = {name: held for name, held in self._left.items() if now - held[1] < self.period_s}
        return 0.0


class TooLarge(Problem):
    """The body went over the limit while it was read. An HTTP exception, because whatever reads it lets those through."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is over {limit:,} bytes; send less at once", headers={"Connection": "close"})


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, door: Door, limits: Limits, registry: CollectorRegistry) -> None:
        self.app = app
        self.door = door
        self.limits = limits
        self._requests = Quota(limits.requests_a_minute)
        self._questions = Quota(limits.questions_a_minute)
        self._sign_ins = Quota(limits.sign_ins_a_minute)
        self._handoffs = Quota(limits.handoffs_an_hour, period_s=3600.0)
        labels = ["method", "route", "status"]
        self._count = Counter("policydesk_requests", "HTTP requests answered", labels, registry=registry)
        self._seconds = Histogram(
            "policydesk_request_seconds", "Time to answer a request", ["route"], registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["request_id"] = _given_request_id(headers) or secrets.token_hex(8)
        scope["nonce"] = secrets.token_urlsafe(16)
        pretends = self._pass_proxy(scope, headers)
        if scope["type"] == "websocket":
            if pretends or _is_foreign(headers):
                await send({"type": "websocket.close", "code": 1008, "reason": pretends or "another origin"})
                return
            scope["headers"] = await self._honest_headers(scope, headers)
            await self.app(scope, receive, send)
            return
        await self._answer(scope, headers, receive, send, pretends)

    def _pass_proxy(self, scope: Scope, headers: Headers) -> str | None:
        """Take the client's address and scheme from a proxy of ours; :returns: why a request is refused that pretends to
        come from one.
        """
        config = self.door.sign_on.config
        peer = scope["client"][0] if scope.get("client") else ""
        scope["from_proxy"] = config.proxies.include(peer)
        if scope["from_proxy"]:
            scope["client"] = (config.proxies.client(peer, headers), 0)
            secure = headers.get("x-forwarded-proto", scope["scheme"]) in ("https", "wss")
            plain = scope["scheme"].removesuffix("s")
            scope["scheme"] = f"{plain}s" if secure else plain
        elif config.user_header and config.user_header in headers:
            return f"the header {config.user_header} is believed from the sign-on proxy only"
        return None

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, send: Send, pretends: str | None) -> None:
        begun = time.perf_counter()
        status = _CLIENT_GONE

        inner, is_head = scope, scope["method"] == "HEAD"

        async def sending(message: Message) -> None:
            nonlocal status
            if is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            if message["type"] == "http.response.start":
                status = message["status"]
                _harden(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            refusal = (403, pretends, 0.0) if pretends else await self._refusal(scope, headers)
            if refusal:
                await _refuse(scope, receive, sending, *refusal)
            else:
                limit = self._body_limit(scope)
                if is_head:  # few routes know it, which health checks ask: it is GET without the body
                    inner = {**scope, "method": "GET"}
                await self.app(inner, _capped(receive, limit), sending)
        except TooLarge as error:
            await _refuse(scope, receive, sending, 413, str(error.detail), 0)
        except ClientDisconnect:
            pass  # somebody closed the page while it was sending: there is nobody to answer
        finally:
            seconds = time.perf_counter() - begun
            route = _route_name(inner)
            # A label of somebody's own words would be kept for good, and they could send as many as they like.
            method = scope["method"] if scope["method"] in HTTPMethod.__members__ else "other"
            self._count.labels(method, route, str(status)).inc()
            self._seconds.labels(route).observe(seconds)
            # The path's own words stay out: an id is enough to find a request, and nothing of a question is logged.
            log.info(
                json.dumps(
                    {"request_id": scope["request_id"], "method": scope["method"], "route": route, "status": status,
                     "ms": round(seconds * 1000, 1)}
                )
            )  # fmt: skip

    async def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, float] | None:
        """Status, detail and seconds to wait, if the request goes no further."""
        method, path = scope["method"], scope["path"]
        announced = headers.get("content-length", "0")
        limit = self._body_limit(scope)
        if not announced.isdigit():
            return 400, "Content-Length is not a number", 0
        if int(announced) > limit:
            return 413, f"the body has {int(announced):,} bytes, the limit is {limit:,}; send less at once", 0
        if method in _UNSAFE and _is_foreign(headers):
            return 403, "the request comes from another origin; use an API token instead of the session", 0
        host = scope["client"][0] if scope.get("client") else "?"
        if _signs_in(method, path) and (wait := self._sign_ins.wait_s(host)):
            return 429, "too many attempts to sign in from here; wait a little", wait
        if not _needs_person(path):
            scope["headers"] = await self._honest_headers(scope, headers)
            return None
        scope["headers"] = await self._honest_headers(scope, headers, always=True)
        person: Person | None = scope["person"]
        if person is None and path.startswith("/api/v1/"):
            return 401, "sign in, or send an API token: Authorization: Bearer pd_…", 0
        if person is None:
            scope["headers"] = [item for item in scope["headers"] if item[0] != b"authorization"]
        if person and person.scopes is not None and scope_needed(method, path) not in person.scopes:
            allowed = ", ".join(sorted(person.scopes))
            return 403, f"this token is for {allowed} only; make another: policydesk users token {person.name}", 0
        if method == "POST" and path in UPLOAD_PATHS and not (person and person.keeps_library):
            if person is None:
                return 401, "your session has ended: sign in, then send the files again", 0
            return 403, "only HR, legal and administrators may add documents", 0
        return self._too_much(method, path, person.account_id if person else host)

    def _too_much(self, method: str, path: str, key: str) -> tuple[int, str, float] | None:
        """The refusal of whoever has had their share of such requests."""
        if wait := self._requests.wait_s(key):
            return 429, "too many requests; slow down", wait
        if method == "POST" and path in ("/api/v1/ask", "/api/v1/search") and (wait := self._questions.wait_s(key)):
            return 429, f"more than {self.limits.questions_a_minute} questions a minute; slow down", wait
        # Without an account beside them, open hand-offs cannot be counted later: they are as they come in.
        if method == "POST" and path == "/api/v1/handoffs" and (wait := self._handoffs.wait_s(key)):
            return 429, f"more than {self.limits.handoffs_an_hour} questions sent on in an hour; wait a little", wait
        return None

    async def _honest_headers(
        self, scope: Scope, headers: Headers, *, always: bool = False
    ) -> list[tuple[bytes, bytes]]:
        """Note who sends the request; :returns: its headers without a session that is no longer worth anything, or is
        another person's than the proxy's header names: Chainlit trusts every signature it made.
        """
        given: list[tuple[bytes, bytes]] = list(scope["headers"])
        if not always and "cookie" not in headers:
            return given
        person = await asyncio.to_thread(self.door.person, headers, from_proxy=scope["from_proxy"])
        scope["person"] = person
        if "cookie" not in headers:
            return given
        session = await asyncio.to_thread(self.door.session_of, headers)
        own = session is not None and person is not None and session.account_id == person.account_id
        return given if own else _without_session(given, headers)

    def _body_limit(self, scope: Scope) -> int:
        return self.limits.upload_bytes if scope["path"] in UPLOAD_PATHS else self.limits.body_bytes


def _without_session(given: list[tuple[bytes, bytes]], headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers without the session's cookies; others, such as the one that a sign-in under way needs, stay."""
    cookies = [each.strip() for header in headers.getlist("cookie") for each in header.split(";")]
    kept = "; ".join(each for each in cookies if each and not each.startswith(SESSION_COOKIE))
    others = [item for item in given if item[0] != b"cookie"]
    return [*others, (b"cookie", kept.encode("latin-1"))] if kept else others


def _signs_in(method: str, path: str) -> bool:
    return (method == "POST" and path in _SIGN_IN_PATHS) or path.startswith("/auth/oauth/")


def _needs_person(path: str) -> bool:
    return path.startswith(("/api/v1/", "/project/", "/user", "/feedback", "/hr", "/me"))


def _capped(receive: Receive, limit: int) -> Receive:
    read = 0

    async def reading() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise TooLarge(limit)
        return message

    return reading


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str, wait_s: float) -> None:
    body = problems.document(status, detail, request_id=scope["request_id"])
    headers = {"Connection": "close"} if status == 413 else {}
    if wait_s:
        headers["Retry-After"] = str(max(1, round(wait_s)))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    answer: Response = JSONResponse(body, status, headers=headers, media_type=problems.media_type(scope["path"]))
    if signpost.is_wanted(scope):
        in_console = scope["path"].startswith("/hr")
        answer = visit.refusal(Request(scope), status, detail) if in_console else signpost.page(scope, status, detail)
        answer.headers.update(headers)
    await answer(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    """Whether a browser says that the request was made by another site's page."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "cross-site"
    try:
        return urlsplit(origin).netloc != headers.get("host")
    except ValueError:  # no browser sends an address that is none
        return True


def _harden(headers: MutableHeaders, scope: Scope) -> None:
    if scope["path"].startswith("/project/file/"):
        # Somebody's upload, under the type their browser gave it: to be saved, never to be shown as a page of ours.
        headers["Content-Disposition"] = "attachment"
        headers["Content-Security-Policy"] = DATA_POLICY
    is_page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", PAGE_POLICY.format(nonce=scope["nonce"]) if is_page else DATA_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    # Under no-referrer a browser sends our forms with "Origin: null", as if another site's page had.
    headers["Referrer-Policy"] = "same-origin" if scope["path"].startswith(("/hr", "/me")) else "no-referrer"
    headers["X-Frame-Options"] = "DENY"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["X-Request-Id"] = scope["request_id"]
    if is_page or scope["path"].startswith(("/api/", "/project/", "/user")):
        headers.setdefault("Cache-Control", "no-store")
    elif scope["path"].startswith("/public/"):
        # Ours keep their names from release to release; without this a browser goes on with those of the one before.
        headers.setdefault("Cache-Control", "no-cache")
    if scope.get("scheme") == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
    cookies = headers.getlist("set-cookie")
    if cookies:
        del headers["set-cookie"]
        for cookie in cookies:
            headers.append("set-cookie", _hardened_cookie(cookie, secure=scope.get("scheme") == "https"))


def _hardened_cookie(cookie: str, *, secure: bool) -> str:
    """HttpOnly and SameSite=Lax always, Secure where the connection is."""
    kept = [
        part for part in cookie.split("; ")
        if part.lower() not in ("secure", "httponly") and not part.lower().startswith("samesite=")
    ]  # fmt: skip
    return "; ".join([*kept, "HttpOnly", "SameSite=Lax", *(["Secure"] if secure else [])])


def _given_request_id(headers: Headers) -> str | None:
    given = headers.get("x-request-id", "")
    return given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else None


def _route_name(scope: Scope) -> str:
    """The route's pattern, such as ``/api/v1/documents/{document_id}``: few values, and no names in them."""
    route = scope.get("route")
    pattern = getattr(route, "path", "") or ""
    return pattern or ("/assets" if scope["path"].startswith("/assets/") else "chat")
