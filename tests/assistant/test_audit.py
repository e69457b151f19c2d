"""The audit chain: what is in it, and that nobody changes it unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from assistant.accounts import Accounts, Role, scope_of
from assistant.asked import Asked
from assistant.audit import BEGINNING, Audit, Kind, sha256
from assistant.commands import audits
from assistant.config import Settings
from assistant.records import Answer
from assistant.replay import replay
from retrieval.errors import PolicydeskError, WrongUsage
from retrieval.home import Home
from retrieval.scope import Scope
from retrieval.store import Store
from tests.assistant.answers import answered, passage, refused


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(Home(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def audit(store: Store) -> Audit:
    chain = Audit(store)
    chain.append(Kind.UPLOAD, {"document_id": "d1", "version_id": "d1.v1"})
    chain.append(Kind.PUBLISH, {"document_id": "d1"})
    chain.append(Kind.ACCESS, {"account_id": "a7", "role": "hr"})
    return chain


def tamper(store: Store, statement: str) -> None:
    """Change the table as somebody would who owns the database file."""
    with store.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        connection.execute(text(statement))


def test_each_entry_carries_the_hash_of_the_one_before(audit: Audit) -> None:
    first, second, third = audit.entries()
    assert [first.sequence, second.sequence, third.sequence] == [1, 2, 3]
    assert (first.previous_hash, second.previous_hash, third.previous_hash) == (BEGINNING, first.hash, second.hash)
    assert audit.verify().head == third.hash


@pytest.mark.parametrize("statement", ["UPDATE audit SET kind = 'remove'", "DELETE FROM audit"])
def test_database_refuses_to_change_entries(store: Store, audit: Audit, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "broken", "why"),
    [
        ("UPDATE audit SET payload = '{}' WHERE sequence = 2", 2, "was changed"),
        ("UPDATE audit SET time = '2020-01-01' WHERE sequence = 1", 1, "was changed"),
        ("UPDATE audit SET kind = 'remove' WHERE sequence = 3", 3, "was changed"),
        ("DELETE FROM audit WHERE sequence = 2", 3, "entry 2 is missing"),
        ("DELETE FROM audit WHERE sequence = 1", 2, "entry 1 is missing"),
        ("UPDATE audit SET previous_hash = 'x' WHERE sequence = 2", 2, "does not follow"),
    ],
)
def test_verify_names_the_first_broken_entry(store: Store, audit: Audit, statement: str, broken: int, why: str) -> None:
    tamper(store, statement)
    found = audit.verify()
    assert found.broken == broken
    assert why in (found.why or "")


@pytest.mark.parametrize(
    "change", ["kind = 'nonsense'", "kind = 'answer'", "payload = 'no json'", "payload = '[]'", "time = 'yesterday'"]
)
def test_what_was_changed_is_no_entry_and_keeps_no_other_from_being_read(
    store: Store, audit: Audit, change: str
) -> None:
    tamper(store, f"UPDATE audit SET {change} WHERE sequence = 2")
    assert [entry.sequence for entry in audit.entries()] == [1, 3]
    assert [entry.sequence for entry in audit.latest(9)] == [3, 1]
    assert audit.answers_resting_on(["d1.v1.p0001"]) == []
    assert audit.verify().broken == 2


def test_entry_rewritten_with_its_own_hash_breaks_the_next(store: Store, audit: Audit) -> None:
    _, second, _ = audit.entries()
    tamper(store, "DELETE FROM audit WHERE sequence >= 2")
    audit.append(Kind.REMOVE, {"document_id": "d9"})
    assert audit.verify().holds
    assert (
        audit.verify(head=second.hash).why == f"no entry has the hash {second.hash}: entries are missing from the end"
    )


def test_noted_head_is_still_found_after_more_entries(audit: Audit) -> None:
    head = audit.verify().head
    audit.append(Kind.REMOVE, {"document_id": "d1"})
    assert audit.verify(head=head).holds


def test_writers_at_once_make_one_chain(store: Store) -> None:
    audit = Audit(store)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: audit.append(Kind.UPLOAD, {"number": number}), range(40)))
    assert (audit.verify().entries, audit.verify().holds) == (40, True)
    assert sorted(entry.payload["number"] for entry in audit.entries()) == list(range(40))


def test_answer_is_recorded_without_question_or_asker(audit: Audit) -> None:
    answer_id = audit.record_answer(
        answered("May I bring my dog Rex?"), scope=Scope(groups=frozenset({"works-council"}))
    )
    entry = audit.find_answer(answer_id)
    assert entry.payload["question_sha256"] == sha256("May I bring my dog Rex?")
    assert entry.payload["citations"] == [{"passage_id": "d1.v1.p0001", "start": 0, "end": 17}]
    assert entry.payload["versions"] == ["d1.v1"]
    assert (entry.payload["model"], entry.payload["index_generation"]) == ("quote", 3)
    said = json.dumps(entry.payload)
    assert "Rex" not in said
    assert "works-council" not in said


def test_answers_resting_on_a_passage_are_found(audit: Audit) -> None:
    mine = audit.record_answer(answered("one", cited=passage("d1.v1.p0002")))
    audit.record_answer(answered("other", cited=passage("d1.v1.p0003")))
    audit.record_answer(refused("none"))
    assert [entry.payload["answer_id"] for entry in audit.answers_resting_on({"d1.v1.p0002"})] == [mine]


def test_unknown_answer_is_said(audit: Audit) -> None:
    with pytest.raises(WrongUsage, match="no answer nope"):
        audit.find_answer("nope")


# -- replay ------------------------------------------------------------------------------------------------------------

SCOPES = [Scope(), Scope(groups=frozenset({"employee"}))]


def test_replay_asks_the_kept_question_under_the_recorded_scope_and_day(store: Store) -> None:
    audit, asked = Audit(store), Asked(store)
    answer = answered("How long is leave?")
    asked.record(answer, account_id=None)
    entry = audit.find_answer(audit.record_answer(answer, scope=SCOPES[1]))
    heard: list[tuple[str, Scope]] = []

    def ask(question: str, scope: Scope) -> Answer:
        heard.append((question, scope))
        return answer

    played = replay(entry, ask, text_with=asked.text_with, scopes=SCOPES)
    assert heard == [("How long is leave?", replace(SCOPES[1], as_of=answer.as_of))]
    assert (played.same_answer, played.same_citations, played.same_index, played.holds) == (True, True, True, True)


def test_replay_tells_a_changed_answer_from_a_changed_index(store: Store) -> None:
    audit, asked = Audit(store), Asked(store)
    answer = answered("How long is leave?")
    asked.record(answer, account_id=None)
    entry = audit.find_answer(audit.record_answer(answer))
    other = replace(answer, text="Leave is 28 days. [1]")
    assert not replay(entry, lambda *_: other, text_with=asked.text_with, scopes=SCOPES).holds
    later = replace(other, index_generation=4)
    assert replay(entry, lambda *_: later, text_with=asked.text_with, scopes=SCOPES).holds


def test_replay_says_when_the_question_is_no_longer_kept(store: Store) -> None:
    audit = Audit(store)
    entry = audit.find_answer(audit.record_answer(answered("How long is leave?")))
    with pytest.raises(PolicydeskError, match="no longer kept"):
        replay(entry, lambda *_: answered("x"), text_with=Asked(store).text_with, scopes=SCOPES)


# -- commands ----------------------------------------------------------------------------------------------------------


def test_verify_command_exits_1_on_a_broken_chain(tmp_path: Path, store: Store, audit: Audit) -> None:
    settings = Settings(Home(tmp_path))
    whole = CliRunner().invoke(audits.app, ["verify", "--json"], obj=settings)
    assert (whole.exit_code, json.loads(whole.stdout)["entries"]) == (0, 3)
    tamper(store, "UPDATE audit SET payload = '{}' WHERE sequence = 2")
    broken = CliRunner().invoke(audits.app, ["verify", "--json"], obj=settings)
    assert (broken.exit_code, json.loads(broken.stdout)["broken"]) == (1, 2)


def test_list_command_shows_the_latest(tmp_path: Path, audit: Audit) -> None:
    listed = CliRunner().invoke(audits.app, ["list", "--last", "1", "--json"], obj=Settings(Home(tmp_path)))
    assert [entry["kind"] for entry in json.loads(listed.stdout)["entries"]] == ["access"]


def test_replay_finds_the_scope_among_the_accounts(store: Store) -> None:
    person = Accounts(store).add("anna", Role.HR, "a long password", groups=frozenset({"gera"}))
    assert scope_of(person) in audits._scopes(store)


@pytest.mark.model
def test_replay_command_gives_the_same_answer_again(tmp_path: Path) -> None:
    from assistant.opening import open_assistant
    from ingest.pipeline import ingest
    from retrieval.encoder import load_encoder

    settings = Settings(Home(tmp_path / "home"))
    policy = tmp_path / "leave.md"
    policy.write_text(
        "# Leave\n\n## 1 Carry-over\n\n1.1 Up to five unused days of leave may be carried over until 31 March.\n"
    )
    store = Store.open(settings.home)
    ingest([policy], home=settings.home, store=store, encoder=load_encoder())
    answer = open_assistant(settings, model="quote").answer("How many unused days of leave may be carried over?")
    Asked(store).record(answer, account_id="anna")
    answer_id = Audit(store).record_answer(answer)
    store.close()
    played = CliRunner().invoke(audits.app, ["replay", answer_id, "--json"], obj=settings)
    assert played.exit_code == 0, played.output
    found = json.loads(played.stdout[played.stdout.index("{") :])
    assert (found["same_answer"], found["same_citations"], found["same_index"]) == (True, True, True)
