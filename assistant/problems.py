"""Errors as RFC 9457 problem documents: what every route answers when it cannot do what was asked. A browser that asks for a page
gets one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from assistant import signpost
from assistant.trouble import trouble
from assistant.waiting import TooBusy
from retrieval.errors import NotReady, PolicydeskError, WrongUsage

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: Where the chat's page asks, which shows the detail of plain JSON only.
_ASKED_BY_THE_CHAT = (
    "/login", "/logout", "/set-session-cookie", "/user", "/auth/", "/project/", "/feedback", "/thread/", "/element/", "/ws/",
)  # fmt: skip
UNFORESEEN = "something went wrong here; tell your administrator the instance below"
#: What the API's patterns ask for: few read a regular expression.
PATTERNS = {
    r"\S": "it is empty; write something",
    r"^[A-Z]{2}$": "a country is two capital letters, such as DE (ISO 3166)",
    r"^[A-Za-z0-9-]{8,64}$": "it has 8 to 64 letters, digits and hyphens",
}
#: The problem document, as the API's description names it.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was found, and what to do next"},
        "instance": {"type": "string", "description": "The request, as the server's log knows it"},
    },
}


class Problem(HTTPException):
    """Raise to answer with a problem document; ``detail`` says what to do next."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, headers=dict(headers or {}))


def document(status: int, detail: str, *, request_id: str | None = None, **more: Any) -> dict[str, Any]:
    """The problem document itself. ``instance`` is the request id that the log knows, where there is one."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if request_id:
        body["instance"] = f"urn:request:{request_id}"
    return {**body, **more}


def response(
    status: int, detail: str, *, request: Request | None = None, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    if request and signpost.is_wanted(request.scope):
        answer = signpost.page(request.scope, status, detail)
        answer.headers.update(headers or {})
        return answer
    request_id = request.scope.get("request_id") if request else None
    body = document(status, detail, request_id=request_id, **more)
    path = request.scope["path"] if request else "/api/"
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=media_type(path))


def media_type(path: str) -> str:
    """The media type of a problem at this path: the same document either way."""
    return "application/json" if path.startswith(_ASKED_BY_THE_CHAT) else MEDIA_TYPE


def status_of(error: PolicydeskError) -> int:
    """The HTTP status of an error of ours."""
    for kind, status in ((TooBusy, 429), (NotReady, 503), (WrongUsage, 422)):
        if isinstance(error, kind):
            return status
    return 500


def _is_too_long_a_question(item: Mapping[str, Any]) -> bool:
    """Whether this finding of a request's validation is a limit of ours, not a request that says what it may not."""
    return bool(item["type"] == "string_too_long" and item["loc"][-1] == "question")


def _wanted(item: Mapping[str, Any]) -> str:
    """What a field should have been."""
    if item["type"] == "string_pattern_mismatch":
        return PATTERNS.get(item["ctx"]["pattern"], str(item["msg"]))
    if "UploadFile" in item["msg"]:
        return "this came as a text; send a file with its name, as curl -F file=@leave-policy.md does"
    return "a day is written like 2026-03-31" if item["type"].startswith("date_") else str(item["msg"])


def _is_json(request: Request) -> bool:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def install(api: FastAPI) -> None:
    """Make the app answer every error as a problem document."""

    @api.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if passing := trouble(error.__cause__):  # a body for which there was no room
            return await ours(request, passing)
        detail = str(error.detail)
        if request.url.path.startswith("/api/") and detail == HTTPStatus(error.status_code).phrase:
            detail = f"{request.method} {request.url.path} is no address of this API; see /api/docs"
        return response(error.status_code, detail, request=request, headers=error.headers)

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        wrong = [{"field": ".".join(str(part) for part in item["loc"]), "message": _wanted(item)} for item in found]
        if long := next((item for item in found if _is_too_long_a_question(item)), None):
            detail = f"the question has {len(long['input']):,} characters; it may have {long['ctx']['max_length']:,}: shorten it"
            return response(413, detail, request=request, errors=wrong)
        if any(tuple(item["loc"]) == ("body",) for item in found) and not _is_json(request):
            detail = (
                "the body was not sent as JSON; send it with the header Content-Type: application/json, see /api/docs"
            )
            return response(422, detail, request=request, errors=wrong)
        first = f"{wrong[0]['field']}: {wrong[0]['message']}" if wrong else "the request does not fit the description"
        return response(422, f"{first}; see /api/docs", request=request, errors=wrong)

    @api.exception_handler(PolicydeskError)
    async def ours(request: Request, error: PolicydeskError) -> Response:
        status = status_of(error)
        return response(
            status, str(error), request=request, headers={"Retry-After": "10"} if status in (429, 503) else None
        )

    @api.exception_handler(OSError)
    @api.exception_handler(OperationalError)
    async def passes(request: Request, error: Exception) -> Response:
        passing = trouble(error)
        if passing is None:
            raise error
        log.error("request %s: %s", request.scope.get("request_id"), passing)
        return await ours(request, passing)

    @api.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        # Starlette raises the error again after this answer, so the server's log has the traceback.
        if passing := trouble(error):  # at the edge
            return await ours(request, passing)
        return response(500, UNFORESEEN, request=request)
