"""What changed between two versions of a document, clause by clause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ingest.alignment import Alignment, align, heading_words, in_order
from ingest.facts import FactChange, FactKind, fact_changes, facts
from ingest.numbering import label
from ingest.statements import Statement, statements
from ingest.wording import Segment, segments
from retrieval.records import Passage

Path = tuple[str, ...]


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    REWORDED = "reworded"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one clause, item, table row, sentence or heading. The old side is None where it was added, the new
    side where it was removed.

    A clause whose words changed is ``REWORDED``, whether it moved or not; see :attr:`is_moved`. Texts are without their numbers.
    """

    kind: ChangeKind
    old_path: Path | None
    new_path: Path | None
    old_number: str | None
    new_number: str | None
    old_text: str | None
    new_text: str | None
    old_passage_id: str | None
    new_passage_id: str | None
    facts: tuple[FactChange, ...] = ()
    segments: tuple[Segment, ...] = ()
    is_moved: bool = False  #: it has another number, section or place
    is_renumbered: bool = False  #: it has another number only because clauses before it came or went
    is_control: bool = False  #: it is about the document itself: version, dates, owner
    is_heading: bool = False


def diff(old: Sequence[Passage], new: Sequence[Passage]) -> tuple[Change, ...]:
    """The changes from one version to another, in reading order; removed clauses stand where they were.

    Differences in white space, case and punctuation alone are none. A clause is found again by its words, number and place, so
    that one that was renumbered or moved is not removed here and added there. Equal versions give nothing.

    :param old: the passages of one version, in document order; likewise ``new``.
    """
    found = align(statements(old), statements(new))
    sections = _sections(found)
    steady = set(in_order(sorted((one.place, other.place) for one, other in found.pairs)))
    placed: list[tuple[float, Change]] = []
    for one, other in found.pairs:
        change = _paired(one, other, sections, in_place=(one.place, other.place) in steady)
        if change is not None:
            placed.append((other.place, change))
    placed.extend((statement.place, _one_sided(ChangeKind.ADDED, statement)) for statement in found.added)
    placed.extend(
        (_place_of_removed(statement, found, steady, sections), _one_sided(ChangeKind.REMOVED, statement))
        for statement in found.removed
    )
    placed.extend(_headings(found, sections))
    return tuple(change for _, change in sorted(placed, key=lambda entry: entry[0]))


def diff_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes as ``documents diff --json`` and the API give them."""
    return [
        {
            "kind": change.kind.value,
            "old": _side(change.old_path, change.old_number, change.old_text, change.old_passage_id),
            "new": _side(change.new_path, change.new_number, change.new_text, change.new_passage_id),
            "facts": [{"kind": fact.kind.value, "old": fact.old, "new": fact.new} for fact in change.facts],
            "segments": [{"part": segment.part.value, "text": segment.text} for segment in change.segments],
            "moved": change.is_moved,
            "renumbered": change.is_renumbered,
            "document_control": change.is_control,
            "heading": change.is_heading,
        }
        for change in changes
    ]


def _side(path: Path | None, number: str | None, text: str | None, passage_id: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    return {"section_path": list(path or ()), "number": number, "text": text, "passage_id": passage_id}


# -- clauses -----------------------------------------------------------------------------------------------------------


def _paired(one: Statement, other: Statement, sections: dict[Path, Path], *, in_place: bool) -> Change | None:
    """What became of a clause that is in both versions; None where nothing did."""
    same_section = sections.get(one.section_path) == other.section_path
    is_moved = one.number != other.number or not same_section or not in_place
    is_reworded = one.words != other.words
    if not (is_moved or is_reworded):
        return None
    return Change(
        ChangeKind.REWORDED if is_reworded else ChangeKind.MOVED,
        one.section_path,
        other.section_path,
        one.number,
        other.number,
        one.text,
        other.text,
        one.passage_id,
        other.passage_id,
        facts=fact_changes(one.text, other.text) if is_reworded else (),
        segments=segments(one.text, other.text) if is_reworded else (),
        is_moved=is_moved,
        is_renumbered=one.number != other.number and same_section and in_place,
        is_control=one.is_control and other.is_control,
    )


def _one_sided(kind: ChangeKind, statement: Statement) -> Change:
    side = (statement.section_path, statement.number, statement.text, statement.passage_id)
    is_new = kind is ChangeKind.ADDED
    path, number, text, passage_id = side
    stated = (
        FactChange(fact.kind, None if is_new else fact.text, fact.text if is_new else None)
        for fact in facts(text)
        if fact.kind not in (FactKind.MODAL, FactKind.REFERENCE)  # every clause has some; alone they say nothing
    )
    return Change(
        kind,
        None if is_new else path,
        path if is_new else None,
        None if is_new else number,
        number if is_new else None,
        None if is_new else text,
        text if is_new else None,
        None if is_new else passage_id,
        passage_id if is_new else None,
        facts=tuple(stated),
        is_control=statement.is_control,
    )


def _place_of_removed(
    statement: Statement, found: Alignment, steady: set[tuple[int, int]], sections: dict[Path, Path]
) -> float:
    """Where a removed clause is told: behind the clause it stood behind, and if its section went too, behind that section."""
    before = [other for one, other in found.pairs if (one.place, other.place) in steady and one.place < statement.place]
    if not before:
        return -0.5
    last = before[-1]
    if statement.section_path in sections:
        return last.place + 0.5
    in_section = [other.place for other in found.added if other.section_path == last.section_path]
    return max([last.place, *in_section]) + 0.5


# -- sections ----------------------------------------------------------------------------------------------------------


def _sections(found: Alignment) -> dict[Path, Path]:
    """Which section of the new version each old one became: the two that have most clauses in common with one another."""
    votes: Counter[tuple[Path, Path]] = Counter()
    for one, other in found.pairs:
        for depth in range(1, min(len(one.section_path), len(other.section_path)) + 1):
            votes[one.section_path[:depth], other.section_path[:depth]] += 1
        if len(one.section_path) != len(other.section_path):
            votes[one.section_path, other.section_path] += 1
    votes[(), ()] += 1

    def weight(pair: tuple[Path, Path]) -> tuple[bool, int]:
        return heading_words(pair[0]) == heading_words(pair[1]), votes[pair]

    became: dict[Path, Path] = {}
    taken: set[Path] = set()
    for one_path, other_path in sorted(votes, key=weight, reverse=True):
        if one_path not in became and other_path not in taken:
            became[one_path] = other_path
            taken.add(other_path)
    return became


def _headings(found: Alignment, sections: dict[Path, Path]) -> list[tuple[float, Change]]:
    """Sections that have another heading now. That a section came, went or has another number, its clauses say."""
    first: dict[Path, Statement] = {}
    for _, other in found.pairs:
        for depth in range(1, len(other.section_path) + 1):
            first.setdefault(other.section_path[:depth], other)
    changes: list[tuple[float, Change]] = []
    for old_path, new_path in sections.items():
        if not old_path or not new_path or new_path not in first:
            continue
        old_text, new_text = _heading(old_path), _heading(new_path)
        if heading_words((old_text[1],)) != heading_words((new_text[1],)):
            change = Change(
                ChangeKind.REWORDED, old_path, new_path, old_text[0], new_text[0], old_text[1], new_text[1], None,
                first[new_path].passage_id, facts=fact_changes(old_text[1], new_text[1]),
                segments=segments(old_text[1], new_text[1]), is_heading=True,
            )  # fmt: skip
            changes.append((first[new_path].place - 0.25, change))
    return changes


def _heading(path: Path) -> tuple[str | None, str]:
    """Number and words of a section's heading."""
    mark = label(path[-1])
    return (mark.number, mark.rest) if mark and mark.rest else (None, path[-1])
