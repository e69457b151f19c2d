"""What an evaluator reads in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from evals.measures import MEASURES
from evals.ranking import Progress as Report

#: Below this a difference counts as real.
SIGNIFICANT = 0.05


@contextmanager
def progress_bars(console: Console) -> Iterator[Report | None]:
    """A bar for each thing being done; None where the output is not a terminal."""
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield report


def interval(found: Mapping[str, Any]) -> str:
    """The mean, and below it its interval; a dash where there was nothing to measure."""
    if found.get("mean") is None:
        return "–"
    if not found.get("ci95"):
        return f"{found['mean']:.3f}"
    low, high = found["ci95"]
    return f"{found['mean']:.3f}\n[dim]{low:.2f}–{high:.2f}[/dim]"


def retrieval_table(outcome: Mapping[str, Any]) -> Table:
    """One row a system: every measure with its interval, and latency."""
    title = (
        f"{outcome['data']} · {outcome['split']} · {outcome['questions']} questions · {outcome['passages']} passages"
    )
    table = Table(title=title, caption="mean, 95 % bootstrap interval; latency of single searches in milliseconds")
    table.add_column("system", style="bold")
    for measure in MEASURES:
        table.add_column(measure, justify="right")
    table.add_column("p50\nms", justify="right")
    table.add_column("p95\nms", justify="right")
    for name, found in outcome["systems"].items():
        latency = found["latency_ms"]
        times = ["–" if latency[key] is None else f"{latency[key]:.1f}" for key in ("p50", "p95")]
        table.add_row(name, *(interval(found[measure]) for measure in MEASURES), *times)
        if "inside_named_document" in found:
            inside = found["inside_named_document"]
            row = [interval(inside[measure]) for measure in MEASURES]
            table.add_row(f"in named\ndocument\nn={inside['nDCG@10']['n']}", *row, "", "", style="italic")
    return table


def comparison_table(outcome: Mapping[str, Any], measure: str = "nDCG@10") -> Table:
    """Which system is better than which, corrected for the number of pairs."""
    table = Table(title=f"{measure}: paired randomisation test, Holm's correction")
    for column in ("pair", "difference", "p", "p (Holm)", ""):
        table.add_column(column, justify="left" if column in ("pair", "") else "right")
    for row in outcome["comparisons"]:
        if row["measure"] == measure:
            low, high = row["ci95"]
            verdict = (
                ("better" if row["difference"] > 0 else "worse")
                if row["p_holm"] < SIGNIFICANT
                else "no clear difference"
            )
            difference = f"{row['difference']:+.3f} [dim]\\[{low:+.3f}, {high:+.3f}][/dim]"
            table.add_row(f"{row['b']} − {row['a']}", difference, f"{row['p']:.4f}", f"{row['p_holm']:.4f}", verdict)
    return table
