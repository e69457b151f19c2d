"""All pages of the console under one roof."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from assistant.console import (
    catalogue,
    comparison,
    conflicts,
    document,
    entrance,
    inbox,
    questions,
    record,
    review,
    trends,
    uploads,
)
from assistant.console.visit import ConsoleRoute, Enter
from assistant.problems import Problem


def routes() -> APIRouter:
    """The console of the application's room, which is found at ``app.state.room``."""
    site = APIRouter()
    for each in (
        entrance,
        catalogue,
        document,
        comparison,
        uploads,
        review,
        conflicts,
        questions,
        inbox,
        trends,
        record,
    ):
        site.include_router(each.router)
    site.include_router(_elsewhere())
    return site


def _elsewhere() -> APIRouter:
    """Everything else under ``/hr``: without it the chat would answer there."""
    router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)

    @router.get("/{rest:path}")
    def elsewhere(visit: Enter, rest: str) -> Response:
        """A page whose address was written with a slash at its end is the same page."""
        url = visit.request.url
        if url.path.endswith("/"):
            return RedirectResponse(url.path.rstrip("/") + (f"?{url.query}" if url.query else ""), 307)
        raise Problem(404, "there is no such page here")

    return router
