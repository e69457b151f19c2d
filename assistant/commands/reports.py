"""``policydesk report``: what is asked and not answered, how much, and whether that changes. No names in any of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from assistant.asked import Asked
from assistant.commands.homes import open_store
from assistant.commands.output import console, print_json
from assistant.config import Settings
from assistant.drift import DriftReport, drift_json
from assistant.drift import drift as compare_periods
from assistant.feedback import Feedback
from assistant.gaps import Gap, GapConfig, GapReport, find_gaps, gaps_json, nearest_in
from assistant.usage import Latency, UsageReport, usage_json
from assistant.usage import usage as count_usage
from retrieval.encoder import Encoder, load_encoder
from retrieval.errors import IndexEmpty
from retrieval.generations import open_index
from retrieval.records import Passage
from retrieval.scope import Scope
from retrieval.search import Searcher

app = typer.Typer(
    help="What is asked and not answered, how much, and whether that changes.",
    no_args_is_help=True,
    epilog="Example: `policydesk report gaps`",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def gaps(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days back.")] = 90,
    as_json: AsJson = False,
) -> None:
    """What people ask and no document answers, grouped by meaning; groups of fewer than five askers are not shown.

    Example: `policydesk report gaps --days 30`
    """
    settings: Settings = context.obj
    store = open_store(settings)
    encoder = load_encoder(settings.encoder)
    report = find_gaps(
        Asked(store), encoder, nearest=_nearest(settings, encoder), comments=Feedback(store).comments(),
        config=GapConfig(days=days),
    )  # fmt: skip
    if as_json:
        print_json(gaps_json(report))
    else:
        _show_gaps(report)


@app.command()
def usage(
    context: typer.Context,
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How many weeks back.")] = 12,
    as_json: AsJson = False,
) -> None:
    """Questions a week, the share answered, and how long answers took.

    Example: `policydesk report usage --weeks 4 --json`
    """
    settings: Settings = context.obj
    report = count_usage(Asked(open_store(settings)), weeks=weeks)
    if as_json:
        print_json(usage_json(report))
    else:
        _show_usage(report)


@app.command()
def drift(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Length of each of the two periods.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Whether questions and answers differ from the period before, with intervals.

    Example: `policydesk report drift --days 14`
    """
    settings: Settings = context.obj
    report = compare_periods(Asked(open_store(settings)), days=days)
    if as_json:
        print_json(drift_json(report))
    else:
        _show_drift(report)


def _nearest(settings: Settings, encoder: Encoder) -> Callable[[str], Passage | None] | None:
    """Finds the closest passage that everybody may read: the command line does not know who reads its report."""
    try:
        index = open_index(settings.home, encoder=encoder.name)
    except IndexEmpty:
        return None
    return nearest_in(Searcher(index, encoder), Scope())


def _show_gaps(report: GapReport) -> None:
    console.print(
        f"{report.since} to {report.until}: {report.questions} questions, {report.refused} refused, {report.voted_down} voted down."
    )
    if report.gaps:
        table = Table("question", "asked", "people", "refused", "voted down", "nearest clause")
        for gap in report.gaps:
            table.add_row(
                Text(gap.question),
                str(gap.asked),
                f"≥ {gap.askers}",
                str(gap.refused),
                str(gap.voted_down),
                Text(_where(gap)),
            )
        console.print(table)
        for gap in report.gaps:
            for comment in gap.comments:
                console.print(f"{gap.question}: “{' '.join(comment.split())}”")
    else:
        console.print("No group of five or more people shares an unanswered question.")
    if report.withheld:
        console.print(f"{report.withheld} group(s) of fewer than five people are not shown.", style="dim")


def _where(gap: Gap) -> str:
    if gap.nearest is None:
        return ""
    return " > ".join([gap.nearest.title, *gap.nearest.section_path])


def _show_usage(report: UsageReport) -> None:
    week_from = Column("week from", no_wrap=True)
    table = Table(week_from, "asked", "people", "answered", "refused", "voted down", "ms (p50 / p95)")
    for week in report.weeks:
        if week.questions is None:
            table.add_row(str(week.monday), "< 5 people")
            continue
        table.add_row(
            str(week.monday), str(week.questions), f"≥ {week.askers}" if week.askers else "", _share(week.answered),
            _share(week.refused), _share(week.voted_down), _time(week.total_ms),
        )  # fmt: skip
    console.print(table)


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _time(latency: Latency | None) -> str:
    return "" if latency is None else f"{latency.p50:.0f} / {latency.p95:.0f}"


def _show_drift(report: DriftReport) -> None:
    if report.questions is None:
        console.print(f"Nothing to compare: {report.reason}.")
        return
    before, now = report.questions
    console.print(f"{before} questions from {report.since}, {now} from {report.middle} to {report.until}.")
    table = Table("figure", "before", "now", "difference", "95 % interval", "")
    for shift in report.shifts:
        low, high = shift.ci95
        changed = "changed" if shift.is_significant else "within chance"
        table.add_row(
            shift.name,
            f"{shift.before:.3f}",
            f"{shift.now:.3f}",
            f"{shift.difference:+.3f}",
            f"{low:+.3f} to {high:+.3f}",
            changed,
        )
    console.print(table)
    if (words := report.vocabulary) is not None:
        verdict = "more than chance" if words.divergence > words.by_chance else "no more than chance"
        console.print(
            f"Words differ by {words.divergence:.3f} bits, {verdict} (95 % of random splits: below {words.by_chance:.3f}; p = {words.p:.3f})."
        )
        if words.divergence > words.by_chance:
            console.print(f"More: {', '.join(words.rising)}. Less: {', '.join(words.falling)}.")
