"""From documents to a cited answer on real models, as ``policydesk serve --demo`` gives it to people."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from retrieval.models import DEFAULT_WEIGHTS, ModelCache
from tests.browser.conftest import ROOT, OpenPage, serving
from tests.browser.test_chat import MARK, ask, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.model]

DOCUMENTS = ROOT / "corpora" / "sample" / "documents"
CHOSEN = (
    "annual-leave-policy-2025.md",
    "travel-policy.pdf",
    "expenses-policy-2025.docx",
    "remote-work-policy-2025.html",
)
Snapshot = Callable[[Page, str], None]


@dataclass(frozen=True)
class Demo:
    url: str
    passwords: dict[str, str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo server on a few documents of the sample corpus, with the passwords it printed."""
    if not all(ModelCache.default().is_cached(weights) for weights in DEFAULT_WEIGHTS):
        pytest.skip("the default weights are not cached; run: policydesk models pull")
    if not all((DOCUMENTS / name).is_file() for name in CHOSEN):
        pytest.skip("the sample corpus has not been built")
    folder = tmp_path_factory.mktemp("demo")
    home = ("--home", str(folder / "home"))
    files = [str(DOCUMENTS / name) for name in CHOSEN]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "assistant", *home, "ingest", *files], cwd=ROOT, env=environment, check=True)
    serve, said = ("assistant", *home, "serve", "--demo", "--port", "{port}"), folder / "said"
    with said.open("w") as out, serving(*serve, timeout_s=180, stdout=out) as address:
        yield Demo(address, dict(re.findall(r"Sign in as (\w+)\s+([a-z-]{23})", said.read_text())))


def test_an_employee_gets_a_cited_answer_and_opens_the_passage(
    demo: Demo, open_page: OpenPage, snapshot: Snapshot
) -> None:
    page = open_page(demo.url)
    sign_in(page, "employee", demo.passwords["employee"])
    expect(page.get_by_text("Carrying over leave")).to_be_visible()
    snapshot(page, "guide-welcome")
    ask(page, "How many unused leave days can I carry over into the next year?")
    expect(page.get_by_test_id("evidence")).to_be_visible(timeout=30_000)
    expect(page.locator(MARK).first).to_be_visible(timeout=60_000)
    page.locator(MARK).first.click()
    expect(page.get_by_test_id("cited")).to_contain_text("5 unused days may be carried over")
    expect(page.get_by_test_id("citation")).to_contain_text("Annual Leave Policy")
    snapshot(page, "guide-answer")


def test_a_pdf_opens_at_its_page(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(demo.url)
    sign_in(page, "employee", demo.passwords["employee"])
    ask(page, "What is the hotel limit in London?")
    expect(page.locator(MARK).first).to_be_visible(timeout=60_000)
    page.get_by_test_id("sources").get_by_role("button").first.click()
    link = page.get_by_test_id("citation").get_by_role("link")
    expect(link).to_have_attribute("href", re.compile(r"/original\?version=d\w+\.v1&view=page#page=\d+$"))
    address = str(link.get_attribute("href"))
    response = page.request.get(f"{demo.url}{address}")
    assert response.headers["content-disposition"].startswith("inline")
    assert response.body().startswith(b"%PDF-")


def test_what_no_document_says_is_refused(demo: Demo, open_page: OpenPage, snapshot: Snapshot) -> None:
    page = open_page(demo.url)
    sign_in(page, "evaluator", demo.passwords["evaluator"])
    ask(page, "Which football team does the managing director support?")
    expect(page.get_by_text("You could ask")).to_be_visible(timeout=60_000)
    assert page.locator(MARK).count() == 0
    snapshot(page, "guide-refusal")


def test_hr_uploads_a_policy_and_it_answers_at_once(
    demo: Demo, open_page: OpenPage, snapshot: Snapshot, tmp_path: Path
) -> None:
    policy = tmp_path / "quiet-room.md"
    policy.write_text(
        "# Quiet Room Policy\n\n## 1 Booking\n\n1.1 The quiet room on the third floor can be booked for up to 40 minutes at a time.\n"
    )
    page = open_page(demo.url)
    sign_in(page, "hr", demo.passwords["hr"])
    page.locator("#upload-button-input").set_input_files(policy)
    ask(page, "For how long can the quiet room be booked?")
    expect(page.get_by_text("1 added")).to_be_visible(timeout=90_000)
    expect(page.locator(MARK).first).to_be_visible(timeout=60_000)
    page.locator(MARK).first.click()
    expect(page.get_by_test_id("cited")).to_contain_text("up to 40 minutes")
    snapshot(page, "guide-upload")
