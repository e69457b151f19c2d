"""Plots as inline SVG. Colours and fonts come from the stylesheet, so that they follow light and dark mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from markupsafe import Markup

_WIDTH = 720


@dataclass(frozen=True, slots=True)
class Column:
    """One week: how many of what was asked was answered; None where too few people asked to say."""

    label: str
    whole: int | None
    part: int | None


@dataclass(frozen=True, slots=True)
class Point:
    """One week's two times in milliseconds; None where there is nothing to say."""

    label: str
    middle: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference with its 95 % interval; ``tells`` where the interval leaves out 0."""

    label: str
    difference: float
    low: float
    high: float
    tells: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One labelled count."""

    label: str
    value: int


def columns(weeks: Sequence[Column], *, title: str) -> Markup:
    """Upright bars, the answered part filled; weeks with too few people stand as a dotted line."""
    left, top, height, foot = 36, 10, 170, 26
    most = _round_up(max((week.whole or 0 for week in weeks), default=0))
    step = (_WIDTH - left) / max(1, len(weeks))
    parts = []
    for tick in (0, most // 2, most):
        y = top + height * (1 - tick / most)
        parts.append(f'<line class="grid" x1="{left}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, f"{tick:,}", "end"))
    for at, week in enumerate(weeks):
        x, width = left + step * at + step * 0.18, step * 0.64
        base = top + height
        if week.whole is None:
            parts.append(
                f'<path class="untold" d="M{x:.1f} {base - 3:.1f}h{width:.1f}"><title>{escape(week.label)}: fewer than five people</title></path>'
            )
        elif week.whole:
            tall, filled = height * week.whole / most, height * (week.part or 0) / most
            said = f"{escape(week.label)}: {week.part or 0} of {week.whole} answered"
            parts.append(
                f'<g><title>{said}</title><rect class="rest" x="{x:.1f}" y="{base - tall:.1f}" width="{width:.1f}" height="{tall:.1f}" rx="3"/>'
                f'<rect class="filled" x="{x:.1f}" y="{base - filled:.1f}" width="{width:.1f}" height="{filled:.1f}" rx="3"/></g>'
            )
        if at % max(1, ceil(len(weeks) / 6)) == 0:
            parts.append(_text(x + width / 2, base + 18, week.label, "middle"))
    return _svg(top + height + foot, parts, title)


def times(weeks: Sequence[Point], *, title: str) -> Markup:
    """The median as a line and what one in twenty exceeds as a thin one, on a logarithmic axis of seconds."""
    told = [value for week in weeks for value in (week.middle, week.high) if value]
    if not told:
        return Markup("")
    left, top, height, foot = 48, 10, 150, 26
    first, last = floor(log10(min(told))), ceil(log10(max(told)) + 1e-9)
    last = max(last, first + 1)
    step = (_WIDTH - left) / max(1, len(weeks))

    def up(value: float) -> float:
        return top + height * (1 - (log10(value) - first) / (last - first))

    parts = []
    for power in range(first, last + 1):
        y = up(10.0**power)
        parts.append(f'<line class="grid" x1="{left}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, f"{10.0**power / 1000:g} s", "end"))
    for kind in ("high", "middle"):
        line: list[str] = []
        for at, week in enumerate(weeks):
            value = week.high if kind == "high" else week.middle
            x = left + step * (at + 0.5)
            if value:
                line.append(f"{'L' if line and line[-1] != ' ' else 'M'}{x:.1f} {up(value):.1f}")
                said = f"{week.label}: {value / 1000:.2f} s"
                parts.append(
                    f'<circle class="{kind}" cx="{x:.1f}" cy="{up(value):.1f}" r="3.2"><title>{escape(said)}</title></circle>'
                )
            elif line:
                line.append(" ")
        parts.append(f'<path class="{kind}" d="{"".join(line)}"/>')
    for at, week in enumerate(weeks):
        if at % max(1, ceil(len(weeks) / 6)) == 0:
            parts.append(_text(left + step * (at + 0.5), top + height + 20, week.label, "middle"))
    return _svg(top + height + foot, parts, title)


def bars(rows: Sequence[Bar], *, title: str) -> Markup:
    """Horizontal bars with their values, the first on top."""
    left, step, top = 300, 30, 4
    most = max((row.value for row in rows), default=1)
    parts = []
    for at, row in enumerate(rows):
        middle = top + step * at + step / 2
        width = (_WIDTH - left - 50) * row.value / most
        label = row.label if len(row.label) <= 44 else row.label[:43].rstrip() + "…"
        parts.append(_text(left - 12, middle + 4.5, label, "end", "label"))
        parts.append(
            f'<rect class="filled" x="{left}" y="{middle - 8:.1f}" width="{max(width, 2):.1f}" height="16" rx="3"/>'
        )
        parts.append(_text(left + max(width, 2) + 8, middle + 4.5, f"{row.value:,}", "start", "label"))
    return _svg(top * 2 + step * len(rows), parts, title)


def differences(rows: Sequence[Interval], *, title: str) -> Markup:
    """Differences with their intervals around zero; filled where the difference is more than chance."""
    left, step, top = 150, 40, 6
    reach = max([0.01, *(abs(edge) for row in rows for edge in (row.low, row.high))]) * 1.1
    height = top + step * len(rows)

    def at(value: float) -> float:
        return left + (_WIDTH - left - 90) * (value + reach) / (2 * reach)

    parts = [
        f'<line class="zero" x1="{at(0):.1f}" x2="{at(0):.1f}" y1="{top}" y2="{height}"/>',
        _text(at(0), height + 18, "no change", "middle"),
    ]
    for number, row in enumerate(rows):
        middle = top + step * number + step / 2
        parts.append(_text(left - 14, middle + 4.5, row.label, "end", "label"))
        parts.append(f'<path class="whisker" d="M{at(row.low):.1f} {middle:.1f}H{at(row.high):.1f}"/>')
        kind = "tells" if row.tells else "chance"
        parts.append(f'<circle class="{kind}" cx="{at(row.difference):.1f}" cy="{middle:.1f}" r="6"/>')
        parts.append(_text(_WIDTH, middle + 4.5, f"{100 * row.difference:+.0f} points", "end", "label"))
    return _svg(height + 26, parts, title)


def _round_up(value: int) -> int:
    """The next number that halves well: 2, 4, 10, 20, 40, 100 …"""
    if value <= 2:
        return 2
    size: int = 10 ** floor(log10(value))
    return next(size * step for step in (1, 2, 4, 6, 8, 10) if size * step >= value)


def _text(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: float, parts: Sequence[str], title: str) -> Markup:
    return Markup(
        f'<svg class="chart" role="img" aria-label="{escape(title)}" viewBox="0 0 {_WIDTH} {height:.0f}">{"".join(parts)}</svg>'
    )
