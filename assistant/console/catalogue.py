"""The first page: every document of the library, found, narrowed down and sorted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from assistant import library
from assistant.console.visit import ConsoleRoute, Enter
from assistant.console.wording import country, readers
from retrieval.documents import Document, Standing, Version

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
ROWS_A_PAGE = 100
COLUMNS = {
    "title": "Document",
    "status": "Status",
    "dates": "In force",
    "owner": "Owner",
    "readers": "Readers",
    "country": "Country",
    "versions": "Versions",
}
_ORDER = list(Standing)


@dataclass(frozen=True, slots=True)
class Row:
    """A document as the list shows it."""

    document: Document
    standing: Standing
    version: Version | None  #: the one in force, else the latest
    waiting: int  #: drafts beside what is in service


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents are asked for, and in which order."""

    words: str = ""
    status: Standing | None = None
    sort: str = "title"
    descending: bool = False

    def query(self, **other: Any) -> str:
        """The address of this list with something else asked for."""
        fields = {
            "q": self.words, "status": self.status.value if self.status else "", "sort": self.sort,
            "order": "down" if self.descending else "", **other,
        }  # fmt: skip
        kept = {name: value for name, value in fields.items() if value and (name, value) != ("sort", "title")}
        return f"/hr?{urlencode(kept)}" if kept else "/hr"

    def sorted_by(self, column: str) -> str:
        """The address that sorts by a column: the other way round where it is sorted by it already."""
        turned = column == self.sort and not self.descending
        return self.query(sort=column, order="down" if turned else "", page="")


@router.get("")
def catalogue(
    visit: Enter, q: str = "", status: str = "", sort: str = "title", order: str = "", page: int = 1
) -> Response:
    documents = library.visible(visit.room.store, visit.person)
    wanted = Wanted(
        words=q.strip()[:200],
        status=Standing(status) if status in set(Standing) else None,
        sort=sort if sort in COLUMNS else "title",
        descending=order == "down",
    )
    everything = [_row(document) for document in documents]
    found = [row for row in everything if _fits(row, wanted.words)]
    counts = Counter(row.standing for row in found)
    here = [row for row in found if row.standing is not Standing.WITHDRAWN]
    shown = _sorted([row for row in found if row.standing is wanted.status] if wanted.status else here, wanted)
    pages = max(1, -(-len(shown) // ROWS_A_PAGE))
    page = min(max(1, page), pages)
    return visit.page(
        "catalogue.html", rows=shown[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE], total=len(everything), found=len(shown),
        matching=len(here), counts=[(each, counts[each]) for each in _ORDER if counts[each]], wanted=wanted, columns=COLUMNS,
        page_number=page, pages=pages,
    )  # fmt: skip


def _row(document: Document) -> Row:
    today = date.today()
    in_force = [each for each in document.versions if each.standing(today) is Standing.IN_FORCE]
    latest = [*document.versions[-1:], *in_force[-1:]]
    drafts = sum(each.standing(today) is Standing.DRAFT for each in document.versions)
    standing = document.standing(today)
    waiting = 0 if standing is Standing.DRAFT else drafts
    return Row(document, standing, latest[-1] if latest else None, waiting)


def _fits(row: Row, words: str) -> bool:
    document = row.document
    files = " ".join(version.file for version in document.versions)
    text = f"{document.title} {document.owner or ''} {document.collection or ''} {files} {country(document.jurisdiction)} {readers(document.audience)}"
    return all(word in text.casefold() for word in words.casefold().split())


def _sorted(rows: Sequence[Row], wanted: Wanted) -> list[Row]:
    def key(row: Row) -> tuple[Any, ...]:
        document = row.document
        match wanted.sort:
            case "status":
                return (_ORDER.index(row.standing),)
            case "dates":
                return ((row.version and row.version.effective_from) or date.min,)
            case "owner":
                return ((document.owner or "\uffff").casefold(),)
            case "readers":
                return (bool(document.audience), readers(document.audience).casefold())
            case "country":
                return (bool(document.jurisdiction), country(document.jurisdiction).casefold())
            case "versions":
                return (len(document.versions),)
        return (document.title.casefold(),)

    by_title = sorted(rows, key=lambda row: (row.document.title.casefold(), row.document.document_id))
    return sorted(by_title, key=key, reverse=wanted.descending)
