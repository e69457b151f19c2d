"""The HTML report: one file, no request to anywhere, drawn from a result's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals import plots
from evals.compare import SIGNIFICANT
from evals.judging import ANSWER_MEASURES
from evals.measures import MEASURES
from evals.significance import holm
from retrieval.errors import WrongUsage

_TEMPLATE = "report.html.jinja"
#: With more systems than these, only the best one's pairs are drawn.
_MOST_PAIRED = 4
#: Measures drawn first: what a reader of a slide asks for.
_ANSWER_NAMES: Mapping[str, str] = {
    "answered_right": "gold words cited",
    "answer_contains": "gold answer stands in it",
    "answer_f1": "token F1",
    "answer_exact": "exact match",
    "must_hold": "required words held",
    "citation_precision": "citation precision",
    "citation_recall": "citation recall",
    "page_match": "page cited right",
    "supported_claims": "claims supported (checker)",
    "supported_claims_lexical": "claims supported (words)",
    "cited_claims": "claims with a citation",
    "exact_quotes": "quotations exact",
}


def render(result: Mapping[str, Any]) -> str:
    """The report of a result of ``eval retrieval`` or ``eval answers`` as a whole HTML page.

    What only ours hold, such as slices and the weakest questions, is left out where a result of another maker has none.

    :raises WrongUsage: if the result lacks something that every result holds.
    """
    from jinja2 import Environment, FileSystemLoader, UndefinedError, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"share": _share, "figure": _figure, "interval": _interval, "thousands": _thousands}
    try:
        view = _retrieval(result) if result["kind"] == "retrieval" else _answers(result)
        known: dict[str, Any] = {"unanswerable": None, "passages": None, "machine": {}}
        page: str = environment.get_template(_TEMPLATE).render(result={**known, **result}, **view)
    except KeyError as error:
        raise WrongUsage(f"the result holds no {error}, which the report shows; measure it again") from error
    except (TypeError, ValueError, AttributeError, UndefinedError) as error:
        raise WrongUsage(f"the result is damaged ({error}); measure it again") from error
    return page


def _retrieval(result: Mapping[str, Any]) -> dict[str, Any]:
    systems = result["systems"]
    best = max(systems, key=lambda name: systems[name]["nDCG@10"]["mean"])
    measures = [measure for measure in MEASURES if all(measure in found for found in systems.values())]
    charts = [
        plots.bars(
            [_bar(name, found[measure], number % 6) for number, (name, found) in enumerate(systems.items())],
            title=measure,
            label_width=max(78, 7 * max(map(len, systems)) + 10),
        )
        for measure in measures
    ]
    pairs = [row for row in _corrected(result["comparisons"]) if row["measure"] == "nDCG@10"]
    if len(systems) > _MOST_PAIRED:
        pairs = [row for row in pairs if best in (row["a"], row["b"])]
    top = systems[best]
    cards = [
        ("nDCG@10", _figure(top["nDCG@10"]["mean"]), _interval(top["nDCG@10"])),
        ("of the wanted passages in the first ten", _share(top["R@10"]["mean"]), _interval(top["R@10"], share=True)),
    ]
    if "hit@1" in measures:
        cards.append(("first hit right", _share(top["hit@1"]["mean"]), _interval(top["hit@1"], share=True)))
    if top["latency_ms"]["p50"] is not None:
        cards.append(
            ("median search", f"{top['latency_ms']['p50']:.0f} ms", f"95 % within {top['latency_ms']['p95']:.0f} ms")
        )
    return {
        "heading": f"Retrieval on {result['data']}",
        "headline": _retrieval_headline(best, pairs, len(systems)),
        "cards_of": best if len(systems) > 1 else "",
        "cards": cards,
        "measures": measures,
        "charts": charts,
        "forest": plots.differences(pairs, title="Difference in nDCG@10 with 95 % interval") if pairs else "",
        "latency": plots.latencies(
            {name: {"samples": (), **found["latency_ms"]} for name, found in systems.items()},
            title="Latency of single searches (log scale; lines: p50, p95)",
        ),
        "slice_names": list(systems),
        "slices": [
            (name, found["questions"], [found["systems"][system]["nDCG@10"] for system in systems])
            for name, found in result.get("slices", {}).items()
        ],
        "slice_measure": "nDCG@10",
        "inside": {
            name: found["inside_named_document"] for name, found in systems.items() if "inside_named_document" in found
        },
    }


def _corrected(comparisons: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The comparisons with their p corrected for the number of all of them, where that was not done."""
    corrected = holm([row["p"] for row in comparisons])
    return [{"p_holm": p_holm, **row} for row, p_holm in zip(comparisons, corrected, strict=True)]


def _retrieval_headline(best: str, pairs: list[Mapping[str, Any]], count: int) -> str:
    if count == 1:
        return ""
    ahead: list[str] = []
    level: list[str] = []
    for row in pairs:
        if best not in (row["a"], row["b"]):
            continue
        other = row["a"] if row["b"] == best else row["b"]
        (ahead if row["p_holm"] < SIGNIFICANT else level).append(other)
    said = f"{best} ranks best"
    if ahead:
        said += f", significantly ahead of {_listed(ahead)}"
    if level:
        said += f"{'; its lead over' if ahead else ', though its lead over'} {_listed(level)} may be chance"
    return said + "."


def _answers(result: Mapping[str, Any]) -> dict[str, Any]:
    abstention = result["abstention"]
    shown = [(name, result[name]) for name in ANSWER_MEASURES if result.get(name, {}).get("n")]
    shown += [(name, found) for name, found in result.items() if ":" in name and found["n"]]
    right = result.get("answered_right", {"n": 0})
    rows = [_bar(f"{_ANSWER_NAMES.get(name, name)}  (n={found['n']})", found, 0) for name, found in shown]
    charts = [plots.bars(rows, title="Higher is better", width=640, label_width=220)]
    cards = []
    for title, found in (
        ("answered, resting on the gold words", right),
        ("unanswerable, answered all the same", abstention["false_answer_rate"]),
        ("answerable, but refused", abstention["false_refusal_rate"]),
        ("cited passages that were wanted", result["citation_precision"]),
    ):
        if found["n"]:
            cards.append((title, _share(found["mean"]), _interval(found, share=True)))
    total = result["latency_ms"]["total"]
    if total.get("p50") is not None:
        cards.append(
            (
                "median time to the whole answer",
                f"{total['p50'] / 1000:.1f} s",
                f"95 % within {total['p95'] / 1000:.1f} s",
            )
        )
    return {
        "heading": f"Answers on {result['data']}",
        "headline": _answers_headline(right, abstention),
        "cards_of": "",
        "cards": cards,
        "rows": [(_ANSWER_NAMES.get(name, name), name, found) for name, found in shown]
        + [
            (name.replace("_", " "), name, abstention[name])
            for name in ("false_answer_rate", "false_refusal_rate", "auroc")
            if abstention[name]["n"]
        ],
        "charts": charts,
        "risk": plots.risk_curve(
            abstention.get("risk_coverage", ()), title="Risk and coverage: wrong answers among those shown"
        ),
        "latency": plots.latencies(
            {name.replace("_", " "): {"samples": (), **found} for name, found in result["latency_ms"].items()},
            title="Time until each part of an answer (log scale; lines: p50, p95)",
        ),
        "slice_names": ["gold words cited", "refused rightly"],
        "slices": [
            (name, found["questions"], [found["measures"].get(key) for key in ("answered_right", "refused")])
            for name, found in result.get("slices", {}).items()
        ],
        "slice_measure": "share of questions",
        "inside": {},
    }


def _answers_headline(right: Mapping[str, Any], rates: Mapping[str, Any]) -> str:
    said = []
    if right["n"]:
        said.append(
            f"{_share(right['mean'])} of {right['n']} answerable questions get an answer that rests on the gold words"
        )
    if rates["false_answer_rate"]["n"]:
        refused = 1 - rates["false_answer_rate"]["mean"]
        said.append(f"{_share(refused)} of {rates['false_answer_rate']['n']} unanswerable ones are refused")
    return "; ".join(said) + "." if said else ""


def _bar(label: str, found: Mapping[str, Any], colour: int) -> plots.Bar:
    low, high = found["ci95"]
    return plots.Bar(label, found["mean"], low, high, colour)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _share(value: float) -> str:
    return f"{value:.1%}".replace(".0%", "%").replace("%", " %")


def _figure(value: float) -> str:
    return f"{value:.3f}"


def _thousands(value: int) -> str:
    return f"{value:,}"


def _interval(found: Mapping[str, Any], share: bool = False) -> str:
    low, high = found["ci95"]
    return f"{_share(low)} – {_share(high)}" if share else f"{low:.3f} – {high:.3f}"
