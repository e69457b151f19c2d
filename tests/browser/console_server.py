"""The real server over a fake engine and a house with a past: ``python -m tests.browser.console_server HOME PORT``."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import uvicorn

from assistant.accounts import Role
from assistant.answer import Assistant
from assistant.asked import Asked
from assistant.audit import Kind
from assistant.handoffs import Handoffs
from assistant.records import Answer, Reason, Status
from assistant.review import Review
from assistant.room import Room
from assistant.server import create_app
from retrieval.generations import CurrentIndex, publish
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import BOARD, EXPENSES, HOSTILE, LEAVE, FakeEngine, FakeKeeper
from tests.fakes import OverlapReranker, WordEncoder

PASSWORD = "correct horse battery"
PEOPLE = {
    "emma": Role.EMPLOYEE, "hana": Role.HR, "leo": Role.LEGAL, "ada": Role.ADMIN, "eva": Role.EVALUATOR, "ines": Role.HR,
}  # fmt: skip
LEAVE_2027 = LEAVE.replace("28 days", "30 days").replace("may be carried over", "must be carried over") + (
    "\n## 4.3 Notice\n\nRequests for more than ten days are made eight weeks ahead.\n"
)
OFFICE = """# Office Guide

## 1 Travel claims

Expense claims are handed in within 60 days of the journey, with the receipts.
"""
#: What people asked and no document says, and how many of them.
UNANSWERED = {
    "May I bring my dog to the office?": 7,
    "Is there a parking space for my car?": 6,
    "Where is the shower?": 2,
}


def main(folder: Path, port: int) -> None:
    home = Home(folder)
    store = Store.open(home)
    keeper = FakeKeeper(home, store)
    encoder = WordEncoder()
    since = {"effective_from": date(2025, 3, 1)}
    for name, text, more in (
        ("leave.md", LEAVE, {"owner": "People team", **since}),
        ("expenses.md", EXPENSES, {"owner": "Finance", **since}),
        ("office.md", OFFICE, since),
        ("hostile.md", HOSTILE, {}),
        ("board.md", BOARD, {"audience": frozenset({"board"})}),
        ("germany.md", "# Holidays in Germany\n\nPublic holidays are those of the state.\n", {"jurisdiction": "DE"}),
    ):
        path = folder / name
        path.write_text(text)
        keeper.read(path, **more)
    newer = folder / "leave-2027.md"
    newer.write_text(LEAVE_2027)
    leave = next(each for each in store.documents() if each.title == "Annual Leave Policy")
    keeper.read(
        newer, {"supersedes": leave.document_id, "draft": True, "owner": "People team"}, effective_from=date(2027, 1, 1)
    )
    publish(home, store, encoder)
    room = Room.furnish(
        home, store, secret="a secret for tests only, long enough", keeper=keeper, load=lambda: FakeEngine(store),
        review=Review(home, store, encoder=lambda: encoder, rehearsing=lambda: Assistant(CurrentIndex(home, encoder="words"), encoder, reranker=OverlapReranker())),
    )  # fmt: skip
    for name, role in PEOPLE.items():
        room.accounts.add(name, role, PASSWORD)
    for document in store.documents():
        room.audit.append(
            Kind.UPLOAD, {"document_id": document.document_id, "version_id": f"{document.document_id}.v1"}
        )
    seed(store)
    uvicorn.run(create_app(room), port=port, log_level="warning", access_log=False)


def seed(store: Store) -> None:
    """Twelve weeks of questions, two of which wait in the inbox."""
    asked, handoffs, today = Asked(store), Handoffs(store), date.today()
    for week in range(12):
        for asker in range(8 + 5 * week % 11):
            day = today - timedelta(days=7 * week)
            record(asked, "How many days of annual leave do I have?", day, asker, ms=700 + 90 * asker)
    for question, askers in UNANSWERED.items():
        for asker in range(askers):
            record(asked, question, today - timedelta(days=9 * asker), asker, is_answered=False)
    leave = next(each for each in store.documents() if each.title == "Annual Leave Policy")
    passage = store.passages(leave.versions[0].version_id)[1]
    note = "I am planning six weeks from May on."
    handoffs.add("Does unpaid leave shorten my annual leave?", account_id="somebody", evidence=[passage], note=note)
    handoffs.add("May I bring my dog to the office?", account_id="somebody else")


def record(asked: Asked, question: str, day: date, asker: int, *, is_answered: bool = True, ms: float = 900.0) -> None:
    answer = Answer(
        question=question, standalone_question=question, status=Status.ANSWERED if is_answered else Status.ABSTAINED,
        reason=None if is_answered else Reason.NOT_COVERED, text="", claims=(), citations=(), conflicts=(),
        confidence=0.8 if is_answered else 0.2, as_of=day, model="fake", index_generation=1,
        timings_ms={"first_evidence": ms / 4, "total": ms},
    )  # fmt: skip
    asked.record(answer, account_id=f"asker {asker}", day=day)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
