"""Open questions: what people ask and no document answers, and whether it is answered now."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from fastapi import APIRouter
from fastapi.responses import Response

from assistant.accounts import scope_of
from assistant.console import charts
from assistant.console.reports import Made, reports_of
from assistant.console.visit import ConsoleRoute, Doing, Enter, Visit
from assistant.console.wording import count
from assistant.gaps import Gap, GapConfig, GapReport, find_gaps, nearest_in
from assistant.patience import PatientEncoder
from assistant.records import Answer, AnswerDone, Reason, Status
from assistant.room import Room
from assistant.waiting import Engine
from retrieval.encoder import Encoder
from retrieval.errors import IndexEmpty, WrongUsage
from retrieval.generations import current_generation
from retrieval.scope import Scope

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
PERIODS = {30: "30 days", 90: "90 days", 365: "a year"}
REASONS = {
    Reason.NOT_COVERED: "no document says it",
    Reason.NO_ACCESS: "only documents for other readers say it",
    Reason.SUPERSEDED_ONLY: "only versions no longer in force say it",
    Reason.TOO_VAGUE: "it was asked too vaguely",
    Reason.EMPTY_INDEX: "there were no documents",
    Reason.OTHER_LANGUAGE: "its language, or that of the documents, is not read well",
}
#: Asked again in one go; each takes about as long as an answer in the chat.
MOST_ASKED_AGAIN = 10
_BARS = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """An open question as the page says it."""

    gap: Gap
    before: str  #: what became of it so far


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """A question asked once more, as every employee would be answered."""

    question: str
    before: str
    answer: Answer

    @property
    def is_answered(self) -> bool:
        return self.answer.status in (Status.ANSWERED, Status.PARTIAL)


@router.get("/questions")
async def questions_page(visit: Enter, days: int = 90) -> Response:
    period = days if days in PERIODS else 90
    scope = scope_of(visit.person)
    engine = await visit.room.line.engine()
    encoder = PatientEncoder(engine.encoder, visit.room.line, asyncio.get_running_loop())
    made = await asyncio.to_thread(_report, visit, engine, encoder, scope, period)
    gaps = made.report.gaps if made else ()
    bars = [charts.Bar(gap.question, gap.asked) for gap in gaps[:_BARS]]
    return visit.page(
        "questions.html", made=made, report=made.report if made else None, gaps=[Shown(gap, _before(gap)) for gap in gaps],
        days=period, periods=PERIODS,
        chart=charts.bars(bars, title="How often each open question was asked") if len(bars) > 1 else "",
        again=[gap for gap in gaps if gap.is_verbatim][:MOST_ASKED_AGAIN],
    )  # fmt: skip


@router.post("/questions/ask")
async def ask_again(doing: Doing) -> Response:
    """Ask as somebody who belongs to no group: what only some may read does not close the gap for all.

    It is not counted as a question of an employee.
    """
    given = [str(each).strip() for each in doing.form.getlist("question")]
    before = [str(each) for each in doing.form.getlist("before")]
    asked = [each[:2000] for each in given if each][:MOST_ASKED_AGAIN]
    if not asked:
        raise WrongUsage("there is no question to ask; write one")
    results = [
        AskedAgain(question, before[at] if at < len(before) else "", await _answer(doing.room, question))
        for at, question in enumerate(asked)
    ]
    return doing.page("asked_again.html", results=results, reasons=REASONS)


async def _answer(room: Room, question: str) -> Answer:
    async with aclosing(room.line.ask(question, scope=scope_of(None), history=())) as events:
        async for event in events:
            if isinstance(event, AnswerDone):
                return event.answer
    raise WrongUsage("the answer ended before it was complete; ask again")


def _report(visit: Visit, engine: Engine, encoder: Encoder, scope: Scope, days: int) -> Made[GapReport] | None:
    room, until = visit.room, date.today()
    state = (room.asked.state(until - timedelta(days=days - 1), until), current_generation(room.home), until)
    make = partial(_gaps, room, engine, encoder, scope, days)
    return reports_of(visit.request).get(("gaps", scope, days), state, make)


def _gaps(room: Room, engine: Engine, encoder: Encoder, scope: Scope, days: int) -> GapReport:
    try:
        nearest = nearest_in(engine.searcher(), scope)
    except IndexEmpty:
        nearest = None
    comments = room.feedback.comments()
    return find_gaps(room.asked, encoder, nearest=nearest, comments=comments, config=GapConfig(days=days))


def _before(gap: Gap) -> str:
    said = []
    if gap.refused:
        why = ", ".join(REASONS[reason] for reason, _ in gap.reasons[:2])
        said.append(f"refused {count(gap.refused, 'time')}" + (f": {why}" if why else ""))
    if gap.voted_down:
        said.append(f"voted down {count(gap.voted_down, 'time')}")
    return "; ".join(said)
