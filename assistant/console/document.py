"""One document: what is said about it, its versions, and what was read from them."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response

from assistant import library
from assistant.console.visit import ConsoleRoute, Enter
from retrieval.documents import Standing

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)


@router.get("/documents/{document_id}")
def document_page(visit: Enter, document_id: str, version: str | None = None) -> Response:
    known = {each.document_id: each for each in library.visible(visit.room.store, visit.person)}
    document = library.find(visit.room.store, visit.person, document_id)
    acts = visit.room.review.history(document_id=document_id, last=20)
    today = date.today()
    in_force = [each for each in document.versions if each.standing(today) is Standing.IN_FORCE]
    shown = next((each for each in document.versions if each.version_id == version), None)
    shown = shown or (in_force or list(document.versions))[-1]
    return visit.page(
        "document.html", document=document, standing=document.standing(today), today=today,
        versions=list(reversed(document.versions)), shown=shown, passages=visit.room.store.passages(shown.version_id),
        titles={each: one.title for each, one in known.items()}, last_act=next((act for act in acts if act.can_be_undone), None),
    )  # fmt: skip
