"""How long records are kept, and what works council mode writes: nothing that leads from a question to a person."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from assistant import jobrecords
from assistant.asked import Asked, AskedRow
from assistant.audit import Audit, Kind
from assistant.chats import ChatRow, Chats
from assistant.chores import chores
from assistant.cli import main
from assistant.feedback import Feedback, FeedbackRow
from assistant.handoffs import HandoffRow, Handoffs
from assistant.jobrecords import JobRow, JobState
from assistant.privacy import KINDS, Privacy, Retention, read_period, sweep
from assistant.room import Room
from retrieval.errors import NotReady, WrongUsage
from retrieval.home import Home
from retrieval.store import Store
from retrieval.tables import Base
from tests.assistant.answers import refused
from tests.assistant.conftest import served

ROOT = Path(__file__).parents[2]
QUESTION = "How many unused leave days may be carried over?"


def some_of_everything(store: Store, *, days_ago: int) -> None:
    """One record of each kind, as old as this."""
    then = datetime.now(UTC) - timedelta(days=days_ago)
    chats = Chats(store)
    chats.save("t1", account_id="a1", name=QUESTION)
    Asked(store).record(refused(QUESTION), account_id="a1")
    Feedback(store).add(QUESTION, helpful=False)
    Handoffs(store).add(QUESTION, account_id="a1")
    jobrecords.remove_older(store, 0)
    with store.sessions.begin() as session:
        session.add(
            JobRow(
                job_id="j1",
                account_id="a1",
                state=JobState.DONE.value,
                files=[],
                options={},
                reports=[],
                created_at=then,
            )
        )
        session.execute(update(ChatRow).values(touched_at=then))
        session.execute(update(AskedRow).values(day=then.date()))
        session.execute(update(FeedbackRow).values(created_at=then))
        session.execute(update(HandoffRow).values(created_at=then))


def test_each_kind_has_its_own_time(store: Store) -> None:
    some_of_everything(store, days_ago=100)
    periods = {"conversations": 90, "questions": 101, "feedback": None, "handoffs": 99, "logs": 30}
    removed = sweep(store, Privacy().with_retention(**periods))
    assert removed == {"conversations": 1, "questions": 0, "feedback": 0, "handoffs": 1, "logs": 1}
    assert sum(sweep(store, Privacy().with_retention(**periods)).values()) == 0


def test_a_handoff_s_code_that_was_kept_with_a_conversation_goes(store: Store) -> None:
    chats, code = Chats(store), "Pick-abcd-efgh-jkmn-pqrs"
    chats.save("t1", account_id="a1", name=code)
    chats.save("t2", account_id="a1", name="How do I pick-up a parcel?")
    chats.save_step("t1", "s1", {"type": "run", "name": "on_message", "input": f"It is {code}.", "output": ""})
    chats.save_step("t1", "s2", {"type": "user_message", "output": "pick-up?"})
    sweep(store, Privacy())
    loaded, other = chats.load("t1"), chats.load("t2")
    assert loaded is not None
    assert other is not None
    assert (loaded[0].name, other[0].name) == (None, "How do I pick-up a parcel?")
    assert [(step.body.get("input"), step.body["output"]) for step in loaded[1]] == [("", ""), (None, "pick-up?")]


def test_by_default_nothing_of_this_year_goes(store: Store) -> None:
    some_of_everything(store, days_ago=364)
    assert sum(sweep(store, Privacy()).values()) == 0


async def test_the_server_sweeps_when_it_starts(room: Room) -> None:
    some_of_everything(room.store, days_ago=400)
    async with chores(room):
        assert room.chats.load("t1") is None


@pytest.mark.parametrize(
    ("text", "days"), [("90d", 90), ("2W", 14), ("6m", 180), ("1y", 365), ("0d", 0), ("forever", None)]
)
def test_periods_are_read_as_people_write_them(text: str, days: int | None) -> None:
    assert read_period(text) == days


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5y", "soon", "9999y"])
def test_what_is_no_period_is_one_line(text: str) -> None:
    with pytest.raises(WrongUsage, match="write 90d"):
        read_period(text)


def test_settings_are_kept_and_a_damaged_file_forbids_to_go_on(home: Home) -> None:
    assert Privacy.load(home) == Privacy()
    kept = Privacy(Retention(conversations=30, questions=None), works_council=True)
    kept.save(home)
    assert Privacy.load(home) == kept
    for damaged in (
        "{",
        "{}",
        '{"works_council": "no", "retention": {}}',
        json.dumps({"works_council": True, "retention": {"logs": -1}}),
        json.dumps({"works_council": True, "retention": dict.fromkeys(KINDS, 10**9)}),
    ):
        (home.root / "privacy.json").write_text(damaged)
        with pytest.raises(NotReady, match="cannot be understood"):
            Privacy.load(home)


def test_the_commands_set_show_and_sweep(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(home.root), "privacy", *arguments])
        assert ended.value.code in (0, None)
        return capsys.readouterr().out

    run("retention", "--conversations", "90d", "--logs", "forever")
    run("works-council", "--on")
    shown = json.loads(run("show", "--json"))
    assert (shown["retention"]["conversations"], shown["retention"]["logs"], shown["works_council"]) == (90, None, True)
    Store.open(home).close()
    assert json.loads(run("sweep", "--json"))["removed"]["conversations"] == 0
    assert "90 days" in run("show")


# -- works council mode ----------------------------------------------------------------------------------------------


def rows(store: Store) -> Iterator[tuple[str, str]]:
    """Every row of every table, as text."""
    with store.engine.connect() as connection:
        for table in Base.metadata.tables:
            exists = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = :name"), {"name": table}).first()
            for row in connection.execute(text(f"SELECT * FROM {table}")) if exists else ():
                yield table, repr(tuple(row))


async def test_nothing_written_holds_a_person_beside_a_question(room: Room) -> None:
    quiet = replace(room, privacy=Privacy(works_council=True))
    emma = room.accounts.require("emma")
    before = {table: row for table, row in rows(room.store) if emma.account_id in row or "emma" in row}
    assert set(before) == {"accounts"}
    async with served(quiet) as client:
        headers = {"Authorization": f"Bearer {room.accounts.new_token('emma')}"}
        answer = (await client.post("/api/v1/ask", json={"question": QUESTION}, headers=headers)).json()
        assert answer["status"] == "answered"
        await client.post("/api/v1/feedback", json={"question": QUESTION, "helpful": False}, headers=headers)
        sent = await client.post("/api/v1/handoffs", json={"question": QUESTION, "consent": True}, headers=headers)
        assert sent.json()["code"]
    places = {table for table, row in rows(room.store) if emma.account_id in row or "emma" in row}
    assert places == {"accounts", "account_tokens"}
    asked = [row for table, row in rows(room.store) if table == "asked"]
    assert len(asked) == 1
    assert room.asked.questions(date.today(), date.today())[0].asker is None
    assert {table for table, row in rows(room.store) if QUESTION in row} == {"asked", "feedback", "handoffs"}
    (entry,) = Audit(room.store).entries(kind=Kind.ANSWER)
    assert entry.payload["scope_sha256"] is None


#: Chainlit keeps its state in its modules, so it gets a process of its own.
HISTORY = """
import asyncio, sys
from pathlib import Path

from chainlit.types import Feedback

from assistant.accounts import Accounts
from assistant.chats import Chats
from assistant.history import History
from retrieval.home import Home
from retrieval.store import Store


async def main() -> None:
    store = Store.open(Home(Path(sys.argv[1])))
    for keeps in (True, False):
        history = History(Accounts(store), Chats(store), keeps=keeps)
        name = f"t{keeps}"
        await history.update_thread(name, name="How much leave?", user_id="a1")
        step = {"id": f"s{keeps}", "threadId": name, "type": "user_message", "output": "How much leave?"}
        await History.update_step.__wrapped__(history, step)
        await history.rate(Feedback(forId=f"s{keeps}", value=0, threadId=name, comment="no"), account_id="a1")
        print(await history.get_thread(name) is not None)
        await history.close()


asyncio.run(main())
"""


def test_the_chat_s_history_keeps_nothing(home: Home) -> None:
    home.create()
    done = subprocess.run(
        [sys.executable, "-c", HISTORY, str(home.root)], capture_output=True, text=True, timeout=120, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "CHAINLIT_APP_ROOT": str(home.root)},
    )  # fmt: skip
    assert done.stdout.split() == ["True", "False"], done.stderr[-2000:]
    assert [row for _, row in rows(Store.open(home)) if "tFalse" in row or "sFalse" in row] == []


def test_turning_it_on_removes_what_led_to_a_person(store: Store) -> None:
    some_of_everything(store, days_ago=0)
    sweep(store, Privacy(works_council=True))
    assert Chats(store).load("t1") is None
    assert Asked(store).questions(date.today(), date.today())[0].asker is None
    assert "asker_secrets" not in {table for table, _ in rows(store)}
    assert {row for table, row in rows(store) if table == "handoffs" and "'a1'" in row} == set()


def test_a_handoff_whose_asker_was_forgotten_is_answered_in_the_inbox_and_is_nobody_s(store: Store) -> None:
    handoffs = Handoffs(store)
    sent = handoffs.add(QUESTION, account_id="a1", offer_id="offer-0001")
    sweep(store, Privacy(works_council=True))
    assert handoffs.inbox(()) == [sent]
    assert handoffs.answer(sent.handoff_id, "Five.").answer == "Five."
    assert (handoffs.own("a1"), handoffs.news("a1")) == ([], [])
    assert not handoffs.withdraw(sent.handoff_id, account_id="a1")
    with pytest.raises(WrongUsage, match="sent already"):
        handoffs.add(QUESTION, account_id=None, offer_id="offer-0001")
