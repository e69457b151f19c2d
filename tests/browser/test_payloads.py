"""What documents, notes and questions hold is shown as text: nothing of it is run, and nothing fetched, wherever it stands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser.conftest import serving
from tests.browser.payload_server import PASSWORD
from tests.browser.payloads import payloads
from tests.browser.test_console import sign_in as sign_in_to_console

pytestmark = pytest.mark.browser

MARK = 'a[href^="#source-"]'
#: Anything a payload made that is more than text.
ALIVE = """sink => [...document.querySelectorAll('*')].filter(each => [...each.attributes].some(attribute =>
    /^on/i.test(attribute.name) && attribute.value.includes('hurt')
    || ['src', 'href', 'data', 'action', 'srcdoc', 'xlink:href'].includes(attribute.name)
        && (attribute.value.includes(sink) || attribute.value.includes('hurt') || /outside[.]invalid|^data:text/.test(attribute.value)))
    || ['SCRIPT', 'STYLE'].includes(each.tagName) && each.textContent.includes('hurt=1') && !each.textContent.includes('__'))
    .map(each => each.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def sink() -> Iterator[tuple[str, list[str]]]:
    """A server that somebody listens at, and what was asked of it."""
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sink: tuple[str, list[str]]) -> Iterator[str]:
    command = ("tests.browser.payload_server", str(tmp_path_factory.mktemp("home")), "{port}", sink[0])
    with serving(*command, timeout_s=120) as address:
        yield address


class Watch:
    """A page, and what it did that a payload may have wanted."""

    def __init__(self, chromium: Browser, house: str, sink: str) -> None:
        self.context = chromium.new_context(locale="en-US")
        self.page: Page = self.context.new_page()
        self.sink, self.outside, self.dialogs = sink, list[str](), list[str]()
        self.page.on("dialog", self._dismiss)
        self.page.on(
            "request",
            lambda each: None if each.url.startswith((house, "data:", "blob:")) else self.outside.append(each.url),
        )

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def unhurt(self, surface: str, *, shown: int = 0) -> None:
        """Nothing on this page was run or is alive, and at least so many payloads stand on it as text."""
        assert self.page.locator("body").inner_text().count("hurt=1") >= shown, surface
        assert not self.page.evaluate("window.hurt"), surface
        assert self.page.evaluate(ALIVE, self.sink.partition("//")[2]) == [], surface
        assert (self.outside, self.dialogs) == ([], []), surface


@pytest.fixture
def watch(chromium: Browser, house: str, sink: tuple[str, list[str]]) -> Iterator[Watch]:
    watch = Watch(chromium, house, sink[0])
    yield watch
    watch.context.close()
    assert sink[1] == [], "somebody listens, and hears nothing"


def test_there_are_enough_payloads_and_the_watch_sees_one_that_works(sink: tuple[str, list[str]], watch: Watch) -> None:
    assert len(set(payloads(sink[0]))) > 70
    watch.page.set_content(f"<img src=data:, onerror='window.hurt=1'><a href='{sink[0]}/x'>x</a>")
    watch.page.wait_for_function("window.hurt === 1")
    assert len(watch.page.evaluate(ALIVE, sink[0].partition("//")[2])) == 2


def test_in_message_panel_and_history_nothing_is_run_or_fetched(house: str, watch: Watch) -> None:
    page = watch.page
    page.goto(house)
    page.wait_for_selector("#email", timeout=90_000)
    page.fill("#email", "emma")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("[id^=starter-]").first).to_be_enabled(timeout=60_000)
    watch.unhurt("starters")
    page.click("#chat-input")
    page.keyboard.insert_text(
        f"Badges? ![me]({watch.sink}/asked) <img src=x onerror=window.hurt=1> [x](javascript:window.hurt=1)"
    )
    page.keyboard.press("Enter")
    expect(page.locator(MARK).nth(60)).to_be_visible(timeout=90_000)
    page.wait_for_timeout(500)
    watch.unhurt("message", shown=25)
    marks = page.locator(MARK)
    for at in range(0, marks.count(), 6):
        marks.nth(at).evaluate("mark => mark.click()")
        expect(page.get_by_test_id("cited")).to_be_visible(timeout=20_000)
        watch.unhurt("panel")
    page.reload()
    expect(page.locator(MARK).nth(60)).to_be_visible(timeout=90_000)
    page.wait_for_timeout(500)
    watch.unhurt("history", shown=25)
    page.goto(f"{house}/me")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    watch.unhurt("own data")


def test_in_the_console_nothing_is_run_or_fetched(house: str, watch: Watch) -> None:
    page = watch.page
    page.goto(f"{house}/hr")
    sign_in_to_console(page, "hana")
    expect(page.get_by_role("heading", level=1)).to_have_text("Documents", timeout=30_000)
    watch.unhurt("documents", shown=25)
    link = page.locator("tbody a").first.get_attribute("href")
    for path in (
        link,
        "/hr/inbox",
        "/hr/questions",
        "/hr/review",
        "/hr/conflicts",
        "/hr/record",
        "/hr/usage",
        "/hr/uploads",
    ):
        page.goto(f"{house}{path}")
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("[data-reload]")).to_have_count(0, timeout=30_000)  # until what takes long is made
        watch.unhurt(str(path), shown=25 if path in ("/hr/inbox", "/hr/questions") else 0)
    page.goto(f"{house}/hr/review")
    draft = page.locator("main a[href^='/hr/review/']").first.get_attribute("href")
    page.goto(f"{house}{draft}")
    watch.unhurt("a draft")
