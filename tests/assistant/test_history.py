"""Chainlit's data layer over our conversations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Chainlit keeps its state in its modules and reads its folder when imported, so it gets a process of its own.
SCRIPT = """
import asyncio, json, sys
from pathlib import Path

import httpx

from assistant.accounts import Role
from assistant.room import Room
from assistant.server import create_app
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import FakeEngine, FakeKeeper

PASSWORD = "correct horse battery"


async def main() -> dict:
    home = Home(Path(sys.argv[1]))
    store = Store.open(home)
    room = Room.furnish(
        home, store, secret="a secret for tests only, long enough", load=lambda: FakeEngine(store), keeper=FakeKeeper(home, store)
    )
    for name, role in (("emma", Role.EMPLOYEE), ("hana", Role.HR)):
        room.accounts.add(name, role, PASSWORD)
    app = create_app(room)
    seen = {}

    def client() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")

    async with app.router.lifespan_context(app), client() as emma, client() as hana, client() as nobody:
        refused = await nobody.post("/login", data={"username": "emma", "password": "no"})
        seen["wrong password"] = [refused.status_code, refused.headers["content-type"]]
        for session, name in ((emma, "emma"), (hana, "hana")):
            answer = await session.post("/login", data={"username": name, "password": PASSWORD})
            seen[f"cookie of {name}"] = answer.headers["set-cookie"]
        for path in ("/", "/login", "/thread/x", "/copilot/index.js", "/project/share/x", "/docs", "/openapi.json", "/mcp", "/hr"):
            seen[path] = (await nobody.get(path)).status_code
        seen["page"] = (await nobody.get("/")).text
        seen["policy"] = (await nobody.get("/")).headers["content-security-policy"]
        for path in ("/user", "/project/settings"):
            seen[f"nobody {path}"] = (await nobody.get(path)).status_code
        for session, name in ((emma, "emma"), (hana, "hana")):
            settings = (await session.get("/project/settings?language=en-US@posix")).json()
            seen[f"{name} uploads"] = settings["features"]["spontaneous_file_upload"]["enabled"]
            seen["welcome"] = settings["markdown"]
        for language in ("de", "de-AT", "de-DE"):
            settings = (await emma.get("/project/settings", params={"language": language})).json()
            seen[f"welcome {language}"] = settings["markdown"]
            page = await nobody.get("/", headers={"Accept-Language": f"{language},en;q=0.5"})
            seen[f"page {language}"] = '<html lang="de">' in page.text
        for language in ("en-US", "en-US@posix", "de", "de-DE", "de-AT", "fr-FR", "../../etc"):
            wording = (await nobody.get("/project/translations", params={"language": language})).json()["translation"]
            seen[f"sign in {language}"] = wording["auth"]["login"]["title"]
            seen[f"used {language}"] = wording["chat"]["messages"]["status"]["used"]
        for path in ("/api/v1/ask", "/api/v1/nothing"):
            wrong = await emma.get(path)
            seen[f"emma gets {path}"] = [wrong.status_code, wrong.headers.get("allow"), wrong.headers["content-type"]]
        account = room.accounts.require("emma").account_id
        room.chats.save("t1", account_id=account, name="How much leave?")
        room.chats.save_step("t1", "s1", {"id": "s1", "type": "user_message", "output": "How much leave?", "threadId": "t1"})
        listed = await emma.post("/project/threads", json={"pagination": {"first": 20}, "filter": {}})
        seen["emma's list"] = [thread["name"] for thread in listed.json()["data"]]
        other = await hana.post("/project/threads", json={"pagination": {"first": 20}, "filter": {"userId": account}})
        seen["hana's list"] = [thread["name"] for thread in other.json()["data"]]
        seen["emma reads"] = [step["output"] for step in (await emma.get("/project/thread/t1")).json()["steps"]]
        seen["hana reads"] = (await hana.get("/project/thread/t1")).status_code
        seen["hana deletes"] = (await hana.request("DELETE", "/project/thread", json={"threadId": "t1"})).status_code
        seen["hana renames"] = (await hana.put("/project/thread", json={"threadId": "t1", "name": "x"})).status_code
        seen["emma shares"] = (await emma.put("/project/thread/share", json={"threadId": "t1", "isShared": True})).status_code
        thumb = {"feedback": {"forId": "s1", "threadId": "t1", "value": 1, "comment": "good"}, "sessionId": "x"}
        seen["hana rates"] = (await hana.put("/feedback", json=thumb)).status_code
        kept = (await emma.put("/feedback", json=thumb)).json()["feedbackId"]
        seen["rated"] = (await emma.get("/project/thread/t1")).json()["steps"][0]["feedback"]["comment"]
        seen["hana unrates"] = (await hana.request("DELETE", "/feedback", json={"feedbackId": kept})).status_code
        seen["emma unrates"] = (await emma.request("DELETE", "/feedback", json={"feedbackId": kept})).status_code
        seen["session asks api"] = (await emma.post("/api/v1/search", json={"question": "leave"})).status_code
        room.accounts.remove("emma")
        seen["removed emma"] = (await emma.get("/user")).status_code
    return seen


print(json.dumps(asyncio.run(main())))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What clients of the whole application saw, by what they did."""
    folder = tmp_path_factory.mktemp("elsewhere")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder / "home")], cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    result["left behind"] = sorted(path.name for path in folder.iterdir())
    return result


def test_it_works_from_any_folder_and_leaves_nothing_in_it(seen: dict[str, object]) -> None:
    assert seen["left behind"] == ["home"]


def test_sessions_are_made_by_the_right_password_only(seen: dict[str, object]) -> None:
    assert seen["wrong password"] == [401, "application/json"], "the chat's page shows the detail of plain JSON only"
    assert "HttpOnly; SameSite=Lax" in str(seen["cookie of emma"])
    assert (seen["nobody /user"], seen["nobody /project/settings"]) == (401, 401)


def test_only_the_routes_that_the_chat_needs_stand(seen: dict[str, object]) -> None:
    assert [seen[path] for path in ("/", "/login", "/thread/x")] == [200, 200, 200]
    shut = ("/copilot/index.js", "/project/share/x", "/docs", "/openapi.json", "/mcp")
    assert seen["/hr"] == 303, "the console sends strangers to its sign-in"
    assert [seen[path] for path in shut] == [404] * len(shut)
    assert seen["emma shares"] in (404, 405)


def test_a_wrong_method_of_the_api_is_told_the_right_one(seen: dict[str, object]) -> None:
    assert seen["emma gets /api/v1/ask"] == [405, "POST", "application/problem+json"]
    assert seen["emma gets /api/v1/nothing"] == [404, None, "application/problem+json"]


def test_the_page_names_no_other_origin_and_signs_its_scripts(seen: dict[str, object]) -> None:
    page, policy = str(seen["page"]), str(seen["policy"])
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<script") == page.count("<script nonce=") > 0
    assert "'unsafe-inline'" not in policy.split("style-src")[0]


def test_uploads_are_offered_to_librarians_only(seen: dict[str, object]) -> None:
    assert (seen["emma uploads"], seen["hana uploads"]) == (False, True)


def test_the_wording_is_ours_in_english_and_german_and_nobody_sees_a_blank_page(seen: dict[str, object]) -> None:
    assert seen["sign in en-US"] == seen["sign in en-US@posix"] == seen["sign in ../../etc"] == "Sign in to Policydesk"
    assert seen["sign in de"] == seen["sign in de-DE"] == seen["sign in de-AT"] == "Bei Policydesk anmelden"
    assert seen["welcome de"] == seen["welcome de-AT"] == seen["welcome de-DE"] != seen["welcome"]
    assert seen["page de"] is seen["page de-AT"] is seen["page de-DE"] is True
    assert seen["used fr-FR"] == ""
    assert "How Policydesk answers" in str(seen["welcome"])


def test_a_conversation_is_its_owner_s(seen: dict[str, object]) -> None:
    assert seen["emma's list"] == ["How much leave?"]
    assert seen["emma reads"] == ["How much leave?"]
    assert seen["hana's list"] == []
    assert [seen[f"hana {act}"] for act in ("reads", "deletes", "renames")] == [401, 401, 401]


def test_only_the_owner_rates_an_answer(seen: dict[str, object]) -> None:
    assert (seen["hana rates"], seen["rated"]) == (422, "good")
    assert (seen["hana unrates"], seen["emma unrates"]) == (404, 200)


def test_a_session_opens_the_api_until_its_account_is_removed(seen: dict[str, object]) -> None:
    assert seen["session asks api"] == 200
    assert seen["removed emma"] == 401


#: What is shown in a moment, and what a reader finds at once and on the disk a moment later.
SHOWN = """
import asyncio, json, sys
from pathlib import Path

from sqlalchemy import event

from assistant.accounts import Accounts
from assistant.chats import Chats
from assistant.history import History
from retrieval.home import Home
from retrieval.store import Store


async def main() -> dict:
    store = Store.open(Home(Path(sys.argv[1])))
    chats, commits = Chats(store), []
    history = History(Accounts(store), chats)
    event.listen(store.engine, "commit", lambda connection: commits.append(1))
    show = lambda number: History.update_step.__wrapped__(history, {"id": f"s{number}", "threadId": "t", "output": "?"})
    for number in range(7):
        await show(number)
    seen = {"at first": len(commits), "read at once": len((await history.get_thread("t"))["steps"])}
    seen["together"] = len(commits)
    await show(7)
    while len(chats.load("t")[1]) < 8:
        await asyncio.sleep(0.05)
    await show(8)
    await history.finish()
    seen["in the end"] = len(chats.load("t")[1])
    return seen


print(json.dumps(asyncio.run(main())))
"""


def test_what_is_shown_is_kept_together_a_moment_later_and_read_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOWN, str(tmp_path / "home")], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {"at first": 0, "read at once": 7, "together": 1, "in the end": 9}
