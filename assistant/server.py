"""The whole web application: health, metrics, API, the HR console at ``/hr``, and the chat at ``/``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from assistant import api, apidocs, chatfolder, handoffapi, jobapi, owndataapi, problems, reviewapi
from assistant.accounts import Role
from assistant.chores import chores
from assistant.console import site
from assistant.edge import Edge, Limits
from assistant.problems import Problem
from assistant.room import Room

#: Headers that only a proxy sends.
_PASSED_ON = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"})
_DESCRIPTION = (
    "Answers questions about policies, contracts and HR rules from the documents themselves. Send an API token "
    "(policydesk users token NAME) as: Authorization: Bearer pd_…"
)


def create_app(room: Room, *, limits: Limits | None = None, chat: bool = True) -> FastAPI:
    """The application of one room.

    :param chat: mount the chat; Chainlit keeps its state in its modules, so a process can do this once.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        room.line.open()
        room.jobs.open()
        async with chores(room):
            yield
        if finish := getattr(app.state, "finish", None):
            await finish()
        room.jobs.close()
        await room.line.close()

    app = FastAPI(
        title="Policydesk", version=_version(), description=_DESCRIPTION, lifespan=lifespan,
        openapi_url="/api/openapi.json", docs_url=None, redoc_url=None,
    )  # fmt: skip
    problems.install(app)
    app.state.room = room
    app.include_router(api.routes(room))
    app.include_router(handoffapi.routes(room))
    app.include_router(owndataapi.routes(room))
    app.include_router(reviewapi.routes(room))
    app.include_router(jobapi.routes(room))
    app.include_router(site.routes())
    _add_health(app, room)
    _add_docs(app)
    if chat:
        chatfolder.prepare(room.home, session_key=room.door.key, oidc=room.door.sign_on.config.oidc)
        from assistant.app import mount_chat

        app.state.finish = mount_chat(app, room).finish
    app.add_middleware(Edge, door=room.door, limits=limits or Limits(), registry=room.metrics.registry)
    return app


def _version() -> str:
    try:
        return version("policydesk")
    except PackageNotFoundError:  # a checkout that was never installed
        return "unreleased"


def _add_health(app: FastAPI, room: Room) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        if room.line.ready:
            return JSONResponse({"status": "ready"})
        raise Problem(503, room.line.failure or "the models are being loaded", headers={"Retry-After": "2"})

    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        person = request.scope.get("person")
        if not _comes_from_this_machine(request) and (person is None or person.role is not Role.ADMIN):
            raise Problem(
                401 if person is None else 403,
                "metrics are for this machine and for administrators; send a token: policydesk users token NAME --scope metrics",
            )
        return PlainTextResponse(generate_latest(room.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _comes_from_this_machine(request: Request) -> bool:
    """Whether the client is here. What a proxy passes on that we were not told of comes from somewhere else."""
    passed_on = not request.scope["from_proxy"] and not _PASSED_ON.isdisjoint(request.headers)
    try:
        return not passed_on and request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _add_docs(app: FastAPI) -> None:
    describe = app.openapi
    app.openapi = lambda: apidocs.add_examples(describe())  # type: ignore[method-assign]

    @app.get("/api/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(apidocs.page(app.openapi()))
