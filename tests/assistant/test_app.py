"""What the chat says and keeps when it does not simply answer, over its own socket and in German."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.wording import wording

ROOT = Path(__file__).parents[2]
CODE = "pick-abcd-efgh-jkmn-pqrs"

#: Chainlit keeps its state in its modules, so it gets a process of its own.
SCRIPT = """
import asyncio, json, sys, time, uuid
from dataclasses import replace
from pathlib import Path

import httpx
import uvicorn
from socketio import AsyncClient

from assistant.accounts import Role
from assistant.records import AnswerDone
from assistant.room import Room
from assistant.server import create_app
from evals.visitors import sign_in
from retrieval.errors import IndexDamaged
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import LEAVE, FakeEngine, FakeKeeper

PASSWORD = "correct horse battery"
QUESTION = "How many unused leave days may be carried over?"


async def say(room, url, cookies, text, *, files=(), stop_at=None):
    "What the page was told, and what is kept; at the first event of this name the button that stops is pressed."
    socket, done, told, thread, shown, pressed = AsyncClient(reconnection=False), asyncio.Event(), [], [], {}, [True]
    message = {"id": str(uuid.uuid4()), "threadId": "", "name": "", "type": "user_message", "output": text, "createdAt": "x"}

    async def hear(event, data=None):
        if event == "first_interaction":
            thread.append(data["thread_id"])
        elif event == "task_end":
            done.set()
        elif event in ("new_message", "update_message", "stream_start"):
            shown[data["id"]] = [data["type"], data["name"], data["output"]]
        elif event == "delete_message":
            shown.pop(data["id"], None)
        elif event == "element":
            told.append(data["props"])
        if event == stop_at and not pressed:
            pressed.append(True)
            await socket.emit("stop")

    socket.on("*", hear)
    auth = {"clientType": "webapp", "sessionId": str(uuid.uuid4()), "threadId": "", "userEnv": "{}", "chatProfile": ""}
    await socket.connect(
        url, headers={"Cookie": cookies, "Accept-Language": "de-DE,de;q=0.9,en;q=0.8"}, auth=auth,
        socketio_path="/ws/socket.io", transports=["websocket"], wait_timeout=20,
    )
    await socket.emit("connection_successful")
    await asyncio.sleep(0.5)
    references = []
    async with httpx.AsyncClient(base_url=url, headers={"Cookie": cookies, "Accept-Language": "de"}) as client:
        for name in files:
            sent = {"file": (name, "" if name == "empty.md" else f"# {name}\\n\\nWords of {name}.", "text/markdown")}
            kept = await client.post("/project/file", params={"session_id": auth["sessionId"]}, files=sent)
            if kept.is_success:
                references.append({"id": kept.json()["id"]})
            else:
                told.append({"refused": name, "status": kept.status_code, "detail": kept.json()["detail"]})
    done.clear()  # a page that arrives is told much the same
    pressed.clear()
    await socket.emit("client_message", {"message": message, "fileReferences": references})
    await asyncio.wait_for(done.wait(), 20)
    await asyncio.sleep(1)  # what was said is written beside the answer
    await socket.disconnect()
    row, steps, *_ = room.chats.load(thread[0])
    kept = [[each.body["type"], each.body["name"], each.body["output"]] for each in steps]
    everything = [row.name, *(each.body for each in steps)]
    return {
        "shown": [each for each in shown.values() if each[0] != "run"], "elements": told, "name": row.name,
        "kept": [each for each in kept if each[0] != "run"], "everything": everything, "waiting": room.line.length,
    }


def joined(event):
    "What comes of a follow-up: a question that is longer than the one that was typed."
    if not isinstance(event, AnswerDone):
        return event
    return AnswerDone(replace(event.answer, standalone_question=event.answer.question + " in Germany?"))


async def main():
    home = Home(Path(sys.argv[1]))
    store = Store.open(home)
    keeper, engine = FakeKeeper(home, store), FakeEngine(store)
    (home.root / "leave.md").write_text(LEAVE)
    keeper.read(home.root / "leave.md")
    room = Room.furnish(
        home, store, secret="a secret for tests only, long enough", load=lambda: engine, keeper=keeper
    )
    for name, role in (("emma", Role.EMPLOYEE), ("hana", Role.HR)):
        room.accounts.add(name, role, PASSWORD)
    server = uvicorn.Server(uvicorn.Config(create_app(room), port=0, log_level="critical"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    cookies = await sign_in(url, "emma", PASSWORD, patience_s=20)
    seen = {}
    seen["code"] = await say(room, url, cookies, "CODE")
    seen["code in a sentence"] = await say(room, url, cookies, "Where do I open CODE?")
    stream = engine.stream
    engine.stream = lambda *given, **more: map(joined, stream(*given, **more))
    seen["longest"] = await say(room, url, cookies, QUESTION + " " * (2_000 - len(QUESTION)))
    engine.stream = stream
    seen["too long"] = await say(room, url, cookies, QUESTION + " " * (2_001 - len(QUESTION)))
    engine.pause_s = 0.2
    seen["stopped"] = await say(room, url, cookies, QUESTION, stop_at="stream_token")
    room.line.capacity = 0
    seen["busy"] = await say(room, url, cookies, QUESTION)
    room.line.capacity = 64
    def damaged(*_, **__):
        raise IndexDamaged("the index is damaged; run: policydesk index rebuild")
    engine.stream = damaged
    seen["not ready"] = await say(room, url, cookies, QUESTION)
    read, cookies = keeper.read, await sign_in(url, "hana", PASSWORD, patience_s=20)
    keeper.read = lambda *given: (time.sleep(0.5), read(*given))[1]
    seen["upload stopped"] = await say(room, url, cookies, QUESTION, files=["a.md", "b.md", "c.md"], stop_at="update_message")
    seen["jobs"] = [job.state.value for job in room.jobs.of(room.accounts.require("hana").account_id)]
    seen["empty file"] = await say(room, url, cookies, QUESTION, files=["empty.md"])
    server.should_exit = True
    await running
    return seen


print(json.dumps(asyncio.run(main())))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a page was told and what was kept, by what was said to the chat."""
    folder = tmp_path_factory.mktemp("chat")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("CODE", CODE), str(folder)], cwd=folder, capture_output=True, text=True, timeout=120,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("said", ["code", "code in a sentence"])
def test_nothing_of_a_handoff_s_code_is_kept_with_a_conversation(seen: dict[str, Any], said: str) -> None:
    assert seen[said]["shown"][-1][2] == wording("de")("handoff_code_elsewhere")
    assert seen[said]["name"] is None
    assert CODE not in json.dumps(seen[said]["everything"])


def test_who_stops_an_answer_keeps_what_was_found_and_no_half_answer(seen: dict[str, Any]) -> None:
    assert [each[1:] for each in seen["stopped"]["shown"]] == [
        ["2 Stellen in 1 Dokument gefunden", " "],
        ["Policydesk", "Angehalten."],
    ]
    kept = [each for each in seen["stopped"]["kept"] if each[0] != "user_message"]
    assert [each[1:] for each in kept] == [each[1:] for each in seen["stopped"]["shown"]]
    assert seen["stopped"]["waiting"] == 0


@pytest.mark.parametrize(("said", "name"), [("busy", "busy"), ("not ready", "not_ready")])
def test_what_cannot_be_answered_now_is_said_in_the_reader_s_language(
    seen: dict[str, Any], said: str, name: str
) -> None:
    assert [each[2] for each in seen[said]["shown"]] == [wording("de")(name)]


def test_a_question_may_be_as_long_as_the_api_takes(seen: dict[str, Any]) -> None:
    assert [each[2] for each in seen["too long"]["shown"]] == [wording("de")("too_long", count=2001, most=2000)]
    (offered,) = [each for each in seen["longest"]["elements"] if "offer_id" in each]
    assert len(offered["question"]) == 2000


def test_who_stops_an_upload_has_no_further_file_read_and_no_answer(seen: dict[str, Any]) -> None:
    assert seen["jobs"] == ["cancelled"]
    report, last = [each[2] for each in seen["upload stopped"]["shown"]]
    assert "Abgebrochen:" in report
    assert last == "Angehalten."


def test_an_empty_file_is_refused_in_the_reader_s_language(seen: dict[str, Any]) -> None:
    refused = {"refused": "empty.md", "status": 422, "detail": wording("de")("upload_empty")}
    assert seen["empty file"]["elements"] == [refused]
