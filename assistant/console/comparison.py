"""Two versions of a document side by side: what was reworded, came, went and moved, with the facts picked out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from assistant import library
from assistant.changes import affected_answers, compare, find_version
from assistant.console.visit import ConsoleRoute, Enter
from ingest.diff import Change, ChangeKind
from ingest.facts import FactChange, FactKind
from ingest.wording import Part

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
_FACTS = {
    FactKind.AMOUNT: "amount",
    FactKind.DATE: "date",
    FactKind.QUANTITY: "number",
    FactKind.NUMBER: "number",
    FactKind.REFERENCE: "reference",
    FactKind.MODAL: "duty",
}
ANSWERS_DAYS = 90


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one side that are alike: changed or not, part of a changed fact or not."""

    text: str
    is_changed: bool = False
    fact: str | None = None  #: amount, date, number, reference or duty


@dataclass(frozen=True, slots=True)
class Side:
    """One clause as it stands in one version."""

    section: str
    number: str | None
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """One change as the page shows it."""

    what: str
    tone: str  #: came, went, reworded or moved
    old: Side | None
    new: Side | None
    facts: tuple[tuple[str, FactChange], ...]

    @property
    def section(self) -> str:
        side = self.new or self.old
        return side.section if side else ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many changes of each kind, and how many facts they touch."""

    reworded: int
    added: int
    removed: int
    moved: int
    facts: int

    @classmethod
    def of(cls, changes: Sequence[Change]) -> Tally:
        kinds = Counter(change.kind for change in changes)
        facts = sum(len(change.facts) for change in changes if change.kind is ChangeKind.REWORDED)
        return cls(
            kinds[ChangeKind.REWORDED],
            kinds[ChangeKind.ADDED],
            kinds[ChangeKind.REMOVED],
            kinds[ChangeKind.MOVED],
            facts,
        )


@router.get("/documents/{document_id}/compare")
def comparison_page(visit: Enter, document_id: str, to: str = "", show: str = "") -> Response:
    document = library.find(visit.room.store, visit.person, document_id)
    query = visit.request.query_params
    old = find_version(document, query.get("from") or str(document.versions[0].number))
    new = find_version(document, to or str(document.versions[-1].number))
    found = compare(visit.room.store, document_id, old.version_id, new.version_id)
    after = (datetime.now(UTC) - timedelta(days=ANSWERS_DAYS)).isoformat()
    told = [change for change in found.changes if not (change.is_renumbered and change.kind is ChangeKind.MOVED)]
    pairs = [pair(change) for change in told if show != "facts" or change.facts]
    return visit.page(
        "comparison.html", document=document, old=old, new=new, pairs=pairs, tally=Tally.of(told), show=show,
        renumbered=[change for change in found.changes if change not in told], days=ANSWERS_DAYS,
        at_stake=len(affected_answers(visit.room.store, found, visit.room.audit, after=after)),
    )  # fmt: skip


def pair(change: Change) -> Pair:
    """A change with its words marked on both sides."""
    what = {
        ChangeKind.ADDED: "New",
        ChangeKind.REMOVED: "Taken out",
        ChangeKind.MOVED: "Moved",
        ChangeKind.REWORDED: "New heading"
        if change.is_heading
        else "Reworded and moved"
        if _went_elsewhere(change)
        else "Reworded",
    }[change.kind]
    if change.is_control:
        what += ", about the document itself"
    tone = {ChangeKind.ADDED: "came", ChangeKind.REMOVED: "went"}.get(change.kind, change.kind.value)
    old = new = None
    if change.old_text is not None:
        old = Side(_section(change.old_path), change.old_number, tuple(_runs(change, Part.REMOVED, change.old_text)))
    if change.new_text is not None:
        new = Side(_section(change.new_path), change.new_number, tuple(_runs(change, Part.ADDED, change.new_text)))
    facts = change.facts if change.kind is ChangeKind.REWORDED else ()
    return Pair(what, tone, old, new, tuple((_FACTS[fact.kind], fact) for fact in facts))


def _went_elsewhere(change: Change) -> bool:
    return change.is_moved and not change.is_renumbered


def _section(path: tuple[str, ...] | None) -> str:
    return " › ".join(path or ())


def _runs(change: Change, part: Part, text: str) -> Iterator[Run]:
    """One side's words, cut wherever they begin or end to be changed or a fact."""
    changed = [False] * len(text)
    at = 0
    for segment in change.segments:
        if segment.part in (part, Part.SAME):
            for place in range(at, min(at + len(segment.text), len(text))):
                changed[place] = segment.part is part
            at += len(segment.text)
    facts: list[str | None] = [None] * len(text)
    for fact in change.facts:
        words = fact.old if part is Part.REMOVED else fact.new
        if words and (change.segments or change.kind is not ChangeKind.MOVED):
            for place in _place_of(words, text, changed if change.segments else None):
                facts[place] = _FACTS[fact.kind]
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or (changed[end], facts[end]) != (changed[begin], facts[begin]):
            yield Run(text[begin:end], changed[begin], facts[begin])
            begin = end


def _place_of(words: str, text: str, changed: Sequence[bool] | None) -> range:
    """Where a fact stands: the occurrence that has changed words in it, else the first."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    found = [range(*match.span()) for match in re.finditer(pattern, text)]
    if changed is not None:
        found.sort(key=lambda place: not any(changed[at] for at in place))
    return found[0] if found else range(0)
