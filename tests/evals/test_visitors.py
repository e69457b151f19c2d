"""Those who ask a server for the load measurement: what they take for their own answer, and what not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from evals.visitors import ApiVisitor, ChatVisitor, Witnessed, sign_in
from tests.browser.conftest import serving
from tests.browser.fake_server import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving("tests.browser.fake_server", str(home), "{port}") as address:
        yield address


async def test_a_visitor_in_the_chat_hears_evidence_and_the_own_answer(url: str) -> None:
    visitor = ChatVisitor(url, await sign_in(url, "emma", PASSWORD, patience_s=20), 20)
    seen = Witnessed()
    for turn in range(6):
        await visitor.ask(f"How many days of annual leave may I carry over? (turn {turn})", seen)
    await visitor.ask("And for part-timers?", seen)  # is asked together with the question before
    await visitor.ask("Where is the parking lot for zeppelins?", seen)
    await visitor.leave()
    assert seen.outcomes == {"own": 8}
    assert len(seen.first_evidence_s) >= 6
    assert all(0 < first <= whole for first, whole in zip(seen.first_evidence_s, seen.whole_answer_s, strict=False))


async def test_what_is_for_another_question_is_not_the_own_answer(url: str) -> None:
    visitor, seen = ChatVisitor(url, await sign_in(url, "emma", PASSWORD, patience_s=20), 20), Witnessed()
    await visitor.ask("How many days of annual leave may I carry over?", seen)
    hear = visitor._hear

    async def swapped(event: str, *data: dict[str, object]) -> None:
        if event == "element" and data[0]["name"] == "Handoff":
            data[0]["props"] = {"question": "somebody else's"}
        await hear(event, *data)

    assert visitor._socket is not None
    visitor._socket.on("*", swapped)
    await visitor.ask("By when are expenses claimed with receipts?", seen)
    await visitor.leave()
    assert seen.outcomes == {"own": 1, "another's": 1}


async def test_a_visitor_over_the_api_is_refused_without_a_token(url: str) -> None:
    seen = Witnessed()
    async with httpx.AsyncClient(base_url=url) as client:
        await ApiVisitor(client, "pd_nobody").ask("How many days?", seen)
    assert seen.outcomes == {"status 401": 1}


async def test_who_may_not_sign_in_is_told_so(url: str) -> None:
    with pytest.raises(RuntimeError, match="emma could not sign in: status 401"):
        await sign_in(url, "emma", "wrong", patience_s=20)
