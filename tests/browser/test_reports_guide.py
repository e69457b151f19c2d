"""The measurement reports of kept results in a browser; takes the pictures of ``docs/evaluating.md``. See ``make pictures``."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from evals.compare import read_result
from evals.report import render
from tests.browser.conftest import ARTIFACTS, ROOT

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("name", "result", "heading"),
    [
        ("eval-retrieval", "retrieval-contractnli.json", "Retrieval on"),
        ("eval-answers", "baseline-sample.json", "Answers on"),
    ],
)
def test_a_report_is_whole_without_a_network(
    name: str, result: str, heading: str, chromium: Browser, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    report.write_text(render(read_result(ROOT / "evals" / "results" / result)), "utf-8")
    context = chromium.new_context(viewport={"width": 1100, "height": 1290}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert page.locator("h1").inner_text().startswith(heading)
    assert asked == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1100
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=str(ARTIFACTS / f"{name}.png"))
    context.close()
