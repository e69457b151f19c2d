"""Plots as inline SVG. Colours are CSS variables of the report, so that they follow the reader's light or dark mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any

_FONT = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One labelled value with its interval."""

    label: str
    mean: float
    low: float
    high: float
    colour: int  #: which of the report's series colours


def bars(rows: Sequence[Bar], *, title: str, width: int = 300, label_width: int = 78) -> str:
    """Horizontal bars from 0 to 1 with 95 % whiskers; the value stands at the end of its row."""
    left, right, top, step = label_width, 44, 24, 24
    plot = width - left - right
    height = top + step * len(rows) + 18
    parts = [_text(0, 13, title, "title")]
    for tick in (0.0, 0.5, 1.0):
        x = left + plot * tick
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{top - 2}" x2="{x:.1f}" y2="{height - 16}"/>')
        parts.append(_text(x, height - 3, f"{tick:g}", "tick", "middle"))
    for number, row in enumerate(rows):
        middle = top + step * number + step / 2
        parts.append(_text(left - 8, middle + 4, row.label, "label", "end"))
        parts.append(
            f'<rect class="series{row.colour}" x="{left}" y="{middle - 7:.1f}" width="{max(plot * row.mean, 1):.1f}" '
            f'height="14" rx="2"><title>{escape(row.label)}: {row.mean:.3f} [{row.low:.3f}, {row.high:.3f}]</title></rect>'
        )
        begin, end = left + plot * row.low, left + plot * row.high
        parts.append(
            f'<path class="whisker" d="M{begin:.1f} {middle:.1f}H{end:.1f}{_cap(begin, middle)}{_cap(end, middle)}"/>'
        )
        parts.append(_text(width, middle + 4, f"{row.mean:.3f}".replace("0.", "."), "value", "end"))
    return _svg(width, height, parts, title)


def differences(rows: Sequence[Mapping[str, Any]], *, title: str, width: int = 620) -> str:
    """Differences of pairs of systems with their intervals around zero; filled where the difference is significant."""
    label = max((len(f"{row['b']} − {row['a']}") for row in rows), default=0)
    left, right, top, step = max(120, 7 * label + 16), 120, 26, 26
    plot = width - left - right
    reach: float = max([0.01, *(abs(edge) for row in rows for edge in row["ci95"])]) * 1.05
    height = top + step * len(rows) + 22

    def at(value: float) -> float:
        return left + plot * (value + reach) / (2 * reach)

    parts = [_text(0, 13, title, "title")]
    for value in (-reach, 0.0, reach):
        parts.append(
            f'<line class="{"zero" if not value else "grid"}" x1="{at(value):.1f}" y1="{top - 4}" x2="{at(value):.1f}" y2="{height - 18}"/>'
        )
        parts.append(_text(at(value), height - 4, f"{value:+.2f}" if value else "0", "tick", "middle"))
    for number, row in enumerate(rows):
        middle = top + step * number + step / 2
        low, high = row["ci95"]
        clear = row["p_holm"] < 0.05
        parts.append(_text(left - 10, middle + 4, f"{row['b']} − {row['a']}", "label", "end"))
        parts.append(
            f'<path class="whisker" d="M{at(low):.1f} {middle:.1f}H{at(high):.1f}{_cap(at(low), middle)}{_cap(at(high), middle)}"/>'
        )
        tone = "none" if not clear else "better" if row["difference"] > 0 else "worse"
        parts.append(f'<circle class="dot {tone}" cx="{at(row["difference"]):.1f}" cy="{middle:.1f}" r="5"/>')
        said = f"p {row['p_holm']:.3f}" if row["p_holm"] >= 0.001 else "p < .001"
        parts.append(_text(width, middle + 4, f"{row['difference']:+.3f}   {said}", "value", "end"))
    return _svg(width, height, parts, title)


def latencies(rows: Mapping[str, Mapping[str, Any]], *, title: str, width: int = 540) -> str:
    """Every sample as a dot on a logarithmic axis, the median and the 95th percentile marked, one row a name.

    :param rows: ``latency_ms`` of a result: ``samples``, ``p50``, ``p95``; one without samples is left out.
    """
    rows = {name: found for name, found in rows.items() if found["samples"]}
    if not rows:
        return ""
    left, right, top, step = max(90, 7 * max(map(len, rows)) + 16), 20, 26, 40
    plot = width - left - right
    everything = [max(sample, 0.01) for found in rows.values() for sample in found["samples"]]
    first: int = floor(log10(min(everything)))
    last: int = ceil(log10(max(everything)) + 1e-9)
    last = max(last, first + 1)
    height = top + step * len(rows) + 24

    def at(sample: float) -> float:
        return float(left + plot * (log10(max(sample, 0.01)) - first) / (last - first))

    parts = [_text(0, 13, title, "title")]
    for power in range(first, last + 1):
        x = at(10.0**power)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{top - 4}" x2="{x:.1f}" y2="{height - 20}"/>')
        parts.append(_text(x, height - 5, _milliseconds(10.0**power), "tick", "middle"))
    for number, (name, found) in enumerate(rows.items()):
        middle = top + step * number + step / 2
        parts.append(_text(left - 10, middle + 4, name, "label", "end"))
        for place, sample in enumerate(found["samples"]):
            # Spread the dots by their order, not by chance, so that a report is drawn the same way twice.
            y = middle + ((place * 7) % 11 - 5) * 1.7
            parts.append(f'<circle class="series{number % 6} sample" cx="{at(sample):.1f}" cy="{y:.1f}" r="2.4"/>')
        for kind in ("p50", "p95"):
            value = found[kind]
            x = at(value)
            parts.append(
                f'<path class="{kind}" d="M{x:.1f} {middle - 14:.1f}V{middle + 14:.1f}"><title>{kind} {value:.1f} ms</title></path>'
            )
    return _svg(width, height, parts, title)


def risk_curve(points: Sequence[Mapping[str, float]], *, title: str, width: int = 420, height: int = 300) -> str:
    """Share of shown answers that are wrong, over the share of questions answered, as the threshold falls."""
    if not points:
        return ""
    left, right, top, bottom = 46, 14, 44, 44
    across, up = width - left - right, height - top - bottom
    most = max(0.1, ceil(max(point["risk"] for point in points) * 10) / 10)

    def at(coverage: float, risk: float) -> str:
        return f"{left + across * coverage:.1f} {top + up * (1 - risk / most):.1f}"

    parts = [_text(0, 13, title, "title")]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = at(tick, tick * most).split()
        parts.append(f'<line class="grid" x1="{x}" y1="{top}" x2="{x}" y2="{top + up}"/>')
        parts.append(f'<line class="grid" x1="{left}" y1="{y}" x2="{left + across}" y2="{y}"/>')
        parts.append(_text(float(x), top + up + 16, f"{tick:.0%}", "tick", "middle"))
        parts.append(_text(left - 6, float(y) + 4, f"{tick * most:.0%}", "tick", "end"))
    line = " L".join(at(point["coverage"], point["risk"]) for point in points)
    last = points[-1]
    floor_line = f"{left + across * last['coverage']:.1f} {top + up:.1f}"
    begin = f"{left + across * points[0]['coverage']:.1f} {top + up:.1f}"
    parts.append(f'<path class="area" d="M{begin} L{line} L{floor_line}Z"/>')
    parts.append(f'<path class="curve" d="M{line}"/>')
    x, y = at(last["coverage"], last["risk"]).split()
    parts.append(f'<circle class="dot better" cx="{x}" cy="{y}" r="5"><title>as shipped</title></circle>')
    note = f"as set: {last['coverage']:.0%} answered, {last['risk']:.1%} of those wrong"
    parts.append(_text(0, 29, note, "tick"))
    parts.append(_text(left + across / 2, height - 6, "questions answered, most confident first", "tick", "middle"))
    return _svg(width, height, parts, title)


def _milliseconds(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def _cap(x: float, y: float) -> str:
    return f"M{x:.1f} {y - 4:.1f}v8"


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: int, height: int, parts: Sequence[str], title: str) -> str:
    body = "".join(parts)
    return f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>'
