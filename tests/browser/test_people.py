"""What people do with their own data, and what stays on their screen, in a browser."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import OpenPage, serving
from tests.browser.test_chat import MARK, Snapshot, ask, sign_in

pytestmark = pytest.mark.browser


def test_the_panel_stays_open_when_the_next_answer_comes_and_one_s_data_are_read_and_deleted(
    server: str, open_page: OpenPage, snapshot: Snapshot
) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    ask(page, "How many unused leave days may be carried over?")
    expect(page.locator(MARK).first).to_be_visible(timeout=30_000)
    page.locator(MARK).first.click()
    cited = page.get_by_test_id("cited")
    expect(cited).to_contain_text("Up to five unused days")
    ask(page, "Within how many days are expense claims handed in?")
    expect(page.get_by_test_id("sources")).to_have_count(2, timeout=30_000)
    expect(cited).to_contain_text("Up to five unused days")
    page.get_by_role("button", name="Close").first.click()
    expect(cited).to_have_count(0)
    ask(page, "Which class are train journeys booked in?")
    expect(page.get_by_test_id("sources")).to_have_count(3, timeout=30_000)
    assert cited.count() == 0, "what was closed stays closed"

    page.get_by_text("Your data").click()
    expect(page.get_by_role("heading", name="Your data")).to_be_visible(timeout=20_000)
    snapshot(page, "own-data")
    with page.expect_download() as download:
        page.get_by_role("link", name="as Markdown").first.click()
    assert "Up to five unused days" in Path(download.value.path()).read_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything").click()
    assert json.loads(Path(download.value.path()).read_text())["account"]["name"] == "emma"
    conversation = page.get_by_test_id("conversation").first
    sure = conversation.get_by_role("button", name="Yes, delete it for good")
    expect(sure).to_be_hidden()
    conversation.locator("summary").focus()
    page.keyboard.press("Enter")
    sure.click()
    expect(page.get_by_role("status")).to_have_text("Done.", timeout=20_000)
    expect(page.get_by_test_id("conversation")).to_have_count(0)
    page.get_by_label("Yes, delete all of it for good").check()
    page.get_by_role("button", name="Delete everything of you").click()
    expect(page.get_by_role("status")).to_have_text("Done.", timeout=20_000)
    expect(page.get_by_test_id("conversation")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chat_is_light_or_dark_as_the_machine_is(
    server: str, chromium: Browser, scheme: Literal["light", "dark"]
) -> None:
    with chromium.new_context(locale="en-US", color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(server)
        page.wait_for_selector("#email", timeout=60_000)
        sign_in(page, "emma")
        expect(page.locator("html")).to_have_class(scheme)


def test_a_server_that_is_away_for_a_moment_costs_nobody_what_they_typed(server: str, open_page: OpenPage) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    page.click("#chat-input")
    page.keyboard.type("How many unused leave days")
    page.route("**/user", lambda route: route.abort())
    with page.expect_request("**/user"):  # as when the network is back, or the window is looked at again
        page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_timeout(1500)
    page.unroute_all()
    page.wait_for_timeout(2500)
    assert "/login" not in page.url
    page.keyboard.type(" may be carried over?")
    page.keyboard.press("Enter")
    expect(page.locator(MARK).first).to_be_visible(timeout=30_000)
    page.context.clear_cookies()  # signed out is another matter
    ask(page, "Which class are train journeys booked in?")
    page.wait_for_url("**/login", timeout=20_000)


def test_one_long_word_stays_on_a_phone_s_screen(server: str, open_page: OpenPage) -> None:
    page = open_page(server, width=360, height=740)
    sign_in(page, "emma")
    ask(page, "How many unused leave days may be carried over?")
    expect(page.locator(MARK).first).to_be_visible(timeout=30_000)
    source, offer = (
        page.get_by_test_id("sources").locator(".pd-where").first,
        page.get_by_test_id("handoff-offer").first,
    )
    assert ends_at(source) <= 360
    assert ends_at(offer) <= 360
    page.locator(MARK).first.click()
    page.wait_for_timeout(600)  # it slides in
    assert ends_at(page.get_by_test_id("citation").get_by_role("heading")) <= 360
    page.goto(f"{server}/me")
    assert ends_at(page.get_by_test_id("conversation").get_by_role("link").first) <= 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def ends_at(element: Locator) -> float:
    """Where the right edge of an element's text is once that is one long word."""
    return float(
        element.evaluate(
            """each => {
              each.textContent = 'Betriebsvereinbarung_'.repeat(7)
              const range = document.createRange()
              range.selectNodeContents(each)
              return range.getBoundingClientRect().right
            }"""
        )
    )


@pytest.fixture(scope="module")
def quiet_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quiet")


@pytest.fixture(scope="module")
def quiet_server(quiet_home: Path) -> Iterator[str]:
    """A server in works council mode."""
    with serving("tests.browser.fake_server", str(quiet_home), "{port}", "works-council") as address:
        yield address


def test_in_works_council_mode_a_whole_conversation_leaves_no_name_beside_a_question(
    quiet_server: str, quiet_home: Path, open_page: OpenPage
) -> None:
    page = open_page(quiet_server, width=390, height=844)
    sign_in(page, "emma")
    ask(page, "How many unused leave days may be carried over?")
    expect(page.locator(MARK).first).to_be_visible(timeout=30_000)
    page.locator(".negative-feedback-off").first.click()
    page.get_by_placeholder("What was right or wrong about it?").fill("too short")
    page.click("#submit-feedback")
    expect(page.locator(".negative-feedback-on")).to_be_visible(timeout=10_000)
    ask(page, "Who won the football championship?")
    page.get_by_role("button", name="Send to HR").click()
    page.get_by_role("button", name="Send without a link to me").click()
    expect(page.get_by_test_id("handoff-code")).to_be_visible(timeout=10_000)

    with closing(sqlite3.connect(quiet_home / "policydesk.sqlite")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        (account_id,) = database.execute("SELECT account_id FROM accounts WHERE name = 'emma'").fetchone()
        rows = {table: repr(database.execute(f"SELECT * FROM {table}").fetchall()) for table in tables}
    assert [table for table, text in rows.items() if "emma" in text or account_id in text] == ["accounts"]
    assert {table for table, text in rows.items() if "football" in text} == {"asked", "handoffs"}
    assert "too short" in rows["feedback"]
    assert rows["conversations"] == rows["conversation_steps"] == rows["conversation_thumbs"] == "[]"
