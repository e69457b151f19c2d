"""The real server over a fake engine, in a process of its own: ``python -m tests.browser.fake_server HOME PORT [works-council]``."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from assistant.accounts import Role
from assistant.privacy import Privacy
from assistant.room import Room
from assistant.server import create_app
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import BOARD, EXPENSES, HOSTILE, LEAVE, FakeEngine, FakeKeeper

PASSWORD = "correct horse battery"
PEOPLE = {"emma": Role.EMPLOYEE, "hana": Role.HR, "eva": Role.EVALUATOR}


def main(folder: Path, port: int, *, works_council: bool = False) -> None:
    home = Home(folder)
    store = Store.open(home)
    keeper = FakeKeeper(home, store)
    for name, text, more in (
        ("leave.md", LEAVE, {"owner": "People team"}),
        ("expenses.md", EXPENSES, {}),
        ("hostile.md", HOSTILE, {}),
        ("board.md", BOARD, {"audience": frozenset({"board"})}),
    ):
        path = folder / name
        path.write_text(text)
        keeper.read(path, **more)
    room = Room.furnish(
        home, store, secret="a secret for tests only, long enough", keeper=keeper,
        load=lambda: FakeEngine(store, pause_s=0.04), privacy=Privacy(works_council=works_council),
    )  # fmt: skip
    for name, role in PEOPLE.items():
        room.accounts.add(name, role, PASSWORD)
    uvicorn.run(create_app(room), port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), works_council="works-council" in sys.argv)
