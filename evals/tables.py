"""What an evaluator reads in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from evals.compare import SIGNIFICANT, Gate, Verdict
from evals.judging import ANSWER_MEASURES
from evals.measures import MEASURES
from evals.ranking import Progress as Report


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
    return f"{found['mean']:.3f}\n[dim]{low:.2f}–{high:.2f}[/dim]".replace("0.", ".")


def retrieval_table(outcome: Mapping[str, Any]) -> Table:
    """One row a system: every measure with its interval, and latency."""
    title = (
        f"{outcome['data']} · {outcome['split']} · {outcome['questions']} questions · {outcome['passages']} passages"
    )
    table = _measure_table(title, "mean, 95 % bootstrap interval; latency of single searches")
    table.add_column("p50 ms\np95 ms", justify="right", no_wrap=True)
    for name, found in outcome["systems"].items():
        latency = found["latency_ms"]
        times = "\n".join("–" if latency[key] is None else f"{latency[key]:.1f}" for key in ("p50", "p95"))
        table.add_row(name, *(interval(found[measure]) for measure in MEASURES), times)
    return table


def inside_table(outcome: Mapping[str, Any]) -> Table | None:
    """The same questions searched inside the document they name; None where they name none."""
    rows = {name: found.get("inside_named_document") for name, found in outcome["systems"].items()}
    inside = {name: found for name, found in rows.items() if found}
    if not inside:
        return None
    n = next(iter(inside.values()))["nDCG@10"]["n"]
    table = _measure_table(f"Inside the named document ({n} questions name one)", "mean, 95 % bootstrap interval")
    for name, found in inside.items():
        table.add_row(name, *(interval(found[measure]) for measure in MEASURES))
    return table


def _measure_table(title: str, caption: str) -> Table:
    table = Table(title=title, caption=caption, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("system", style="bold", overflow="fold")
    for measure in MEASURES:
        table.add_column(measure, justify="right", no_wrap=True)
    return table


def comparison_table(outcome: Mapping[str, Any], measure: str = "nDCG@10") -> Table:
    """The best system against each other one, corrected for the number of all pairs."""
    systems = outcome["systems"]
    best = max(systems, key=lambda name: systems[name][measure]["mean"])
    title = f"{best} beside the others, {measure}: paired randomisation test, Holm's correction"
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("", "difference", "95 %", "p", "p (Holm)", " "):
        table.add_column(column, justify="right" if column.strip() else "left", no_wrap=bool(column.strip()))
    for row in outcome["comparisons"]:
        if row["measure"] != measure or best not in (row["a"], row["b"]):
            continue
        sign = 1 if row["b"] == best else -1
        low, high = sorted(sign * edge for edge in row["ci95"])
        verdict = "better" if row["p_holm"] < SIGNIFICANT else "no clear difference"
        other = row["a"] if sign > 0 else row["b"]
        difference = f"{sign * row['difference']:+.3f}"
        table.add_row(
            f"than {other}", difference, f"{low:+.2f} – {high:+.2f}", f"{row['p']:.4f}", f"{row['p_holm']:.4f}", verdict
        )
    return table


def answers_table(outcome: Mapping[str, Any]) -> Table:
    """One row a measure, with its interval and over how many questions it was taken."""
    title = f"{outcome['data']} · {outcome['split']} · {outcome['answerable']} answerable, {outcome['unanswerable']} unanswerable"
    table = Table(title=title, caption="mean, 95 % bootstrap interval; n questions", box=box.SIMPLE_HEAD)
    for column in ("measure", "mean", "95 %", "n"):
        table.add_column(column, justify="left" if column == "measure" else "right", no_wrap=True)
    rates = {name: outcome["abstention"][name] for name in ("false_answer_rate", "false_refusal_rate", "auroc")}
    further = {name: found for name, found in outcome.items() if ":" in name}
    for name, found in {
        **{name: outcome[name] for name in ANSWER_MEASURES if name in outcome},
        **further,
        **rates,
    }.items():
        if found["n"]:
            low, high = found["ci95"]
            table.add_row(name, f"{found['mean']:.3f}", f"{low:.3f} – {high:.3f}", str(found["n"]))
    for name, found in outcome["latency_ms"].items():
        if found["n"]:
            table.add_row(f"{name}, ms", f"{found['p50']:.0f}", f"p95 {found['p95']:.0f}", str(found["n"]))
    return table


def change_table(gate: Gate) -> Table:
    """One row a measure: what it was, what it is, and whether that is a difference."""
    verdict = "[red]FAILED: significantly worse[/red]" if gate.worse else "[green]passed[/green]"
    notes = [] if gate.same_corpus else ["the corpora differ"]
    notes += [f"{n} questions only in {where}" for n, where in ((gate.only_base, "BASE"), (gate.only_new, "NEW")) if n]
    few = [change for change in gate.changes if change.verdict is Verdict.TOO_FEW]
    if few:
        notes.append(f"{len(few)} of {len(gate.changes)} rows have too few questions to reach p < {SIGNIFICANT}")
    caption = "; ".join(["paired randomisation test, Holm's correction over all rows", *notes])
    table = Table(title=f"Gate {verdict}", caption=caption, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("system", "measure", "base", "new", "difference", "p (Holm)", ""):
        table.add_column(column, justify="left" if column in ("system", "measure", "") else "right")
    colours = {Verdict.WORSE: "red", Verdict.BETTER: "green", Verdict.SAME: "dim", Verdict.TOO_FEW: "yellow"}
    for change in gate.changes:
        table.add_row(
            change.system, change.measure, f"{change.base:.3f}", f"{change.new:.3f}", f"{change.difference.mean:+.3f}",
            f"{change.p_holm:.4f}", f"[{colours[change.verdict]}]{change.verdict.value}[/]",
        )  # fmt: skip
    return table


def race_tables(race: Mapping[str, Any]) -> Iterator[Table]:
    """One table a size: each contender's costs, and below each how many times ours it is."""
    for leg in race["races"]:
        skipped = [f"{name}: {row['skipped']}" for name, row in leg["contenders"].items() if "skipped" in row]
        table = Table(
            title=f"{leg['passages']:,} passages, {race['questions']} questions",
            caption="\n".join(
                ["less is better, except what is built per second; × is the ratio to policydesk", *skipped]
            ),
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
        )
        table.add_column("", style="bold", min_width=14, max_width=16)
        for column in _RACE_COLUMNS:
            table.add_column(column, justify="right", no_wrap=True)
        for name, row in leg["contenders"].items():
            if "skipped" in row:
                continue
            ratios = row.get("times_ours", {})
            cells = []
            for key, scale, digits in _RACE_COLUMNS.values():
                value = "–" if row.get(key) is None else f"{row[key] / scale:,.{digits}f}"
                times = f"\n[dim]× {ratios[key]:.3g}[/dim]" if key in ratios and name != "policydesk" else ""
                cells.append(value + times)
            table.add_row(name, *cells)
        yield table


#: Heading -> key of a lap, what a unit of it is divided by, digits shown.
_RACE_COLUMNS: Mapping[str, tuple[str, float, int]] = {
    "built\nper s": ("passages_per_s", 1, 0),
    "disk\nMB": ("disk_bytes", 1e6, 1),
    "memory\nMB": ("memory_bytes", 1e6, 1),
    "p50\nms": ("query_p50_ms", 1, 2),
    "p95\nms": ("query_p95_ms", 1, 2),
    "add\nms": ("add_ms", 1, 1),
    "remove\nms": ("remove_ms", 1, 1),
}


def quality_table(race: Mapping[str, Any]) -> Table:
    """How well the contenders rank real passages for real questions."""
    quality = race["quality"]
    title = f"quality on {quality['data']}: {quality['questions']} real questions, {quality['passages']} real passages"
    table = _measure_table(title, "mean, 95 % bootstrap interval; hybrid and reranked are policydesk's")
    for name, found in quality["systems"].items():
        table.add_row(name, *(interval(found[measure]) for measure in MEASURES))
    return table


def limits_table(race: Mapping[str, Any]) -> Table:
    """Our own steps beside what this machine could do at best."""
    limits = race["limits"]
    caption = (
        f"limits measured: memory {limits['memory_gb_per_s']:.1f} GB/s, float32 {limits['float32_gflops']:.0f} GFLOP/s, "
        f"bfloat16 {limits['bfloat16_gflops']:.0f} GFLOP/s"
    )
    table = Table(title="policydesk beside the machine's limits", caption=caption, box=box.SIMPLE_HEAD)
    for column in ("step", "ms", "limit ms", "times the limit"):
        table.add_column(column, justify="left" if column == "step" else "right")
    for name, row in race["against_limits"].items():
        table.add_row(name, f"{row['seconds'] * 1000:.2f}", f"{row['limit_s'] * 1000:.2f}", f"{row['times_limit']:.1f}")
    return table
