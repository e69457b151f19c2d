"""Contradictions: rules in force that cannot both be right, side by side, with dates and whom to ask."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import Response

from assistant import library
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


@dataclass(slots=True)
class Comparing:
    """Compares the whole library with itself, once for each generation of the index, on a thread of its own."""

    home: Home
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="conflicts"))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _generation: int | None = None
    _found: Future[list[Contradiction]] | None = None

    def found(self, encoder: Encoder, *, patience_s: float) -> list[Contradiction] | None:
        """The contradictions of the library as it is now; None if they are not known after ``patience_s`` seconds."""
        with self._lock:
            generation = current_generation(self.home)
            if self._found is None or generation != self._generation:
                self._generation = generation
                self._found = self._thread.submit(self._compare, encoder)
            waiting = self._found
        try:
            return waiting.result(timeout=patience_s)
        except TimeoutError:
            return None

    def _compare(self, encoder: Encoder) -> list[Contradiction]:
        try:
            index = open_index(self.home, encoder=encoder.name)
        except IndexEmpty:
            return []
        return find_conflicts(index.passages, encoder, library=index)


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
    engine = await visit.room.line.engine()
    comparing = _comparing(visit.request, visit.room.home)
    found = await asyncio.to_thread(comparing.found, engine.encoder, patience_s=1.5)
    readable = await asyncio.to_thread(library.readable, visit.room.store, visit.person)
    shown = [each for each in found or () if {each.one.passage.document_id, each.other.passage.document_id} <= readable]
    return visit.page(
        "conflicts.html", is_comparing=found is None, number=len(shown),
        conflicts=[(each, (Shown(each.one), Shown(each.other))) for each in shown[:MOST_SHOWN]],
    )  # fmt: skip


def _comparing(request: Request, home: Home) -> Comparing:
    """The one comparison of this application; made at the first visit."""
    if not hasattr(request.app.state, "comparing"):
        request.app.state.comparing = Comparing(home)
    comparing: Comparing = request.app.state.comparing
    return comparing
