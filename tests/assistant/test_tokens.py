"""What a scoped token opens, and what it does not."""

from __future__ import annotations

import httpx
import pytest

from assistant.room import Room
from assistant.server import create_app
from assistant.tokens import TokenScope, scope_needed

FOR = {
    TokenScope.ASK: [("POST", "/api/v1/ask"), ("POST", "/api/v1/feedback"), ("GET", "/api/v1/handoffs")],
    TokenScope.SEARCH: [("POST", "/api/v1/search")],
    TokenScope.READ: [("GET", "/api/v1/documents"), ("GET", "/api/v1/documents/x/original")],
    TokenScope.LIBRARY: [("POST", "/api/v1/documents"), ("DELETE", "/api/v1/documents/x"), ("GET", "/api/v1/jobs/x")],
    TokenScope.REPORTS: [("GET", "/api/v1/reports/gaps")],
}


@pytest.mark.parametrize("scope", FOR)
async def test_a_token_opens_what_it_is_for_and_nothing_else(
    client: httpx.AsyncClient, room: Room, scope: TokenScope
) -> None:
    token = room.accounts.new_token("hana", scopes=frozenset({scope}))
    for other, requests in FOR.items():
        for method, path in requests:
            answer = await client.request(method, path, headers={"Authorization": f"Bearer {token}"})
            refused = answer.status_code == 403 and "this token is for" in answer.json()["detail"]
            assert refused is (other is not scope), (other, method, path, answer.text)


async def test_a_scoped_token_opens_no_page(client: httpx.AsyncClient, room: Room) -> None:
    token = room.accounts.new_token("hana", scopes=frozenset(TokenScope))
    for path in ("/hr", "/me", "/user", "/project/threads"):
        assert (await client.get(path, headers={"Authorization": f"Bearer {token}"})).status_code == 403


async def test_a_token_for_asking_reads_no_inbox(client: httpx.AsyncClient, room: Room) -> None:
    token = room.accounts.new_token("hana", scopes=frozenset({TokenScope.ASK}))
    answer = await client.get("/api/v1/handoffs?box=inbox", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


def test_every_route_of_the_api_has_a_scope(room: Room) -> None:
    described = create_app(room, chat=False).openapi()["paths"]
    without = [
        (method, path)
        for path, methods in described.items()
        for method in methods
        if path.startswith("/api/v1/") and scope_needed(method.upper(), path) is None
    ]
    assert without == []
