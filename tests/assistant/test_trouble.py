"""A disk that is full and a database that is locked: nobody's mistake, answered with what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest
from sqlalchemy import event

from assistant.room import Room
from assistant.trouble import trouble
from tests.assistant.conftest import PASSWORD

Bearer = Callable[[str], dict[str, str]]
CARRY_OVER = {"question": "How many unused leave days may be carried over?"}
FILE = {"file": ("dogs.md", b"# Dogs\n\nDogs may come on Fridays.")}


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def locked(room: Room) -> Iterator[Callable[[], None]]:
    """Call it, and somebody else writes to the room's database without end; nobody waits for long."""

    def impatient(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout = 10")

    event.listen(room.store.engine, "checkout", impatient)
    with closing(sqlite3.connect(room.home.database, isolation_level=None)) as other:
        yield lambda: other.execute("BEGIN IMMEDIATE").close()


async def test_a_locked_database_is_503_with_what_to_do(
    client: httpx.AsyncClient, bearer: Bearer, room: Room, locked: Callable[[], None]
) -> None:
    emma, hana = bearer("emma"), bearer("hana")
    locked()
    asked = [
        await client.post("/api/v1/ask", json=CARRY_OVER, headers=emma),
        await client.post("/api/v1/handoffs", json={**CARRY_OVER, "consent": True}, headers=emma),
        await client.post("/api/v1/documents", files=FILE, headers=hana),
    ]
    assert [answer.status_code for answer in asked] == [503] * 3
    for answer in asked:
        assert "database is locked" in answer.json()["detail"]
        assert "try again" in answer.json()["detail"]
        assert answer.headers["retry-after"]
    streamed = await client.post("/api/v1/ask", json=CARRY_OVER, headers={**emma, "Accept": "text/event-stream"})
    assert '"status": 503' in streamed.text.rpartition("event: error")[2]
    assert not list((room.home.root / "uploads").iterdir()), "what no job speaks of takes no room"


async def test_a_locked_database_is_a_page_in_the_console(
    client: httpx.AsyncClient, room: Room, locked: Callable[[], None]
) -> None:
    await client.post("/hr/sign-in", data={"name": "hana", "password": PASSWORD})
    csrf = (await client.get("/hr/upload")).text.partition('name="csrf" value="')[2].partition('"')[0]
    locked()
    path = f"/hr/documents/{room.store.documents()[0].document_id}/remove"
    page = await client.post(path, data={"csrf": csrf}, headers={"Accept": "text/html"})
    assert (page.status_code, "database is locked" in page.text) == (503, True)
    said = await client.post("/hr/upload", data={"csrf": csrf}, files=FILE, headers={"Accept": "application/json"})
    assert (said.status_code, "database is locked" in said.json()["detail"]) == (503, True)


@pytest.mark.parametrize("place", ["starlette.formparsers.MultiPartParser.parse", "shutil.copyfile"])
async def test_an_upload_for_which_there_is_no_room_is_503_and_leaves_nothing(
    client: httpx.AsyncClient, bearer: Bearer, room: Room, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    hana = bearer("hana")
    monkeypatch.setattr(place, full)
    answer = await client.post("/api/v1/documents", files=FILE, headers=hana)
    assert (answer.status_code, "No space left" in answer.json()["detail"]) == (503, True)
    assert not list(room.jobs.folder.glob("*"))


def test_other_errors_are_none_of_it() -> None:
    assert trouble(FileNotFoundError(errno.ENOENT, "no such file")) is None
    assert trouble(ValueError("no")) is None
    assert trouble(None) is None
