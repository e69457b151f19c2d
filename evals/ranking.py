"""Score retrieval systems on judged questions: quality, slices, single documents, latency, and who differs from whom."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from time import perf_counter

import numpy as np

from evals.data import BenchData, Question, Unanswerable
from evals.measures import DEPTH, MEASURES, per_question
from evals.significance import SEED, Difference, Estimate, estimate, holm, paired
from evals.systems import Found, System
from evals.trec import Run

#: How many questions latency is measured on, and how deep: what a chat asks for.
LATENCY_QUESTIONS = 50
LATENCY_K = 10
#: A slow system is timed for so long, and at least this often.
LATENCY_BUDGET_S = 15.0
LATENCY_LEAST = 10
#: A metadata value makes a slice when at least this many questions share it, and its key has few enough values.
SLICE_LEAST = 10
SLICE_MOST_VALUES = 45
#: Questions are scored inside their document where at least this share of them name one.
NAMING_SHARE = 0.5

#: Called with (what is being done, steps done, steps in all).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Latency:
    """Wall time of single searches, one after the other, nothing cached."""

    samples_ms: tuple[float, ...]

    @property
    def p50(self) -> float | None:
        return float(np.percentile(self.samples_ms, 50)) if self.samples_ms else None

    @property
    def p95(self) -> float | None:
        return float(np.percentile(self.samples_ms, 95)) if self.samples_ms else None

    def to_json(self) -> dict[str, object]:
        samples = [round(value, 3) for value in self.samples_ms]
        return {"p50": self.p50, "p95": self.p95, "n": len(self.samples_ms), "samples": samples}


@dataclass(frozen=True, slots=True)
class Scored:
    """One system's values, question id -> measure -> value."""

    name: str
    run: Run
    values: Mapping[str, Mapping[str, float]]
    filtered: Mapping[str, Mapping[str, float]] | None  #: inside the named document; None where that was not asked
    latency: Latency

    def means(self, questions: Sequence[str] | None = None) -> dict[str, Estimate]:
        """Each measure over the given questions; over all of them by default."""
        chosen = self.values.keys() if questions is None else questions
        return _means(self.values, list(chosen))

    def filtered_means(self) -> dict[str, Estimate] | None:
        return None if self.filtered is None else _means(self.filtered, list(self.filtered))


@dataclass(frozen=True, slots=True)
class Comparison:
    """System ``b`` against system ``a``; ``p_holm`` is corrected over all pairs of one measure."""

    a: str
    b: str
    measure: str
    difference: Difference
    p_holm: float

    def to_json(self) -> dict[str, object]:
        d = self.difference
        return {
            "a": self.a, "b": self.b, "measure": self.measure, "difference": d.mean, "ci95": [d.low, d.high],
            "p": d.p, "p_holm": self.p_holm, "n": d.n,
        }  # fmt: skip


def score(
    system: System,
    data: BenchData,
    *,
    live: System | None = None,
    inside: bool = True,
    progress: Progress | None = None,
) -> Scored:
    """Run one system over the judged questions of the data.

    :param inside: also look only inside the document that a question names, where questions do.
    :param live: the same system without caches, for latency; None where there is no such thing to time.
    """
    questions = data.judged
    run: Run = {}
    for done, question in enumerate(questions, start=1):
        run[question.question_id] = system.search(question, k=DEPTH)
        if progress:
            progress(f"{system.name}: ranking", done, len(questions))
    named = named_documents(data) if inside and system.filters else {}
    filtered = None
    if named:
        within: Run = {
            question.question_id: system.search(question, k=DEPTH, document=named[question.question_id])
            for question in questions
            if question.question_id in named
        }
        filtered = per_question({question_id: data.qrels[question_id] for question_id in within}, within)
    latency = measure_latency(live, questions, progress) if live else Latency(())
    return Scored(system.name, run, per_question(data.qrels, run), filtered, latency)


def measure_latency(system: System, questions: Sequence[Question], progress: Progress | None = None) -> Latency:
    """Time single searches on a fixed random choice of questions, after three that warm the system up.

    :returns: up to ``LATENCY_QUESTIONS`` samples, fewer where they take longer than ``LATENCY_BUDGET_S`` together.
    """
    chosen = random.Random(SEED).sample(list(questions), min(LATENCY_QUESTIONS, len(questions)))
    for question in chosen[:3]:
        system.search(question, k=LATENCY_K)
    samples = []
    for done, question in enumerate(chosen, start=1):
        began = perf_counter()
        system.search(question, k=LATENCY_K)
        samples.append((perf_counter() - began) * 1000)
        if progress:
            progress(f"{system.name}: timing", done, len(chosen))
        if done >= LATENCY_LEAST and sum(samples) > 1000 * LATENCY_BUDGET_S:
            break
    return Latency(tuple(samples))


def compare(systems: Sequence[Scored]) -> list[Comparison]:
    """Every pair of systems on every measure, in the order given; Holm's correction over the pairs of each measure."""
    found: list[Comparison] = []
    pairs = list(combinations(systems, 2))
    for measure in MEASURES:
        differences = [
            paired([a.values[q][measure] for q in a.values], [b.values[q][measure] for q in a.values]) for a, b in pairs
        ]
        corrected = holm([difference.p for difference in differences])
        found += [
            Comparison(a.name, b.name, measure, difference, p_holm)
            for (a, b), difference, p_holm in zip(pairs, differences, corrected, strict=True)
        ]
    return found


def named_documents(data: BenchData) -> dict[str, str]:
    """The document of each question that names it: its title, or ``file`` or ``document_id`` of its metadata, stands in the
    question.

    Empty where less than half of the questions do: then nobody would think of filtering.
    """
    by_id = {text.text_id: text for text in data.corpus}
    sizes = Counter(text.document for text in data.corpus)
    named: dict[str, str] = {}
    for question in data.judged:
        documents = {by_id[text_id].document for text_id in question.wanted}
        if len(documents) != 1 or sizes[document := documents.pop()] < 2:
            continue
        text = by_id[next(iter(question.wanted))]
        # Other metadata says what it pleases: "kind": "policy" stands in every other question.
        names = [text.title, text.metadata.get("file"), text.metadata.get("document_id")]
        if any(
            isinstance(name, str) and len(name) >= 6 and name.casefold() in question.text.casefold() for name in names
        ):
            named[question.question_id] = document
    return named if len(named) >= NAMING_SHARE * len(data.judged) else {}


def slices(questions: Sequence[Question | Unanswerable]) -> dict[str, list[str]]:
    """Question ids by ``key=value`` of their metadata, for keys that split the questions into a few groups."""
    groups: dict[str, dict[str, list[str]]] = {}
    for question in questions:
        for key, value in question.metadata.items():
            if isinstance(value, str | bool | int):
                groups.setdefault(key, {}).setdefault(str(value), []).append(question.question_id)
    return {
        f"{key}={value}": ids
        for key, by_value in sorted(groups.items())
        if 1 < len(by_value) <= SLICE_MOST_VALUES
        for value, ids in sorted(by_value.items())
        if len(ids) >= SLICE_LEAST
    }


@dataclass(frozen=True, slots=True)
class Weakness:
    """A question that a system did badly on: what it retrieved beside what was wanted."""

    question: Question
    system: str
    value: float
    retrieved: Found  #: the best few
    ranks: Mapping[str, int | None]  #: wanted text id -> its rank, None if not among the first hundred


def weakest(
    scored: Scored, data: BenchData, *, measure: str = "nDCG@10", count: int = 10, shown: int = 3
) -> list[Weakness]:
    """The questions with the lowest value, ties by question id."""
    questions = {question.question_id: question for question in data.judged}
    order = sorted(questions, key=lambda question_id: (scored.values[question_id][measure], question_id))
    found = []
    for question_id in order[:count]:
        ranking = scored.run[question_id]
        rank_of = {text_id: rank for rank, (text_id, _) in enumerate(ranking, start=1)}
        ranks = {text_id: rank_of.get(text_id) for text_id in questions[question_id].wanted}
        value = scored.values[question_id][measure]
        found.append(Weakness(questions[question_id], scored.name, value, ranking[:shown], ranks))
    return found


def _means(values: Mapping[str, Mapping[str, float]], questions: Sequence[str]) -> dict[str, Estimate]:
    return {measure: estimate([values[question_id][measure] for question_id in questions]) for measure in MEASURES}
