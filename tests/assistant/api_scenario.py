"""Every route of the API asked once, as the examples of its description show it.

``python -m tests.assistant.api_scenario`` writes the examples anew, from what the routes answer.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update

from assistant import apidocs
from assistant.accounts import Role
from assistant.jobrecords import JobRow, JobState
from assistant.room import Room
from assistant.server import create_app
from retrieval.documents import NewPassage, NewVersion
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import EXPENSES, LEAVE, FakeEngine, FakeKeeper

SECRET = "a secret for tests only, long enough"
Answers = dict[str, tuple[int, Any]]


def furnish(folder: Path) -> Room:
    """A room with two documents and a draft."""
    home = Home(folder / "home")
    store = Store.open(home)
    keeper = FakeKeeper(home, store)
    for name, text, owner in (("annual-leave.md", LEAVE, "People team"), ("expenses.md", EXPENSES, "Finance")):
        path = folder / name
        path.write_text(text)
        keeper.read(path, owner=owner)
    room = Room.furnish(home, store, secret=SECRET, load=lambda: FakeEngine(store), keeper=keeper)
    room.accounts.add("ada", Role.HR, "correct horse battery")
    return room


def draft(room: Room, document_id: str | None, text: str) -> str:
    """Add a draft to a document; :returns: its version's id."""
    new = NewVersion(
        title="Annual Leave Policy", file="annual-leave-2026.md", source=text, sha256=text[:1] * 64, media_type="text/markdown",
        size_bytes=len(text), passages=(NewPassage(text, ("4.2 Carry-over",)),), published=False,
    )  # fmt: skip
    return room.store.add_version(new, document_id=document_id).version_id


async def ask_everything(room: Room) -> Answers:
    """What each operation answered: ``"POST /api/v1/ask"`` -> status and body."""
    answers: Answers = {}
    async with _client(room) as client:

        async def do(method: str, route: str, *, query: str = "", **more: Any) -> Any:
            path = route.format(**ids)
            answer = await client.request(method, f"{path}{query}", **more)
            is_json = "json" in answer.headers.get("content-type", "")
            answers[f"{method} {route}"] = (answer.status_code, answer.json() if is_json else None)
            assert answer.status_code < 400, (method, route, answer.text)
            return answers[f"{method} {route}"][1]

        leave = next(each for each in room.store.documents() if "Leave" in each.title)
        ids = {"document_id": leave.document_id}
        question = "How many unused leave days may be carried over?"
        answer = await do("POST", "/api/v1/ask", json={"question": question})
        await do("POST", "/api/v1/search", json={"question": question, "k": 1})
        await do("POST", "/api/v1/feedback", json={"question": question, "helpful": True})
        await do("GET", "/api/v1/documents")
        await do("GET", "/api/v1/documents/{document_id}")
        await do("GET", "/api/v1/documents/{document_id}/original")
        files = {"file": ("bicycles.md", b"# Bicycles\n\nThe company pays 300 euro towards a bicycle.\n")}
        ids["job_id"] = (await do("POST", "/api/v1/documents", files=files))["job_id"]
        await asyncio.to_thread(lambda: room.jobs.watch(ids["job_id"], seen=0, timeout_s=20))
        await asyncio.to_thread(lambda: room.jobs.watch(ids["job_id"], seen=1, timeout_s=20))
        await do("GET", "/api/v1/jobs")
        await do("GET", "/api/v1/jobs/{job_id}")
        _stop(room, ids["job_id"])
        await do("POST", "/api/v1/jobs/{job_id}/retry")
        await asyncio.to_thread(lambda: room.jobs.watch(ids["job_id"], seen=9, timeout_s=20))
        _stop(room, ids["job_id"], JobState.QUEUED)
        await do("DELETE", "/api/v1/jobs/{job_id}")
        first, version = (
            f"{leave.document_id}.v1",
            draft(room, leave.document_id, "Up to ten unused days may be carried over."),
        )
        await do("GET", "/api/v1/documents/{document_id}/diff", query=f"?from={first}&to={version}")
        await do("GET", "/api/v1/drafts")
        await do("GET", "/api/v1/documents/{document_id}/preflight")
        said = {"title": "Annual Leave Policy", "effective_from": "2026-01-01", "owner": "People team"}
        await do("POST", "/api/v1/documents/{document_id}/confirm", json={**said, "version_id": version})
        await do("POST", "/api/v1/documents/{document_id}/publish")
        await do("POST", "/api/v1/documents/{document_id}/undo")
        await do("POST", "/api/v1/documents/{document_id}/reject", json={"version_id": version})
        await do("GET", "/api/v1/documents/{document_id}/history")
        ids["document_id"] = draft(room, None, "Leave is 30 days.").rpartition(".")[0]
        await do("POST", "/api/v1/documents/{document_id}/attach", json={"to": leave.document_id})
        ids["document_id"] = leave.document_id
        await do("GET", "/api/v1/reports/gaps")
        shown = [citation["passage_id"] for citation in answer["citations"]]
        ask_on = {"question": "May I carry over ten days?", "consent": True, "passage_ids": shown, "note": "I was ill."}
        ids["handoff_id"] = (await do("POST", "/api/v1/handoffs", json=ask_on))["handoff_id"]
        await do("POST", "/api/v1/handoffs/{handoff_id}/answer", json={"answer": "Yes, when you were ill."})
        await do("GET", "/api/v1/handoffs")
        await do("POST", "/api/v1/handoffs/{handoff_id}/close")
        unnamed = room.handoffs.add("May I bring my dog?", account_id=None)
        await do("POST", "/api/v1/handoffs/picked-up", json={"code": unnamed.code})
        await do("DELETE", "/api/v1/handoffs/{handoff_id}")
        _converse(room)
        ids["conversation_id"] = "7d6f1c52"
        await do("GET", "/api/v1/conversations")
        await do("GET", "/api/v1/conversations/{conversation_id}/export")
        await do("GET", "/api/v1/me")
        await do("DELETE", "/api/v1/conversations/{conversation_id}")
        await do("DELETE", "/api/v1/documents/{document_id}")
        await do("DELETE", "/api/v1/me")
    return answers


def _stop(room: Room, job_id: str, state: JobState = JobState.FAILED) -> None:
    """Set a job back to where it can be tried again, or called off."""
    with room.store.sessions.begin() as session:
        session.execute(update(JobRow).where(JobRow.job_id == job_id).values(state=state.value))
    (room.jobs.folder / job_id).mkdir(exist_ok=True)
    (room.jobs.folder / job_id / "bicycles.md").write_text("# Bicycles")


def _converse(room: Room) -> None:
    """A conversation of one question."""
    account_id = room.accounts.require("ada").account_id
    room.chats.save("7d6f1c52", account_id=account_id, name="How much leave?")
    asked = {"type": "user_message", "output": "How much leave?"}
    answered = {"type": "assistant_message", "output": "28 days [1]", "metadata": {"answer": "28 days. [1]"}}
    for number, body in enumerate((asked, answered), start=1):
        room.chats.save_step("7d6f1c52", f"s{number}", body)
    passage = {
        "number": 1, "passage_id": "d3f9a12c45.v1.p0001", "title": "Annual Leave Policy", "where": "Annual Leave Policy · 4.1",
        "quote": "Every employee has 28 days of paid annual leave.", "file": "annual-leave.md",
    }  # fmt: skip
    body = {"name": "Passages", "forId": "s2", "props": {"passages": [passage], "quotes": False}}
    room.chats.save_element("7d6f1c52", "e1", body)


@asynccontextmanager
async def _client(room: Room) -> Any:
    app = create_app(room, chat=False)
    headers = {"Authorization": f"Bearer {room.accounts.new_token('ada')}"}
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client,
    ):
        yield client


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        answers = asyncio.run(ask_everything(furnish(Path(folder))))
    examples = {operation: {str(status): body} for operation, (status, body) in sorted(answers.items())}
    apidocs.EXAMPLES.write_text(json.dumps(examples, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
