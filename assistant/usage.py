"""How much the desk is used, week by week: counts, answered share, latency. No questions and no people in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from assistant.asked import Asked, Question, count_askers
from assistant.records import Status

#: A week with fewer askers shows only that it was used.
LEAST_ASKERS = 5


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds: the median, and what one in twenty exceeds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Week:
    """One week from Monday. Figures are None where fewer than five people asked."""

    monday: date
    questions: int | None
    askers: int | None
    answered: float | None  #: share, 0 to 1
    refused: float | None
    voted_down: float | None  #: share of the questions that got a thumb; None where none did
    first_evidence_ms: Latency | None
    total_ms: Latency | None


@dataclass(frozen=True, slots=True)
class UsageReport:
    since: date
    until: date
    weeks: tuple[Week, ...]  #: oldest first, weeks without a question too


def usage(asked: Asked, *, weeks: int = 12, today: date | None = None) -> UsageReport:
    """The last weeks, this one included."""
    until = today or date.today()
    since = _monday(until) - timedelta(weeks=weeks - 1)
    by_week: dict[date, list[Question]] = defaultdict(list)
    for question in asked.questions(since, until):
        by_week[_monday(question.day)].append(question)
    return UsageReport(since, until, tuple(_week(since + timedelta(weeks=at), by_week) for at in range(weeks)))


def usage_json(report: UsageReport) -> dict[str, Any]:
    """What ``report usage --json`` gives."""
    return {
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "least_askers": LEAST_ASKERS,
        "weeks": [
            {
                "monday": week.monday.isoformat(),
                "questions": week.questions,
                "askers": week.askers,
                "answered": week.answered,
                "refused": week.refused,
                "voted_down": week.voted_down,
                "first_evidence_ms": _latency_json(week.first_evidence_ms),
                "total_ms": _latency_json(week.total_ms),
            }
            for week in report.weeks
        ],
    }


def _latency_json(latency: Latency | None) -> dict[str, float] | None:
    return {"p50": round(latency.p50, 1), "p95": round(latency.p95, 1)} if latency else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week(monday: date, by_week: dict[date, list[Question]]) -> Week:
    questions = by_week.get(monday, [])
    askers = count_askers(questions)
    if not questions:
        return Week(monday, 0, 0, None, None, None, None, None)
    if askers < LEAST_ASKERS:
        return Week(monday, None, None, None, None, None, None, None)
    rated = [question for question in questions if question.helpful is not None]
    answered = [question for question in questions if question.status in (Status.ANSWERED, Status.PARTIAL)]
    return Week(
        monday=monday,
        questions=len(questions),
        askers=askers,
        answered=len(answered) / len(questions),
        refused=sum(question.was_refused for question in questions) / len(questions),
        voted_down=sum(not question.helpful for question in rated) / len(rated) if rated else None,
        first_evidence_ms=_latency([question.first_evidence_ms for question in answered]),
        total_ms=_latency([question.total_ms for question in questions]),
    )


def _latency(values: Sequence[float]) -> Latency | None:
    import numpy as np

    return Latency(float(np.percentile(values, 50)), float(np.percentile(values, 95))) if values else None
