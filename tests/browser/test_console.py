"""What HR does in the console, done in a browser; and who is kept out of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import serving
from tests.browser.console_server import PASSWORD
from tests.browser.test_barriers import barriers

pytestmark = pytest.mark.browser

#: Where each of the console's places is, and what its page is called.
PLACES = {
    "/hr": "Documents", "/hr/upload": "Add documents", "/hr/review": "Review", "/hr/conflicts": "Conflicts",
    "/hr/questions": "Open questions", "/hr/inbox": "Inbox", "/hr/usage": "Usage", "/hr/record": "Record",
}  # fmt: skip
PHONE = (390, 844)
DESKTOP = (1280, 800)
Visit = Callable[..., Page]
Snapshot = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a console with documents, a draft, questions and hand-offs."""
    with serving("tests.browser.console_server", str(tmp_path_factory.mktemp("home")), "{port}") as address:
        yield address


@pytest.fixture(scope="module")
def sessions() -> dict[str, list[Any]]:
    """The cookies of those who have signed in."""
    return {}


@pytest.fixture
def visit(desk: str, chromium: Browser, sessions: dict[str, list[Any]]) -> Iterator[Visit]:
    """Opens a page of the console as somebody. Afterwards nothing may have been asked of another origin, or have failed."""
    contexts = []
    outside: list[str] = []
    failures: list[str] = []

    def open_(
        path: str, name: str = "hana", *, size: tuple[int, int] = DESKTOP, dark: bool = False, scripts: bool = True
    ) -> Page:
        context = chromium.new_context(
            locale="en-US", viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )  # fmt: skip
        contexts.append(context)
        context.add_cookies(sessions.get(name, []))
        page = context.new_page()
        page.on("request", lambda request: None if request.url.startswith(desk) else outside.append(request.url))
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda said: failures.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(f"{desk}{path}")
        if name and name not in sessions:
            sign_in(page, name)
            sessions[name] = list(context.cookies())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert outside == []
    assert failures == []


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Account name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def leave_policy(page: Page) -> None:
    page.get_by_role("link", name="Annual Leave Policy").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Annual Leave Policy")


# -- the door ----------------------------------------------------------------------------------------------------------


def test_signing_in_leads_back_to_where_one_was_going(visit: Visit, desk: str) -> None:
    page = visit("/hr/documents/nothing", name="")
    page = visit("/hr/usage?weeks=26", name="")
    assert page.url == f"{desk}/hr/sign-in?next=/hr/usage%3Fweeks%3D26"
    sign_in(page, "hana", "a wrong password")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    sign_in(page, "hana")
    assert page.url == f"{desk}/hr/usage?weeks=26"
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{desk}/hr")
    assert "/hr/sign-in" in page.url


@pytest.mark.parametrize("name", ["emma", "eva"])
def test_who_does_not_keep_the_library_is_told_so_and_led_back(visit: Visit, desk: str, name: str) -> None:
    page = visit("/hr", name)
    expect(page.get_by_role("heading", level=1)).to_have_text("Not for this account")
    expect(page.get_by_role("link", name="Back to the chat")).to_have_attribute("href", "/")
    for path in PLACES:
        answer = page.request.get(f"{desk}{path}")
        assert answer.status == 403, path
        assert "Annual Leave" not in answer.text()
    page.get_by_role("button", name="Sign in with another account").click()
    sign_in(page, "hana")
    expect(page.get_by_role("heading", level=1)).to_have_text("Documents")


@pytest.mark.parametrize("name", ["hana", "leo", "ada"])
def test_hr_legal_and_administrators_see_every_place(visit: Visit, name: str) -> None:
    page = visit("/hr", name)
    for called in PLACES.values():
        page.get_by_role("navigation", name="Console").get_by_role("link", name=called, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(called)


# -- documents ---------------------------------------------------------------------------------------------------------


def test_documents_are_found_sorted_and_narrowed_down(visit: Visit) -> None:
    page = visit("/hr")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(5)
    expect(page.get_by_text("Board Pay")).to_have_count(0)
    page.get_by_role("searchbox").fill("germany")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Holidays in Germany")
    page.get_by_role("searchbox").fill("nothing like it")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("columnheader", name="Owner").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Owner")).to_have_attribute("aria-sort", "ascending")
    expect(rows.first).to_contain_text("Finance")


def test_two_versions_stand_side_by_side_and_keys_go_through_the_changes(visit: Visit) -> None:
    page = visit("/hr")
    leave_policy(page)
    page.get_by_role("link", name="What changed").click()
    changes = page.locator("[data-change]")
    first = changes.filter(has_text="28 days")
    expect(first.locator(".old del")).to_contain_text(["28"])
    expect(first.locator(".new ins")).to_contain_text(["30"])
    expect(first.locator(".new mark.fact").first).to_have_text(re.compile("30"))
    expect(changes.filter(has_text="carried over").locator(".turned")).to_contain_text("duty")
    page.keyboard.press("n")
    expect(changes.first).to_be_focused()
    page.keyboard.press("n")
    expect(changes.nth(1)).to_be_focused()
    page.keyboard.press("p")
    expect(changes.first).to_be_focused()
    page.get_by_role("link", name="Only numbers, dates").click()
    assert changes.count() >= 2


def test_a_removed_document_comes_back_with_undo(visit: Visit) -> None:
    page = visit("/hr")
    page.get_by_role("link", name="Holidays in Germany").click()
    page.get_by_role("link", name="Remove this document").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("is removed")
    expect(page.get_by_role("link", name="Holidays in Germany")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone")
    page.goto(page.url.partition("/hr")[0] + "/hr")
    expect(page.get_by_role("link", name="Holidays in Germany")).to_be_visible()


def test_details_are_edited_and_taken_back(visit: Visit) -> None:
    page = visit("/hr")
    page.get_by_role("link", name="Office Guide").click()
    page.get_by_role("link", name="Edit details").click()
    page.get_by_label("Owner").fill("Facilities")
    page.get_by_label("First day in force").fill("2025-04-01")
    page.get_by_role("button", name="Save").click()
    facts = page.locator("dl.facts")
    expect(facts).to_contain_text("Facilities")
    expect(facts).to_contain_text("since 1 Apr 2025")
    page.get_by_role("button", name="Undo").click()
    expect(facts).to_contain_text("nobody named")
    page.get_by_role("link", name="Edit details").click()
    page.get_by_label("First day in force").fill("2026-04-01")
    page.get_by_label("Last day in force").fill("2025-04-01")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("That did not work")


# -- upload and review -------------------------------------------------------------------------------------------------


def test_files_go_in_are_looked_at_and_published(visit: Visit, tmp_path: Path) -> None:
    policy = tmp_path / "bicycles.md"
    policy.write_text("# Bicycle Policy\n\n## 1 Grant\n\nThe company pays 300 euro towards a bicycle for commuting.\n")
    broken, empty = tmp_path / "broken.pdf", tmp_path / "empty.md"
    broken.write_bytes(b"MZ this is no PDF")
    empty.touch()
    page = visit("/hr/upload")
    page.set_input_files("#files", [policy, broken, empty])
    items = page.locator("[data-list] li")
    expect(items).to_have_count(3)
    expect(items.filter(has_text="empty.md")).to_contain_text("the file is empty. Save it again with its text.")
    page.get_by_role("button", name="Send 2 files").click()
    expect(items.filter(has_text="broken.pdf")).to_contain_text("not a PDF file", timeout=15_000)
    expect(items.filter(has_text="bicycles.md")).to_contain_text("Read: 1 passage")
    expect(page.get_by_role("button", name="Try broken.pdf again")).to_be_visible()
    items.filter(has_text="bicycles.md").get_by_role("link", name="Review").click()
    expect(page.locator("#what + p")).to_contain_text("new document", ignore_case=True)
    page.get_by_label("Owner").fill("Mobility team")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("“Bicycle Policy” is published")
    expect(page.locator("dl.facts")).to_contain_text("Mobility team")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Waiting for review")
    page.goto(page.url.partition("/hr")[0] + "/hr/review")
    page.get_by_role("link", name="Bicycle Policy", exact=True).click()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("put aside")


def test_an_upload_can_be_cancelled_and_sent_again(visit: Visit, tmp_path: Path) -> None:
    files = [tmp_path / f"rule-{number}.md" for number in range(3)]
    for number, file in enumerate(files):
        file.write_text(f"# Rule {number}\n\nRule number {number} holds for everybody in the house.\n")
    page = visit("/hr/upload")
    held: list[object] = []
    page.route("**/hr/upload", lambda route: held.append(route))
    page.set_input_files("#files", files)
    page.get_by_role("button", name="Send 3 files").click()
    page.get_by_role("button", name="Cancel the rest").click()
    items = page.locator("[data-list] li")
    expect(items.first).to_contain_text("Cancelled")
    page.unroute_all(behavior="ignoreErrors")
    page.get_by_role("button", name="Take out rule-2.md").click()
    expect(items).to_have_count(2)
    page.get_by_role("button", name="Try rule-0.md again").click()
    expect(items.first).to_contain_text("Read: 1 passage", timeout=15_000)


def test_folders_dropped_on_the_page_are_taken_file_by_file(visit: Visit) -> None:
    page = visit("/hr/upload")
    page.evaluate(
        """() => {
          const data = new DataTransfer()
          data.items.add(new File(['# Dropped\\n\\nA dropped rule.'], 'dropped.md'))
          data.items.add(new File(['x'], '.hidden'))
          document.querySelector('[data-drop]').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}))
        }"""
    )
    expect(page.locator("[data-list] li")).to_have_count(1)
    expect(page.locator("[data-list]")).to_contain_text("dropped.md")


def reading(routes: list[Route]) -> Callable[[Route], None]:
    """Answers the page that all it asks after is still being read; keeps what it asked."""

    def answer(route: Route) -> None:
        routes.append(route)
        jobs = parse_qs(urlsplit(route.request.url).query)["job"]
        line = {"file": "x.md", "tone": "waiting", "said": "Being read", "link": None, "link_name": None}
        route.fulfill(
            json={"jobs": [{"job_id": job, "ended": False, "said": "0 read", "lines": [line]} for job in jobs]}
        )

    return answer


def rules(folder: Path, number: int, about: str) -> list[Path]:
    files = [folder / f"{about}-{each}.md" for each in range(number)]
    for each, file in enumerate(files):
        file.write_text(f"# {about} {each}\n\nRule {each} of {about} holds for everybody in the house.\n")
    return files


def test_one_request_asks_after_all_that_is_being_read(visit: Visit, tmp_path: Path) -> None:
    """Else who sends a few hundred files has soon used up what one may ask in a minute."""
    asked: list[Route] = []
    page = visit("/hr/upload")
    page.route("**/hr/uploads/progress*", reading(asked))
    page.set_input_files("#files", rules(tmp_path, 41, "parking"))
    page.get_by_role("button", name="Send 41 files").click()
    expect(page.locator("[data-list]").get_by_text("Sending", exact=True)).to_have_count(0, timeout=30_000)
    before = len(asked)
    page.wait_for_timeout(3000)
    assert 0 < len(asked) - before <= 5
    assert asked[-1].request.url.count("job=") == 3, "sent in three requests"


def test_an_upload_is_followed_again_after_the_connection_broke(visit: Visit, tmp_path: Path) -> None:
    page = visit("/hr/upload")
    page.route("**/hr/uploads/progress*", lambda route: route.abort(), times=1)
    page.set_input_files("#files", rules(tmp_path, 1, "lockers"))
    page.get_by_role("button", name="Send 1 file").click()
    expect(page.locator("[data-list] li")).to_contain_text("Read: 1 passage", timeout=15_000)


def test_who_was_signed_out_while_files_are_read_is_told_where_to_look(visit: Visit, tmp_path: Path) -> None:
    asked: list[Route] = []
    page = visit("/hr/upload", "leo")
    page.route("**/hr/uploads/progress*", reading(asked))
    page.set_input_files("#files", rules(tmp_path, 1, "bicycles"))
    page.get_by_role("button", name="Send 1 file").click()
    item = page.locator("[data-list] li")
    expect(item).to_contain_text("Being read", timeout=15_000)
    page.context.clear_cookies()
    page.unroute_all(behavior="ignoreErrors")
    expect(item).to_contain_text("your session has ended", timeout=15_000)
    item.get_by_role("link", name="Your uploads").click()
    sign_in(page, "leo")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your uploads")
    page.goto(page.url.removesuffix("s"))
    page.context.clear_cookies()
    page.set_input_files("#files", rules(tmp_path, 1, "scooters"))
    page.get_by_role("button", name="Send 1 file").click()
    expect(item).to_contain_text("your session has ended: sign in, then send the files again")


def test_the_count_of_an_upload_is_told_when_it_changes_only(visit: Visit, tmp_path: Path) -> None:
    asked: list[Route] = []
    page = visit("/hr/upload")
    page.route("**/hr/uploads/progress*", reading(asked))
    page.set_input_files("#files", rules(tmp_path, 1, "showers"))
    page.get_by_role("button", name="Send 1 file").click()
    tally = page.locator("[data-tally]")
    expect(tally).to_have_text("0 of 1 read", timeout=15_000)
    tally.evaluate(
        "each => new MutationObserver(() => { window.told = (window.told ?? 0) + 1 }).observe(each, {childList: true})"
    )
    page.wait_for_timeout(2500)
    assert page.evaluate("window.told") is None


def test_a_text_is_there_again_when_the_session_ended_while_it_was_typed(visit: Visit) -> None:
    page = visit("/hr/inbox", "leo")
    dog, leave = (page.locator("article", has_text=about) for about in ("dog", "unpaid leave"))
    dog.get_by_role("textbox").fill("On Fridays, and only small ones.")
    leave.get_by_role("textbox").fill("No, it")
    page.context.clear_cookies()
    dog.get_by_role("button", name="Answer", exact=True).click()
    sign_in(page, "leo")
    page.goto(page.url.partition("/hr")[0] + "/hr/inbox")
    expect(dog.get_by_role("textbox")).to_have_value("On Fridays, and only small ones.")
    expect(leave.get_by_role("textbox")).to_have_value("No, it")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "leo")
    page.goto(page.url.partition("/hr")[0] + "/hr/inbox")
    expect(dog.get_by_role("textbox")).to_have_value("")


def test_details_that_were_refused_are_in_the_form_again(visit: Visit) -> None:
    page = visit("/hr")
    page.get_by_role("link", name="Office Guide").click()
    page.get_by_role("link", name="Edit details").click()
    page.get_by_label("Owner").fill("Reception")
    page.get_by_label("First day in force").fill("2026-04-01")
    page.get_by_label("Last day in force").fill("2025-04-01")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Go back").click()
    expect(page.get_by_label("Owner")).to_have_value("Reception")
    page.get_by_label("Last day in force").fill("")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("dl.facts")).to_contain_text("nobody named")
    page.get_by_role("link", name="Edit details").click()
    expect(page.get_by_label("Owner")).to_have_value("")


def test_everything_works_without_a_script(visit: Visit, tmp_path: Path) -> None:
    policy = tmp_path / "plants.md"
    policy.write_text("# Plant Policy\n\n## 1 Water\n\nPlants are watered on every Monday and Thursday.\n")
    page = visit("/hr/upload", scripts=False)
    page.set_input_files("#files", [policy])
    page.get_by_text("Publish at once").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("link", name="Open", exact=True)).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Open", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Plant Policy")
    page.get_by_role("link", name="Remove this document").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("is removed")
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_the_report_about_a_draft_says_what_it_changes(visit: Visit) -> None:
    page = visit("/hr/review")
    page.get_by_role("link", name="Annual Leave Policy", exact=True).click()
    what = page.locator("section", has=page.locator("#what"))
    expect(what).to_contain_text("A new version of Annual Leave Policy")
    expect(what.locator(".changed-facts")).to_contain_text("28 days → 30 days")
    expect(page.get_by_label("First day in force")).to_have_value("2027-01-01")
    page.get_by_role("link", name="See every change side by side").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What changed")


# -- questions, inbox, reports -----------------------------------------------------------------------------------------


def test_open_questions_are_grouped_counted_and_asked_again(visit: Visit) -> None:
    page = visit("/hr/questions")
    gaps = page.locator("article.gap")
    expect(gaps).to_have_count(2, timeout=20_000)
    expect(gaps.first).to_contain_text("May I bring my dog to the office?")
    expect(gaps.first).to_contain_text("or more people, 7 times")
    expect(page.get_by_text("shower")).to_have_count(0)
    expect(page.get_by_text("1 group of fewer than five people is not shown")).to_be_visible()
    expect(page.get_by_role("img", name="How often each open question was asked")).to_be_visible()
    gaps.first.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Asked again")
    expect(page.locator("article")).to_contain_text("still open")
    expect(page.locator("article")).to_contain_text("Before: refused 7 times")


def test_a_question_that_was_handed_on_is_answered(visit: Visit) -> None:
    page = visit("/hr/inbox")
    handoff = page.locator("article", has_text="unpaid leave")
    expect(handoff).to_contain_text("six weeks from May on.")
    expect(handoff.get_by_role("link", name=re.compile("Annual Leave Policy"))).to_be_visible()
    handoff.get_by_label("Your answer").fill("No, it does not.")
    handoff.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Your answer is kept")
    page.locator("article", has_text="dog").get_by_role("button", name="Close without an answer").click()
    expect(page.get_by_role("status")).to_contain_text("closed without an answer")
    page.get_by_role("link", name=re.compile("Answered")).click()
    expect(page.get_by_label("The answer")).to_have_value("No, it does not.")


def test_usage_shows_weeks_and_the_record_is_whole(visit: Visit) -> None:
    page = visit("/hr/usage")
    chart = page.get_by_role("img", name="Questions a week, and how many of them were answered")
    expect(chart).to_be_visible(timeout=20_000)
    expect(page.locator(".tiles")).to_contain_text("Answered")
    page.get_by_role("link", name="Record").click()
    expect(page.locator(".verdict")).to_contain_text("The record is whole")
    expect(page.locator("tbody tr").filter(has_text="Annual Leave Policy").first).to_contain_text("was added")
    expect(page.get_by_text("Board Pay")).to_have_count(0)


def test_contradictions_stand_side_by_side(visit: Visit) -> None:
    page = visit("/hr/conflicts")
    expect(page.get_by_text("are being compared")).to_have_count(0, timeout=20_000)
    conflict = page.locator("article", has_text="60 days")
    expect(conflict).to_contain_text("30 days")
    expect(conflict).to_contain_text("kept by Finance")


# -- for everybody -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)])
def test_pages_fit_the_screen_and_have_no_serious_barrier(
    visit: Visit, desk: str, size: tuple[int, int], dark: bool, snapshot: Snapshot
) -> None:
    page = visit("/hr/sign-in", name="", size=size, dark=dark)
    assert_fits(page, size)
    page = visit("/hr", "ines", size=size, dark=dark)
    address = page.get_by_role("link", name="Annual Leave Policy").get_attribute("href")
    assert address
    report = address.replace("documents", "review") + ".v2"
    of_a_document = [f"{address}{more}" for more in ("", "/edit", "/remove", "/compare?from=1&to=2")]
    for path in (*PLACES, "/hr/uploads", *of_a_document, report, "/hr/no/such/page"):
        page.goto(f"{desk}{path}")
        expect(page.locator("[data-reload]")).to_have_count(0, timeout=20_000)  # until what takes long is made
        assert_fits(page, size)
        if path in PLACES:
            snapshot(page, f"console-{path.rpartition('/')[2]}{'-phone' if size == PHONE else ''}")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_one_long_name_pushes_nothing_off_the_page(visit: Visit, desk: str, size: tuple[int, int]) -> None:
    page = visit("/hr", "ines", size=size)
    address = page.get_by_role("link", name="Annual Leave Policy").get_attribute("href")
    names = (
        ("/hr", "tbody th a"), ("/hr", "td[data-name=Owner]"), ("/hr", "td[data-name=Readers]"), ("/hr/review", "tbody th a"),
        ("/hr/record", "tbody td a"), (str(address), "h1"), ("/api/docs", "summary code"),
    )  # fmt: skip
    for path, title in names:
        page.goto(f"{desk}{path}")
        page.locator(title).first.evaluate("each => { each.textContent = 'Betriebsvereinbarung_'.repeat(7) }")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def assert_fits(page: Page, size: tuple[int, int]) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], page.url
    assert barriers(page) == [], page.url


def test_nothing_in_a_document_is_run_or_fetched_in_the_console(visit: Visit, desk: str) -> None:
    page = visit("/hr")
    page.get_by_role("link", name=re.compile("Visitor Rules")).click()
    expect(page.get_by_text("<script>window.hurt=1</script>")).to_be_visible()
    for path in ("", "/edit", "/remove"):
        page.goto(page.url.partition("?")[0].removesuffix("/edit") + path)
        assert page.evaluate("window.hurt") is None
        assert page.locator("main img, main script, main a[href^='http://outside']").count() == 0
