"""A question that no document answers is sent on, answered, and the answer seen, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from assistant.wording import wording
from tests.browser.conftest import OpenPage
from tests.browser.test_chat import Snapshot, ask, sign_in

pytestmark = pytest.mark.browser


def test_a_refused_question_is_sent_by_keyboard_on_a_phone_and_its_answer_shown(
    server: str, open_page: OpenPage, snapshot: Snapshot
) -> None:
    page = open_page(server, width=390, height=844)
    sign_in(page, "emma")
    ask(page, "Who won the football championship?")
    offer = page.get_by_test_id("handoff-offer")
    expect(offer).to_have_text("Send to HR", timeout=10_000)
    offer.focus()
    page.keyboard.press("Enter")
    form = page.get_by_test_id("handoff-form")
    expect(form.get_by_label("A note, if you like")).to_be_focused()
    page.keyboard.press("Escape")
    expect(offer).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("We play on Fridays.")
    snapshot(page, "phone-handoff")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Tab")
    expect(form.get_by_role("button", name="Send, and show me the answer here")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("handoff-state")).to_contain_text("Sent to HR.", timeout=10_000)

    desk = open_page(server)
    sign_in(desk, "hana")
    waiting = desk.evaluate("fetch('/api/v1/handoffs?box=inbox').then((reply) => reply.json())")["handoffs"]
    assert [(each["question"], each["note"]) for each in waiting] == [
        ("Who won the football championship?", "We play on Fridays.")
    ]
    status = desk.evaluate(
        """async (id) => (await fetch(`/api/v1/handoffs/${id}/answer`, {
          method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({answer: 'Our own <b>team</b>.'})
        })).status""",
        waiting[0]["handoff_id"],
    )
    assert status == 200

    page.goto(server)
    expect(page.get_by_text("There is news about what you asked")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Our own <b>team</b>.")).to_be_visible()
    snapshot(page, "phone-handoff-answer")
    page.goto(server)
    expect(page.locator("#welcome-screen")).to_be_visible(timeout=20_000)
    page.locator("#header #sidebar-trigger-button").click()
    page.get_by_text("Who won the football championship?").first.click()
    expect(page.get_by_test_id("handoff-state")).to_contain_text("Our own <b>team</b>.", timeout=20_000)


def test_what_could_not_be_taken_back_is_said(server: str, open_page: OpenPage) -> None:
    page = open_page(server)
    sign_in(page, "eva")
    ask(page, "Who won the chess championship?")
    page.get_by_test_id("handoff-offer").click()
    page.get_by_role("button", name="Send, and show me the answer here").click()
    state = page.get_by_test_id("handoff-state")
    expect(state).to_contain_text("Sent to HR.", timeout=10_000)
    page.route("**/api/v1/handoffs/*", lambda route: route.abort(), times=1)
    state.get_by_role("button", name="Take it back").click()
    expect(state.get_by_role("alert")).to_have_text(wording("en")("handoff_failed"), timeout=10_000)
    state.get_by_role("button", name="Take it back").click()
    expect(state).to_contain_text("Taken back.", timeout=10_000)


def test_a_question_is_sent_without_a_link_to_its_asker_in_german(
    server: str, open_page: OpenPage, snapshot: Snapshot
) -> None:
    page = open_page(server, language="de-DE")
    sign_in(page, "eva")
    ask(page, "Who won the tennis championship?")
    expect(page.get_by_text("Dazu sagen die Dokumente nichts. Sie könnten HR fragen.")).to_be_visible(timeout=10_000)
    page.get_by_role("button", name="An HR senden").click()
    snapshot(page, "handoff-german")
    refused = {"status": 429, "json": {"detail": "too many hand-offs"}}
    page.route("**/api/v1/handoffs", lambda route: route.fulfill(**refused), times=1)
    page.get_by_role("button", name="Ohne Verbindung zu mir senden").click()
    alert = page.get_by_test_id("handoff-form").get_by_role("alert")
    expect(alert).to_have_text(wording("de")("handoff_failed_429"), timeout=10_000)
    page.get_by_role("button", name="Ohne Verbindung zu mir senden").click()
    expect(page.get_by_test_id("handoff-code")).to_have_text(re.compile(r"^pick(-[a-z0-9]{4}){4}$"), timeout=10_000)
