"""People who ask a server: over the API with a token, or in the chat, as a browser does, over its socket."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import httpx

if TYPE_CHECKING:
    from socketio import AsyncClient

#: Questions of one conversation; then a new one is begun.
_IN_ONE_CONVERSATION = 5


@dataclass(slots=True)
class Witnessed:
    """What people saw."""

    outcomes: Counter[str] = field(default_factory=Counter)
    first_evidence_s: list[float] = field(default_factory=list)
    whole_answer_s: list[float] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  #: "you are number N"
    pages_ms: dict[str, list[float]] = field(default_factory=dict)
    memory: list[tuple[int, float]] = field(default_factory=list)  #: questions asked so far, MB, each second


class Visitor(Protocol):
    """Somebody who asks."""

    async def arrive(self) -> None:
        """Be there, ready to ask."""
        ...

    async def ask(self, question: str, seen: Witnessed) -> None:
        """Ask, and note what comes: ``own`` (the answer), ``another's``, ``lost`` or ``busy``.

        :param question: with words in it that nobody else's has.
        """
        ...

    async def leave(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ApiVisitor:
    """Asks over the API, and reads the answer as it comes."""

    client: httpx.AsyncClient
    token: str

    async def arrive(self) -> None:
        pass

    async def ask(self, question: str, seen: Witnessed) -> None:
        begun, outcome = time.perf_counter(), "lost"
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/event-stream"}
        try:
            async with self.client.stream(
                "POST", "/api/v1/ask", json={"question": question}, headers=headers
            ) as response:
                if response.status_code != 200:
                    await response.aread()
                    outcome = "busy" if response.status_code in (429, 503) else f"status {response.status_code}"
                event = ""
                async for line in response.aiter_lines():
                    if line.startswith("event: "):
                        event = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        outcome = (
                            _take(event, json.loads(line.removeprefix("data: ")), question, begun, seen) or outcome
                        )
        except httpx.TransportError:
            outcome = "lost"
        seen.outcomes[outcome] += 1

    async def leave(self) -> None:
        pass


def _take(event: str, data: dict[str, Any], asked: str, begun: float, seen: Witnessed) -> str | None:
    took = time.perf_counter() - begun
    match event:
        case "waiting":
            seen.places.append(int(data["position"]))
        case "evidence":
            seen.first_evidence_s.append(took)
        case "answer":
            seen.whole_answer_s.append(took)
            return "own" if data["question"] == asked else "another's"
        case "error":
            return "busy" if data["status"] in (429, 503) else "lost"
    return None


@dataclass(slots=True)
class ChatVisitor:
    """Sits in the chat. Everything the server sends to this socket is looked at: an answer names the question it is for in
    the offer to hand it on.

    :param cookies: of the session; see :func:`sign_in`.
    """

    url: str
    cookies: str
    patience_s: float
    _socket: AsyncClient | None = None
    _left: int = 0
    _heard: asyncio.Queue[tuple[str, Any]] = field(default_factory=asyncio.Queue)

    async def arrive(self) -> None:
        await self._in_conversation()

    async def ask(self, question: str, seen: Witnessed) -> None:
        from socketio.exceptions import SocketIOError

        begun, outcome, has_evidence = time.perf_counter(), "lost", False
        message = {
            "id": str(uuid.uuid4()), "threadId": "", "name": "", "type": "user_message", "output": question,
            "createdAt": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        try:
            socket = await self._in_conversation()
            begun = time.perf_counter()
            await socket.emit("client_message", {"message": message, "fileReferences": []})
            while True:
                event, data = await asyncio.wait_for(self._heard.get(), self.patience_s)
                is_evidence = event == "element" and data["name"] == "Passages" and data["props"]["quotes"]
                if is_evidence and not has_evidence:
                    has_evidence = True
                    seen.first_evidence_s.append(time.perf_counter() - begun)
                elif event == "element" and data.get("name") == "Handoff":
                    # One that follows from the question before is offered together with it.
                    is_own = question.rstrip("?!. ") in data["props"]["question"]
                    outcome = "own" if is_own and outcome != "another's" else "another's"
                elif event == "update_message" and "you are number" in data.get("name", ""):
                    seen.places.append(int("".join(filter(str.isdigit, data["name"]))))
                elif event == "new_message" and "questions are waiting" in data.get("output", ""):
                    outcome = "busy"
                elif event == "update_message" and data.get("type") == "run" and data.get("parentId") == message["id"]:
                    break
        except (TimeoutError, SocketIOError):
            outcome = "lost"
        if outcome == "own":
            seen.whole_answer_s.append(time.perf_counter() - begun)
        seen.outcomes[outcome] += 1

    async def _in_conversation(self) -> AsyncClient:
        """The conversation's socket; after some questions that of a new one."""
        from socketio import AsyncClient

        self._left -= 1
        # One that broke off is opened again, as the page would.
        if self._socket is not None and self._socket.connected and self._left >= 0:
            return self._socket
        await self.leave()
        self._socket, self._left, self._heard = (
            AsyncClient(reconnection=False),
            _IN_ONE_CONVERSATION - 1,
            asyncio.Queue(),
        )
        self._socket.on("*", self._hear)
        auth = {
            "clientType": "webapp",
            "sessionId": str(uuid.uuid4()),
            "threadId": "",
            "userEnv": "{}",
            "chatProfile": "",
        }
        await self._socket.connect(
            self.url,
            headers={"Cookie": self.cookies},
            auth=auth,
            socketio_path="/ws/socket.io",
            transports=["websocket"],
            wait_timeout=max(1, int(self.patience_s)),
        )
        await self._socket.emit("connection_successful")
        return self._socket

    async def _hear(self, event: str, *data: Any) -> None:
        await self._heard.put((event, data[0] if data else {}))

    async def leave(self) -> None:
        """Close the conversation, as the button for a new one does."""
        if self._socket is not None and self._socket.connected:
            await self._socket.emit("clear_session")
            await self._socket.disconnect()
        self._socket, self._left = None, 0


async def sign_in(url: str, name: str, password: str, *, patience_s: float) -> str:
    """Sign in at the chat, as often as it takes: only so many may in a minute; :returns: the session's cookies."""
    until = time.monotonic() + patience_s
    while True:
        async with httpx.AsyncClient(base_url=url, timeout=patience_s) as client:
            answer = await client.post("/login", data={"username": name, "password": password})
            if answer.status_code == 200:
                return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
        if answer.status_code != 429 or time.monotonic() > until:
            raise RuntimeError(f"{name} could not sign in: status {answer.status_code}")
        with suppress(ValueError):
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
