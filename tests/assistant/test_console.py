"""The console's pages as a browser asks for them: who gets which, and what forms need."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from assistant.accounts import Accounts, Role
from assistant.actions import Actions
from assistant.audit import Kind
from assistant.console import notices
from assistant.console.inbox import QUESTIONS_A_PAGE
from assistant.console.notices import Notice, Undo
from assistant.console.visit import own_path
from assistant.console.wording import named, period
from assistant.handoffs import MAX_ANSWER_CHARACTERS, HandoffState
from assistant.jobrecords import JobState
from assistant.room import Room
from retrieval.documents import NewPassage, NewVersion
from retrieval.generations import publish
from retrieval.store import Store
from tests.assistant.conftest import PASSWORD, served
from tests.assistant.engines import BOARD
from tests.fakes import WordEncoder

PAGES = (
    "/hr", "/hr/upload", "/hr/uploads", "/hr/review", "/hr/conflicts", "/hr/questions", "/hr/inbox", "/hr/usage", "/hr/record",
)  # fmt: skip
#: With what stands for a document, a version and an act of the house.
ACTS = (
    "/hr/upload", "/hr/review/{version}/publish", "/hr/review/{version}/reject", "/hr/review/{version}/details",
    "/hr/review/{version}/attach",
    "/hr/documents/{document}/remove", "/hr/undo", "/hr/questions/ask", "/hr/inbox/{handoff}/answer", "/hr/inbox/{handoff}/close",
)  # fmt: skip
OF_A_DOCUMENT = ("", "/edit", "/remove", "/compare?from=1&to=1")


@pytest.fixture
def desk(room: Room) -> Room:
    """The room with an index, somebody of each role, and a question that was handed on."""
    publish(room.home, room.store, WordEncoder())
    for name, role in (("leo", Role.LEGAL), ("ada", Role.ADMIN), ("eva", Role.EVALUATOR)):
        room.accounts.add(name, role, PASSWORD)
    return room


async def sign_in(client: httpx.AsyncClient, name: str) -> None:
    await client.post("/hr/sign-in", data={"name": name, "password": PASSWORD})


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


async def token(client: httpx.AsyncClient) -> str:
    return token_in((await client.get("/hr/upload")).text)


def document_of(room: Room, title: str) -> str:
    return next(each.document_id for each in room.store.documents() if each.title == title)


def filled(path: str, room: Room, title: str = "Annual Leave Policy") -> str:
    document = document_of(room, title)
    return path.format(document=document, version=f"{document}.v1", handoff="0" * 16)


@pytest.mark.parametrize("name", ["emma", "eva", "hana", "leo", "ada"])
async def test_pages_and_acts_are_for_those_who_keep_the_library(desk: Room, name: str) -> None:
    may = name in ("hana", "leo", "ada")
    async with served(desk) as client:
        for path in (
            *PAGES,
            *(f"/hr/documents/{document_of(desk, 'Annual Leave Policy')}{more}" for more in OF_A_DOCUMENT),
        ):
            assert (await client.get(path)).status_code == 303, "who has not signed in is sent to sign in"
        await sign_in(client, name)
        for path in (
            *PAGES,
            *(f"/hr/documents/{document_of(desk, 'Annual Leave Policy')}{more}" for more in OF_A_DOCUMENT),
        ):
            answer = await client.get(path)
            assert answer.status_code == (200 if may else 403), path
            assert answer.headers["content-type"].startswith("text/html")
            assert may or "Annual Leave" not in answer.text
        for path in ACTS:
            answer = await client.post(filled(path, desk), data={"csrf": "0" * 64})
            assert answer.status_code == 403, f"{path} without a token of this session"
    assert desk.store.documents()[0].versions, "nothing was done"


async def test_another_account_s_token_does_not_open_a_form(desk: Room) -> None:
    async with served(desk) as client:
        await sign_in(client, "ada")
        of_ada = await token(client)
        await sign_in(client, "hana")
        path = filled("/hr/documents/{document}/remove", desk)
        assert (await client.post(path, data={"csrf": of_ada})).status_code == 403
        assert (await client.post(path, data={"csrf": await token(client)})).status_code == 303


async def test_what_is_for_another_group_is_nowhere_in_the_console(desk: Room) -> None:
    document = document_of(desk, "Board Pay Memorandum")
    words = ("Board Pay", "forty thousand", document)
    async with served(desk) as client:
        await sign_in(client, "hana")
        for path in PAGES:
            page = (await client.get(path)).text
            assert not any(word in page for word in words), path
        for more in OF_A_DOCUMENT:
            assert (await client.get(f"/hr/documents/{document}{more}")).status_code == 404
        assert (await client.get(f"/hr/review/{document}.v1")).status_code == 404
        csrf = await token(client)
        for path in ACTS[1:5]:
            assert (
                await client.post(filled(path, desk, "Board Pay Memorandum"), data={"csrf": csrf})
            ).status_code == 404
    assert document_of(desk, "Board Pay Memorandum") == document


async def test_reports_of_uploads_are_shown_to_their_sender_only(desk: Room, tmp_path: Path) -> None:
    secret = tmp_path / "bonus.md"
    secret.write_text(BOARD.replace("forty", "fifty"))
    job = desk.jobs.add([("bonus.md", secret)], account_id=desk.accounts.require("ada").account_id)
    async with served(desk) as client:
        await sign_in(client, "hana")
        assert (await client.get(f"/hr/uploads/{job.job_id}")).status_code == 404
        assert (await client.get("/hr/uploads/progress", params={"job": job.job_id})).json() == {"jobs": []}
        assert "bonus.md" not in (await client.get("/hr/uploads")).text


async def test_a_form_without_a_script_sends_a_file(desk: Room) -> None:
    async with served(desk) as client:
        await sign_in(client, "hana")
        fields = {"csrf": await token(client), "publish": "now"}
        files = {"file": ("plants.md", b"# Plants\n\nPlants are watered on Mondays.\n")}
        answer = await client.post("/hr/upload", data=fields, files=files)
        assert answer.status_code == 303
        job = desk.jobs.watch(answer.headers["location"].rpartition("/")[2], seen=0, timeout_s=10)
        assert job.reports[0]["status"] == "indexed"
        wrong = {**fields, "effective_from": "2026-05-01", "effective_to": "2026-04-01"}
        answer = await client.post("/hr/upload", data=wrong, files=files, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["reason"]) == (
            422, "The last day in force is before the first; put them in order.",
        )  # fmt: skip


async def test_an_upload_is_stopped_and_taken_up_again_from_its_page(
    desk: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plants.md"
    path.write_text("# Plants\n\nPlants are watered on Mondays.\n")
    async with served(desk) as client:
        await sign_in(client, "hana")
        with monkeypatch.context() as busy:
            busy.setattr(desk.jobs, "_submit", lambda job_id: None)
            job = desk.jobs.add([(path.name, path)], account_id=desk.accounts.require("hana").account_id)
        at = f"/hr/uploads/{job.job_id}"
        page = (await client.get(at)).text
        assert (f'formaction="{at}/cancel"' in page, f'formaction="{at}/retry"' in page) == (True, False)
        assert (await client.post(f"{at}/cancel", data={"csrf": token_in(page)})).headers["location"] == at
        page = (await client.get(at)).text
        assert "Cancelled before all files were read." in page
        assert (f'formaction="{at}/cancel"' in page, f'formaction="{at}/retry"' in page) == (False, True)
        assert (await client.post(f"{at}/retry", data={"csrf": token_in(page)})).headers["location"] == at
        assert desk.jobs.watch(job.job_id, seen=9, timeout_s=10).state is JobState.DONE
        page = (await client.get(at)).text
        assert "formaction" not in page
        assert (await client.post(f"{at}/retry", data={"csrf": token_in(page)})).status_code == 422
        await client.post("/hr/sign-out", data={"csrf": token_in(page)})
        await sign_in(client, "leo")
        assert (await client.post(f"{at}/retry", data={"csrf": await token(client)})).status_code == 404


async def test_who_was_signed_out_is_led_back_to_the_form(desk: Room) -> None:
    handoff = desk.handoffs.add("May I bring my dog?", account_id=None)
    browser = {"Accept": "text/html", "Referer": "http://desk/hr/inbox?page=2"}
    async with served(desk) as client:
        answer = await client.post(f"/hr/inbox/{handoff.handoff_id}/answer", data={"answer": "Yes."}, headers=browser)
        assert answer.headers["location"] == "/hr/sign-in?next=/hr/inbox%3Fpage%3D2"
        files = {"file": ("plants.md", b"# Plants")}
        browser["Referer"] = "http://desk/hr/upload"
        answer = await client.post("/hr/upload", data={"csrf": "x"}, files=files, headers=browser)
        assert answer.status_code == 401
        assert 'href="/hr/sign-in?next=/hr/upload"' in answer.text
        assert "Your session has ended: sign in, then send the files again." in answer.text


async def test_a_form_that_was_refused_is_one_click_away(desk: Room) -> None:
    version = f"{document_of(desk, 'Annual Leave Policy')}.v1"
    form = f"/hr/documents/{version.partition('.')[0]}/edit"
    async with served(desk) as client:
        await sign_in(client, "hana")
        wrong = {"csrf": await token(client), "title": "Leave", "effective_from": "soon"}
        answer = await client.post(
            f"/hr/review/{version}/details", data=wrong, headers={"Referer": f"http://desk{form}"}
        )
        assert answer.status_code == 422
        assert f'href="{form}">Go back' in answer.text


async def test_a_draft_that_was_not_recognised_becomes_a_version_and_back(desk: Room) -> None:
    made = desk.store.add_version(
        NewVersion(
            title="Holidays", file="h.md", source="h.md", sha256="fe", media_type="text/markdown", size_bytes=1,
            passages=(NewPassage("Holidays are 30 days."),), published=False,
        )
    )  # fmt: skip
    leave = document_of(desk, "Annual Leave Policy")
    async with served(desk) as client:
        await sign_in(client, "hana")
        page = (await client.get(f"/hr/review/{made.version_id}")).text
        assert f'<option value="{leave}">Annual Leave Policy</option>' in page
        assert "Board Pay" not in page
        fields = {"csrf": token_in(page), "document": leave}
        answer = await client.post(f"/hr/review/{made.version_id}/attach", data=fields)
        assert answer.status_code == 303, answer.text
        shown = (await client.get(answer.headers["location"])).text
        assert "A new version of <strong>Annual Leave Policy</strong>" in shown
        act = desk.review.history(last=1)[0]
        await client.post("/hr/undo", data={"csrf": token_in(shown), "action_id": act.action_id})
    assert [draft.version_id for draft in desk.review.drafts()] == [made.version_id]


def details_in(page: str) -> dict[str, str]:
    """What the form about a version's details would send, as it stands in the page."""
    form = page[page.index('aria-labelledby="details"') if "aria-labelledby" in page else page.index("/details") :]
    kept = re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', form[: form.index("</form>")])
    return {name: unescape(value) for name, value in kept}


@pytest.mark.parametrize("act", ["publish", "details", "reject"])
async def test_a_form_about_a_draft_that_was_published_meanwhile_changes_nothing(desk: Room, act: str) -> None:
    version = desk.store.add_version(
        NewVersion(
            title="Dog Policy", file="dogs.md", source="dogs.md", sha256="d09", media_type="text/markdown", size_bytes=1,
            passages=(NewPassage("Dogs may come to the office on Fridays."),), published=False,
        )
    )  # fmt: skip
    async with served(desk) as client:
        await sign_in(client, "hana")
        form = details_in((await client.get(f"/hr/review/{version.version_id}")).text)
        desk.review.publish(version.version_id, who="leo")
        before = desk.review.history()
        sent = await client.post(f"/hr/review/{version.version_id}/{act}", data={**form, "title": "Cats"})
        assert sent.status_code == 422
        assert "published by leo since you opened" in sent.text
        assert (desk.review.history(), desk.store.document(version.document_id).title) == (before, "Dog Policy")


async def test_details_that_somebody_changed_meanwhile_are_not_set_back(desk: Room) -> None:
    document = document_of(desk, "Annual Leave Policy")
    async with served(desk) as client:
        await sign_in(client, "hana")
        path, edit = f"/hr/review/{document}.v1/details", f"/hr/documents/{document}/edit"
        form = details_in((await client.get(edit)).text)
        narrowed = replace(desk.review.particulars(document), audience=frozenset({"hr"}))
        desk.review.confirm(document, narrowed, who="leo")
        stale = await client.post(path, data={**form, "title": "Leave"})
        assert (stale.status_code, "changed by leo since you opened" in stale.text) == (422, True)
        assert desk.review.particulars(document) == narrowed
        form = details_in((await client.get(edit)).text)
        assert (await client.post(path, data={**form, "title": "Leave"})).status_code == 303
        assert desk.review.particulars(document) == replace(narrowed, title="Leave")


async def test_only_the_latest_act_on_a_document_is_offered_to_be_undone(desk: Room) -> None:
    document = document_of(desk, "Annual Leave Policy")
    earlier = desk.review.confirm(document, replace(desk.review.particulars(document), owner="Grace"))
    later = desk.review.confirm(document, replace(desk.review.particulars(document), owner="Ada"))
    assert earlier is not None
    assert later is not None
    async with served(desk) as client:
        await sign_in(client, "hana")
        offered = re.findall(r'name="action_id" value="(\w+)"', (await client.get("/hr/review")).text)
    assert offered == [later.action_id]


async def test_a_slash_at_the_end_leads_to_the_same_page(desk: Room) -> None:
    async with served(desk) as client:
        await sign_in(client, "hana")
        for asked, page in (("/hr/", "/hr"), ("/hr/?q=leave", "/hr?q=leave"), ("/hr/upload/", "/hr/upload")):
            answer = await client.get(asked)
            assert (answer.status_code, answer.headers["location"]) == (307, page)
        assert (await client.get("/hr/nowhere/", follow_redirects=True)).status_code == 404


async def test_an_account_that_another_process_adds_may_sign_in_at_once(desk: Room) -> None:
    said = {"name": "nora", "password": PASSWORD}
    async with served(desk) as client:
        assert (await client.post("/hr/sign-in", data=said)).status_code == 401
        other = Store.open(desk.home)
        Accounts(other).add("nora", Role.ADMIN, PASSWORD)
        other.close()
        assert (await client.post("/hr/sign-in", data=said)).status_code == 303
        assert (await client.get("/hr")).status_code == 200


async def test_sign_in_keeps_to_the_console_and_is_throttled(desk: Room) -> None:
    async with served(desk) as client:
        answer = await client.post(
            "/hr/sign-in", data={"name": "hana", "password": PASSWORD, "next": "https://elsewhere.invalid/hr"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/hr")
        assert "HttpOnly" in answer.headers["set-cookie"]
        for _ in range(5):
            await client.post("/hr/sign-in", data={"name": "leo", "password": "a wrong one"})
        assert (await client.post("/hr/sign-in", data={"name": "leo", "password": PASSWORD})).status_code == 401


async def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(desk: Room) -> None:
    async with served(desk) as client:
        await sign_in(client, "hana")
        for path in (*PAGES, "/hr/sign-in"):
            answer = await client.get(path, follow_redirects=True)
            policy = answer.headers["content-security-policy"]
            assert "unsafe" not in policy
            assert "http" not in policy
            assert " style=" not in answer.text
            assert not re.search(r"<script(?! src=)| on[a-z]+=\"", answer.text)
        assert (await client.get("/hr/no/such/page")).status_code == 404
        assert (await client.get("/hr/static/..%2fpages.py")).status_code == 404


async def test_what_the_edge_refuses_is_a_page_for_people_too(desk: Room) -> None:
    async with served(desk) as client:
        await sign_in(client, "emma")
        answer = await client.post("/hr/upload", files={"file": ("a.md", b"# A")}, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert "Back to the chat" in answer.text
        answer = await client.post("/hr/sign-in", headers={"Accept": "text/html", "Origin": "http://elsewhere.invalid"})
        assert answer.status_code == 403
        assert "another origin" in answer.text


PAYLOADS = (
    "<script>hurt()</script>", "<img src=http://outside.invalid/a onerror=hurt()>", "\"><svg onload=hurt()>", "' autofocus onfocus=hurt() x='",
    "<a href=javascript:hurt()>a</a>", "![x](http://outside.invalid/b.png)", "</textarea><iframe src=//outside.invalid>", "{{ 7 * 7 }}{% raw %}",
    "<style>@import url(//outside.invalid)</style>", "<base href=//outside.invalid>", "<form action=//outside.invalid>", "<!--", "]]>",
)  # fmt: skip


class Foreign(HTMLParser):
    """Collects what no page of ours has: other tags, handlers, addresses elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("img", "iframe", "style", "base", "object", "embed") or any(name.startswith("on") for name in given):
            self.found.append(f"{tag} {given}")
        for name in ("href", "src", "action", "formaction"):
            if not given.get(name, "/").startswith(("/", "#", "?")) or given.get(name, "").startswith("//"):
                self.found.append(f"{tag} {name}={given[name]}")
        if tag == "script" and not given.get("src", "").startswith("/hr/static/"):
            self.found.append(f"{tag} {given}")


async def test_a_document_of_one_version_has_nothing_to_compare(desk: Room) -> None:
    async with served(desk) as client:
        await sign_in(client, "hana")
        page = (await client.get(filled("/hr/documents/{document}/compare", desk))).text
    assert "There is only one version" in page
    assert "Nothing changed" not in page


async def test_what_documents_and_people_write_is_never_markup(desk: Room) -> None:
    """13 payloads in ten places: title, owner, collection, file name, section, text, remark, question, note, answer."""
    for number, payload in enumerate(PAYLOADS):
        for draft in (False, True):
            version = NewVersion(
                title=f"{payload} {number}", file=f"{payload}.md", source=f"{number}{draft}", sha256=f"{number:063x}{draft:d}",
                media_type="text/markdown", size_bytes=1, owner=payload, collection=payload, warnings=(payload,), published=not draft,
                passages=(NewPassage(f"{payload} is allowed for {number + draft} days.", (payload,)),),
            )  # fmt: skip
            known = None if not draft else document_of(desk, f"{payload} {number}")
            desk.store.add_version(version, document_id=known)
        handed = desk.handoffs.add(payload, account_id=f"a{number}", owner=payload, note=payload)
        desk.handoffs.answer(handed.handoff_id, payload)
    async with served(desk) as client:
        await sign_in(client, "hana")
        paths = [*PAGES, "/hr/inbox?state=answered", *(f"/hr?q={quote(payload)}" for payload in PAYLOADS)]
        for number, payload in enumerate(PAYLOADS):
            document = document_of(desk, f"{payload} {number}")
            paths += [f"/hr/documents/{document}{more}" for more in (*OF_A_DOCUMENT[:-1], "/compare?from=1&to=2")]
            paths.append(f"/hr/sign-in?next={quote(payload)}")
        paths.append(f"/hr/review/{document}.v2")
        for path in paths:
            answer = await client.get(path, follow_redirects=True)
            assert answer.status_code == 200, path
            reader = Foreign()
            reader.feed(answer.text)
            assert reader.found == [], path


async def test_an_answer_may_be_as_long_as_the_browser_counts_it(desk: Room) -> None:
    handoff = desk.handoffs.add("May I bring my dog?", account_id=None)
    typed = ("x" * 99 + "\n") * 99 + "x" * 100
    async with served(desk) as client:
        await sign_in(client, "hana")
        sent = {"csrf": await token(client), "answer": typed.replace("\n", "\r\n")}
        assert (await client.post(f"/hr/inbox/{handoff.handoff_id}/answer", data=sent)).status_code == 303
    (kept,) = desk.handoffs.inbox((), state=HandoffState.ANSWERED)
    assert (kept.answer, len(typed)) == (typed, MAX_ANSWER_CHARACTERS)


@pytest.mark.parametrize("typed", ["", "Dogs & cats are welcome.\n" * 1000, "x" * 20_000])
async def test_what_cannot_be_kept_as_an_answer_stays_in_its_box_beside_its_question(desk: Room, typed: str) -> None:
    for number in range(QUESTIONS_A_PAGE + 1):
        handoff = desk.handoffs.add(f"Question {number:02d}", account_id=None)
    path = f"/hr/inbox/{handoff.handoff_id}/answer"
    async with served(desk) as client:
        await sign_in(client, "hana")
        page = await client.post(path, data={"csrf": await token(client), "answer": typed})
        assert (page.status_code, (await client.get(path)).status_code) == (422, 200)
    assert re.findall(r"<h2>(.*?)</h2>", page.text) == [f"Question {QUESTIONS_A_PAGE}"]
    assert f'rows="4">\n{escape(typed.strip(), quote=False)}</textarea>' in page.text
    assert f"The answer has {len(typed.strip()):,} characters; write 1 to 10,000." in page.text
    assert desk.handoffs.inbox((), state=HandoffState.ANSWERED) == []


async def test_an_answer_does_not_take_the_place_of_one_that_its_author_has_not_seen(desk: Room) -> None:
    handoff = desk.handoffs.add("May I bring my dog?", account_id=None)
    path = f"/hr/inbox/{handoff.handoff_id}/answer"
    async with served(desk) as client:
        await sign_in(client, "hana")
        page = (await client.get("/hr/inbox")).text
        desk.handoffs.answer(handoff.handoff_id, "On Fridays.")
        page = (await client.post(path, data={**hidden_in(page), "answer": "Never."})).text
        assert "On Fridays." in page
        assert "Never.</textarea>" in page
        assert [each.answer for each in desk.handoffs.inbox((), state=None)] == ["On Fridays."]
        assert (await client.post(path, data={**hidden_in(page), "answer": "Never."})).status_code == 303
    assert [each.answer for each in desk.handoffs.inbox((), state=None)] == ["Never."]


def hidden_in(page: str) -> dict[str, str]:
    """The hidden fields of the last form that the page shows."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.rpartition("<form")[2]))


async def test_the_inbox_has_pages(desk: Room) -> None:
    for number in range(QUESTIONS_A_PAGE + 1):
        desk.handoffs.add(f"Question {number:02d}", account_id=None)
    async with served(desk) as client:
        await sign_in(client, "hana")
        first, second = [(await client.get(f"/hr/inbox?state=open&page={page}")).text for page in (1, 2)]
    assert re.findall(r"<h2>(.*?)</h2>", first) == [f"Question {number:02d}" for number in range(QUESTIONS_A_PAGE)]
    assert re.findall(r"<h2>(.*?)</h2>", second) == [f"Question {QUESTIONS_A_PAGE}"]
    assert '<a class="button" rel="next" href="/hr/inbox?state=open&amp;page=2">' in first
    assert "Page 2 of 2" in second


@pytest.mark.parametrize(
    ("came_from", "to"), [("http://desk/hr/questions?days=30", "/hr/questions?days=30"), ("", "/hr")]
)
async def test_the_look_is_changed_on_a_page_that_a_form_led_to(desk: Room, came_from: str, to: str) -> None:
    async with served(desk) as client:
        await sign_in(client, "hana")
        asked = {"csrf": await token(client), "question": "How much leave may be carried over?"}
        page = await client.post("/hr/questions/ask", data=asked, headers={"Referer": came_from})
    assert re.findall(r'name="next" value="(.*?)"', page.text) == [to]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?status=draft", "No document has the status “Waiting for review” just now."),
        ("?q=nowhere", "Nothing has “nowhere” in its title, owner, file name, country or readers."),
        (
            "?q=leave&status=draft",
            "Nothing of this status has “leave” in its title, owner, file name, country or readers.",
        ),
    ],
)
async def test_an_empty_list_says_what_is_not_there(desk: Room, query: str, says: str) -> None:
    async with served(desk) as client:
        await sign_in(client, "hana")
        assert says in (await client.get(f"/hr{query}")).text


async def test_an_act_whose_text_is_gone_is_one_on_a_document(desk: Room) -> None:
    document = document_of(desk, "Annual Leave Policy")
    particulars = replace(desk.review.particulars(f"{document}.v1"), owner="Somebody")
    desk.review.confirm(f"{document}.v1", particulars, who="hana")
    Actions(desk.store).close(document)
    async with served(desk) as client:
        await sign_in(client, "hana")
        assert "<strong>A document</strong> was changed in its details" in (await client.get("/hr/review")).text


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/hr/usage?weeks=12", "/hr/usage?weeks=12"),
        ("/hr", "/hr"),
        ("//elsewhere.invalid/hr", "/hr"),
        ("/hrx", "/hr"),
        ("/hr/\\elsewhere", "/hr"),
        ("javascript:alert(1)", "/hr"),
        (None, "/hr"),
    ],
)
def test_the_way_back_stays_in_the_console(asked: str | None, to: str) -> None:
    assert own_path(asked) == to


def test_a_notice_that_we_did_not_sign_is_not_shown() -> None:
    def carried(response: Response) -> Request:
        cookie = response.headers["set-cookie"].partition(";")[0]
        return Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})

    said = [Notice("Removed.", undo=Undo("/hr/undo", {"action_id": "a1"}))]
    response = Response()
    notices.write(response, said, "our key")
    assert notices.read(carried(response), "our key") == said
    assert notices.read(carried(response), "another key") == []


def test_words_for_days_and_documents() -> None:
    assert period(date(2024, 3, 3), date(2025, 3, 2)) == "3 Mar 2024 – 2 Mar 2025"
    assert period(None, None) == "always"
    assert period(date(2999, 1, 1), None) == "from 1 Jan 2999"
    said = "taken as a new version of d45aa6c808d: supersedes d45aa6c808d"
    assert named(said, {"d45aa6c808d": "Leave"}) == "taken as a new version of “Leave”"
    assert named(said, {}) == "taken as a new version of another document"


async def test_a_record_that_was_touched_is_shown_as_such(desk: Room) -> None:
    for number in range(2):
        desk.audit.append(Kind.UPLOAD, {"document_id": f"d{number}"})
    with desk.store.sessions.begin() as session:
        session.execute(text("DROP TRIGGER audit_no_update"))
        session.execute(text("UPDATE audit SET kind = 'nonsense', payload = 'no json' WHERE sequence = 1"))
    async with served(desk) as client:
        await sign_in(client, "hana")
        page = await client.get("/hr/record")
    assert page.status_code == 200
    assert "The record was touched." in page.text
    assert "Entry 1 does not hold" in page.text
