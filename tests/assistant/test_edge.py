"""What is stopped before it is read, and what every answer carries."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable

import httpx
import jwt
import pytest
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message

from assistant.edge import Limits, Quota, _harden, _hardened_cookie
from assistant.room import Room
from assistant.server import create_app
from assistant.signin import Door
from tests.assistant.conftest import PASSWORD, served

Bearer = Callable[[str], dict[str, str]]
TIGHT = Limits(
    body_bytes=2_000, upload_bytes=10_000, questions_a_minute=2, sign_ins_a_minute=2, handoffs_an_hour=2
)  # fmt: skip


@pytest.fixture
async def tight(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    async with served(room, TIGHT) as client:
        yield client


async def test_an_announced_oversized_body_is_413_before_it_is_read(tight: httpx.AsyncClient, bearer: Bearer) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1000
            yield b"x" * 1000

    headers = {**bearer("hana"), "Content-Length": "100000", "Content-Type": "multipart/form-data; boundary=x"}
    response = await tight.post("/api/v1/documents", content=body(), headers=headers)
    assert (response.status_code, read) == (413, 0)
    assert "the limit is 10,000" in response.json()["detail"]


async def test_an_unannounced_oversized_body_is_cut_off(tight: httpx.AsyncClient, bearer: Bearer) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 1000

    headers = {**bearer("hana"), "Content-Type": "application/json"}
    response = await tight.post("/api/v1/ask", content=body(), headers=headers)
    assert response.status_code == 413


@pytest.mark.parametrize("path", ["/hr/upload", "/hr/sign-in", "/me/remove", "/api/v1/documents"])
async def test_who_goes_away_half_way_through_sending_is_no_error_of_ours(
    room: Room, bearer: Bearer, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    given = {**bearer("hana"), "Content-Type": "multipart/form-data; boundary=x", "Content-Length": "5000"}
    begun = b'--x\r\nContent-Disposition: form-data; name="file"; filename="dogs.md"\r\n\r\n# Dogs'
    messages: list[Message] = [{"type": "http.request", "body": begun, "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http",
        "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("desk", 80), "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    with caplog.at_level(logging.INFO, "policydesk.access"):
        await create_app(room, chat=False)(scope, receive, send)
    (line,) = [json.loads(record.message) for record in caplog.records if record.name == "policydesk.access"]
    assert line["status"] < 500
    assert not list(room.jobs.folder.glob("*"))


async def test_an_employee_s_upload_is_refused_unread(tight: httpx.AsyncClient, bearer: Bearer) -> None:
    for path in ("/api/v1/documents", "/project/file"):
        response = await tight.post(path, files={"file": ("a.md", b"# A")}, headers=bearer("emma"))
        assert response.status_code == 403


async def test_too_many_questions_are_429_with_a_time_to_wait(tight: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = bearer("emma")
    statuses = [
        (await tight.post("/api/v1/search", json={"question": "leave"}, headers=headers)).status_code for _ in range(3)
    ]
    assert statuses == [200, 200, 429]
    response = await tight.post("/api/v1/ask", json={"question": "leave"}, headers=headers)
    assert 1 <= int(response.headers["retry-after"]) <= 60
    other = await tight.post("/api/v1/search", json={"question": "leave"}, headers=bearer("bo"))
    assert other.status_code == 200, "each person has their own share"


async def test_too_many_handoffs_in_an_hour_are_429_without_consent_too(
    tight: httpx.AsyncClient, bearer: Bearer
) -> None:
    body = {"question": "May I bring my dog?", "consent": False}
    sent = [await tight.post("/api/v1/handoffs", json=body, headers=bearer("emma")) for _ in range(3)]
    assert [each.status_code for each in sent] == [201, 201, 429]
    assert 60 < int(sent[-1].headers["retry-after"]) <= 1800
    assert (await tight.get("/api/v1/handoffs", headers=bearer("emma"))).status_code == 200
    assert (await tight.post("/api/v1/handoffs", json=body, headers=bearer("bo"))).status_code == 201


async def test_too_many_sign_ins_from_one_place_are_429(tight: httpx.AsyncClient) -> None:
    statuses = [(await tight.post("/login", data={"username": "a", "password": "b"})).status_code for _ in range(3)]
    assert statuses[-1] == 429


async def test_another_site_s_page_changes_nothing(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = {**bearer("hana"), "Origin": "http://elsewhere.invalid"}
    assert (await client.post("/api/v1/ask", json={"question": "leave"}, headers=headers)).status_code == 403
    headers["Origin"] = "http://desk"
    assert (await client.post("/api/v1/ask", json={"question": "leave"}, headers=headers)).status_code == 200


async def test_what_can_be_got_can_be_asked_after_without_its_body(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    original = f"/api/v1/documents/{room.store.documents()[0].document_id}/original"
    bo = bearer("bo")
    for path in ("/healthz", "/metrics", "/api/docs", "/api/v1/documents", original, "/me"):
        got, asked = await client.get(path, headers=bo), await client.head(path, headers=bo)
        assert (asked.status_code, asked.content) == (200, b""), path
        assert asked.headers["content-type"] == got.headers["content-type"]
    assert (await client.head("/api/v1/documents")).status_code == 401
    assert (await client.head("/api/v1/ask", headers=bo)).status_code == 405


@pytest.mark.parametrize("origin", ["http://[", "null", "desk"])
async def test_an_origin_that_is_no_address_is_another_s(client: httpx.AsyncClient, origin: str) -> None:
    sent = await client.post("/hr/sign-in", data={"name": "hana", "password": PASSWORD}, headers={"Origin": origin})
    assert sent.status_code == 403


async def test_a_malformed_content_length_is_400(client: httpx.AsyncClient, bearer: Bearer) -> None:
    response = await client.post("/api/v1/ask", content=b"{}", headers={**bearer("emma"), "Content-Length": "-5"})
    assert response.status_code == 400


async def test_every_answer_is_hardened_and_has_a_request_id(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/api/docs", "/api/v1/documents", "/nothing"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert len(headers["x-request-id"]) == 16
        assert "http" not in headers["content-security-policy"], "no origin but our own is named"


async def test_nobody_adds_a_label_of_their_own_to_the_metrics(client: httpx.AsyncClient) -> None:
    await client.get("/assetsofmine/x")
    await client.request("MINE", "/assets/mine.js")
    counted = [
        line for line in (await client.get("/metrics")).text.splitlines() if "policydesk_requests_total{" in line
    ]
    assert not [line for line in counted if "mine" in line.lower()]
    assert any('method="other",route="/assets"' in line for line in counted)


async def test_a_given_request_id_is_kept_and_a_strange_one_is_not(client: httpx.AsyncClient) -> None:
    kept = await client.get("/api/v1/documents", headers={"X-Request-Id": "trace-0001"})
    assert kept.headers["x-request-id"] == "trace-0001"
    assert kept.json()["instance"] == "urn:request:trace-0001"
    strange = await client.get("/healthz", headers={"X-Request-Id": "x y\tz<script>"})
    assert strange.headers["x-request-id"] != "x y\tz<script>"


async def test_the_log_holds_no_word_of_a_question(
    client: httpx.AsyncClient, bearer: Bearer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await client.post("/api/v1/ask", json={"question": "Is harassment by Karl punished?"}, headers=bearer("emma"))
        await client.get("/api/v1/documents/harassment-karl", headers=bearer("emma"))
    lines = [json.loads(record.message) for record in caplog.records if record.name == "policydesk.access"]
    assert {line["route"] for line in lines} == {"/api/v1/ask", "/api/v1/documents/{document_id}"}
    ours = " ".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert "karl" not in ours.lower()


@pytest.mark.parametrize("secure", [True, False])
def test_cookies_are_httponly_lax_and_secure_where_the_connection_is(secure: bool) -> None:
    given = "access_token=abc; HttpOnly; Max-Age=60; Path=/; SameSite=none; Secure"
    hardened = _hardened_cookie(given, secure=secure)
    assert hardened == "access_token=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")


def test_an_uploaded_page_is_never_shown_as_one_of_ours() -> None:
    headers = MutableHeaders({"content-type": "text/html"})
    _harden(headers, {"type": "http", "path": "/project/file/abc", "nonce": "n", "request_id": "r", "scheme": "http"})
    assert headers["content-disposition"] == "attachment"
    assert "script-src" not in headers["content-security-policy"]


def test_a_quota_refills_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("assistant.edge.time.monotonic", lambda: now[0])
    quota = Quota(2)
    assert [quota.wait_s("a"), quota.wait_s("a")] == [0.0, 0.0]
    assert quota.wait_s("a") == pytest.approx(30.0)
    now[0] = 30.0
    assert quota.wait_s("a") == 0.0


def _session(door: Door, name: str, account_id: str, *, key: str | None = None, exp: int = 4_000_000_000) -> Headers:
    claims = {"identifier": name, "metadata": {"account_id": account_id}, "exp": exp}
    token = jwt.encode(claims, key or door.key, algorithm="HS256")
    return Headers({"cookie": f"access_token={token}"})


def test_a_session_is_worth_what_its_account_is(room: Room) -> None:
    emma = room.accounts.require("emma")
    door = room.door
    assert door.person(_session(door, "emma", emma.account_id)) == emma
    assert door.person(_session(door, "emma", "another account")) is None
    assert door.person(_session(door, "emma", emma.account_id, key="0" * 64)) is None
    assert door.person(_session(door, "emma", emma.account_id, exp=1)) is None
    room.accounts.remove("emma")
    room.accounts.add("emma", emma.role, PASSWORD)
    assert door.person(_session(door, "emma", emma.account_id)) is None, "the new account is not the old one"


def test_a_session_in_pieces_is_put_together(room: Room) -> None:
    emma = room.accounts.require("emma")
    token = _session(room.door, "emma", emma.account_id)["cookie"].removeprefix("access_token=")
    pieces = Headers({"cookie": f"access_token_0={token[:40]}; access_token_1={token[40:]}"})
    assert room.door.person(pieces) == emma


def test_no_algorithm_is_no_signature(room: Room) -> None:
    emma = room.accounts.require("emma")
    claims = {"identifier": "emma", "metadata": {"account_id": emma.account_id}, "exp": 4_000_000_000}
    unsigned = jwt.encode(claims, None, algorithm="none")  # type: ignore[arg-type]
    assert room.door.person_in_session(unsigned) is None


@pytest.mark.parametrize(
    ("path", "cached"), [("/public/names.js", "no-cache"), ("/user", "no-store"), ("/assets/a.js", None)]
)
def test_what_keeps_its_name_is_asked_for_anew_after_an_upgrade(path: str, cached: str | None) -> None:
    headers = MutableHeaders({"content-type": "application/javascript"})
    _harden(headers, {"type": "http", "path": path, "nonce": "n", "request_id": "r", "scheme": "http"})
    assert headers.get("cache-control") == cached
