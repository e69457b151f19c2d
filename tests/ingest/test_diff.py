"""The diff finds what was planted in hand-made pairs of versions, and next to nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.versionpairs import Pair, compare_pairs, read_pairs, version
from ingest.alignment import in_order
from ingest.diff import Change, ChangeKind, diff, diff_json
from ingest.facts import fact_changes
from ingest.statements import statements
from ingest.wording import Part, segments
from retrieval.records import Passage

HERE = Path(__file__).parent
SAMPLE = HERE.parent.parent / "corpora" / "sample" / "documents"


def test_planted_changes_are_found_and_little_else() -> None:
    compared = compare_pairs(read_pairs())
    planted = sum(len(one.pair.planted) for one in compared)
    false = sum(len(one.false) for one in compared)
    assert len(compared) >= 30
    assert [(one.pair.name, one.missed) for one in compared if one.missed] == []
    assert false <= 0.05 * (planted + false), [(one.pair.name, one.false) for one in compared if one.false]


@pytest.mark.parametrize("pair", read_pairs(), ids=lambda pair: pair.name)
def test_version_does_not_differ_from_itself(pair: Pair) -> None:
    assert diff(pair.new, pair.new) == ()


@pytest.mark.parametrize("pair", read_pairs(), ids=lambda pair: pair.name)
def test_diff_backwards_takes_back_what_it_added(pair: Pair) -> None:
    def count(changes: tuple[Change, ...], kind: ChangeKind) -> int:
        return sum(change.kind is kind for change in changes)

    there, back = diff(pair.old, pair.new), diff(pair.new, pair.old)
    assert count(there, ChangeKind.ADDED) == count(back, ChangeKind.REMOVED)
    assert count(there, ChangeKind.REMOVED) == count(back, ChangeKind.ADDED)
    assert count(there, ChangeKind.REWORDED) == count(back, ChangeKind.REWORDED)


@pytest.mark.parametrize("pair", read_pairs(), ids=lambda pair: pair.name)
def test_segments_join_to_both_wordings(pair: Pair) -> None:
    for change in diff(pair.old, pair.new):
        if change.segments:
            assert "".join(s.text for s in change.segments if s.part is not Part.ADDED) == change.old_text
            assert "".join(s.text for s in change.segments if s.part is not Part.REMOVED) == change.new_text


def test_json_has_both_sides() -> None:
    old, new = (
        version("# 2 Leave\n2.1 Staff receive 28 days."),
        version("# 2 Leave\n2.1 Staff receive 30 days.", "d.v2"),
    )
    assert diff_json(diff(old, new)) == [
        {
            "kind": "reworded",
            "old": {"section_path": ["2 Leave"], "number": "2.1", "text": "Staff receive 28 days.", "passage_id": "d.v1.p0000"},
            "new": {"section_path": ["2 Leave"], "number": "2.1", "text": "Staff receive 30 days.", "passage_id": "d.v2.p0000"},
            "facts": [{"kind": "quantity", "old": "28 days", "new": "30 days"}],
            "segments": [
                {"part": "same", "text": "Staff receive "}, {"part": "removed", "text": "28"},
                {"part": "added", "text": "30"}, {"part": "same", "text": " days."},
            ],
            "moved": False, "renumbered": False, "document_control": False, "heading": False,
        }
    ]  # fmt: skip


def test_everything_is_added_to_an_empty_version() -> None:
    new = version("# 1 Scope\n1.1 For all.\n1.2 For good.")
    assert [change.kind for change in diff([], new)] == [ChangeKind.ADDED, ChangeKind.ADDED]
    assert [change.kind for change in diff(new, [])] == [ChangeKind.REMOVED, ChangeKind.REMOVED]


def test_clauses_renumbered_by_an_insertion_are_marked_so() -> None:
    pair = next(pair for pair in read_pairs() if pair.name == "a clause is inserted and the rest renumbered")
    assert [change.is_renumbered for change in diff(pair.old, pair.new)] == [False, True, True]


def test_repeated_table_header_is_one_statement() -> None:
    rows = version("# 1 Rates\n| Site | Fee |\n| Gera | €2 |\n\n| Site | Fee |\n| Hof | €3 |")
    assert [statement.text for statement in statements(rows)] == ["Site | Fee", "Gera | €2", "Hof | €3"]


def test_number_that_begins_like_a_quantity_is_a_number() -> None:
    first, second = statements(version("# 4 Leave\n4.1 Rules.\n4.2 Days not taken lapse."))
    assert (first.number, second.number) == ("4.1", "4.2")


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("- 40 EUR per day", "- 30 EUR per day", "40 EUR → 30 EUR"),
        ("- 0.45 EUR per kilometre", "- 0.30 EUR per kilometre", "0.45 EUR → 0.30 EUR"),
        ("- 28 Days of annual leave", "- 25 Days of annual leave", "28 Days → 25 Days"),
    ],
)
def test_amount_at_the_start_of_a_line_changes(old: str, new: str, fact: str) -> None:
    (change,) = diff(version(f"# Pay\n{old}"), version(f"# Pay\n{new}", "d.v2"))
    assert (change.kind, change.is_renumbered) == (ChangeKind.REWORDED, False)
    assert [str(each) for each in change.facts] == [fact]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Staff with ≥ 5 years of service get it.", "Staff with < 5 years of service get it."),
        ("The salary changes by +5 for everybody.", "The salary changes by -5 for everybody."),
        ("Travel within -€5 of the rate is paid.", "Travel within €5 of the rate is paid."),
    ],
)
def test_changed_sign_is_a_change(old: str, new: str) -> None:
    assert [change.kind for change in diff(version(old), version(new, "d.v2"))] == [ChangeKind.REWORDED]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Staff with >= 5 years get 10 percent.", "Staff with ≥ 5 years get 10 %."),
        ("Pay changes by −5 in 20-25 days.", "Pay changes by -5 in 20 -25 days."),
    ],
)
def test_sign_written_in_another_way_is_no_change(old: str, new: str) -> None:
    assert diff(version(old), version(new, "d.v2")) == ()


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("within five days", "within 5 days", []),
        ("1,000 euros", "€1000", []),
        ("on 1 March 2025", "on 2025-03-01", []),
        ("must not", "shall not", []),
        ("at most ten pages", "no more than 10 pages", []),
        ("twenty-five days", "26 days", ["twenty-five days → 26 days"]),
        ("5 working days", "14 days", ["5 working days → 14 days"]),
        ("from 09:00 to 17:00", "from 08:30 to 17:00", ["09:00 → 08:30"]),
        ("1 January and €5", "€6 and 1 January", ["€5 → €6"]),
        ("may leave", "may not leave", ["may → may not"]),
    ],
)
def test_facts_are_compared_by_their_sense(old: str, new: str, changes: list[str]) -> None:
    assert [str(change) for change in fact_changes(old, new)] == changes


def test_lone_short_word_between_changes_is_shown_as_changed() -> None:
    assert [(s.part.value, s.text) for s in segments("two of three", "four of five")] == [
        ("removed", "two of three"),
        ("added", "four of five"),
    ]


def test_longest_run_in_order() -> None:
    assert in_order([(0, 2), (1, 0), (2, 1), (3, 3)]) == [(1, 0), (2, 1), (3, 3)]
    assert in_order([]) == []


def test_sample_leave_policy_shows_what_changed_in_2025() -> None:
    """Through the real reading of both files."""
    changes = diff(_read("annual-leave-policy-2023.md"), _read("annual-leave-policy-2025.md"))
    told = {(change.kind.value, change.new_number): {str(fact) for fact in change.facts} for change in changes}
    assert "28 working days → 30 working days" in told["reworded", "2.1"]
    assert {"3 unused days → 5 unused days", "31 March → 30 June"} <= told["reworded", "4.1"]
    assert ("added", "9.1") in told
    assert not [change for change in changes if change.kind is ChangeKind.REMOVED]
    assert [change.is_control for change in changes].count(True) == 2


class _Words:
    """Counts words as tokens."""

    max_tokens = 256

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [len(text.split()) + 2 for text in texts]


def _read(name: str) -> list[Passage]:
    from ingest.chunk import chunk
    from ingest.read import read

    reading = read(name, (SAMPLE / name).read_bytes())
    made = chunk(reading.clauses, title=reading.metadata.title, encoder=_Words())
    return [
        Passage(
            f"d.p{at:04d}", "d", "d.v", reading.metadata.title, name, new.text, new.section_path, new.page, new.kind
        )
        for at, new in enumerate(made)
    ]
