"""The step above an answer, over the chat's own socket."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.visitors import ChatVisitor, Witnessed, sign_in
from tests.browser.conftest import serving
from tests.browser.fake_server import PASSWORD

pytestmark = pytest.mark.browser

_NOTED = """
CREATE TABLE noted (body TEXT);
CREATE TRIGGER note_new AFTER INSERT ON conversation_steps BEGIN INSERT INTO noted VALUES (new.body); END;
CREATE TRIGGER note_changed AFTER UPDATE ON conversation_steps BEGIN INSERT INTO noted VALUES (new.body); END;
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with serving("tests.browser.fake_server", str(home), "{port}") as address:
        yield address


async def test_of_a_step_only_what_was_found_is_written_and_once(url: str, home: Path) -> None:
    with sqlite3.connect(home / "policydesk.sqlite") as database:
        database.executescript(_NOTED)
    cookies = await sign_in(url, "emma", PASSWORD, patience_s=20)
    visitors, seen = [ChatVisitor(url, cookies, 20) for _ in range(5)], Witnessed()
    await asyncio.gather(*(visitor.arrive() for visitor in visitors))
    await asyncio.gather(
        *(visitor.ask(f"How much leave may I carry over? ({n})", seen) for n, visitor in enumerate(visitors))
    )
    written: list[dict[str, str]] = []
    for _ in range(50):  # it is written beside the answer
        await asyncio.sleep(0.1)
        with sqlite3.connect(home / "policydesk.sqlite") as database:
            written = [json.loads(body) for (body,) in database.execute("SELECT body FROM noted")]
        if sum(each["type"] == "tool" for each in written) == 5:
            break
    for visitor in visitors:
        await visitor.leave()
    assert seen.outcomes == {"own": 5}
    assert seen.places, "some had to wait"
    assert [each["name"] for each in written if each["type"] == "tool"] == ["Found 1 passage in 1 document"] * 5
    assert not list((home / "chat" / ".files").rglob("*.*")), "citations are drawn from what was sent, not from files"
