"""A conversation whose connection broke off: how long it is held in memory, and what is left of it for who comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Chainlit keeps its state in its modules, so it gets a process of its own.
SCRIPT = """
import asyncio, json, sys, uuid
from pathlib import Path

import uvicorn
from socketio import AsyncClient

from assistant.accounts import Role
from assistant.privacy import Privacy
from assistant.room import Room
from assistant.server import create_app
from evals.visitors import sign_in
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import LEAVE, FakeEngine, FakeKeeper

PASSWORD = "correct horse battery"


async def ask(url, cookies, session_id, thread_id, question):
    socket, done, thread = AsyncClient(reconnection=False), asyncio.Event(), []
    message = {"id": str(uuid.uuid4()), "threadId": "", "name": "", "type": "user_message", "output": question, "createdAt": "x"}
    socket.on("first_interaction", lambda data: thread.append(data["thread_id"]))
    socket.on("update_message", lambda data: done.set() if data.get("parentId") == message["id"] else None)
    auth = {"clientType": "webapp", "sessionId": session_id, "threadId": thread_id, "userEnv": "{}", "chatProfile": ""}
    await socket.connect(
        url, headers={"Cookie": cookies}, auth=auth, socketio_path="/ws/socket.io", transports=["websocket"], wait_timeout=20
    )
    await socket.emit("connection_successful")
    await asyncio.sleep(0.5)
    await socket.emit("client_message", {"message": message, "fileReferences": []})
    await asyncio.wait_for(done.wait(), 20)
    await asyncio.sleep(0.5)  # what was said is written beside the answer
    await socket.disconnect()
    return thread[0]


async def main(works_council):
    home = Home(Path(sys.argv[1]))
    store = Store.open(home)
    keeper, engine = FakeKeeper(home, store), FakeEngine(store)
    (home.root / "leave.md").write_text(LEAVE)
    keeper.read(home.root / "leave.md")
    room = Room.furnish(
        home, store, secret="a secret for tests only, long enough", load=lambda: engine, keeper=keeper,
        privacy=Privacy(works_council=works_council),
    )
    room.accounts.add("emma", Role.EMPLOYEE, PASSWORD)
    seen = {}
    server = uvicorn.Server(uvicorn.Config(create_app(room), port=0, log_level="warning"))
    from chainlit.config import config  # it writes into its folder, which is known only now
    from chainlit.session import ws_sessions_id

    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    seen["held for"] = config.project.session_timeout
    config.project.session_timeout = 1
    cookies = await sign_in(url, "emma", PASSWORD, patience_s=20)
    session_id = str(uuid.uuid4())
    thread_id = await ask(url, cookies, session_id, "", "How many unused leave days may be carried over?")
    seen["held at once"] = len(ws_sessions_id)
    await asyncio.sleep(2)
    seen["held later"] = len(ws_sessions_id)
    if not works_council:
        again = await ask(url, cookies, session_id, thread_id, "And what does that mean for part-timers?")
        seen["same thread"] = again == thread_id
        seen["history"] = [turn.question for turn in engine.asked[-1][2]]
    server.should_exit = True
    await running
    return seen


print(json.dumps(asyncio.run(main("works-council" in sys.argv))))
"""


def _seen(folder: Path, *more: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), *more], cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    seen: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return seen


def test_memory_lets_go_of_a_conversation_soon_and_it_goes_on_from_the_database(tmp_path: Path) -> None:
    assert _seen(tmp_path) == {
        "held for": 120, "held at once": 1, "held later": 0, "same thread": True,
        "history": ["How many unused leave days may be carried over?"],
    }  # fmt: skip


def test_where_nothing_is_written_a_conversation_is_held_for_an_hour(tmp_path: Path) -> None:
    assert _seen(tmp_path, "works-council") == {"held for": 3600, "held at once": 1, "held later": 0}
