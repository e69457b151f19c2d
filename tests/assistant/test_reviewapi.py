"""Review over HTTP: only for those who keep the library, and only what they may read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from assistant.accounts import Role
from assistant.room import Room
from retrieval.documents import NewPassage, NewVersion, Version

Bearer = Callable[[str], dict[str, str]]
DOGS = "Dogs may come to the office on Fridays."


def draft(room: Room, **more: Any) -> Version:
    new = NewVersion(
        title="Dog Policy", file="dogs.md", source="dogs.md", sha256="d09", media_type="text/markdown", size_bytes=1,
        passages=(NewPassage(DOGS),), published=False, **more,
    )  # fmt: skip
    return room.store.add_version(new)


async def answer(client: httpx.AsyncClient, headers: dict[str, str]) -> str:
    body = {"question": "May dogs come to the office on Fridays?"}
    return str((await client.post("/api/v1/ask", json=body, headers=headers)).json()["status"])


async def test_a_draft_is_listed_read_published_and_taken_back(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    waiting, hana, emma = draft(room), bearer("hana"), bearer("emma")
    (listed,) = (await client.get("/api/v1/drafts", headers=hana)).json()["drafts"]
    assert (listed["version_id"], listed["is_first"]) == (waiting.version_id, True)
    path = f"/api/v1/documents/{waiting.document_id}"
    report = (await client.get(f"{path}/preflight", headers=hana)).json()
    assert (report["version_id"], report["passages"], report["relation"]["kind"]) == (waiting.version_id, 1, "new")
    assert await answer(client, emma) == "abstained"
    act = (await client.post(f"{path}/publish", headers=hana)).json()
    assert (act["act"], act["who"], act["can_be_undone"]) == ("publish", "hana", True)
    assert await answer(client, emma) == "answered"
    undone = await client.post(f"{path}/undo", json={"action_id": act["action_id"]}, headers=hana)
    assert undone.json()["undone_at"]
    assert await answer(client, emma) == "abstained"
    (known,) = (await client.get(f"{path}/history", headers=hana)).json()["actions"]
    assert known["action_id"] == act["action_id"]


async def test_what_is_confirmed_holds(client: httpx.AsyncClient, bearer: Bearer, room: Room) -> None:
    waiting, hana = draft(room), bearer("hana")
    path = f"/api/v1/documents/{waiting.document_id}"
    body = {"title": "Dogs at work", "effective_from": "2026-01-01", "jurisdiction": "DE", "owner": "Ada"}
    set_now = (await client.post(f"{path}/confirm", json=body, headers=hana)).json()
    assert set_now["particulars"] == {**body, "effective_to": None, "audience": []}
    again = (await client.post(f"{path}/confirm", json=body, headers=hana)).json()
    assert again["action"] is None
    wrong = {**body, "effective_to": "2025-01-01"}
    refused = await client.post(f"{path}/confirm", json=wrong, headers=hana)
    assert refused.status_code == 422
    assert "before it begins" in refused.json()["detail"]


async def test_a_rejected_draft_no_longer_waits(client: httpx.AsyncClient, bearer: Bearer, room: Room) -> None:
    waiting, hana = draft(room), bearer("hana")
    body = {"version_id": waiting.version_id}
    done = await client.post(f"/api/v1/documents/{waiting.document_id}/reject", json=body, headers=hana)
    assert done.json()["act"] == "reject"
    assert (await client.get("/api/v1/drafts", headers=hana)).json() == {"drafts": []}


@pytest.mark.parametrize(("given", "kept"), [("", None), ("  ", None), (" People team ", "People team")])
async def test_an_owner_is_a_name_or_nobody(
    client: httpx.AsyncClient, bearer: Bearer, room: Room, given: str, kept: str | None
) -> None:
    document, hana = draft(room).document_id, bearer("hana")
    body = {"title": "Leave", "owner": given}
    answer = await client.post(f"/api/v1/documents/{document}/confirm", json=body, headers=hana)
    assert answer.json()["particulars"]["owner"] == kept
    sent = await client.post("/api/v1/handoffs", json={"question": "x", "consent": True, "owner": given}, headers=hana)
    assert sent.json()["owner"] == (kept or "HR")
    files = {"file": ("cats.md", b"# Cats\n\nCats stay at home.")}
    job = (await client.post("/api/v1/documents", files=files, data={"owner": given}, headers=hana)).json()["job_id"]
    report = (await asyncio.to_thread(room.jobs.watch, job, seen=0, timeout_s=10)).reports[0]
    assert room.store.document(report["document_id"]).owner == kept


async def test_readers_are_kept_as_their_groups_are_written(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    waiting, hana = draft(room), bearer("hana")
    path, body = f"/api/v1/documents/{waiting.document_id}/confirm", {"title": "Dogs", "audience": [" board "]}
    kept = (await client.post(path, json=body, headers=hana)).json()["particulars"]
    assert kept["audience"] == ["board"]
    nobody = await client.post(path, json={**body, "audience": ["board", " "]}, headers=hana)
    assert nobody.status_code == 422


@pytest.mark.parametrize("route", ["publish", "reject", "undo", "confirm", "preflight", "history"])
async def test_employees_review_nothing(client: httpx.AsyncClient, bearer: Bearer, room: Room, route: str) -> None:
    waiting = draft(room)
    path = f"/api/v1/documents/{waiting.document_id}/{route}"
    method = "GET" if route in ("preflight", "history") else "POST"
    body = {"title": "x"} if route == "confirm" else None
    assert (await client.request(method, path, json=body, headers=bearer("emma"))).status_code == 403
    assert (await client.request(method, path, json=body)).status_code == 401
    assert room.store.version(waiting.version_id).published is False


async def test_who_may_not_read_a_draft_does_not_know_of_it(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    waiting, hana = draft(room, audience=frozenset({"board"})), bearer("hana")
    assert (await client.get("/api/v1/drafts", headers=hana)).json() == {"drafts": []}
    for route in ("publish", "reject", "undo"):
        found = await client.post(f"/api/v1/documents/{waiting.document_id}/{route}", headers=hana)
        assert found.status_code == 404


async def test_another_site_cannot_publish_with_somebody_s_session(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    waiting = draft(room)
    headers = {**bearer("hana"), "Origin": "http://elsewhere.invalid"}
    found = await client.post(f"/api/v1/documents/{waiting.document_id}/publish", headers=headers)
    assert found.status_code == 403


async def test_every_route_is_described_with_an_example(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()
    for route in ("publish", "reject", "undo", "confirm"):
        operation = described["paths"][f"/api/v1/documents/{{document_id}}/{route}"]["post"]
        assert operation["summary"]
    assert all(
        described["components"]["schemas"][name]["example"] for name in ("VersionBody", "UndoBody", "ParticularsBody")
    )


async def test_uploads_are_listed_cancelled_and_taken_up_again_by_who_sent_them(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    room.accounts.add("lea", Role.LEGAL, "correct horse battery")
    hana, lea = bearer("hana"), bearer("lea")
    sent = await client.post("/api/v1/documents", files={"file": ("dogs.md", DOGS.encode())}, headers=hana)
    path = sent.headers["location"]
    await asyncio.to_thread(room.jobs.watch, path.rpartition("/")[2], seen=1000, timeout_s=10)
    (job,) = (await client.get("/api/v1/jobs", headers=hana)).json()["jobs"]
    assert (job["status"], job["done"]) == ("done", 1)
    assert (await client.get("/api/v1/jobs", headers=lea)).json() == {"jobs": []}
    assert (await client.delete(path, headers=lea)).status_code == 404
    assert (await client.delete(path, headers=hana)).status_code == 422
    assert (await client.post(f"{path}/retry", headers=hana)).status_code == 422
    assert (await client.delete(path, headers=bearer("emma"))).status_code == 403


async def test_a_draft_goes_only_to_a_document_the_reviewer_may_read(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    waiting, hana = draft(room), bearer("hana")
    kept = NewVersion(
        title="Kennels", file="k.md", source="k.md", sha256="e1", media_type="text/markdown", size_bytes=1,
        passages=(NewPassage("The kennel is closed."),),
    )  # fmt: skip
    kennels = room.store.add_version(kept).document_id
    secret = room.store.add_version(replace(kept, sha256="e2", audience=frozenset({"board"}))).document_id
    path = f"/api/v1/documents/{waiting.document_id}/attach"
    assert (await client.post(path, json={"to": secret}, headers=hana)).status_code == 404
    assert (await client.post(path, json={"to": kennels}, headers=bearer("emma"))).status_code == 403
    act = (await client.post(path, json={"to": kennels}, headers=hana)).json()
    assert (act["act"], act["versions"]) == ("attach", [f"{kennels}.v2"])
    undone = await client.post(f"/api/v1/documents/{kennels}/undo", headers=hana)
    assert undone.json()["act"] == "attach"
    (listed,) = (await client.get("/api/v1/drafts", headers=hana)).json()["drafts"]
    assert listed["document_id"] == waiting.document_id
