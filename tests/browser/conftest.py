"""A real Chromium on a real server. Every page that is opened is watched: nothing may be asked of another origin."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, Page, expect, sync_playwright

# A server that has just started still reads ahead, and a busy machine takes its time: waiting longer makes no test pass that should fail.
expect.set_options(timeout=20_000)

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip


@contextmanager
def serving(
    *command: str, timeout_s: float = 90, stdout: IO[str] | int | None = None, **variables: str
) -> Iterator[str]:
    """The address of a server that is started, waited for, and stopped at the end.

    :param command: behind the interpreter's ``-m``; ``{port}`` in it becomes the port.
    :param stdout: where what it prints goes.
    :param variables: added to its environment.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    arguments = [sys.executable, "-m", *(each.replace("{port}", port) for each in command)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100", **variables}
    with subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=stdout) as process:
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}", process, timeout_s=timeout_s)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], *, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server stopped before it was ready"
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise AssertionError(f"the server was not ready within {timeout_s:.0f} s")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over a fake engine."""
    with serving("tests.browser.fake_server", str(tmp_path_factory.mktemp("home")), "{port}") as address:
        yield address


# Playwright keeps an event loop running while it is open, which asynchronous tests of other folders must not meet.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Opens pages in fresh profiles; afterwards no request may have gone to another origin, and no script have failed."""
    contexts = []
    outside: list[str] = []
    failures: list[str] = []

    def open_(url: str, *, width: int = 1280, height: int = 800, dark: bool = False, language: str = "en-US") -> Page:
        context = chromium.new_context(
            locale=language, viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(f"localStorage.setItem('vite-ui-theme', '{'dark' if dark else 'light'}')")
        page.on(
            "request",
            lambda request: None if request.url.startswith((url, "data:", "blob:")) else outside.append(request.url),
        )
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(url)
        # The page asks who is there before it goes to its sign-in form.
        page.wait_for_url("**/login", timeout=60_000)
        page.wait_for_selector("#email", timeout=60_000)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert outside == []
    assert failures == []


@pytest.fixture
def snapshot() -> Callable[[Page, str], None]:
    """Keeps a screenshot under ``artifacts/``."""

    def keep(page: Page, name: str) -> None:
        ARTIFACTS.mkdir(exist_ok=True)
        page.wait_for_timeout(600)  # panels slide in
        page.screenshot(path=str(ARTIFACTS / f"{name}.png"))

    return keep
