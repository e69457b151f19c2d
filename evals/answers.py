"""``eval answers``: ask every question, and judge the answer, its citations, its refusals and its speed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from assistant.finding import history_of
from assistant.records import Answer, AnswerDone, AnswerEvent, EvidenceFound, Status, TokenDrafted, Turn
from evals.abstention import auroc, risk_coverage
from evals.data import BenchData, Question, Unanswerable
from evals.judging import ANSWER_MEASURES, Judge, judge_answer, shown_text
from evals.machine import provenance
from evals.ranking import Progress, slices
from evals.significance import Estimate, estimate
from evals.systems import page_of
from evals.trec import write_qrels, write_run
from retrieval.errors import WrongUsage
from retrieval.particulars import scope_of
from retrieval.scope import Scope

log = logging.getLogger(__name__)

_ROUNDING = 1e-6  #: by which a judge's number may be off
LATENCIES = ("first_evidence", "first_token", "total")


class Answerer(Protocol):
    """What is judged; :class:`assistant.answer.Assistant` is one."""

    def stream(
        self, question: str, *, scope: Scope | None = None, history: Sequence[Turn] = ()
    ) -> Iterator[AnswerEvent]: ...


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question, its answer, and the milliseconds until each part of it came."""

    question: Question | Unanswerable
    answer: Answer
    reached_ms: Mapping[str, float]
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        return self.answer.status in (Status.ANSWERED, Status.PARTIAL)

    @property
    def right(self) -> bool:
        return self.measures.get("answered_right", 0.0) == 1.0

    @property
    def judged(self) -> bool:
        """Whether it is known if a shown answer is right: it is not where no passage is judged."""
        return isinstance(self.question, Unanswerable) or "answered_right" in self.measures


@dataclass(frozen=True, slots=True)
class AnswersOutcome:
    """Everything one run found out."""

    data: BenchData
    model: str
    asked: tuple[AskedQuestion, ...]

    def estimates(self, questions: frozenset[str] | None = None) -> dict[str, Estimate]:
        """Each measure over the questions it is defined for; only over the given ones where some are given."""
        rows = [row for row in self.asked if questions is None or row.question.question_id in questions]
        names = dict.fromkeys([*ANSWER_MEASURES, *(name for row in rows for name in row.measures)])
        return {name: estimate([row.measures[name] for row in rows if name in row.measures]) for name in names}

    def write_runs(self, folder: Path) -> None:
        """A TREC run of what each answer cites, in the order of its marks, and the qrels, named after data and split."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{self.data.name}-{self.data.split}"
        write_qrels(folder / f"{stem}.qrels", self.data.qrels)
        cited = {
            row.question.question_id: list(dict.fromkeys(each.passage.passage_id for each in row.answer.citations))
            for row in self.asked
        }
        run = {
            question: tuple((passage, 1 / rank) for rank, passage in enumerate(passages, start=1))
            for question, passages in cited.items()
        }
        write_run(folder / f"{stem}-cited.run", run, "cited")

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON, with what a reader needs to trust and to repeat it."""
        found = self.estimates()
        answerable = [row for row in self.asked if isinstance(row.question, Question)]
        unanswerable = [row for row in self.asked if isinstance(row.question, Unanswerable)]
        shown = [row for row in self.asked if row.answered]
        judged = [row for row in self.asked if row.judged]
        shown_judged = [row for row in judged if row.answered]
        curve = risk_coverage(
            [row.answer.confidence for row in shown_judged], [row.right for row in shown_judged], questions=len(judged)
        )
        confidence = auroc(
            [row.answer.confidence for row in answerable], [row.answer.confidence for row in unanswerable]
        )
        return {
            "kind": "answers",
            "data": self.data.name,
            "split": self.data.split,
            "questions": len(self.asked),
            "answerable": len(answerable),
            "unanswerable": len(unanswerable),
            "passages": len(self.data.corpus),
            "corpus_fingerprint": self.data.fingerprint(),
            "test_fingerprint": self.data.test_fingerprint(),
            "model": self.model,
            **provenance(),
            **{name: value.to_json() for name, value in found.items() if name not in ("answered", "refused")},
            "abstention": {
                "false_answer_rate": estimate([float(row.answered) for row in unanswerable]).to_json(),
                "false_refusal_rate": estimate([float(not row.answered) for row in answerable]).to_json(),
                "auroc": confidence.to_json(),
                "in_doubt": {
                    kind: estimate([float(row.answer.doubtful) for row in shown_judged if row.right is right]).to_json()
                    for kind, right in (("right", True), ("wrong", False))
                },
                "risk_coverage": [
                    {"coverage": point.coverage, "risk": point.risk, "threshold": point.threshold} for point in curve
                ],
            },
            "latency_ms": {
                name: _latency([row.reached_ms[name] for row in shown if name in row.reached_ms]) for name in LATENCIES
            },
            "slices": {
                name: {
                    "questions": len(ids),
                    "measures": {
                        key: value.to_json() for key, value in self.estimates(frozenset(ids)).items() if value.n
                    },
                }
                for name, ids in slices([row.question for row in self.asked]).items()
            },
            "weakest": [_weakness(row, self.data) for row in _weakest(self.asked)],
            "per_question": {row.question.question_id: _row(row) for row in self.asked},
        }


def evaluate_answers(
    data: BenchData,
    answerer: Answerer,
    *,
    model: str,
    judges: Mapping[str, Judge] | None = None,
    progress: Progress | None = None,
) -> AnswersOutcome:
    """Ask every question of the data, the unanswerable ones too, one after the other.

    :param judges: further measures by name, asked about every shown answer.
    :raises WrongUsage: if a judge answers with a number that is not from 0 to 1.
    :raises DataError: if a question id is used both for an answerable and an unanswerable question.
    """
    everything = data.everything
    texts = {text.text_id: text.text for text in data.corpus}
    pages = {text.text_id: (text.document, page_of(text.metadata)) for text in data.corpus}
    asked = []
    for done, question in enumerate(everything, start=1):
        answer, reached_ms = _ask(answerer, question)
        measures = judge_answer(question, answer, texts=texts, pages=pages)
        for name, judge in (judges or {}).items():
            if answer.claims:
                gold = list(question.answers) if isinstance(question, Question) else []
                quotes = [citation.quote for citation in answer.citations]
                measures[name] = _opinion(name, judge, question, shown_text(answer), quotes, gold)
        asked.append(AskedQuestion(question, answer, reached_ms, measures))
        if progress:
            progress("asking", done, len(everything))
    return AnswersOutcome(data, model, tuple(asked))


def _opinion(
    name: str, judge: Judge, question: Question | Unanswerable, shown: str, quotes: list[str], gold: list[str]
) -> float:
    """What a judge says of an answer; NaN, which counts for nothing, where it fails or cannot say: somebody else's model that is
    away for a moment does not cost the run."""
    try:
        said = judge(question.text, shown, quotes, gold)
        value = float("nan") if said is None else float(said)
    except Exception as error:  # noqa: BLE001 - somebody else's code may raise anything
        log.warning(
            "%s did not judge the answer to %s: %s: %s", name, question.question_id, type(error).__name__, error
        )
        return float("nan")
    if not (isnan(value) or -_ROUNDING <= value <= 1 + _ROUNDING):
        raise WrongUsage(
            f"{name} gives {value:g} for the answer to {question.question_id!r}; a judge answers from 0 to 1, or NaN where it"
            " cannot say"
        )
    return value


def _ask(answerer: Answerer, question: Question | Unanswerable) -> tuple[Answer, dict[str, float]]:
    began = perf_counter()
    reached: dict[str, float] = {}
    events = answerer.stream(question.text, scope=scope_of(question.metadata), history=history_of(question.metadata))
    for event in events:
        passed = (perf_counter() - began) * 1000
        if isinstance(event, EvidenceFound):
            reached.setdefault("first_evidence", passed)
        elif isinstance(event, TokenDrafted):
            reached.setdefault("first_token", passed)
        elif isinstance(event, AnswerDone):
            reached["total"] = passed
            return event.answer, reached
    raise WrongUsage("the assistant's stream ended without an answer")


def _latency(samples_ms: Sequence[float]) -> dict[str, Any]:
    found = estimate(samples_ms).to_json()
    if samples_ms:
        found |= {"p50": float(np.percentile(samples_ms, 50)), "p95": float(np.percentile(samples_ms, 95))}
    return {**found, "samples": [round(sample, 1) for sample in samples_ms]}


def _weakest(asked: Sequence[AskedQuestion], count: int = 12) -> list[AskedQuestion]:
    """Wrong answers and false answers first, the most confident first; then false refusals."""
    bad = [row for row in asked if _is_bad(row)]
    bad.sort(key=lambda row: (not row.answered, -row.answer.confidence, row.question.question_id))
    return bad[:count]


def _is_bad(row: AskedQuestion) -> bool:
    if isinstance(row.question, Unanswerable):
        return row.answered
    return not row.answered or (row.judged and not row.right)


def _weakness(row: AskedQuestion, data: BenchData) -> dict[str, Any]:
    texts = {text.text_id: text for text in data.corpus}
    question = row.question
    answerable = isinstance(question, Question)
    wanted = list(question.wanted) if isinstance(question, Question) else []
    return {
        "question_id": question.question_id,
        "question": question.text,
        "what": "false refusal" if not row.answered else ("wrong answer" if answerable else "false answer"),
        "confidence": row.answer.confidence,
        "answer": row.answer.text,
        "gold": list(question.answers) if isinstance(question, Question) else [],
        "retrieved": [
            {
                "id": citation.passage.passage_id,
                "title": citation.passage.title,
                "text": citation.quote,
                "rank": citation.number,
                "wanted": citation.passage.passage_id in wanted,
            }
            for citation in row.answer.citations
        ],
        "wanted": [
            {"id": text_id, "title": texts[text_id].title, "text": texts[text_id].text[:420], "rank": None}
            for text_id in wanted[:3]
            if text_id in texts
        ],
        "wanted_in_all": len(wanted),
    }


def _row(row: AskedQuestion) -> dict[str, Any]:
    return {
        "text": row.question.text,
        "answerable": isinstance(row.question, Question),
        "status": row.answer.status.value,
        "reason": row.answer.reason.value if row.answer.reason else None,
        "confidence": round(row.answer.confidence, 6),
        "answer": row.answer.text,
        "citations": [
            {"passage_id": citation.passage.passage_id, "quote": citation.quote} for citation in row.answer.citations
        ],
        "measures": {name: round(value, 9) for name, value in row.measures.items()},
        "timings_ms": {name: round(value, 1) for name, value in row.reached_ms.items()},
    }
