"""Clauses against hand-made marks: what counts as found, missed, too many and in the right place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.structure import Gold, Marked, compare, digest, folded, measure_structure, read_gold
from evals.structure_command import structure
from ingest.records import Clause
from retrieval.records import PassageKind

DOCUMENTS = Path(__file__).parents[2].parent / "shared" / "data" / "documents"


def marked(text: str, *path: str, number: str | None = None) -> Marked:
    letters = folded(text)[:24]
    return Marked(digest(letters), len(letters), tuple(digest(folded(heading)) for heading in path), number)


def gold(*clauses: Marked) -> Gold:
    return Gold("a", "a.md", True, False, "", clauses)


def test_a_clause_is_found_with_and_without_its_number() -> None:
    cuts = [Clause("4.2 Up to five days.", section_path=("4 Leave",), number="4.2"), Clause("Ask first.")]
    score = compare(gold(marked("Up to five days.", "4 Leave", number="4.2"), marked("Ask first.")), cuts)
    assert (score.found, score.missed, score.extra, score.right_paths, score.right_numbers) == (2, 0, 0, 2, 1)


def test_bullets_and_rows_begin_no_clause_but_numbers_and_definitions_do() -> None:
    cuts = [
        Clause("Bring:", children=(Clause("- a pen"), Clause("(a) paper", number="(a)"))),
        Clause("In this text:", children=(Clause("- **Day** means a date.", PassageKind.DEFINITION),)),
        Clause("", PassageKind.TABLE, children=(Clause("Day: Monday", PassageKind.TABLE),)),
    ]
    table = Marked(digest("day"), 3, (), is_table=True)
    wanted = gold(marked("Bring: a pen"), marked("paper", number="(a)"), marked("In this text:"), marked("Day means a date."), table)  # fmt: skip
    score = compare(wanted, cuts)
    assert (score.found, score.missed, score.extra) == (5, 0, 0)


def test_merged_clauses_are_missed_and_split_ones_too_many() -> None:
    wanted = gold(marked("One rule for all of us here."), marked("Another rule for the night shift."))
    merged = compare(wanted, [Clause("One rule for all of us here. Another rule for the night shift.")])
    assert (merged.found, merged.missed, merged.extra) == (1, 1, 0)
    split = compare(wanted, [Clause("One rule for all of us"), Clause("here."), Clause("Another rule for the night shift.")])  # fmt: skip
    assert (split.found, split.missed, split.extra) == (1, 1, 2)


def test_a_wrong_heading_is_a_wrong_path() -> None:
    score = compare(gold(marked("Ask first.", "4 Leave")), [Clause("Ask first.", section_path=("Annex", "4 Leave"))])
    assert (score.found, score.right_paths) == (1, 0)


def test_the_marks_are_many_and_half_of_the_documents_are_held_out() -> None:
    golds = read_gold()
    assert sum(len(one.clauses) for one in golds) >= 600
    assert {one.format for one in golds} == {"md", "docx", "html", "pdf"}
    assert sum(one.is_held_out for one in golds) * 2 >= len(golds)
    assert sum(not one.is_sample for one in golds) == 8


def test_sample_documents_are_cut_as_marked() -> None:
    found = measure_structure()
    assert found["all"]["f1"]["mean"] >= 0.97
    assert found["all"]["right_paths"]["mean"] >= 0.97
    assert len(found["skipped"]) == 8


@pytest.mark.data
@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the development data is not beside the checkout")
def test_real_documents_are_cut_as_marked() -> None:
    found = measure_structure(DOCUMENTS)
    assert not found["skipped"]
    assert all(found["formats"][name]["f1"]["mean"] >= 0.95 for name in ("md", "docx", "html"))
    assert found["formats"]["pdf"]["f1"]["mean"] >= 0.90
    assert found["all"]["right_paths"]["mean"] >= 0.95


def test_differences_leave_json_alone_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(_documents: object, on_difference: Callable[[str], None]) -> dict[str, Any]:
        on_difference("doc: missed [clause] 3")
        empty = {"clauses": 0}
        return {
            "formats": dict.fromkeys(("md", "docx", "html", "pdf"), empty),
            "held_out": empty,
            "faults": empty,
            "skipped": [],
        }

    monkeypatch.setattr("evals.structure.measure_structure", measured)
    structure(None, Path("-"), differences=True)
    said = capsys.readouterr()
    assert json.loads(said.out)["skipped"] == []
    assert "doc: missed [clause] 3" in said.err
