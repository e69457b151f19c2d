"""All pages of the console under one roof."""

from __future__ import annotations

from fastapi import APIRouter

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
    def elsewhere(visit: Enter, rest: str) -> None:
        raise Problem(404, "there is no such page here")

    return router
