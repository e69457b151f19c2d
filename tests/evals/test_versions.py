"""The sets that versions and contradictions are measured on, and the measures over them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Assistant
from assistant.config import Settings
from evals.contradictions import Case, Judged, read_cases
from evals.data import DataError
from evals.models import HeldIndex
from evals.timetravel import measure_time_travel
from evals.versions import measure_diff, measure_references, measure_versions
from retrieval.home import Home
from retrieval.index import PassageIndex
from retrieval.records import Passage
from tests.evals.test_library import question, write_library
from tests.fakes import WordEncoder


def test_the_planted_contradictions_are_many_and_half_are_held_out() -> None:
    cases = read_cases()
    assert sum(case.is_conflict for case in cases) >= 40
    assert sum(not case.is_conflict for case in cases) >= 30
    assert abs(sum(case.is_held_out for case in cases) * 2 - len(cases)) <= 1
    kinds = {case.kind for case in cases}
    assert {
        "number",
        "date",
        "ban",
        "duty",
        "country",
        "superseded",
        "audience",
        "different matter",
        "different unit",
    } <= kinds


def test_a_corpus_without_dated_questions_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"questions\.jsonl is missing"):
        measure_versions(tmp_path, Settings(Home(tmp_path)))
    write_library(tmp_path / "firm", question(1, "Expenses are claimed within thirty days of the journey."))
    with pytest.raises(DataError, match=r"questions\.jsonl holds no question of the kind 'dated'"):
        measure_versions(tmp_path / "firm", Settings(Home(tmp_path)))


def test_a_case_states_its_sides() -> None:
    cases = {case.one.title: case for case in read_cases()}
    meals, press = cases["Meal Vouchers 2024"], cases["Press Rules"]
    assert (meals.one.effective_to, meals.other.effective_from) == (date(2024, 12, 31), date(2025, 1, 1))
    assert press.one.document_id == press.other.document_id
    assert cases["Executive Terms"].other.audience == {"interns"}
    assert cases["Group Handbook"].other.jurisdiction == "FR"
    assert cases["Gift Policy"].is_conflict


def test_a_case_that_is_written_otherwise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cases.txt").write_text("== maybe: number\nA: One > Two: three.\nB: Four > Five: six.\n")
    with pytest.raises(ValueError, match="expected 'conflict' or 'none', found 'maybe'"):
        read_cases(tmp_path / "cases.txt")


def test_recall_and_precision_count_planted_look_alikes_and_strangers() -> None:
    side = Passage("c.v1.p0001", "c", "c.v1", "C", "c.md", "It is so.")
    cases = tuple(Case(number, "number", number <= 4, side, side) for number in range(1, 9))
    judged = Judged(cases, frozenset({1, 2, 3, 6}), across=1)
    assert (judged.summary()["found"]["mean"], judged.summary()["precision"]["mean"]) == (0.75, 0.6)
    held_out = judged.summary(held_out=True)
    assert (held_out["contradictions"], held_out["found"]["mean"], held_out["precision"]["mean"]) == (2, 0.5, 0.5)


def test_the_diff_finds_what_was_planted() -> None:
    found = measure_diff()
    assert found["pairs"] >= 30
    assert found["found"] == found["planted"]
    assert found["false_share"] <= 0.05


def test_time_travel_counts_what_was_not_in_force() -> None:
    sample = Path(__file__).parents[2] / "corpora" / "sample"
    texts = {
        "annual-leave-policy-2023.md": ("Full-timers get 28 days of annual leave.", None, date(2025, 2, 28)),
        "annual-leave-policy-2025.md": ("Full-timers get 30 days of annual leave.", date(2025, 3, 1), None),
    }
    passages = [
        Passage(f"{file}.p1", file, f"{file}.v1", "Annual Leave", file, text, effective_from=begins, effective_to=ends)
        for file, (text, begins, ends) in texts.items()
    ]
    encoder = WordEncoder()
    assistant = Assistant(HeldIndex(PassageIndex.build(passages, encoder)), encoder)
    found = measure_time_travel(sample, assistant)
    assert found["dated_questions"] == 23
    assert found["retrieved_not_in_force"] == found["cited_not_in_force"] == 0
    assert found["superseded_by_default"]["superseded_hits"] == 0
    assert found["superseded_by_default"]["hits"] > 0


def test_mentions_that_lead_nowhere_are_listed() -> None:
    text = "1. See clause 2, clause 9 and section 4 of the Road Code.\n2. Ask first."
    found = measure_references([Passage("a.v1.p1", "a", "a.v1", "A", "a.md", text)])
    assert found == {"mentions": 2, "resolved": 1, "unresolved": ["a.v1.p1 clause 9"]}
