"""What people do in the chat, done in a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fake_server import PASSWORD

pytestmark = pytest.mark.browser

MARK = 'a[href^="#source-"]'
Snapshot = Callable[[Page, str], None]


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.fill("#email", name)
    page.fill("#password", password)
    page.click("button[type=submit]")
    expect(page.locator("#chat-input")).to_be_visible(timeout=30_000)
    # Offered questions can be clicked once the page is connected.
    expect(page.locator("[id^=starter-]").first).to_be_enabled(timeout=20_000)


def ask(page: Page, question: str) -> None:
    page.click("#chat-input")
    page.keyboard.type(question)
    page.keyboard.press("Enter")


def test_an_answer_shows_its_evidence_first_and_opens_the_cited_sentence(
    server: str, open_page: OpenPage, snapshot: Snapshot
) -> None:
    page = open_page(server)
    snapshot(page, "sign-in")
    sign_in(page, "emma")
    expect(page.get_by_text("Carrying over leave")).to_be_visible()
    snapshot(page, "welcome")
    ask(page, "How many unused leave days may be carried over?")
    expect(page.get_by_test_id("evidence")).to_be_visible(timeout=5_000)
    assert page.locator(MARK).count() == 0, "the evidence stands before the answer is complete"
    snapshot(page, "evidence")
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    snapshot(page, "answer")
    page.locator(MARK).first.click()
    cited = page.get_by_test_id("cited")
    expect(cited).to_have_text(
        "Up to five unused days of annual leave may be carried over into the next year and must be taken by 31 March."
    )
    panel = page.get_by_test_id("citation")
    expect(panel).to_contain_text("Annual Leave Policy")
    expect(panel).to_contain_text("4.2 Carry-over")
    expect(panel).to_contain_text("kept by People team")
    snapshot(page, "citation")
    with page.expect_download() as download:
        panel.get_by_role("link").click()
    assert "carried over into the next year" in Path(download.value.path()).read_text()


def test_a_question_outside_the_documents_is_refused_with_whom_to_ask(
    server: str, open_page: OpenPage, snapshot: Snapshot
) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    ask(page, "Who won the football championship?")
    expect(page.get_by_text("The documents don't say. You could ask HR.")).to_be_visible(timeout=10_000)
    assert page.locator(MARK).count() == 0
    snapshot(page, "refusal")


def test_a_document_for_another_group_does_not_answer(server: str, open_page: OpenPage) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    ask(page, "What is the secret board bonus for every director?")
    expect(page.get_by_text("The documents don't say.")).to_be_visible(timeout=10_000)
    assert "forty thousand" not in page.content()


def test_a_thumb_with_a_comment_is_kept_and_shown_again(server: str, open_page: OpenPage, snapshot: Snapshot) -> None:
    page = open_page(server)
    sign_in(page, "eva")
    ask(page, "Within how many days are expense claims handed in?")
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    page.locator(".positive-feedback-off").first.click()
    page.get_by_placeholder("What was right or wrong about it?").fill("Clear and short")
    page.click("#submit-feedback")
    expect(page.locator(".positive-feedback-on")).to_be_visible(timeout=5_000)
    snapshot(page, "feedback")
    page.reload()
    expect(page.locator(".positive-feedback-on")).to_be_visible(timeout=20_000)


def test_a_conversation_is_resumed_with_its_citations_and_can_be_deleted(
    server: str, open_page: OpenPage, snapshot: Snapshot
) -> None:
    page = open_page(server)
    sign_in(page, "hana")
    ask(page, "Which class are train journeys booked in?")
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    address = page.url
    assert "/thread/" in address
    page.goto(server)
    expect(page.locator("#welcome-screen")).to_be_visible(timeout=20_000)
    page.goto(address)
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    page.locator(MARK).first.click()
    expect(page.get_by_test_id("cited")).to_contain_text("second class")
    page.locator("#header #sidebar-trigger-button").click()
    snapshot(page, "history")
    page.get_by_text("Which class are train journeys booked in?").first.hover()
    page.locator("#thread-options").first.click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Conversation deleted")).to_be_visible(timeout=10_000)


def test_hr_adds_a_document_in_the_chat_and_asks_about_it(
    server: str, open_page: OpenPage, snapshot: Snapshot, tmp_path: Path
) -> None:
    policy = tmp_path / "bicycles.md"
    policy.write_text("# Bicycle Policy\n\n## 1 Grant\n\nThe company pays 300 euro towards a bicycle for commuting.\n")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"MZ this is no PDF")
    page = open_page(server)
    sign_in(page, "hana")
    page.locator("#upload-button-input").set_input_files([policy, broken])
    expect(page.get_by_text("bicycles.md")).to_be_visible(timeout=10_000)
    ask(page, "How much does the company pay towards a bicycle for commuting?")
    expect(page.get_by_text("1 added, 1 not added")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("not a PDF file")).to_be_visible()
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    page.locator(MARK).first.click()
    expect(page.get_by_test_id("cited")).to_contain_text("300 euro towards a bicycle")
    snapshot(page, "upload")


def test_an_employee_cannot_add_documents(server: str, open_page: OpenPage, snapshot: Snapshot) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    expect(page.locator("#chat-input")).to_be_visible()
    assert page.locator("#upload-button").count() == 0
    status = page.evaluate(
        """async () => {
          const form = new FormData(); form.append('file', new Blob(['# Mine']), 'mine.md')
          return (await fetch('/project/file?session_id=x', {method: 'POST', body: form})).status
        }"""
    )
    assert status == 403
    status = page.evaluate(
        """async () => {
          const form = new FormData(); form.append('file', new Blob(['# Mine']), 'mine.md')
          return (await fetch('/api/v1/documents', {method: 'POST', body: form})).status
        }"""
    )
    assert status == 403


def test_nothing_in_a_document_is_run_or_fetched(server: str, open_page: OpenPage, snapshot: Snapshot) -> None:
    page = open_page(server)
    sign_in(page, "emma")
    ask(page, "Where do visitors wear badges at reception, and when are visitors badges returned?")
    expect(page.get_by_test_id("sources")).to_be_visible(timeout=20_000)
    page.locator(MARK).first.click()
    expect(page.get_by_test_id("citation")).to_be_visible()
    page.wait_for_timeout(500)
    assert page.evaluate("window.hurt") is None
    assert page.locator(".message-content img, #side-view-content img").count() == 0
    links = page.locator(".message-content a, #side-view-content a").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    assert [link for link in links if not link.startswith(("#source-", "/api/v1/documents/"))] == []
    snapshot(page, "hostile-document")


def test_the_chat_works_on_a_phone_in_the_dark(server: str, open_page: OpenPage, snapshot: Snapshot) -> None:
    page = open_page(server, width=390, height=844, dark=True)
    sign_in(page, "emma")
    snapshot(page, "phone-welcome")
    ask(page, "How many unused leave days may be carried over?")
    expect(page.locator(MARK).first).to_be_visible(timeout=20_000)
    snapshot(page, "phone-answer")
    page.get_by_test_id("sources").get_by_role("button").first.click()
    expect(page.get_by_test_id("cited")).to_be_visible()
    page.wait_for_timeout(400)
    snapshot(page, "phone-citation")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_everything_in_the_longest_header_is_in_reach(server: str, open_page: OpenPage) -> None:
    page = open_page(server, width=390, height=844, language="de-DE")
    sign_in(page, "hana")
    expect(page.get_by_role("link", name="HR-Konsole")).to_be_visible(timeout=20_000)
    widths = page.locator("#header a img").evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
    assert min(widths) >= 20, "they were squeezed to dots"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Ihr Konto").click()
    expect(page.get_by_role("menuitem", name="Abmelden")).to_be_visible()


def test_a_wrong_password_says_so(server: str, open_page: OpenPage) -> None:
    page = open_page(server)
    page.fill("#email", "emma")
    page.fill("#password", "not this one")
    page.click("button[type=submit]")
    expect(page.get_by_text("Name or password is wrong")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("credentialssignin")).to_be_hidden()


def test_a_wrong_password_says_so_over_http2_too(server: str, open_page: OpenPage) -> None:
    page = open_page(server)
    page.add_init_script(
        "Object.defineProperty(Response.prototype, 'statusText', { configurable: true, get: () => '' })"
    )
    page.reload()
    page.fill("#email", "emma")
    page.fill("#password", "not this one")
    page.click("button[type=submit]")
    expect(page.get_by_text("Name or password is wrong")).to_be_visible(timeout=10_000)
