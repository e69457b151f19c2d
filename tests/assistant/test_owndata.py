"""One's own data: read, taken along, deleted, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.chats import ChatRow
from assistant.handoffs import Handoff, Handoffs
from assistant.room import Room

Bearer = Callable[[str], dict[str, str]]
QUOTE = "Up to five unused days [may] ![x](http://outside.invalid/x.png) be carried over."


@pytest.fixture
def spoken(room: Room) -> Room:
    """A room in which emma has had one conversation and handed one question on."""
    emma = room.accounts.require("emma").account_id
    room.chats.save("t1", account_id=emma, name="How much leave?")
    passage = {
        "number": 1,
        "passage_id": "d1.v1.p0001",
        "title": "Leave",
        "where": "Leave · 4.2",
        "quote": QUOTE,
        "file": "leave.md",
    }
    steps: list[dict[str, Any]] = [
        {"id": "s1", "type": "user_message", "output": "How much leave?"},
        {"id": "s2", "type": "tool", "output": " "},
        {
            "id": "s3",
            "type": "assistant_message",
            "output": "Five days [1](#source-1)",
            "metadata": {"answer": "Five days. [1]"},
        },
    ]
    for step in steps:
        room.chats.save_step("t1", step["id"], {**step, "threadId": "t1"})
    room.chats.save_element(
        "t1", "e1", {"name": "Passages", "forId": "s3", "props": {"passages": [passage], "quotes": False}}
    )
    room.chats.save_element(
        "t1", "e2", {"name": "Handoff", "forId": "s3", "props": {"offer_id": "o1", "passage_ids": ["d1.v1.p0001"]}}
    )
    room.chats.save_thumb("t1", "s3", thumb_id="f1", helpful=False, comment="unclear", account_id=emma)
    room.handoffs.add("May I bring my dog?", account_id=emma)
    return room


async def test_a_conversation_is_exported_with_its_citations(
    spoken: Room, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    (listed,) = (await client.get("/api/v1/conversations", headers=bearer("emma"))).json()["conversations"]
    assert (listed["conversation_id"], listed["name"]) == ("t1", "How much leave?")
    exported = await client.get("/api/v1/conversations/t1/export", headers=bearer("emma"))
    assert exported.headers["content-disposition"] == 'attachment; filename="conversation.json"'
    (turn,) = exported.json()["turns"]
    assert (turn["question"], turn["answer"]) == ("How much leave?", "Five days. [1]")
    assert (turn["citations"][0]["quote"], turn["thumb"]) == (QUOTE, {"helpful": False, "comment": "unclear"})


async def test_markdown_of_a_conversation_holds_no_markup_of_others(
    spoken: Room, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    markdown = (await client.get("/api/v1/conversations/t1/export?format=markdown", headers=bearer("emma"))).text
    assert markdown.startswith("# How much leave?")
    assert r"Five days. \[1\]" in markdown
    assert not re.search(r"(?<!\\)!\[|\]\(http", markdown)


async def test_news_before_the_first_question_are_exported_too(
    room: Room, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    room.chats.save("t1", account_id=room.accounts.require("emma").account_id)
    for step_id, kind, text in (
        ("s1", "assistant_message", "There is news."),
        ("s2", "user_message", "How much leave?"),
        ("s3", "assistant_message", "28 days."),
    ):
        room.chats.save_step("t1", step_id, {"id": step_id, "type": kind, "output": text, "threadId": "t1"})
    exported = (await client.get("/api/v1/conversations/t1/export", headers=bearer("emma"))).json()
    assert [(turn["question"], turn["answer"]) for turn in exported["turns"]] == [
        (None, "There is news."),
        ("How much leave?", "28 days."),
    ]
    markdown = (await client.get("/api/v1/conversations/t1/export?format=markdown", headers=bearer("emma"))).text
    assert "There is news.\n\n**Question:** How much leave?\n\n28 days." in markdown


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/conversations/t1/export"), ("DELETE", "/api/v1/conversations/t1")],
)
async def test_nobody_else_s_conversation_is_there(
    spoken: Room, client: httpx.AsyncClient, bearer: Bearer, method: str, path: str
) -> None:
    for name in ("hana", "bo"):
        assert (await client.request(method, path, headers=bearer(name))).status_code == 404
    assert (await client.request(method, path)).status_code == 401
    assert (await client.get("/api/v1/conversations", headers=bearer("hana"))).json() == {"conversations": []}


async def test_all_conversations_are_listed(room: Room, client: httpx.AsyncClient, bearer: Bearer) -> None:
    emma = room.accounts.require("emma").account_id
    with room.store.sessions.begin() as database:
        now = datetime.now(UTC)
        database.add_all(
            [ChatRow(thread_id=f"t{each}", account_id=emma, created_at=now, touched_at=now) for each in range(201)]
        )
    listed = (await client.get("/api/v1/conversations", headers=bearer("emma"))).json()["conversations"]
    assert len(listed) == 201
    assert (await client.get("/me", headers=session(room, "emma"))).text.count('data-testid="conversation"') == 201


async def test_everything_is_everything_of_one_person(spoken: Room, client: httpx.AsyncClient, bearer: Bearer) -> None:
    kept = (await client.get("/api/v1/me", headers=bearer("emma"))).json()
    assert kept["account"]["name"] == "emma"
    assert [len(kept[kind]) for kind in ("conversations", "handoffs", "tokens")] == [1, 1, 1]
    other = (await client.get("/api/v1/me", headers=bearer("hana"))).json()
    assert [len(other[kind]) for kind in ("conversations", "handoffs", "uploads")] == [0, 0, 0]


async def test_an_answer_that_came_while_the_page_was_made_is_still_news(
    spoken: Room, client: httpx.AsyncClient, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    emma = spoken.accounts.require("emma").account_id
    (handoff,) = spoken.handoffs.own(emma)
    read = Handoffs.own

    def answered_meanwhile(handoffs: Handoffs, account_id: str) -> list[Handoff]:
        found = read(handoffs, account_id)
        monkeypatch.undo()
        handoffs.answer(handoff.handoff_id, "On Fridays.")
        return found

    monkeypatch.setattr(Handoffs, "own", answered_meanwhile)
    assert "On Fridays." not in (await client.get("/me", headers=bearer("emma"))).text
    assert [each.answer for each in spoken.handoffs.news(emma)] == ["On Fridays."]
    assert "On Fridays." in (await client.get("/me", headers=bearer("emma"))).text
    assert spoken.handoffs.news(emma) == []


async def test_every_moment_says_its_zone(
    spoken: Room, client: httpx.AsyncClient, bearer: Bearer, tmp_path: Path
) -> None:
    (tmp_path / "bikes.md").write_text("# Bikes\n\nThe company pays 300 euro.\n")
    spoken.jobs.add([("bikes.md", tmp_path / "bikes.md")], account_id=spoken.accounts.require("emma").account_id)
    kept = (await client.get("/api/v1/me", headers=bearer("emma"))).json()
    moments = {
        f"{kind} {name}": datetime.fromisoformat(value).utcoffset()
        for kind in ("tokens", "conversations", "handoffs", "uploads")
        for name, value in kept[kind][0].items()
        if name.endswith("_at") and value
    }
    assert moments == dict.fromkeys(
        ("tokens created_at", "conversations created_at", "conversations touched_at", "handoffs created_at",
         "uploads created_at"), timedelta(),
    )  # fmt: skip
    listed = (await client.get("/api/v1/conversations", headers=bearer("emma"))).json()["conversations"]
    assert listed[0]["touched_at"] == kept["conversations"][0]["touched_at"]


async def test_what_is_deleted_is_gone_and_the_account_stays(
    spoken: Room, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    removed = (await client.request("DELETE", "/api/v1/me", headers=bearer("emma"))).json()
    assert removed == {"removed": {"conversations": 1, "handoffs": 1, "tokens": 1}}
    kept = (await client.get("/api/v1/me", headers=bearer("emma"))).json()
    assert (kept["conversations"], kept["handoffs"]) == ([], [])
    assert spoken.chats.thumbs() == []


# -- the page --------------------------------------------------------------------------------------------------------


def session(room: Room, name: str) -> dict[str, str]:
    return {"Cookie": f"access_token={room.door.session(room.accounts.require(name))}"}


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


async def test_the_page_shows_and_takes_back(spoken: Room, client: httpx.AsyncClient) -> None:
    emma = session(spoken, "emma")
    page = (await client.get("/me", headers=emma)).text
    assert "How much leave?" in page
    assert "May I bring my dog?" in page
    today = date.today()
    assert page.count(f"{today.day} {today:%B %Y}") == 2, "when it was asked and when it was sent on"
    assert today.isoformat() not in page
    (handoff,) = spoken.handoffs.own(spoken.accounts.require("emma").account_id)
    form = {"csrf": token(page), "id": handoff.handoff_id}
    assert (await client.post("/me/withdraw", data=form, headers=emma)).status_code == 303
    assert (await client.post("/me/remove", data={**form, "id": "t1"}, headers=emma)).status_code == 303
    page = (await client.get("/me", headers={**emma, "Accept-Language": "de"})).text
    assert "How much leave?" not in page
    assert "Ihre Daten" in page


async def test_the_page_escapes_what_others_wrote(spoken: Room, client: httpx.AsyncClient) -> None:
    (handoff,) = spoken.handoffs.own(spoken.accounts.require("emma").account_id)
    spoken.handoffs.answer(handoff.handoff_id, "<script>window.hurt=1</script>")
    page = (await client.get("/me", headers=session(spoken, "emma"))).text
    assert "&lt;script&gt;window.hurt" in page
    assert "<script" not in page
    assert spoken.handoffs.news(spoken.accounts.require("emma").account_id) == []


async def test_a_code_opens_an_answer_on_the_page(room: Room, client: httpx.AsyncClient) -> None:
    sent = room.handoffs.add("May I bring my dog?", account_id=None)
    room.handoffs.answer(sent.handoff_id, "On Fridays.")
    emma = session(room, "emma")
    form = {"csrf": token((await client.get("/me", headers=emma)).text), "id": sent.code}
    assert "On Fridays." in (await client.post("/me/pick-up", data=form, headers=emma)).text
    wrong = await client.post("/me/pick-up", data={**form, "id": "pick-aaaa-aaaa-aaaa-aaaa"}, headers=emma)
    assert "There is no question with this code" in wrong.text


async def test_nothing_is_deleted_without_the_form_s_token_or_the_tick(spoken: Room, client: httpx.AsyncClient) -> None:
    emma = session(spoken, "emma")
    page = (await client.get("/me", headers=emma)).text
    assert (await client.post("/me/remove-everything", data={"sure": "yes"}, headers=emma)).status_code == 403
    assert (await client.post("/me/remove-everything", data={"csrf": token(page)}, headers=emma)).status_code == 422
    assert spoken.chats.load("t1") is not None
    done = await client.post("/me/remove-everything", data={"csrf": token(page), "sure": "yes"}, headers=emma)
    assert done.status_code == 303
    assert spoken.chats.load("t1") is None


async def test_nobody_is_sent_to_sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert (await client.get("/me/data.json")).status_code == 401


async def test_an_address_with_a_slash_at_its_end_leads_to_the_page(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = await client.get("/me/", headers=bearer("emma"))
    assert (answer.status_code, answer.headers["location"]) == (307, "/me")
