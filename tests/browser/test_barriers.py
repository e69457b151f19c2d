"""Nothing on the chat's pages keeps out people who use a keyboard, a screen reader or strong contrast."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_chat import MARK, ask, sign_in

pytestmark = pytest.mark.browser


def barriers(page: Page) -> list[tuple[str, str]]:
    """What axe-core calls serious or critical: the rule and the first element that breaks it."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]


@pytest.mark.parametrize(("name", "width", "dark"), [("hana", 1280, False), ("emma", 390, True)])
def test_sign_in_welcome_answer_and_source_have_no_serious_barrier(
    server: str, open_page: OpenPage, name: str, width: int, dark: bool
) -> None:
    page = open_page(server, width=width, dark=dark)
    page.wait_for_timeout(500)
    assert barriers(page) == []
    sign_in(page, name)
    page.wait_for_timeout(500)
    assert barriers(page) == []
    ask(page, "How many unused leave days may be carried over?")
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    page.wait_for_timeout(800)
    assert barriers(page) == []
    page.locator(MARK).first.click()
    expect(page.get_by_test_id("citation")).to_be_visible()
    page.wait_for_timeout(800)
    assert barriers(page) == []


def test_an_answer_is_told_to_those_who_hear_the_page(server: str, open_page: OpenPage) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    ask(page, "How many unused leave days may be carried over?")
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    page.wait_for_timeout(1000)
    (status,) = told(page)
    assert "five unused days" in status


def test_a_source_takes_the_focus_and_gives_it_back_with_escape(server: str, open_page: OpenPage) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    ask(page, "How many unused leave days may be carried over?")
    mark = page.locator(MARK).first
    expect(mark).to_be_visible(timeout=20_000)
    page.wait_for_timeout(500)
    source = page.get_by_test_id("citation")
    for leaves in ("Escape", "Shift+Tab Enter"):  # the latter by the panel's own button
        mark.focus()
        page.keyboard.press("Enter")
        expect(source).to_be_focused()
        for key in leaves.split():
            page.keyboard.press(key)
        expect(source).to_have_count(0)
        expect(mark).to_be_focused()
    mark.click()
    expect(source).to_be_focused()
    ask(page, "Within how many days are expense claims handed in?")
    expect(page.get_by_test_id("sources")).to_have_count(2, timeout=20_000)
    expect(source).to_be_visible()
    expect(page.locator("#chat-input")).to_be_focused()


def told(page: Page) -> list[str]:
    """What the page's live regions say, as the browser hands it to screen readers."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {each["nodeId"]: each for each in nodes}

    def text(node: dict[str, Any]) -> str:
        own = node["name"]["value"] if node["role"]["value"] == "StaticText" else ""
        return own + "".join(text(by_id[child]) for child in node.get("childIds", []) if child in by_id)

    return [text(each) for each in nodes if each.get("role", {}).get("value") == "status"]


def test_the_keyboard_passes_over_conversations_that_are_not_shown(server: str, open_page: OpenPage) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    ask(page, "How many unused leave days may be carried over?")
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    conversation = page.locator("[data-sidebar=sidebar] a[href^='/thread/']").first
    expect(conversation).to_be_attached()
    conversation.focus()
    assert page.evaluate("document.activeElement.closest('[data-sidebar=sidebar]')") is None
    page.locator("#header").get_by_role("button", name="Conversations").click()
    expect(conversation).to_be_in_viewport()
    conversation.focus()
    expect(conversation).to_be_focused()
