"""Hand-offs over HTTP: who may send, read, answer and take back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.room import Room

Bearer = Callable[[str], dict[str, str]]


def passage_of(room: Room, title: str) -> str:
    return next(each.passage_id for each in room.store.published_passages() if title in each.title)


async def send(client: httpx.AsyncClient, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    body = {"question": "May I bring my dog?", "consent": True, **more}
    response = await client.post("/api/v1/handoffs", json=body, headers=headers)
    assert response.status_code == 201, response.text
    sent: dict[str, Any] = response.json()
    return sent


async def test_a_question_is_sent_answered_and_seen_by_its_asker(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    emma, hana = bearer("emma"), bearer("hana")
    sent = await send(client, emma, passage_ids=[passage_of(room, "Leave")], note="He is small.")
    assert (sent["owner"], sent["state"], len(sent["evidence"])) == ("People team", "open", 1)
    waiting = (await client.get("/api/v1/handoffs?box=inbox&state=open", headers=hana)).json()["handoffs"]
    assert [each["question"] for each in waiting] == ["May I bring my dog?"]
    assert "emma" not in str(waiting)
    answered = await client.post(
        f"/api/v1/handoffs/{sent['handoff_id']}/answer", json={"answer": "On Fridays."}, headers=hana
    )
    assert answered.json()["state"] == "answered"
    own = (await client.get("/api/v1/handoffs", headers=emma)).json()["handoffs"]
    assert [(each["state"], each["answer"]) for each in own] == [("answered", "On Fridays.")]
    assert (await client.get("/api/v1/handoffs", headers=bearer("bo"))).json() == {"handoffs": []}


async def test_evidence_is_taken_from_the_library_and_only_from_what_each_may_read(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    board, leave = passage_of(room, "Board"), passage_of(room, "Leave")
    assert len((await send(client, bearer("emma"), passage_ids=[board, leave, "d0.v1.p1", "x"]))["evidence"]) == 1
    sent = await send(client, bearer("bo"), passage_ids=[board, leave])
    assert len(sent["evidence"]) == 2
    inbox = await client.get("/api/v1/handoffs?box=inbox", headers=bearer("hana"))
    assert "forty thousand" not in inbox.text
    answered = await client.post(
        f"/api/v1/handoffs/{sent['handoff_id']}/answer", json={"answer": "No."}, headers=bearer("hana")
    )
    assert "forty thousand" not in answered.text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "?box=inbox"), ("POST", "/x/answer"), ("POST", "/x/close")],
)
async def test_an_employee_has_no_inbox(client: httpx.AsyncClient, bearer: Bearer, method: str, path: str) -> None:
    body = {"json": {"answer": "No."}} if path.endswith("answer") else {}
    response = await client.request(method, f"/api/v1/handoffs{path}", headers=bearer("emma"), **body)
    assert response.status_code == 403


async def test_only_the_asker_takes_a_question_back(client: httpx.AsyncClient, bearer: Bearer) -> None:
    sent = await send(client, bearer("emma"))
    path = f"/api/v1/handoffs/{sent['handoff_id']}"
    assert (await client.delete(path, headers=bearer("hana"))).status_code == 404
    assert (await client.delete(path, headers=bearer("emma"))).status_code == 204
    late = await client.post(f"{path}/answer", json={"answer": "Yes."}, headers=bearer("hana"))
    assert late.status_code == 404
    assert "taken it back" in late.json()["detail"]


async def test_without_consent_nothing_leads_to_the_asker_and_the_code_opens_the_answer(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    sent = await send(client, bearer("emma"), consent=False)
    assert (await client.get("/api/v1/handoffs", headers=bearer("emma"))).json() == {"handoffs": []}
    await client.post(f"/api/v1/handoffs/{sent['handoff_id']}/close", headers=bearer("hana"))
    picked = await client.post("/api/v1/handoffs/picked-up", json={"code": sent["code"]}, headers=bearer("bo"))
    assert picked.json()["state"] == "closed"
    wrong = await client.post("/api/v1/handoffs/picked-up", json={"code": "pick-1"}, headers=bearer("emma"))
    assert wrong.status_code == 404


async def test_consent_is_said_not_assumed(client: httpx.AsyncClient, bearer: Bearer) -> None:
    response = await client.post("/api/v1/handoffs", json={"question": "May I?"}, headers=bearer("emma"))
    assert response.status_code == 422
    assert "consent" in response.json()["detail"]


async def test_a_removed_document_takes_its_words_out_of_handoffs(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    sent = await send(client, bearer("emma"), passage_ids=[passage_of(room, "Leave")])
    await client.delete(f"/api/v1/documents/{sent['document_id']}", headers=bearer("hana"))
    (own,) = (await client.get("/api/v1/handoffs", headers=bearer("emma"))).json()["handoffs"]
    assert (own["evidence"], own["document_id"]) == ([], None)


async def test_a_mail_address_is_asked_only_where_it_keeps_what_the_asker_may_read(
    client: httpx.AsyncClient, bearer: Bearer, room: Room, tmp_path: Path
) -> None:
    for name, more in (
        ("Cars", {"owner": "cars@corp.example"}),
        ("Pay", {"owner": "board@corp.example", "audience": {"board"}}),
    ):
        path = tmp_path / f"{name}.md"
        path.write_text(f"# {name} Memorandum\n\nWhat is said about {name} is said here.\n")
        room.keeper.read(path, **more)
    asked = [("emma", "cars@corp.example"), ("emma", "board@corp.example"), ("bo", "board@corp.example"),
             ("bo", "ceo@customer.example"), ("emma", "Works council")]  # fmt: skip
    owners = [(await send(client, bearer(name), owner=owner))["owner"] for name, owner in asked]
    assert owners == ["cars@corp.example", "HR", "board@corp.example", "HR", "Works council"]
