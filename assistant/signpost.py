"""The page for people who come to an address where nothing is, or nothing for them: what happened, and a way back."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import Scope

from assistant.wording import wording

#: Those whose title is in the words of each language; every other is "went wrong".
_TITLED = frozenset({401, 403, 404, 413, 422, 429, 503})
#: Also what goes wrong outside the edge, which hardens every other answer, runs nothing.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def is_wanted(scope: Scope) -> bool:
    """Whether a browser asks for a page to show. Scripts and other clients ask for anything, or for JSON."""
    return "text/html" in Headers(scope=scope).get("accept", "") and not scope["path"].startswith("/api/v1/")


def page(scope: Scope, status: int, detail: str) -> HTMLResponse:
    """What happened, in the reader's language where it is one of the usual things."""
    words = wording(Headers(scope=scope).get("accept-language"))
    html = _template().render(
        words=words,
        title=words(f"signpost_{status}" if status in _TITLED else "signpost_wrong"),
        detail=_sentence(detail) if _says_more(detail, status, words.language) else "",
        request_id=scope.get("request_id") if status >= 500 else None,
        way="/login" if status == HTTPStatus.UNAUTHORIZED else "/",
    )
    return HTMLResponse(html, status, headers=_HEADERS)


def _says_more(detail: str, status: int, language: str) -> bool:
    """Whether a detail, which is in English, is of use below the title to a reader of this language."""
    # What a framework says of itself ("Not Found") says no more than the title.
    return detail.casefold() != HTTPStatus(status).phrase.casefold() and (language == "en" or status not in _TITLED)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


@cache
def _template() -> Any:
    folder = Path(__file__).parent / "pages"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined).get_template(
        "signpost.html"
    )
