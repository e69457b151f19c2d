"""The console on the sample documents and real models; takes the pictures of ``docs/hr.md``. See ``make pictures``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.accounts import Accounts, Role
from retrieval.home import Home
from retrieval.models import DEFAULT_WEIGHTS, ModelCache
from retrieval.store import Store
from tests.browser.conftest import ROOT, serving
from tests.browser.console_server import PASSWORD, seed

pytestmark = [pytest.mark.browser, pytest.mark.model]

SAMPLE = ROOT / "corpora" / "sample"
CHOSEN = (
    "annual-leave-policy-2023.md", "annual-leave-policy-2025.md", "code-of-conduct.md", "employee-handbook.md",
    "expenses-policy-2024.docx", "expenses-policy-2025.docx", "germany-addendum.md", "payroll-faq.html",
    "remote-work-policy-2023.html", "remote-work-policy-2025.html", "sick-leave-policy.html", "travel-policy.pdf",
)  # fmt: skip
#: Says eight where the policy says five.
NOTES = """# Leave Notes for Team Leads

Owner: Camille Frost, Learning Lead

## 1 Carry-over

1.1 Up to 8 unused days may be carried over into the next leave year.
"""
Snapshot = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on some of the sample documents, used for three months."""
    if not all(ModelCache.default().is_cached(weights) for weights in DEFAULT_WEIGHTS):
        pytest.skip("the default weights are not cached; run: policydesk models pull")
    if not all((SAMPLE / "documents" / name).is_file() for name in CHOSEN):
        pytest.skip("the sample corpus has not been built")
    folder = tmp_path_factory.mktemp("console")
    home, notes = folder / "home", folder / "leave-notes.md"
    notes.write_text(NOTES)
    command = [sys.executable, "-m", "assistant", "--home", str(home)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    files = [str(SAMPLE / "documents" / name) for name in CHOSEN]
    ingest = [*command, "ingest", "--catalog", str(SAMPLE / "catalog.json"), *files, str(notes)]
    subprocess.run(ingest, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    store = Store.open(Home(home))
    Accounts(store).add("hana", Role.HR, PASSWORD)
    seed(store)
    store.close()
    serve = ("assistant", "--home", str(home), "serve", "--port", "{port}", "--model", "quote")
    secret = "a secret for tests only, long enough"
    with serving(*serve, timeout_s=180, stdout=subprocess.DEVNULL, POLICYDESK_SECRET=secret) as address:
        yield address


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Real models may take their time on a machine with other work."""
    expect.set_options(timeout=90_000)
    yield
    expect.set_options(timeout=5_000)


def open_console(chromium: Browser, address: str, *, width: int = 1280, height: int = 860) -> Page:
    page = chromium.new_context(locale="en-US", viewport={"width": width, "height": height}).new_page()
    page.set_default_timeout(90_000)
    page.goto(f"{address}/hr")
    page.get_by_label("Account name").fill("hana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def test_a_new_version_goes_from_its_upload_into_answers(
    console: str, chromium: Browser, snapshot: Snapshot, tmp_path: Path
) -> None:
    page = open_console(chromium, console)
    expect(page.get_by_role("row")).to_have_count(11)
    snapshot(page, "hr-documents")
    newer = tmp_path / "annual-leave-policy-2027.md"
    older = (SAMPLE / "documents" / "annual-leave-policy-2025.md").read_text("utf-8")
    newer.write_text(
        older.replace("1 March 2025", "1 January 2027").replace("30 working days", "32 working days"), "utf-8"
    )
    scan = tmp_path / "old scan.pdf"
    scan.write_bytes(b"not a PDF at all")
    page.get_by_role("link", name="Add documents").first.click()
    page.set_input_files("#files", [newer, scan])
    page.get_by_role("button", name="Send 2 files").click()
    expect(page.locator("[data-list]").get_by_role("link", name="Review")).to_be_visible()
    expect(page.locator("[data-list]")).to_contain_text("new version of “Annual Leave Policy”")
    page.locator("[data-files]").scroll_into_view_if_needed()
    snapshot(page, "hr-upload")
    page.locator("[data-list]").get_by_role("link", name="Review").click()
    expect(page.locator(".changed-facts")).to_contain_text("30 working days → 32 working days")
    snapshot(page, "hr-review")
    page.get_by_role("link", name="See every change side by side").click()
    expect(page.locator("[data-change]", has_text="32 working days")).to_be_visible()
    page.keyboard.press("n")
    snapshot(page, "hr-changes")
    page.go_back()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("is published")
    expect(page.locator(".timeline li").first).to_contain_text("Upcoming")
    snapshot(page, "hr-document")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone")
    page.context.close()


def test_what_people_ask_is_seen_and_answered(console: str, chromium: Browser, snapshot: Snapshot) -> None:
    page = open_console(chromium, console)
    for called, name in (
        ("Open questions", "hr-questions"),
        ("Inbox", "hr-inbox"),
        ("Usage", "hr-usage"),
        ("Record", "hr-record"),
    ):
        page.get_by_role("link", name=called, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(called)
        expect(page.locator("[data-reload]")).to_have_count(0, timeout=60_000)  # until what takes long is made
        snapshot(page, name)
    page.get_by_role("link", name="Conflicts", exact=True).click()
    expect(page.locator("[data-reload]")).to_have_count(0, timeout=60_000)
    expect(page.locator("article").filter(has_text="8 unused days")).to_be_visible()
    snapshot(page, "hr-conflicts")
    page.get_by_role("link", name="Open questions", exact=True).click()
    page.get_by_role("button", name="Ask again").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Asked again")
    expect(page.locator("article h2")).to_contain_text(re.compile("answered now|still open"))
    snapshot(page, "hr-asked-again")
    page.context.close()
    phone = open_console(chromium, console, width=390, height=760)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Documents")
    snapshot(phone, "hr-phone")
    phone.context.close()
