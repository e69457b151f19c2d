"""The record: what happened to the library and that answers were given, in a chain that shows whether it was touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response

from assistant import library
from assistant.audit import Entry, Kind
from assistant.console.visit import ConsoleRoute, Enter
from assistant.console.wording import count

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
LATEST = 100
_NAMES = {
    Kind.UPLOAD: "Added", Kind.PUBLISH: "Published", Kind.REJECT: "Rejected", Kind.CONFIRM: "Details", Kind.ATTACH: "New version", Kind.REMOVE: "Removed",
    Kind.UNDO: "Undone", Kind.ACCESS: "Access", Kind.ANSWER: "Answers",
}  # fmt: skip
_SAID = {
    Kind.UPLOAD: "was added",
    Kind.PUBLISH: "was published",
    Kind.REJECT: "was rejected",
    Kind.CONFIRM: "had its details changed",
    Kind.ATTACH: "was given a draft that had been taken for another document",
    Kind.REMOVE: "was removed",
    Kind.ACCESS: "had its readers changed",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words."""

    at: datetime
    kind: str
    title: str | None  #: of the document, where the reader may know it
    link: str | None
    said: str
    hash: str


@router.get("/record")
def record_page(visit: Enter, kind: str = "") -> Response:
    chosen = Kind(kind) if kind in set(Kind) else None
    audit = visit.room.audit
    titles = {each.document_id: each.title for each in library.visible(visit.room.store, visit.person)}
    entries = audit.latest(LATEST, kind=chosen)
    return visit.page(
        "record.html", verification=audit.verify(), lines=[_line(entry, titles) for entry in entries], chosen=chosen,
        kinds=[(each, _NAMES.get(each, each.value.capitalize())) for each in Kind], most=LATEST,
    )  # fmt: skip


def _line(entry: Entry, titles: dict[str, str]) -> Line:
    at, payload = datetime.fromisoformat(entry.time), entry.payload
    name = _NAMES.get(entry.kind, entry.kind.value.capitalize())
    if entry.kind is Kind.ANSWER:
        sources = len({citation["passage_id"] for citation in payload.get("citations", ())})
        refused = payload.get("status") == "abstained"
        said = "A question was refused" if refused else f"A question was answered from {count(sources, 'passage')}"
        return Line(at, name, None, None, said, entry.hash)
    document_id = payload.get("document_id")
    title = titles.get(document_id or "")
    said = _done(entry)
    if document_id is None:
        said = "An account was changed" if entry.kind is Kind.ACCESS else f"Something {said}"
    elif title is None:
        said = f"A document that is not here any more, or not for you, {said}"
    who = payload.get("who")
    said += f", by {who}" if who else ""
    return Line(at, name, title, f"/hr/documents/{document_id}" if title else None, said, entry.hash)


def _done(entry: Entry) -> str:
    if entry.kind is not Kind.UNDO:
        return _SAID.get(entry.kind, entry.kind.value)
    act = entry.payload.get("act")
    done = _SAID[Kind(act)] if act in set(Kind) else "was changed"
    return f"is as it was before it {done}"
