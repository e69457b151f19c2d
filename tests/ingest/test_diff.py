"""The diff finds what was planted in hand-made pairs of versions, and next to nothing else."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from ingest.alignment import in_order
from ingest.diff import Change, ChangeKind, diff, diff_json
from ingest.facts import fact_changes
from ingest.statements import statements
from ingest.wording import Part, segments
from retrieval.records import Passage, PassageKind

HERE = Path(__file__).parent
SAMPLE = HERE.parent.parent / "corpora" / "sample" / "documents"


@dataclass(frozen=True)
class Planted:
    """One planted change: ``reworded 6.2 > 6.3: three months → six months``."""

    kind: str
    old: str
    new: str
    facts: tuple[str, ...]

    def found_in(self, change: Change) -> bool:
        kind = "control" if change.is_control else change.kind.value
        wants_old, wants_new = self.kind in ("removed", "moved", "reworded"), self.kind != "removed"
        return (
            kind == self.kind
            and (not wants_old or self.old.startswith('"') or self.old == change.old_number)
            and (not wants_new or _is(self.new, change.new_number, change.new_text))
            and (wants_new or _is(self.old, change.old_number, change.old_text))
            and set(self.facts) <= {str(fact) for fact in change.facts}
        )


def _is(wanted: str, number: str | None, text: str | None) -> bool:
    return wanted.strip('"') in (text or "") if wanted.startswith('"') else wanted == number


@dataclass(frozen=True)
class Pair:
    name: str
    old: list[Passage]
    new: list[Passage]
    planted: list[Planted]


def version(text: str, version_id: str = "d.v1") -> list[Passage]:
    """Passages of a small text: ``#`` headings, clauses a line each, table rows between bars; a blank line parts passages."""
    found: list[Passage] = []
    path: tuple[str, ...] = ()
    kinds = {"|": "table", "#": "heading", "": "blank"}
    for kind, lines in groupby(text.strip("\n").split("\n"), key=lambda line: kinds.get(line[:1], "clause")):
        for line in lines if kind == "heading" else ():
            marks, heading = line.split(" ", 1)
            path = (*path[: len(marks) - 1], heading)
        if kind in ("clause", "table"):
            body = "\n".join(line.strip("| ") for line in lines)
            what = PassageKind.TABLE if kind == "table" else PassageKind.CLAUSE
            found.append(
                Passage(f"{version_id}.p{len(found):04d}", "d", version_id, "Policy", "p.md", body, path, None, what)
            )
    return found


def pairs() -> list[Pair]:
    made = []
    for block in re.split(r"(?m)^== ", (HERE / "versions.txt").read_text(encoding="utf-8"))[1:]:
        name, rest = block.split("\n", 1)
        old, new, planted = re.split(r"(?m)^--\n", rest)
        made.append(
            Pair(name, version(old), version(new, "d.v2"), [_planted(line) for line in planted.split("\n") if line])
        )
    return made


def _planted(line: str) -> Planted:
    match = re.fullmatch(r"(\w+) (\".+?\"|[^ :]+)(?: > ([^ :]+))?(?:: (.+))?", line)
    assert match, line
    return Planted(match[1], match[2], match[3] or match[2], tuple(match[4].split("; ")) if match[4] else ())


def test_planted_changes_are_found_and_little_else() -> None:
    planted = found = false = 0
    problems: list[str] = []
    for pair in pairs():
        changes = list(diff(pair.old, pair.new))
        planted += len(pair.planted)
        for want in pair.planted:
            hit = next((change for change in changes if want.found_in(change)), None)
            if hit is None:
                problems.append(f"{pair.name}: missed {want}")
            else:
                changes.remove(hit)
                found += 1
        false += len(changes)
        problems.extend(f"{pair.name}: false {change}" for change in changes)
    told = f"{len(pairs())} pairs: {found} of {planted} planted changes found, {false} of {found + false} reported are false"
    sys.stdout.write(f"{told}\n")
    assert len(pairs()) >= 30
    assert found == planted, "\n".join(problems)
    assert false <= 0.05 * (found + false), "\n".join(problems)


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_version_does_not_differ_from_itself(pair: Pair) -> None:
    assert diff(pair.new, pair.new) == ()


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_diff_backwards_takes_back_what_it_added(pair: Pair) -> None:
    def count(changes: tuple[Change, ...], kind: ChangeKind) -> int:
        return sum(change.kind is kind for change in changes)

    there, back = diff(pair.old, pair.new), diff(pair.new, pair.old)
    assert count(there, ChangeKind.ADDED) == count(back, ChangeKind.REMOVED)
    assert count(there, ChangeKind.REMOVED) == count(back, ChangeKind.ADDED)
    assert count(there, ChangeKind.REWORDED) == count(back, ChangeKind.REWORDED)


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
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
    pair = next(pair for pair in pairs() if pair.name == "a clause is inserted and the rest renumbered")
    assert [change.is_renumbered for change in diff(pair.old, pair.new)] == [False, True, True]


def test_repeated_table_header_is_one_statement() -> None:
    rows = version("# 1 Rates\n| Site | Fee |\n| Gera | €2 |\n\n| Site | Fee |\n| Hof | €3 |")
    assert [statement.text for statement in statements(rows)] == ["Site | Fee", "Gera | €2", "Hof | €3"]


def test_number_that_begins_like_a_quantity_is_a_number() -> None:
    first, second = statements(version("# 4 Leave\n4.1 Rules.\n4.2 Days not taken lapse."))
    assert (first.number, second.number) == ("4.1", "4.2")


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
