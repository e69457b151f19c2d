"""A browser that comes to nothing gets a page with a way back; everything else gets a problem document."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from assistant import problems

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_a_browser_at_an_address_where_nothing_is_gets_a_page_with_a_way_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere/<b>at all", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>There is no such page</h1>" in answer.text
    assert '<a href="/">Back to the chat</a>' in answer.text
    assert "<b>" not in answer.text
    assert "Not Found" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_it_speaks_the_reader_s_language(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={**BROWSER, "Accept-Language": "de-AT"})
    assert "<h1>Diese Seite gibt es nicht</h1>" in answer.text
    assert '<html lang="de">' in answer.text


@pytest.mark.parametrize("accept", [{}, {"Accept": "*/*"}, {"Accept": "application/json"}])
async def test_other_clients_get_a_problem_document(client: httpx.AsyncClient, accept: dict[str, str]) -> None:
    answer = await client.get("/nowhere", headers=accept)
    assert (answer.json()["status"], answer.headers["content-type"]) == (404, problems.MEDIA_TYPE)


async def test_the_api_answers_a_browser_as_it_answers_everybody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/me", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (401, problems.MEDIA_TYPE)


async def test_what_was_refused_says_why_and_whoever_has_not_signed_in_is_led_there(client: httpx.AsyncClient) -> None:
    answer = await client.get("/me/data.json", headers=BROWSER)
    assert answer.status_code == 401
    assert '<a href="/login">Sign in</a>' in answer.text
    foreign = await client.post("/me/remove", headers={**BROWSER, "Origin": "http://elsewhere"})
    assert foreign.status_code == 403
    assert "<p>The request comes from another origin; use an API token instead of the session.</p>" in foreign.text


async def test_what_is_said_in_english_alone_is_left_out_for_readers_of_another_language(
    client: httpx.AsyncClient,
) -> None:
    headers = {**BROWSER, "Accept-Language": "de-DE,de;q=0.9,en;q=0.8", "Origin": "http://elsewhere"}
    answer = await client.post("/me/remove", headers=headers)
    assert answer.status_code == 403
    assert re.findall(r"<(?:h1|p)>(.*?)</(?:h1|p)>", answer.text) == ["Nicht für dieses Konto"]


async def test_what_went_wrong_here_has_a_number_to_ask_by(
    client: httpx.AsyncClient, bearer: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.owndata.everything", lambda *_: 1 / 0)
    answer = await client.get("/me/data.json", headers={**BROWSER, **bearer("emma")})
    assert answer.status_code == 500
    assert re.search(r"Tell your administrator this number: [0-9a-f]{16}", answer.text)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "ZeroDivision" not in answer.text
