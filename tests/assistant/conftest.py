"""A furnished room over a fake engine, and clients that come to its door."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher

from assistant.accounts import Role
from assistant.edge import Limits
from assistant.room import Room
from assistant.server import create_app
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import BOARD, EXPENSES, LEAVE, FakeEngine, FakeKeeper

SECRET = "a secret for tests only, long enough"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as it should be takes as long as it should; these tests make hundreds of accounts."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("assistant.accounts.PasswordHasher", lambda: cheap)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def store(home: Home) -> Any:
    store = Store.open(home)
    yield store
    store.close()


@pytest.fixture
def engine(store: Store) -> FakeEngine:
    return FakeEngine(store)


@pytest.fixture
def room(home: Home, store: Store, engine: FakeEngine, tmp_path: Path) -> Room:
    """Three documents, one of them for the board only; emma is an employee, hana HR, bo on the board."""
    keeper = FakeKeeper(home, store)
    for name, text, more in (
        ("leave.md", LEAVE, {"owner": "People team"}),
        ("expenses.md", EXPENSES, {}),
        ("board.md", BOARD, {"audience": frozenset({"board"})}),
    ):
        path = tmp_path / name
        path.write_text(text)
        keeper.read(path, **more)
    room = Room.furnish(home, store, secret=SECRET, load=lambda: engine, keeper=keeper)
    room.accounts.add("emma", Role.EMPLOYEE, PASSWORD)
    room.accounts.add("hana", Role.HR, PASSWORD)
    room.accounts.add("bo", Role.EMPLOYEE, PASSWORD, groups=frozenset({"board"}))
    return room


@asynccontextmanager
async def served(
    room: Room, limits: Limits | None = None, *, comes_from: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application, without the chat."""
    app = create_app(room, limits=limits, chat=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(comes_from, 50_000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://desk") as client,
    ):
        yield client


@pytest.fixture
async def client(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    async with served(room) as client:
        yield client


@pytest.fixture
def bearer(room: Room) -> Callable[[str], dict[str, str]]:
    """The header that an API token of this account goes in."""
    return lambda name: {"Authorization": f"Bearer {room.accounts.new_token(name)}"}


@pytest.fixture
def address(room: Room) -> Iterator[str]:
    """A server of the room, on an event loop of its own."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(room, limits=Limits(requests_a_minute=100_000, questions_a_minute=100_000), chat=False),
            port=0,
            log_level="critical",
            access_log=False,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
