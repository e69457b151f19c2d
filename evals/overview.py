"""Many retrieval results as one table and one plot: what a README shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from retrieval.errors import WrongUsage

Result = Mapping[str, Any]

_WIDTH, _LEFT, _RIGHT, _TOP, _STEP = 860, 150, 24, 64, 40
_STYLE = """
text{font:13px system-ui,sans-serif;fill:#24292f}.small{font-size:11px;fill:#57606a}.name{font-weight:600}
.grid{stroke:#d8dee4}.row{stroke:#eaeef2}.ours{fill:#0969da;stroke:#0969da}.half{fill:#9ec5f2;stroke:#0969da}
.peer{fill:none;stroke:#8b5a00;stroke-width:1.6}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.grid{stroke:#3d444d}.row{stroke:#262c36}
.ours{fill:#4493f8;stroke:#4493f8}.half{fill:#1f3d66;stroke:#4493f8}.peer{stroke:#d9a441}}
"""
#: How each system is drawn: its class and an outline around (0, 0). Systems not named here are peers drawn as a ring.
_MARKS = {
    "reranked": ("ours", "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0"),
    "hybrid": ("half", "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0"),
    "bm25": ("half", "M-1.5-7h3v14h-3z"),
    "dense": ("half", "M-6-1.5h12v3h-12z"),
    "langchain": ("peer", "M-5 4L0-5L5 4z"),
    "txtai": ("peer", "M-4.5-4.5h9v9h-9z"),
    "lancedb": ("peer", "M0-6L6 0L0 6L-6 0z"),
    "rank_bm25": ("peer", "M-4-4L4 4M-4 4L4-4"),
    "bm25s": ("peer", "M-5 0H5M0-5V5"),
}
_RING = ("peer", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0")


def overview_markdown(results: Sequence[Result], measure: str = "nDCG@10") -> str:
    """One row a data set, one column a system, the best of each row in bold; the rows by name.

    :raises WrongUsage: if a result was not written by ``eval retrieval``, or lacks what is shown.
    """
    rows = _ordered(results, measure)
    names = _systems(rows)
    lines = [
        f"| {measure} | questions | passages | " + " | ".join(names) + " |",
        "|---|---|---|" + "---|" * len(names),
    ]
    for found in rows:
        means = {name: found["systems"][name][measure]["mean"] for name in names if name in found["systems"]}
        best = max(round(mean, 3) for mean in means.values())
        cells = [_cell(means.get(name), best) for name in names]
        lines.append(f"| {_called(found)} | {found['questions']} | {found['passages']:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def overview_svg(results: Sequence[Result], measure: str = "nDCG@10") -> str:
    """One line a data set with a mark for every system, on one axis from 0 to 1; follows light and dark mode.

    :raises WrongUsage: if a result was not written by ``eval retrieval``, or lacks what is shown.
    """
    rows = _ordered(results, measure)
    names = _systems(rows)
    height = _TOP + _STEP * len(rows) + 30
    parts = [f"<style>{_STYLE}</style>", *_legend(names)]
    for tick in range(0, 11, 2):
        x = _at(tick / 10)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{_TOP - 10}" x2="{x:.1f}" y2="{height - 26}"/>')
        parts.append(f'<text class="small" x="{x:.1f}" y="{height - 8}" text-anchor="middle">{tick / 10:g}</text>')
    parts.append(f'<text class="small" x="{_LEFT - 16}" y="{height - 8}" text-anchor="end">{escape(measure)}</text>')
    for number, found in enumerate(rows):
        y = _TOP + _STEP * number + _STEP / 2 - 6
        parts.append(f'<line class="row" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text class="name" x="{_LEFT - 16}" y="{y + 1:.1f}" text-anchor="end">{_called(found)}</text>')
        asked = f"{found['questions']} questions"
        parts.append(f'<text class="small" x="{_LEFT - 16}" y="{y + 14:.1f}" text-anchor="end">{asked}</text>')
        # Ours last, so that they lie on top.
        for name in reversed(names):
            if name in found["systems"]:
                parts.append(_mark(name, _at(found["systems"][name][measure]["mean"]), y))
    label = f"{measure} of {', '.join(names)} on {len(rows)} data sets"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">' + "\n".join(parts) + "</svg>\n"
    )


def _ordered(results: Sequence[Result], measure: str) -> list[Result]:
    for found in results:
        if found.get("kind") != "retrieval":
            raise WrongUsage(f"expected results of eval retrieval, found one of kind {found.get('kind')!r}")
        _check(found, measure)
    if not results:
        raise WrongUsage("name at least one result of eval retrieval")
    return sorted(results, key=lambda found: (str(found["data"]), str(found["split"])))


def _check(found: Result, measure: str) -> None:
    """:raises WrongUsage: if it lacks what is shown."""
    name = f"the result on {found.get('data')!r}"
    for key in ("data", "split", "questions", "passages", "systems"):
        if key not in found:
            raise WrongUsage(f"{name} holds no {key!r}; measure it again")
    try:
        means = [float(system[measure]["mean"]) for system in found["systems"].values()]
        whole = bool(means) and found["questions"] >= 0 and found["passages"] >= 0
    except (KeyError, TypeError, ValueError, AttributeError):
        whole = False
    if not whole:
        raise WrongUsage(f"{name} is damaged: expected systems that each have a mean {measure}; measure it again")


def _systems(rows: Sequence[Result]) -> list[str]:
    """Every system of any result: those we know how to draw in their order, then the others by name."""
    found = {name for row in rows for name in row["systems"]}
    return [name for name in _MARKS if name in found] + sorted(found - _MARKS.keys())


def _called(found: Result) -> str:
    """The data's name, and the split where it is not the usual one."""
    return escape(str(found["data"]) + ("" if found["split"] == "dev" else f" ({found['split']})"))


def _cell(mean: float | None, best: float) -> str:
    if mean is None:
        return "–"
    shown = f"{mean:.3f}".removeprefix("0")
    return f"**{shown}**" if round(mean, 3) == best else shown


def _legend(names: Sequence[str]) -> list[str]:
    parts, x = [], 12.0
    for name in names:
        parts.append(_mark(name, x, 18, title=False))
        parts.append(f'<text x="{x + 11:.1f}" y="22">{escape(name)}</text>')
        x += 30 + 7.2 * len(name)
    return parts


def _mark(name: str, x: float, y: float, *, title: bool = True) -> str:
    kind, outline = _MARKS.get(name, _RING)
    said = f"<title>{escape(name)}</title>" if title else ""
    return f'<path class="{kind}" transform="translate({x:.1f} {y:.1f})" d="{outline}">{said}</path>'


def _at(mean: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * mean
