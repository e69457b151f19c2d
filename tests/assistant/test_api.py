"""The HTTP contract, asked by clients with and without a name."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.accounts import Role
from assistant.problems import PATTERNS
from assistant.records import EvidenceFound, Turn
from assistant.room import Room
from assistant.server import create_app
from assistant.tokens import TokenScope
from retrieval.documents import NewPassage, NewVersion
from retrieval.errors import ModelUnavailable, WrongUsage
from retrieval.store import Store
from tests.assistant.conftest import PASSWORD, served
from tests.assistant.engines import FakeEngine

Bearer = Callable[[str], dict[str, str]]
CARRY_OVER = "How many unused leave days may be carried over?"


async def test_an_answer_has_the_contract_s_fields_and_exact_quotes(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = (await client.post("/api/v1/ask", json={"question": CARRY_OVER}, headers=bearer("emma"))).json()
    assert {
        "question", "standalone_question", "status", "reason", "answer", "claims", "citations", "conflicts", "confidence",
        "as_of", "model", "index_generation", "timings_ms",
    } <= answer.keys()  # fmt: skip
    assert answer["status"] == "answered"
    assert [claim["citations"] for claim in answer["claims"]] == [[1], [2]]
    first = answer["citations"][0]
    assert first["quote"] == first["text"][first["start"] : first["end"]]
    assert first["quote"].startswith("Up to five unused days")


async def test_a_refusal_has_a_reason_and_no_citations(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = (await client.post("/api/v1/ask", json={"question": "Who won the cup?"}, headers=bearer("emma"))).json()
    assert (answer["status"], answer["reason"], answer["citations"]) == ("abstained", "not_covered", [])


async def test_a_refusal_does_not_tell_that_something_is_kept_from_the_asker(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    told = []
    for question in ("What is the secret board bonus for directors?", "Who won the cup?"):
        answer = (await client.post("/api/v1/ask", json={"question": question}, headers=bearer("emma"))).json()
        told.append({**answer, "question": "", "standalone_question": "", "timings_ms": None})
    assert told[0] == told[1]
    kept = [one.reason for one in room.asked.questions(date.today(), date.today())]
    assert sorted(map(str, kept)) == ["no_access", "not_covered"], "the reports know"


async def test_a_stream_sends_evidence_then_tokens_then_the_answer(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = {**bearer("emma"), "Accept": "text/event-stream"}
    response = await client.post("/api/v1/ask", json={"question": CARRY_OVER}, headers=headers)
    events = _events(response.text)
    names = [name for name, _ in events]
    assert names[0] == "evidence"
    assert names[-1] == "answer"
    assert set(names[1:-1]) == {"token"}
    assert "".join(data["text"] for name, data in events if name == "token") == events[-1][1]["answer"]


async def test_a_full_line_is_the_status_of_a_stream_and_of_a_search(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    room.line.capacity = 0
    headers = {**bearer("emma"), "Accept": "text/event-stream"}
    for path in ("/api/v1/ask", "/api/v1/search"):
        response = await client.post(path, json={"question": CARRY_OVER}, headers=headers)
        assert (response.status_code, response.headers["retry-after"]) == (429, "10")
        assert "try again" in response.json()["detail"]


async def test_a_stream_that_fails_ends_in_an_error_that_the_log_knows(
    client: httpx.AsyncClient, bearer: Bearer, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def failing(question: str, **_more: object) -> Iterator[EvidenceFound]:
        yield EvidenceFound(())
        raise ZeroDivisionError(question)

    monkeypatch.setattr(engine, "stream", failing)
    headers = {**bearer("emma"), "Accept": "text/event-stream"}
    response = await client.post("/api/v1/ask", json={"question": CARRY_OVER}, headers=headers)
    (evidence, _), (name, problem) = _events(response.text)
    assert (evidence, name, problem["status"]) == ("evidence", "error", 500)
    assert CARRY_OVER not in problem["detail"]
    assert problem["instance"].removeprefix("urn:request:") in caplog.text


async def test_history_and_scope_reach_the_engine(
    client: httpx.AsyncClient, bearer: Bearer, engine: FakeEngine
) -> None:
    body = {
        "question": "And for part-timers?", "history": [{"question": CARRY_OVER, "answer": "Five."}],
        "as_of": "2024-05-01", "jurisdiction": "DE",
    }  # fmt: skip
    await client.post("/api/v1/ask", json=body, headers=bearer("bo"))
    _, scope, history = engine.asked[-1]
    assert history == (Turn(CARRY_OVER, "Five."),)
    assert scope is not None
    assert scope.groups == {"employee", "board"}
    assert (scope.jurisdiction, scope.day.isoformat()) == ("DE", "2024-05-01")


@pytest.mark.parametrize(("name", "found"), [("emma", False), ("hana", False), ("bo", True)])
async def test_a_document_is_seen_by_its_audience_only(
    client: httpx.AsyncClient, bearer: Bearer, room: Room, name: str, found: bool
) -> None:
    headers = bearer(name)
    board = next(document for document in room.store.documents() if "Board" in document.title).document_id
    listed = (await client.get("/api/v1/documents", headers=headers)).json()["documents"]
    hits = (await client.post("/api/v1/search", json={"question": "secret board bonus"}, headers=headers)).json()[
        "hits"
    ]
    answer = (
        await client.post("/api/v1/ask", json={"question": "secret board bonus director"}, headers=headers)
    ).json()
    assert (board in {document["document_id"] for document in listed}) is found
    assert (board in {hit["document_id"] for hit in hits}) is found
    assert ("forty thousand" in answer["answer"]) is found
    for path in (f"/api/v1/documents/{board}", f"/api/v1/documents/{board}/original"):
        assert (await client.get(path, headers=headers)).status_code == (200 if found else 404)


async def test_search_has_the_contract_s_fields(client: httpx.AsyncClient, bearer: Bearer) -> None:
    body = {"question": "train journeys", "k": 2}
    found = (await client.post("/api/v1/search", json=body, headers=bearer("emma"))).json()
    assert found.keys() == {"question", "as_of", "hits", "timings_ms"}
    assert [hit["rank"] for hit in found["hits"]] == [1]
    assert {
        "rank",
        "score",
        "passage_id",
        "document_id",
        "version_id",
        "title",
        "file",
        "section_path",
        "page",
        "text",
        "scores",
    } <= (found["hits"][0].keys())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/ask"), ("POST", "/api/v1/search"), ("POST", "/api/v1/documents"), ("GET", "/api/v1/documents"),
        ("GET", "/api/v1/documents/x"), ("DELETE", "/api/v1/documents/x"), ("GET", "/api/v1/documents/x/original"),
        ("GET", "/api/v1/documents/x/diff"), ("GET", "/api/v1/jobs/x"), ("POST", "/api/v1/feedback"),
        ("GET", "/api/v1/reports/gaps"),
    ],
)  # fmt: skip
async def test_without_a_name_every_route_answers_401(client: httpx.AsyncClient, method: str, path: str) -> None:
    response = await client.request(method, path)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/documents"),
        ("DELETE", "/api/v1/documents/x"),
        ("GET", "/api/v1/jobs/x"),
        ("GET", "/api/v1/reports/gaps"),
    ],
)
async def test_an_employee_does_not_keep_the_library(
    client: httpx.AsyncClient, bearer: Bearer, method: str, path: str
) -> None:
    assert (await client.request(method, path, headers=bearer("emma"))).status_code == 403


async def test_an_upload_is_a_job_that_ends_in_a_line_per_file(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = bearer("hana")
    files = [
        ("file", ("../bikes.md", b"# Bicycle Policy\n\nThe company pays 300 euro towards a bicycle.\n", "text/html")),
        ("file", ("fake.pdf", b"MZ not a pdf", "application/pdf")),
        ("file", ("empty.txt", b"", "text/plain")),
    ]
    response = await client.post("/api/v1/documents", files=files, data={"audience": "hr"}, headers=headers)
    assert response.status_code == 202
    job = await _ended(client, response.headers["location"], headers)
    assert job["status"] == "done"
    lines = {line["file"]: line for line in job["reports"]}
    assert lines["bikes.md"]["status"] == "indexed"
    assert "not a PDF" in lines["fake.pdf"]["reason"]
    assert "empty" in lines["empty.txt"]["reason"]
    document = (await client.get(f"/api/v1/documents/{lines['bikes.md']['document_id']}", headers=headers)).json()
    assert document["audience"] == ["hr"]
    assert 'policydesk_files_total{status="rejected"} 2.0' in (await client.get("/metrics")).text


async def test_an_upload_without_a_file_is_described(client: httpx.AsyncClient, bearer: Bearer) -> None:
    response = await client.post("/api/v1/documents", headers=bearer("hana"))
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "body.file"


@pytest.mark.parametrize("said", [{"audience": " , "}, {"effective_from": "2025-01-01", "effective_to": "2024-01-01"}])
async def test_an_upload_that_says_what_makes_no_sense_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, room: Room, said: dict[str, str]
) -> None:
    files = [("file", ("bikes.md", b"# Bicycle Policy\n\nThe company pays 300 euro.\n", "text/markdown"))]
    response = await client.post("/api/v1/documents", files=files, data=said, headers=bearer("hana"))
    assert response.status_code == 422
    assert not [document for document in room.store.documents() if "Bicycle" in document.title]


async def test_an_original_is_an_attachment_with_its_bytes(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    leave = next(document for document in room.store.documents() if "Leave" in document.title)
    response = await client.get(f"/api/v1/documents/{leave.document_id}/original?view=page", headers=bearer("emma"))
    assert response.headers["content-disposition"] == 'attachment; filename="leave.md"'
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.text.startswith("# Annual Leave Policy")


async def test_what_a_power_cut_leaves_of_an_upload_is_swept(
    client: httpx.AsyncClient, bearer: Bearer, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(files: Sequence[tuple[str, Path]], **_: Any) -> None:
        folder = files[0][1].parent
        shutil.copytree(folder, folder.with_name(f"{folder.name}-left"))
        raise WrongUsage("nothing that comes after it is done")

    monkeypatch.setattr(room.jobs, "add", cut)
    await client.post("/api/v1/documents", files={"file": ("pay.md", b"# Pay")}, headers=bearer("hana"))
    (left,) = room.home.root.rglob("*-left")
    os.utime(left, (time.time() - 90_000,) * 2)
    room.jobs.sweep()
    assert not left.exists()


async def test_a_new_version_is_sent_only_of_a_document_that_its_sender_may_read(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    known = {document.title: document.document_id for document in room.store.documents()}
    for named, status in ((known["Board Pay Memorandum"], 404), ("nope", 404), (known["Annual Leave Policy"], 202)):
        for supersedes in (named, f"{named}.v1"):
            sent = await client.post(
                "/api/v1/documents", files={"file": ("new.md", b"# New")}, data={"supersedes": supersedes}, headers=bearer("hana")
            )  # fmt: skip
            assert sent.status_code == status, supersedes


async def test_a_removed_document_is_gone(client: httpx.AsyncClient, bearer: Bearer, room: Room) -> None:
    leave = next(document for document in room.store.documents() if "Leave" in document.title).document_id
    headers = bearer("hana")
    assert (await client.delete(f"/api/v1/documents/{leave}", headers=headers)).status_code == 204
    assert (await client.get(f"/api/v1/documents/{leave}", headers=headers)).status_code == 404
    answer = (await client.post("/api/v1/ask", json={"question": CARRY_OVER}, headers=headers)).json()
    assert answer["status"] == "abstained"


async def test_a_diff_names_what_changed_and_hides_drafts(
    client: httpx.AsyncClient, bearer: Bearer, room: Room
) -> None:
    leave = next(document for document in room.store.documents() if "Leave" in document.title)
    old = leave.versions[0]
    for text, published in (("Leave is 30 days.", True), ("Leave is 40 days.", False)):
        new = NewVersion(
            title=leave.title, file="leave.md", source="leave.md", sha256=text, media_type="text/markdown", size_bytes=1,
            passages=(NewPassage(text),), published=published,
        )  # fmt: skip
        room.store.add_version(new, document_id=leave.document_id)
    path = f"/api/v1/documents/{leave.document_id}/diff"
    versions = {"from": old.version_id, "to": f"{leave.document_id}.v2"}
    found = (await client.get(path, params=versions, headers=bearer("emma"))).json()
    assert (found["from"], found["to"]) == (versions["from"], versions["to"])
    assert (found["title"], [version["number"] for version in found["versions"]]) == (leave.title, [1, 2])
    by_number = (await client.get(path, params={"from": "1", "to": "2"}, headers=bearer("emma"))).json()
    assert by_number == found
    hidden = await client.get(path, params={"from": "1", "to": "3"}, headers=bearer("emma"))
    assert (hidden.status_code, "that you may read: 1, 2" in hidden.json()["detail"]) == (404, True)
    assert "Leave is 30 days." in repr(found["changes"])
    draft = {**versions, "to": f"{leave.document_id}.v3"}
    assert (await client.get(path, params=draft, headers=bearer("emma"))).status_code == 404
    assert (await client.get(path, params=draft, headers=bearer("hana"))).status_code == 200


async def test_feedback_is_kept_without_a_name(
    client: httpx.AsyncClient, bearer: Bearer, room: Room, store: Store
) -> None:
    body = {"question": CARRY_OVER, "helpful": False, "comment": "Too long"}
    assert (await client.post("/api/v1/feedback", json=body, headers=bearer("emma"))).status_code == 201
    (kept,) = room.feedback.everything()
    assert (kept.question, kept.helpful, kept.comment) == (CARRY_OVER, False, "Too long")
    columns = [row[1] for row in store.engine.connect().exec_driver_sql("pragma table_info(feedback)")]
    assert not {"account_id", "name"} & set(columns)


@pytest.mark.parametrize(
    "body",
    [{}, {"question": ""}, {"question": "   "}, {"question": "x", "as_of": "yesterday"},
     {"question": "x", "jurisdiction": "Germany"}, {"question": "x", "surprise": 1}, {"question": 7}],
)  # fmt: skip
async def test_a_malformed_question_is_a_problem_that_names_the_field(
    client: httpx.AsyncClient, bearer: Bearer, body: dict[str, Any]
) -> None:
    response = await client.post("/api/v1/ask", json=body, headers=bearer("emma"))
    assert response.status_code == 422
    problem = response.json()
    assert problem.keys() >= {"type", "title", "status", "detail", "instance", "errors"}
    assert problem["errors"][0]["field"].startswith("body")


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("ask", {"question": " "}, "body.question: it is empty; write something"),
        ("ask", {"question": "x", "jurisdiction": "de"}, "body.jurisdiction: a country is two capital letters, such as DE (ISO 3166)"),
        ("search", {"question": "x", "as_of": "1 May 2024"}, "body.as_of: a day is written like 2026-03-31"),
        ("handoffs", {"question": "x", "consent": True, "offer_id": "?"}, "body.offer_id: it has 8 to 64 letters, digits and hyphens"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_told_what_is_wanted(
    client: httpx.AsyncClient, bearer: Bearer, path: str, body: dict[str, Any], said: str
) -> None:
    problem = (await client.post(f"/api/v1/{path}", json=body, headers=bearer("emma"))).json()
    assert problem["detail"] == f"{said}; see /api/docs"


async def test_a_file_that_was_sent_as_a_text_is_told_how(client: httpx.AsyncClient, bearer: Bearer) -> None:
    sent = {"file": (None, "leave-policy.md")}
    problem = (await client.post("/api/v1/documents", files=sent, headers=bearer("hana"))).json()
    assert problem["status"] == 422
    assert "send a file with its name, as curl -F file=@leave-policy.md does" in problem["detail"]


def test_every_pattern_of_the_api_is_there_in_words(room: Room) -> None:
    described = json.dumps(create_app(room, chat=False).openapi())
    patterns = {json.loads(f'"{found}"') for found in re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', described)}
    assert patterns
    assert patterns <= PATTERNS.keys()


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("ask", {}),
        ("ask", {"history": [{"question": "x" * 2001, "answer": "y"}], "question": "x"}),
        ("search", {}),
        ("feedback", {"helpful": True}),
        ("handoffs", {"consent": True}),
    ],
)
async def test_a_question_over_the_limit_is_too_large(
    client: httpx.AsyncClient, bearer: Bearer, path: str, more: dict[str, Any]
) -> None:
    body = {"question": "x" * 2001, **more}
    response = await client.post(f"/api/v1/{path}", json=body, headers=bearer("emma"))
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")
    problem = response.json()
    assert problem["detail"] == "the question has 2,001 characters; it may have 2,000: shorten it"
    assert problem["errors"][0]["field"].endswith("question")


async def test_gap_report_names_nobody_and_no_small_group(client: httpx.AsyncClient, bearer: Bearer) -> None:
    await client.post("/api/v1/ask", json={"question": "Is the zeppelin refunded?"}, headers=bearer("hana"))
    report = (await client.get("/api/v1/reports/gaps", headers=bearer("hana"))).json()
    assert (report["questions"], report["gaps"]) == (1, [])
    assert "zeppelin" not in str(report)


async def test_an_upload_is_told_to_its_sender_only(client: httpx.AsyncClient, bearer: Bearer, room: Room) -> None:
    room.accounts.add("ada", Role.ADMIN, PASSWORD)
    files = {"file": ("layoffs-2027.md", b"# Plan\n\nForty people leave in May.")}
    job = (await client.post("/api/v1/documents", files=files, headers=bearer("ada"))).json()["job_id"]
    for name, status in (("ada", 200), ("hana", 404)):
        answer = await client.get(f"/api/v1/jobs/{job}", headers=bearer(name))
        assert (answer.status_code, "layoffs" in answer.text) == (status, status == 200)


@pytest.mark.parametrize("path", ["/api/v1/documents/nope", "/api/v1/jobs/nope", "/api/v1/nothing"])
async def test_what_is_not_there_is_a_404_problem(client: httpx.AsyncClient, bearer: Bearer, path: str) -> None:
    response = await client.get(path, headers=bearer("hana"))
    assert (response.status_code, response.json()["status"]) == (404, 404)


async def test_the_docs_ask_nothing_of_another_origin(client: httpx.AsyncClient) -> None:
    page = (await client.get("/api/docs")).text
    assert "/api/v1/ask" in page
    assert "<script" not in page
    assert 'href="http' not in page
    assert 'src="' not in page


async def test_ready_only_when_the_models_are_loaded(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 200
    for _ in range(50):
        if (ready := await client.get("/readyz")).status_code == 200:
            break
        await asyncio.sleep(0.02)
    assert ready.json() == {"status": "ready"}


async def test_missing_models_are_said_by_readyz_and_by_every_answer(room: Room, bearer: Bearer) -> None:
    def missing() -> FakeEngine:
        raise ModelUnavailable("the encoder is not cached; run: policydesk models pull")

    room.line._load = missing
    async with served(room) as client:
        answer = await client.post("/api/v1/ask", json={"question": CARRY_OVER}, headers=bearer("emma"))
        ready = await client.get("/readyz")
    assert (answer.status_code, ready.status_code) == (503, 503)
    assert ready.headers["content-type"] == "application/problem+json"
    assert "models pull" in answer.json()["detail"]
    assert "models pull" in ready.json()["detail"]


async def test_metrics_count_answers_and_hold_no_question(client: httpx.AsyncClient, bearer: Bearer) -> None:
    await client.post("/api/v1/ask", json={"question": CARRY_OVER}, headers=bearer("emma"))
    text = (await client.get("/metrics")).text
    assert 'policydesk_answers_total{place="api",status="answered"} 1.0' in text
    assert "leave" not in text
    assert "emma" not in text


async def test_metrics_are_for_this_machine_and_for_administrators(room: Room) -> None:
    room.accounts.add("ada", Role.ADMIN, PASSWORD)
    tokens = {
        "hana": room.accounts.new_token("hana"),
        "ada": room.accounts.new_token("ada", scopes=frozenset({TokenScope.METRICS})),
        "ada's other": room.accounts.new_token("ada", scopes=frozenset({TokenScope.ASK})),
    }
    async with served(room, comes_from="203.0.113.7") as client:
        assert (await client.get("/metrics")).status_code == 401
        headers = {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}
        told = {name: (await client.get("/metrics", headers=sent)).status_code for name, sent in headers.items()}
        assert told == {"hana": 403, "ada": 200, "ada's other": 403}
        assert (await client.get("/healthz")).status_code == 200


async def test_metrics_stay_shut_to_what_an_unnamed_proxy_passes_on(client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 200
    passed_on = await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert (passed_on.status_code, passed_on.headers["content-type"]) == (401, "application/problem+json")


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


async def _ended(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> dict[str, Any]:
    for _ in range(200):
        job: dict[str, Any] = (await client.get(path, headers=headers)).json()
        if job["status"] in ("done", "failed"):
            return job
        await asyncio.sleep(0.02)
    raise AssertionError("the job did not end")


async def test_a_body_that_was_not_sent_as_json_is_told_how(client: httpx.AsyncClient, bearer: Bearer) -> None:
    sent = {**bearer("emma"), "Content-Type": "application/x-www-form-urlencoded"}
    problem = await client.post("/api/v1/ask", content=json.dumps({"question": CARRY_OVER}), headers=sent)
    assert problem.status_code == 422
    assert "Content-Type: application/json" in problem.json()["detail"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/v1/ask", 405), ("GET", "/api/v1/nothing", 404)])
async def test_an_address_that_is_none_says_where_they_are_described(
    client: httpx.AsyncClient, bearer: Bearer, method: str, path: str, status: int
) -> None:
    problem = await client.request(method, path, headers=bearer("emma"))
    assert problem.status_code == status
    assert problem.json()["detail"] == f"{method} {path} is no address of this API; see /api/docs"
