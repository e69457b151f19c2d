"""What is kept of questions, and what the reports show of it: trends, never people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import inspect
from typer.testing import CliRunner

from assistant.asked import Asked, count_askers
from assistant.commands import reports
from assistant.config import Settings
from assistant.drift import drift, drift_json
from assistant.feedback import Feedback
from assistant.gaps import GapConfig, GapReport, find_gaps, gaps_json
from assistant.records import Answer, Reason, Status
from assistant.usage import usage, usage_json
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.answers import answered, passage, refused
from tests.fakes import WordEncoder

TODAY = date(2026, 3, 20)


@pytest.fixture(autouse=True)
def five_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known secrets: with chance ones, two of five people share one of the 4,096 buckets once in 400 runs."""
    numbers = count()
    monkeypatch.setattr("assistant.asked.new_secret", lambda: f"{next(numbers):064x}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(Home(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def asked(store: Store) -> Asked:
    return Asked(store)


def ask(asked: Asked, answer: Answer, *people: str, day: date = TODAY, helpful: bool | None = None) -> None:
    for person in people:
        asked_id = asked.record(answer, account_id=person, day=day)
        if helpful is not None and asked_id:
            asked.vote(asked_id, helpful)


def gaps(asked: Asked, **options: object) -> GapReport:
    return find_gaps(asked, WordEncoder(), today=TODAY, **options)  # type: ignore[arg-type]


FIVE = ("anna", "ben", "carla", "dev", "emil")


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_nothing_kept_leads_to_a_person(store: Store, asked: Asked) -> None:
    columns = {column["name"] for column in inspect(store.engine).get_columns("asked")}
    assert columns == {
        "asked_id", "question", "status", "reason", "confidence", "helpful", "day", "asker", "first_evidence_ms", "total_ms",
    }  # fmt: skip
    ask(asked, answered("How long is leave?"), "account-of-anna")
    raw = (Path(str(store.engine.url.database))).read_bytes()
    wal = Path(f"{store.engine.url.database}-wal")
    assert b"account-of-anna" not in raw + (wal.read_bytes() if wal.exists() else b"")


def test_asker_is_the_same_within_a_quarter_and_unknown_across(asked: Asked) -> None:
    for day in (date(2026, 1, 5), date(2026, 3, 31), date(2026, 4, 1)):
        ask(asked, refused("May I bring my dog?"), "anna", day=day)
    january, march, april = asked.questions(date(2026, 1, 1), date(2026, 12, 31))
    assert january.asker == march.asker != april.asker
    assert count_askers([january, march, april]) == 1


def test_secret_of_an_earlier_quarter_is_thrown_away(store: Store, asked: Asked) -> None:
    ask(asked, refused("one"), "anna", day=date(2026, 1, 5))
    ask(asked, refused("two"), "anna", day=date(2026, 4, 5))
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT quarter FROM asker_secrets").scalars().all() == ["2026-Q2"]


def test_greeting_is_not_kept(asked: Asked) -> None:
    greeting = Answer("hi", "hi", Status.CLARIFY, None, "Hello.", (), (), (), 0.0, TODAY, "none", 0)
    assert asked.record(greeting, account_id="anna") is None
    assert asked.questions(TODAY, date.today()) == []


def test_vote_is_kept_and_taken_back(asked: Asked) -> None:
    asked_id = asked.record(answered("How long is leave?"), account_id="anna", day=TODAY)
    assert asked_id is not None
    assert asked.find("How long is leave?", account_id="anna", today=TODAY + timedelta(days=3)) == asked_id
    assert asked.find("How long is leave?", account_id="ben", today=TODAY) is None
    for helpful in (False, None):
        assert asked.vote(asked_id, helpful)
        assert [question.helpful for question in asked.questions(TODAY, TODAY)] == [helpful]
    assert not asked.vote("unknown", True)


def test_old_questions_are_forgotten(asked: Asked) -> None:
    ask(asked, refused("old"), "anna", day=TODAY - timedelta(days=31))
    ask(asked, refused("new"), "anna", day=TODAY - timedelta(days=30))
    assert asked.forget(30, today=TODAY) == 1
    assert [question.text for question in asked.questions(date.min, TODAY)] == ["new"]


# -- gaps --------------------------------------------------------------------------------------------------------------


def test_questions_of_one_meaning_are_one_gap(asked: Asked) -> None:
    ask(asked, refused("May I bring my dog to the office?"), "anna", "ben", "carla")
    ask(asked, refused("Bring my dog to the office"), "dev", "emil")
    ask(asked, refused("Who pays for the parking permit?"), *FIVE)
    report = gaps(asked)
    assert [(gap.question, gap.asked, gap.askers) for gap in report.gaps] == [
        ("May I bring my dog to the office?", 5, 5),
        ("Who pays for the parking permit?", 5, 5),
    ]
    assert report.gaps[0].reasons == ((Reason.NOT_COVERED, 5),)


def test_group_of_four_askers_is_not_shown_however_often_they_ask(asked: Asked) -> None:
    for _ in range(3):
        ask(asked, refused("May I bring my dog to the office?"), "anna", "ben", "carla", "dev")
    report = gaps(asked)
    assert (report.gaps, report.withheld, report.refused) == ((), 1, 12)


def test_one_person_in_many_quarters_is_one_asker(asked: Asked) -> None:
    for month in (1, 4, 7, 10, 12):
        ask(asked, refused("May I bring my dog?"), "anna", day=date(2025, month, 1))
    assert find_gaps(asked, WordEncoder(), today=date(2025, 12, 31), config=GapConfig(days=365)).gaps == ()


def test_name_that_one_person_typed_is_not_shown(asked: Asked) -> None:
    for person, name in zip(FIVE, ("Miller", "Okafor", "Petrov", "Quist", "Rossi"), strict=True):
        ask(asked, refused(f"Why was the parking permit of {name} withdrawn?"), person)
    (gap,) = gaps(asked, config=GapConfig(similarity=0.4)).gaps
    assert not gap.is_verbatim
    assert gap.question.split(" · ") == ["parking", "permit", "withdrawn"]


def test_answered_question_is_a_gap_only_when_voted_down(asked: Asked) -> None:
    ask(asked, answered("How long is leave?"), *FIVE)
    assert gaps(asked).gaps == ()
    ask(asked, answered("How long is leave?"), *FIVE, helpful=False)
    (gap,) = gaps(asked).gaps
    assert (gap.refused, gap.voted_down) == (0, 5)


def test_nearest_passage_is_what_the_reader_may_see(asked: Asked) -> None:
    ask(asked, refused("May I bring my dog?"), *FIVE)
    looked: list[str] = []
    report = gaps(asked, nearest=lambda question: looked.append(question) or passage())
    assert looked == ["May I bring my dog?"]
    assert gaps_json(report)["gaps"][0]["nearest"]["passage_id"] == "d1.v1.p0001"


def test_what_people_wrote_stands_below_a_group_that_is_shown(asked: Asked, store: Store) -> None:
    for question, people in (("May I bring my dog?", FIVE), ("Who waters the plants?", FIVE[:4])):
        ask(asked, answered(question), *people, helpful=False)
    feedback = Feedback(store)
    for question, helpful, comment in (
        ("May I bring my dog?", False, "That is about guide dogs."), ("may i  bring my dog?", False, " Mine is small. "),
        ("May I bring my dog?", False, None), ("May I bring my dog?", True, "Thanks"), ("Who waters the plants?", False, "I do."),
    ):  # fmt: skip
        feedback.add(question, helpful=helpful, comment=comment)
    report = gaps(asked, comments=feedback.comments())
    assert [gap.comments for gap in report.gaps] == [("That is about guide dogs.", "Mine is small.")]
    assert gaps_json(report)["gaps"][0]["comments"] == ["That is about guide dogs.", "Mine is small."]
    assert gaps(asked, comments=feedback.comments(), config=GapConfig(most_comments=1)).gaps[0].comments == (
        "That is about guide dogs.",
    )


def test_uncounted_askers_never_make_a_group(asked: Asked) -> None:
    for _ in range(9):
        asked.record(refused("May I bring my dog?"), account_id=None, day=TODAY)
    assert gaps(asked).gaps == ()


# -- usage and drift ---------------------------------------------------------------------------------------------------


def test_usage_counts_by_week_and_withholds_small_ones(asked: Asked) -> None:
    ask(asked, answered("How long is leave?"), *FIVE, day=date(2026, 3, 16))
    ask(asked, refused("May I bring my dog?"), *FIVE, day=date(2026, 3, 17))
    ask(asked, answered("How long is leave?"), "anna", day=date(2026, 3, 11))
    before, small, now = usage(asked, weeks=3, today=TODAY).weeks
    assert (before.monday, before.questions) == (date(2026, 3, 2), 0)
    assert (small.questions, small.answered) == (None, None)
    assert (now.questions, now.askers, now.answered, now.refused) == (10, 5, 0.5, 0.5)
    assert now.total_ms is not None
    assert (now.total_ms.p50, now.total_ms.p95) == (550.0, 800.0)


def test_drift_finds_a_rise_in_refusals_and_new_words(asked: Asked) -> None:
    before, now = TODAY - timedelta(days=40), TODAY - timedelta(days=3)
    for _ in range(8):
        ask(asked, answered("How long is annual leave?"), *FIVE, day=before)
        ask(asked, refused("Who pays for the parking permit?"), *FIVE, day=now)
    report = drift(asked, days=30, today=TODAY)
    shifts = {shift.name: shift for shift in report.shifts}
    assert shifts["refusal rate"].difference == 1.0
    assert shifts["refusal rate"].is_significant
    assert shifts["confidence"].difference == pytest.approx(-0.8)
    assert report.vocabulary is not None
    assert report.vocabulary.divergence == pytest.approx(1.0)
    assert set(report.vocabulary.rising) == {"pay", "park", "permit"}


def test_drift_is_within_chance_when_nothing_changed(asked: Asked) -> None:
    for day in (TODAY - timedelta(days=40), TODAY):
        ask(asked, answered("How long is annual leave?"), *FIVE, day=day)
        ask(asked, refused("Who pays for the parking permit?"), *FIVE, day=day)
    report = drift(asked, days=30, today=TODAY)
    assert [shift.is_significant for shift in report.shifts] == [False, False]
    assert report.vocabulary is not None
    assert report.vocabulary.divergence == 0


def test_drift_needs_five_askers_in_each_period(asked: Asked) -> None:
    ask(asked, answered("How long is leave?"), *FIVE)
    report = drift(asked, today=TODAY)
    assert report.questions is None
    assert report.reason == "fewer than 5 people asked in the period before"
    assert drift_json(report)["shifts"] == []


def test_reports_print_json_alone(tmp_path: Path, asked: Asked) -> None:
    ask(asked, answered("How long is leave?"), *FIVE, day=date.today())
    settings = Settings(Home(tmp_path))
    used = CliRunner().invoke(reports.app, ["usage", "--weeks", "1", "--json"], obj=settings)
    assert json.loads(used.stdout)["weeks"][0]["questions"] == 5
    drifted = CliRunner().invoke(reports.app, ["drift", "--json"], obj=settings)
    assert json.loads(drifted.stdout)["reason"].startswith("fewer than 5")
    assert usage_json(usage(asked, weeks=1))["least_askers"] == 5


@pytest.mark.model
def test_real_encoder_groups_questions_by_what_they_are_about(asked: Asked) -> None:
    from retrieval.encoder import load_encoder

    dogs = ("May I bring my dog to the office?", "Are dogs allowed at work?", "Can I take my pet to work?")
    parking = ("Who pays for the parking permit?", "How much does a parking space cost?", "Can I get a parking spot?")
    ask(asked, refused("Who is the data protection officer?"), *FIVE)
    for question in (*dogs, *parking):
        ask(asked, refused(question), *FIVE)
    report = find_gaps(asked, load_encoder(), today=TODAY)
    assert [gap.asked for gap in report.gaps] == [15, 15, 5]
    assert {gap.question for gap in report.gaps[:2]} & set(dogs)
    assert {gap.question for gap in report.gaps[:2]} & set(parking)
