"""Contradictions: rules in force that cannot both be right, side by side, with dates and whom to ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter
from fastapi.responses import Response

from assistant import library
from assistant.console.reports import reports_of
from assistant.console.visit import ConsoleRoute, Enter
from ingest.conflicts import Contradiction, find_conflicts
from ingest.rules import Rule
from retrieval.encoder import Encoder
from retrieval.errors import IndexEmpty
from retrieval.generations import current_generation, open_index
from retrieval.home import Home

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
MOST_SHOWN = 100
_AROUND = 160  #: characters shown on each side of a sentence


@dataclass(frozen=True, slots=True)
class Shown:
    """One side of a contradiction with some words around it."""

    rule: Rule

    @property
    def before(self) -> str:
        words = " ".join(self.rule.passage.text[: self.rule.start].split())
        return words if len(words) <= _AROUND else "… " + words[-_AROUND:].partition(" ")[2]

    @property
    def after(self) -> str:
        words = " ".join(self.rule.passage.text[self.rule.end :].split())
        return words if len(words) <= _AROUND else words[:_AROUND].rpartition(" ")[0] + " …"


@router.get("/conflicts")
async def conflicts_page(visit: Enter) -> Response:
    engine, home = await visit.room.line.engine(), visit.room.home
    compare = partial(_compare, home, engine.encoder)
    reports = reports_of(visit.request)
    # An older comparison is not shown: what it found may have been mended since.
    made = await asyncio.to_thread(reports.get, "conflicts", current_generation(home), compare, oldest_s=0)
    found = made.report if made else []
    readable = await asyncio.to_thread(library.readable, visit.room.store, visit.person)
    shown = [each for each in found if {each.one.passage.document_id, each.other.passage.document_id} <= readable]
    return visit.page(
        "conflicts.html", is_comparing=made is None, number=len(shown),
        conflicts=[(each, (Shown(each.one), Shown(each.other))) for each in shown[:MOST_SHOWN]],
    )  # fmt: skip


def _compare(home: Home, encoder: Encoder) -> list[Contradiction]:
    """The whole library compared with itself."""
    try:
        index = open_index(home, encoder=encoder.name)
    except IndexEmpty:
        return []
    return find_conflicts(index.passages, encoder, library=index)
