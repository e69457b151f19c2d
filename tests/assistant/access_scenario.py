"""The whole application, asked for everything it has by everybody: ``python -m tests.assistant.access_scenario HOME``.

Chainlit keeps its state in its modules and reads its folder when imported, so this is a process of its own. It prints what
was answered as JSON: ``routes`` and ``events`` by role, and what became of the attempts to reach others' things.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount

import assistant.accounts
from assistant.accounts import Person, Role
from assistant.edge import Limits
from assistant.room import Room
from assistant.server import create_app
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import BOARD, LEAVE, FakeEngine, FakeKeeper

NOBODY = "none"
ROLES = (NOBODY, *(role.value for role in Role))
QUESTION = "How many days of annual leave do I have?"
#: Far more than this process asks.
LIMITS = Limits(
    requests_a_minute=10**6, questions_a_minute=10**6, sign_ins_a_minute=10**6, handoffs_an_hour=10**6
)  # fmt: skip
#: Bodies without which a route says 422 before it has done anything.
BODIES = {
    "POST /api/v1/ask": {"question": QUESTION},
    "POST /api/v1/search": {"question": QUESTION},
    "POST /api/v1/feedback": {"question": QUESTION, "helpful": True},
    "POST /api/v1/handoffs": {"question": QUESTION},
    "PUT /feedback": {"feedback": {"forId": "nothing", "value": 1}, "sessionId": "x"},
    "DELETE /feedback": {"feedbackId": "nothing"},
    "POST /project/threads": {"pagination": {"first": 20}, "filter": {}},
}
MESSAGE_ID = "0b9f4c1e-6d0a-4c55-9d0e-3f1c1a2b3c4d"
#: What the chat's page sends; the edit is of the message that was sent before it.
PAYLOADS: dict[str, Any] = {
    "client_message": {
        "message": {
            "id": MESSAGE_ID,
            "name": "x",
            "type": "user_message",
            "createdAt": "2026-01-01T00:00:00Z",
            "output": QUESTION,
        }
    },
}


class House:
    """A furnished room with one account for each role, none of them on the board."""

    def __init__(self, folder: Path) -> None:
        home = Home(folder)
        self.store = Store.open(home)
        self.engine = FakeEngine(self.store)
        keeper = FakeKeeper(home, self.store)
        self.documents: dict[str, tuple[str, str]] = {}
        for name, text, audience in (("leave", LEAVE, []), ("board", BOARD, ["board"])):
            path = folder / f"{name}.md"
            path.write_text(text)
            kept = keeper.read(path, {"audience": audience})
            self.documents[name] = (kept["document_id"], kept["version_id"])
        self.room = Room.furnish(
            home, self.store, secret="a secret for tests only, long enough", load=lambda: self.engine, keeper=keeper
        )
        self.people: dict[str, Person] = {}
        for role in Role:
            self.people[role.value] = self.room.accounts.add(role.value, role, "correct horse battery")
        self.app = create_app(self.room, limits=LIMITS)

    def keep_threads(self) -> None:
        """One conversation for each account, also where a request before has removed it."""
        for role, person in self.people.items():
            self.room.chats.save(f"thread-{role}", account_id=person.account_id, name=QUESTION)

    def headers(self, role: str) -> dict[str, str]:
        """The session of that role; none for nobody."""
        return {"Cookie": f"access_token={self.session(role)}"} if role in self.people else {}

    def session(self, role: str) -> str:
        return self.room.door.session(self.people[role])

    def csrf(self, headers: dict[str, str], role: str) -> str:
        """What a form of that session carries."""
        account = self.people[role].account_id if role in self.people else ""
        token = headers.get("Cookie", "").removeprefix("access_token=")
        return hmac.new(self.room.door.key.encode(), f"csrf\0{account}\0{token}".encode(), hashlib.sha256).hexdigest()

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://desk", timeout=20)


def routes(app: FastAPI) -> list[str]:
    """Every method and path there is, the chat's own included: ``GET /healthz``."""
    return sorted(set(_walk(app.routes)))


def _walk(given: Sequence[BaseRoute]) -> Iterator[str]:
    for context in iter_route_contexts(given):
        route = context.original_route
        if isinstance(route, Mount):
            inner = getattr(route.app, "routes", None)
            if inner is not None:
                yield from _walk(inner)
            else:
                yield f"ANY {route.path}"
            continue
        for method in getattr(context, "methods", None) or getattr(route, "methods", None) or ():
            if method != "HEAD":
                yield f"{method} {context.path}"


async def ask_every_route(house: House, named: Sequence[str]) -> dict[str, dict[str, int]]:
    """The status that each role gets from each route, with ids of things that it may read, or of none."""
    seen: dict[str, dict[str, int]] = {}
    async with house.client() as client:
        for label in named:
            seen[label] = {}
            for role in ROLES:
                house.keep_threads()
                answer = await _ask(house, client, label, role, "leave")
                away = answer.status_code == 303 and "/hr/sign-in?next=" in answer.headers["location"]
                seen[label][role] = 401 if away else answer.status_code
    return seen


async def _ask(house: House, client: httpx.AsyncClient, label: str, role: str, document: str) -> httpx.Response:
    method, _, path = label.partition(" ")
    document_id, version_id = house.documents[document]
    reads = method == "GET"
    values = {
        "document_id": document_id if reads else "nothing",
        "version_id": version_id if reads else "nothing",
        "thread_id": f"thread-{role}",
        "conversation_id": f"thread-{role}",
        "filename:path": "policydesk.css",
        "act": "remove-everything",
        "name": "console.css",
    }
    path = re.sub(r"\{([^}]*)\}", lambda found: values.get(found[1], "nothing"), path)
    headers = house.headers(role)
    if path.startswith(("/hr", "/me")) and method == "POST":
        return await client.post(path, data={"csrf": house.csrf(headers, role)}, headers=headers)
    query = {"from": version_id, "to": version_id, "older": version_id, "newer": version_id} if reads else {}
    if "thread" in path and method in ("PUT", "DELETE"):
        body: Any = {"threadId": f"thread-{role}", "name": "renamed"}
    else:
        body = BODIES.get(label)
    return await client.request("GET" if method == "ANY" else method, path, params=query, json=body, headers=headers)


async def reach_for_the_board(house: House, named: Sequence[str]) -> dict[str, dict[str, bool]]:
    """Whether a page or answer about the board's document says anything of it, by route and role."""
    secret = ("forty thousand", "Board Pay", "secret board bonus")
    seen: dict[str, dict[str, bool]] = {}
    async with house.client() as client:
        for label in named:
            if label.startswith(("GET /api/v1", "GET /hr", "GET /me")):
                answers = {
                    role: await _ask(house, client, label, role, "board") for role in ("employee", "hr", "admin")
                }
                seen[label] = {role: any(word in each.text for word in secret) for role, each in answers.items()}
        body = {"question": "What is the secret board bonus for every director?"}
        for label in ("POST /api/v1/ask", "POST /api/v1/search"):
            path = label.partition(" ")[2]
            answers = {role: await client.post(path, json=body, headers=house.headers(role)) for role in ROLES}
            seen[label] = {role: any(word in each.text for word in secret[:2]) for role, each in answers.items()}
    return seen


# -- the socket --------------------------------------------------------------------------------------------------------


class Socket:
    """One Socket.IO connection by long polling: a request brings packets, a request takes them."""

    PATH = "/ws/socket.io/"

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers, self.sid = client, headers, ""
        self._come: asyncio.Queue[str] = asyncio.Queue()
        self._taking: asyncio.Task[None] | None = None

    async def connect(self, **auth: Any) -> str:
        """:returns: ``"let in"``, or the reason why not."""
        opened = await self.client.get(self.PATH, params={"EIO": "4", "transport": "polling"}, headers=self.headers)
        self.sid = json.loads(opened.text[1:])["sid"]
        self._taking = asyncio.create_task(self._take())
        given = {"sessionId": "s", "clientType": "webapp", "userEnv": "{}", "chatProfile": "", "threadId": "", **auth}
        await self._post("40" + json.dumps(given))
        packet = await asyncio.wait_for(self._come.get(), 10)
        return "let in" if packet.startswith("40") else str(json.loads(packet[2:])["message"])

    async def close(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.wait({self._taking})

    async def _take(self) -> None:
        """Keep one request waiting, as a browser does; one that is given up ends the connection."""
        while True:
            answer = await self.client.get(self.PATH, params=self._query, headers=self.headers)
            if answer.status_code != 200:
                return
            for packet in answer.text.split("\x1e"):
                if packet == "2":
                    await self._post("3")
                elif packet.startswith("4"):
                    self._come.put_nowait(packet)

    async def emit(self, event: str) -> None:
        given = [event, PAYLOADS[event]] if event in PAYLOADS else [event]
        await self._post("42" + json.dumps(given))

    async def _post(self, packet: str) -> None:
        await self.client.post(self.PATH, params=self._query, content=packet, headers=self.headers)

    @property
    def _query(self) -> dict[str, str]:
        return {"EIO": "4", "transport": "polling", "sid": self.sid}

    async def events(self, *, until: str, timeout_s: float) -> list[str]:
        """The names of the events that come, up to one of this name or until nothing comes for so long."""
        names: list[str] = []
        while until not in names:
            try:
                packet = await asyncio.wait_for(self._come.get(), timeout_s)
            except TimeoutError:
                break
            names.append(json.loads(packet[2:])[0] if packet.startswith("42") else packet)
        return names


async def send_every_event(house: House, events: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By event and role: what came back, and how many questions were answered for it."""
    seen: dict[str, dict[str, Any]] = {event: {} for event in events}
    for role in ROLES:
        async with house.client() as client:
            socket = Socket(client, house.headers(role))
            seen["connect"][role] = await socket.connect(sessionId=f"session-{role}")
            for event in events:
                if event in ("connect", "disconnect"):
                    continue
                before = len(house.engine.asked)
                await socket.emit(event)
                answers = event == "client_message" and role != NOBODY
                come = await socket.events(until="task_end" if answers else "", timeout_s=10 if answers else 0.15)
                seen[event][role] = {"come": sorted(set(come)), "answered": len(house.engine.asked) - before}
            await socket.close()
    return seen


async def reach_for_others(house: House) -> dict[str, str]:
    """What a person is told who takes another's conversation or session, or a session that is worth nothing any more."""
    told: dict[str, str] = {}
    house.keep_threads()
    async with house.client() as client:
        hr, gone = house.headers("hr"), house.headers("evaluator")
        held = [Socket(client, house.headers("employee")), Socket(client, gone)]
        await held[0].connect(sessionId="employee's")
        await held[1].connect(sessionId="evaluator's")
        told["thread"] = await _knock(client, hr, sessionId="new", threadId="thread-employee")
        told["session"] = await _knock(client, hr, sessionId="employee's")
        told["own"] = await _knock(client, hr, sessionId="newer", threadId="thread-hr")
        told["forged"] = await _knock(client, {"Cookie": "access_token=eyJhbGciOiJub25lIn0.e30."})
        for label, method, path in (
            ("reads", "GET", "/project/thread/thread-employee"),
            ("removes", "DELETE", "/project/thread"),
            ("exports", "GET", "/api/v1/conversations/thread-employee/export"),
        ):
            body = {"threadId": "thread-employee"} if method == "DELETE" else None
            told[label] = str((await client.request(method, path, json=body, headers=hr)).status_code)
        house.room.accounts.remove("evaluator")
        told["removed"] = await _knock(client, gone, sessionId="gone")
        told["removed session"] = await _knock(client, gone, sessionId="evaluator's")
        for socket in held:
            await socket.close()
    return told


async def _knock(client: httpx.AsyncClient, headers: dict[str, str], **auth: Any) -> str:
    socket = Socket(client, headers)
    told = await socket.connect(**auth)
    await socket.close()
    return told


@asynccontextmanager
async def opened(house: House) -> AsyncIterator[None]:
    async with house.app.router.lifespan_context(house.app):
        yield


async def main(folder: Path) -> dict[str, Any]:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    setattr(assistant.accounts, "PasswordHasher", lambda: cheap)  # noqa: B010  # not a name that it exports
    house = House(folder)
    from chainlit.server import sio

    named = routes(house.app)
    events = sorted(sio.handlers["/"], key=lambda name: (name != "client_message", name))
    async with opened(house):
        return {
            "routes": await ask_every_route(house, named),
            "board": await reach_for_the_board(house, named),
            "events": await send_every_event(house, events),
            "others": await reach_for_others(house),
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
