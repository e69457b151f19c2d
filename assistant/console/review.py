"""Review: what was understood of a draft, what looks wrong with it, and publishing, rejecting, taking back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from assistant import library
from assistant.actions import Act as Deed
from assistant.actions import Action, undoable_now
from assistant.console.notices import Undo
from assistant.console.uploads import read_country, read_day, read_groups
from assistant.console.visit import Act, ConsoleRoute, Doing, Enter, Visit
from assistant.console.wording import COUNTRIES, count
from assistant.preflights import for_reader
from assistant.problems import Problem
from assistant.review import Particulars
from ingest.preflight import Outcome, Preflight
from retrieval.documents import Document, Version
from retrieval.errors import WrongUsage

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
#: What an act is called once it was done.
DONE = {
    Deed.PUBLISH: "published",
    Deed.REJECT: "rejected",
    Deed.REMOVE: "removed",
    Deed.CONFIRM: "changed in its details",
    Deed.ATTACH: "made a version of this document",
}
OUTCOMES = {Outcome.ANSWERED: "answered", Outcome.ELSEWHERE: "answered from elsewhere", Outcome.REFUSED: "not answered"}
_LATEST_ACTS = 30


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something in a report that asks for a second look, and the part of the page that shows it."""

    said: str
    part: str


@router.get("/review")
def review_page(visit: Enter) -> Response:
    readable = library.readable(visit.room.store, visit.person)
    drafts = [draft for draft in visit.room.review.drafts() if draft.document_id in readable]
    acts = [act for act in visit.room.review.history(last=_LATEST_ACTS) if _may_know(act, readable)]
    return visit.page("review.html", drafts=drafts, acts=acts, undoable=undoable_now(acts), done=DONE)


@router.get("/review/{version_id}")
def report_page(visit: Enter, version_id: str) -> Response:
    document, version = _find(visit, version_id)
    report = for_reader(visit.room.review.report(version_id), library.readable(visit.room.store, visit.person))
    newest = [each for each in document.versions if each.published and each.number < version.number]
    known = library.visible(visit.room.store, visit.person)
    return visit.page(
        "preflight.html", document=document, version=version, report=report, doubts=doubts(report),
        before=newest[-1] if newest else None, outcomes=OUTCOMES, today=date.today(),
        titles={each.document_id: each.title for each in known},
        others=[each for each in known if each.document_id != document.document_id and _is_in_service(each)],
        **_details(visit, version_id),
    )  # fmt: skip


@router.post("/review/{version_id}/publish")
def publish(doing: Doing, version_id: str) -> Response:
    """Keep the details as they stand in the form, and put the draft in service."""
    document, _ = _find(doing, version_id)
    particulars = _particulars(doing) if "title" in doing.form else None
    act = doing.room.review.publish(version_id, who=doing.person.name, seen=_seen(doing), particulars=particulars)
    return doing.go(f"/hr/documents/{document.document_id}", f"“{act.title}” is published.", undo=undo_of(act))


@router.post("/review/{version_id}/reject")
def reject(doing: Doing, version_id: str) -> Response:
    _find(doing, version_id)
    act = doing.room.review.reject(version_id, who=doing.person.name, seen=_seen(doing))
    return doing.go("/hr/review", f"“{act.title}” is put aside.", undo=undo_of(act))


@router.post("/review/{version_id}/attach")
def attach(doing: Doing, version_id: str) -> Response:
    """Make the draft a version of the document that was chosen."""
    _find(doing, version_id)
    to = library.find(doing.room.store, doing.person, doing.field("document", most=64))
    act = doing.room.review.attach(version_id, to.document_id, who=doing.person.name)
    return doing.go(f"/hr/review/{act.version_ids[0]}", f"It is now a version of “{to.title}”.", undo=undo_of(act))


@router.get("/documents/{document_id}/edit")
def edit_page(visit: Enter, document_id: str) -> Response:
    document = library.find(visit.room.store, visit.person, document_id)
    version = _latest(document)
    return visit.page("edit.html", document=document, version=version, **_details(visit, version.version_id))


@router.post("/review/{version_id}/details")
def change_details(doing: Doing, version_id: str) -> Response:
    document, version = _find(doing, version_id)
    particulars = _particulars(doing)
    act = doing.room.review.confirm(version_id, particulars, who=doing.person.name, seen=_seen(doing))
    to = f"/hr/documents/{document.document_id}" if version.published else f"/hr/review/{version_id}"
    if document.document_id not in library.readable(doing.room.store, doing.person):
        to = "/hr"
    if act is None:
        return doing.go(to, "Nothing was changed.")
    return doing.go(to, "The details are changed.", undo=undo_of(act))


@router.get("/documents/{document_id}/remove")
def remove_page(visit: Enter, document_id: str) -> Response:
    document = library.find(visit.room.store, visit.person, document_id)
    return visit.page("remove.html", document=document)


@router.post("/documents/{document_id}/remove")
def remove(doing: Doing, document_id: str) -> Response:
    library.find(doing.room.store, doing.person, document_id)
    act = doing.room.review.remove(document_id, who=doing.person.name)
    return doing.go("/hr", f"“{act.title}” is removed.", undo=undo_of(act))


@router.post("/undo")
def undo(doing: Doing) -> Response:
    act_id = doing.field("action_id", most=64)
    known = next((act for act in doing.room.review.history(last=1000) if act.action_id == act_id), None)
    if known is None:
        raise Problem(404, "there is nothing to undo here any more")
    act = doing.room.review.undo(act_id, who=doing.person.name)
    said = f"Undone: “{act.title}” is as it was before it was {DONE[act.act]}."
    readable = library.readable(doing.room.store, doing.person)
    return doing.go(f"/hr/documents/{act.document_id}" if act.document_id in readable else "/hr", said)


def undo_of(act: Action) -> Undo:
    return Undo("/hr/undo", {"action_id": act.action_id})


def doubts(report: Preflight) -> list[Doubt]:
    """What a reader should look at before publishing, the gravest first."""
    found = []
    if report.suspects:
        found.append(
            Doubt(
                f"{count(len(report.suspects), 'place')} that speaks to a model, or that readers can’t see", "suspects"
            )
        )
    if report.conflicts:
        found.append(
            Doubt(f"{count(len(report.conflicts), 'contradiction')} with other documents in force", "conflicts")
        )
    if report.pages_empty:
        found.append(Doubt(f"{count(len(report.pages_empty), 'page')} nothing could be read from", "read"))
    if report.pages_low_confidence:
        found.append(Doubt(f"{count(len(report.pages_low_confidence), 'page')} read from pictures, and badly", "read"))
    if report.longest_passage_tokens > report.token_limit:
        found.append(Doubt("a passage longer than the search reads of it", "read"))
    missed = sum(checked.outcome is Outcome.REFUSED for checked in report.questions)
    if missed:
        found.append(Doubt(f"{count(missed, 'question')} it should answer but does not", "questions"))
    if report.warnings:
        found.append(Doubt(count(len(report.warnings), "remark") + " about how it was read", "read"))
    return found


def _details(visit: Visit, version_id: str) -> dict[str, Any]:
    """What the form about a version's details offers."""
    known = library.visible(visit.room.store, visit.person)
    return {
        # First: what is changed between the two is noticed.
        "seen": visit.room.review.seen(version_id),
        "particulars": visit.room.review.particulars(version_id),
        "countries": sorted(COUNTRIES.items(), key=lambda item: item[1]),
        "owners": sorted({each.owner for each in known if each.owner}),
        "groups": sorted({group for each in known for group in each.audience} | visit.person.groups),
    }


def _seen(doing: Act) -> str | None:
    """How the version stood when its form was opened; None for a form that does not say."""
    return doing.field("seen", most=64) or None


def _particulars(doing: Act) -> Particulars:
    """:raises WrongUsage: if a date or country makes no sense."""
    return Particulars(
        title=doing.field("title", most=300),
        effective_from=read_day(doing.field("effective_from")),
        effective_to=read_day(doing.field("effective_to")),
        jurisdiction=read_country(doing.field("jurisdiction", most=2)),
        audience=frozenset(read_groups(doing.field("audience", most=500))),
        owner=doing.field("owner", most=200) or None,
    )


def _find(visit: Visit, version_id: str) -> tuple[Document, Version]:
    """A version the visitor may read, with its document.

    :raises Problem: 404, whether there is no such version or the visitor may not know of it.
    """
    document = library.find(visit.room.store, visit.person, version_id.rpartition(".")[0])
    for version in document.versions:
        if version.version_id == version_id:
            return document, version
    raise Problem(404, "there is no such version")


def _latest(document: Document) -> Version:
    published = [version for version in document.versions if version.published]
    if not document.versions:
        raise WrongUsage("this document has no version; add one first")
    return (published or list(document.versions))[-1]


def _is_in_service(document: Document) -> bool:
    return any(version.published and not version.withdrawn for version in document.versions)


def _may_know(act: Action, readable: frozenset[str]) -> bool:
    return act.document_id in readable
