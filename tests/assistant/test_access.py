"""Who may do what: every route and every event of the chat's socket, for every role."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.assistant.access_scenario import NOBODY, ROLES

ROOT = Path(__file__).parents[2]
LIBRARIANS = {"hr", "legal", "admin"}

#: Open to everybody: no word of a document, a question or a person is in it.
OPEN = """
GET / | GET /login | GET /login/callback | GET /thread/{thread_id} | GET /element/{element_id}
GET /healthz | GET /readyz | GET /metrics | GET /api/docs | GET /api/openapi.json
GET /assets/{filename:path} | GET /public/{filename:path} | GET /favicon | GET /logo | GET /avatars/{avatar_id:str}
GET /auth/config | POST /login | POST /logout | POST /set-session-cookie | GET /project/translations
GET /hr/sign-in | POST /hr/sign-out | POST /hr/appearance | GET /hr/static/{name} | GET /me/ | ANY /ws/socket.io
"""
#: Open to everybody and 401 without the right password.
SIGN_IN = "POST /hr/sign-in"
#: For everybody who has signed in.
SIGNED_IN = """
POST /api/v1/ask | POST /api/v1/search | POST /api/v1/feedback
GET /api/v1/documents | GET /api/v1/documents/{document_id} | GET /api/v1/documents/{document_id}/original
GET /api/v1/documents/{document_id}/diff | GET /api/v1/conversations | GET /api/v1/conversations/{conversation_id}/export
DELETE /api/v1/conversations/{conversation_id} | GET /api/v1/me | DELETE /api/v1/me | GET /me | GET /me/data.json | POST /me/{act}
POST /api/v1/handoffs | GET /api/v1/handoffs | POST /api/v1/handoffs/picked-up | DELETE /api/v1/handoffs/{handoff_id}
GET /user | GET /project/settings | PUT /feedback | DELETE /feedback | POST /project/threads | PUT /project/thread
DELETE /project/thread | GET /project/thread/{thread_id} | GET /project/thread/{thread_id}/element/{element_id}
POST /project/action | GET /project/file/{file_id}
"""
#: For those who keep the library.
LIBRARY = """
POST /api/v1/documents | DELETE /api/v1/documents/{document_id} | GET /api/v1/drafts
GET /api/v1/documents/{document_id}/preflight | GET /api/v1/documents/{document_id}/history
POST /api/v1/documents/{document_id}/confirm | POST /api/v1/documents/{document_id}/publish
POST /api/v1/documents/{document_id}/reject | POST /api/v1/documents/{document_id}/attach
POST /api/v1/documents/{document_id}/undo
GET /api/v1/jobs | GET /api/v1/jobs/{job_id} | DELETE /api/v1/jobs/{job_id} | POST /api/v1/jobs/{job_id}/retry
POST /api/v1/handoffs/{handoff_id}/answer | POST /api/v1/handoffs/{handoff_id}/close | GET /api/v1/reports/gaps
POST /project/file
GET /hr | GET /hr/{rest:path} | GET /hr/conflicts | GET /hr/documents/{document_id} | GET /hr/documents/{document_id}/compare
GET /hr/documents/{document_id}/edit | GET /hr/documents/{document_id}/remove | POST /hr/documents/{document_id}/remove
GET /hr/inbox | GET /hr/inbox/{handoff_id}/answer | POST /hr/inbox/{handoff_id}/answer | POST /hr/inbox/{handoff_id}/close | GET /hr/questions
POST /hr/questions/ask | GET /hr/record | GET /hr/review | GET /hr/review/{version_id}
POST /hr/review/{version_id}/publish | POST /hr/review/{version_id}/reject | POST /hr/review/{version_id}/details
POST /hr/review/{version_id}/attach
POST /hr/undo | GET /hr/upload | POST /hr/upload | GET /hr/uploads | GET /hr/uploads/progress | GET /hr/uploads/{job_id}
POST /hr/uploads/{job_id}/{act} | GET /hr/usage
"""
#: What comes back of each event of the socket from somebody who is let in; of nobody's events nothing ever comes.
CHATS = {"client_message": 1}
QUIET = {"connection_successful", "clear_session", "stop"}


def named(table: str) -> set[str]:
    return {each.strip() for line in table.splitlines() for each in line.split("|") if each.strip()}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What everybody was answered, by what they did."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.assistant.access_scenario", str(tmp_path_factory.mktemp("home"))],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    answered: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answered


def test_every_route_has_somebody_it_is_for(seen: dict[str, Any]) -> None:
    """A new route fails here until it is decided who may use it."""
    tables = [named(table) for table in (OPEN, SIGN_IN, SIGNED_IN, LIBRARY)]
    assert sum(map(len, tables)) == len(set().union(*tables)), "a route stands in one table only"
    assert set(seen["routes"]) == set().union(*tables)


def test_open_routes_are_open_to_all_roles_alike(seen: dict[str, Any]) -> None:
    for label in named(OPEN):
        assert not set(seen["routes"][label].values()) & {401, 403}, label
    assert set(seen["routes"][SIGN_IN].values()) == {401}


def test_nobody_gets_further_than_the_door(seen: dict[str, Any]) -> None:
    for label in named(SIGNED_IN) | named(LIBRARY):
        # The page about one's own data leads to the sign-in.
        assert seen["routes"][label][NOBODY] == (303 if label == "GET /me" else 401), label


def test_the_rest_is_for_everybody_or_for_those_who_keep_the_library(seen: dict[str, Any]) -> None:
    for label in named(SIGNED_IN):
        refused = {role for role in ROLES if seen["routes"][label][role] in (401, 403)}
        assert refused <= {NOBODY}, label
    for label in named(LIBRARY):
        refused = {role for role in ROLES if seen["routes"][label][role] == 403}
        assert refused == set(ROLES) - {NOBODY} - LIBRARIANS, label


def test_no_route_breaks_on_a_request_with_nothing_in_it(seen: dict[str, Any]) -> None:
    assert {label: by for label, by in seen["routes"].items() if any(status >= 500 for status in by.values())} == {}


def test_no_role_alone_opens_a_document_kept_for_a_group(seen: dict[str, Any]) -> None:
    assert len(seen["board"]) > 30
    assert [label for label, by in seen["board"].items() if any(by.values())] == []


def test_every_event_of_the_socket_is_known(seen: dict[str, Any]) -> None:
    assert set(seen["events"]) == {"connect", "disconnect", *CHATS, *QUIET}


def test_nobody_is_let_into_the_socket_and_their_events_do_nothing(seen: dict[str, Any]) -> None:
    assert seen["events"]["connect"][NOBODY] == "Connection refused by server"
    for event in {*CHATS, *QUIET}:
        assert seen["events"][event][NOBODY] == {"come": [], "answered": 0}, event


def test_every_role_chats_alike_and_no_other_event_asks_anything(seen: dict[str, Any]) -> None:
    for role in set(ROLES) - {NOBODY}:
        assert seen["events"]["connect"][role] == "let in"
        assert {event: seen["events"][event][role]["answered"] for event in CHATS} == CHATS
        for event in QUIET:
            assert seen["events"][event][role]["answered"] == 0, event


def test_another_s_conversation_and_session_are_out_of_reach(seen: dict[str, Any]) -> None:
    refused = "Connection refused by server"
    assert seen["others"] == {
        "own": "let in", "thread": refused, "session": refused, "forged": refused, "removed": refused,
        "removed session": refused, "reads": "401", "removes": "401", "exports": "404",
    }  # fmt: skip
