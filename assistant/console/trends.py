"""Usage: how much is asked, how much of it is answered and how quickly, and whether that changes. Nobody is in it."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter
from fastapi.responses import Response
from markupsafe import Markup

from assistant.console import charts
from assistant.console.reports import reports_of
from assistant.console.visit import ConsoleRoute, Enter
from assistant.drift import DriftReport, Shift, drift
from assistant.usage import LEAST_ASKERS, UsageReport, Week, usage

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
PERIODS = {12: "12 weeks", 26: "half a year", 52: "a year"}
_NAMES = {"confidence": "Confidence", "refusal rate": "Refused"}


@router.get("/usage")
def usage_page(visit: Enter, weeks: int = 12) -> Response:
    period = weeks if weeks in PERIODS else 12
    asked, until = visit.room.asked, date.today()
    state = (asked.state(until - timedelta(weeks=period), until), until)
    made = reports_of(visit.request).get(("usage", period), state, lambda: (usage(asked, weeks=period), drift(asked)))
    if made is None:
        return visit.page("usage.html", report=None, weeks=period, periods=PERIODS, least=LEAST_ASKERS)
    report, compared = made.report
    told = [week for week in report.weeks if week.questions]
    return visit.page(
        "usage.html", made=made, report=report, latest=told[-1] if told else None, weeks=period, periods=PERIODS, least=LEAST_ASKERS,
        was_used=any(week.questions != 0 for week in report.weeks), asked=_asked(report), times=_times(report), drift=compared,
        shifts=_shifts(compared), names=_NAMES,
    )  # fmt: skip


def _asked(report: UsageReport) -> Markup:
    weeks = [charts.Column(_label(week.monday), week.questions, _answered(week)) for week in report.weeks]
    return charts.columns(weeks, title="Questions a week, and how many of them were answered")


def _answered(week: Week) -> int | None:
    return None if week.questions is None else round(week.questions * (week.answered or 0))


def _times(report: UsageReport) -> Markup:
    weeks = [
        charts.Point(
            _label(week.monday),
            week.total_ms.p50 if week.total_ms else None,
            week.total_ms.p95 if week.total_ms else None,
        )
        for week in report.weeks
    ]
    return charts.times(weeks, title="Seconds until an answer was complete, week by week")


def _shifts(compared: DriftReport) -> Markup:
    rows = [
        charts.Interval(_NAMES.get(each.name, each.name), each.difference, *_ends(each), each.is_significant)
        for each in compared.shifts
    ]
    return charts.differences(rows, title="How this period differs from the one before") if rows else Markup("")


def _ends(shift: Shift) -> tuple[float, float]:
    return shift.ci95


def _label(monday: date) -> str:
    return f"{monday.day} {monday:%b}"
