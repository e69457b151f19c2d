"""Does it tell an answered question from one that only looks so? Confidence over evidence, questions of both kinds, one threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from assistant.confidence import Confidence
from assistant.evidence import EvidenceSentence
from assistant.finding import ask
from assistant.quoting import closest
from assistant.records import Citation
from assistant.refusal import worth_a_look
from evals.abstention import auroc
from evals.data import BenchData, Question, Unanswerable
from evals.ranking import Progress
from evals.significance import estimate
from retrieval.encoder import Encoder
from retrieval.index import PassageIndex
from retrieval.reader import Reader
from retrieval.records import Hit, Passage
from retrieval.rerank import Reranker
from retrieval.search import Searcher


@dataclass(frozen=True, slots=True)
class AskedOnce:
    """A question, whether the texts answer it, and the hits and evidence found for it."""

    question_id: str
    answerable: bool
    hits: tuple[Hit, ...]
    evidence: tuple[EvidenceSentence, ...]
    wanted: frozenset[str] = frozenset()  #: the passages that answer it


def ask_all(
    data: BenchData, passages: Sequence[Passage], encoder: Encoder, reranker: Reranker | None, reader: Reader | None, *,
    reading_encoder: Encoder, inside: bool, progress: Progress | None = None,
) -> list[AskedOnce]:  # fmt: skip
    """Find evidence for every question as in service, in the order of the documents they are about.

    :param encoder: of the passages; it may remember. ``reading_encoder`` is asked about sentences.
    :param inside: search only the documents that a question is judged or was asked against, as somebody does who has
        opened a contract; questions that name none are left out.
    :raises DataError: if a question id is used both for an answerable and an unanswerable question.
    """
    everything = [one for one in data.everything if isinstance(one, Unanswerable) or one.wanted]
    document_of = {passage.passage_id: passage.document_id for passage in passages}
    named = {question.question_id: _documents(question, document_of) if inside else () for question in everything}
    if inside:
        everything = [question for question in everything if named[question.question_id]]
    everything.sort(key=lambda question: (named[question.question_id], question.question_id))
    found: list[AskedOnce] = []
    for documents, questions in groupby(everything, key=lambda question: named[question.question_id]):
        held = [passage for passage in passages if passage.document_id in documents] if inside else passages
        searcher = Searcher(PassageIndex.build(held, encoder, windows=True), encoder, reranker=reranker, reader=reader)
        for question in questions:
            one = ask(question.text, question.metadata, searcher, encoder=reading_encoder)
            wanted = frozenset(question.wanted) if isinstance(question, Question) else frozenset[str]()
            found.append(
                AskedOnce(question.question_id, isinstance(question, Question), one.hits, one.evidence, wanted)
            )
            if progress:
                progress("asking", len(found), len(everything))
    return found


def figures(asked: Sequence[AskedOnce], confidence: Confidence) -> dict[str, Any]:
    """How well confidence parts the two kinds, and what the threshold in service makes of them."""
    sure = {one.question_id: confidence.probability(one.hits, one.evidence) for one in asked}

    def of(answerable: bool, value: Callable[[AskedOnce], float]) -> list[float]:
        return [value(one) for one in asked if one.answerable is answerable]

    def parted(value: Callable[[AskedOnce], float]) -> dict[str, Any]:
        return auroc(of(True, value), of(False, value)).to_json()

    def chance(one: AskedOnce) -> float:
        return sure[one.question_id]

    def near(one: AskedOnce) -> tuple[Citation, ...]:
        return worth_a_look(closest(one.hits, one.evidence), chance(one))

    refused = [one for one in asked if chance(one) < confidence.threshold]
    return {
        "answerable": len(of(True, chance)),
        "unanswerable": len(of(False, chance)),
        "threshold": confidence.threshold,
        "kept": estimate([float(one >= confidence.threshold) for one in of(True, chance)]).to_json(),
        "refused": estimate([float(one < confidence.threshold) for one in of(False, chance)]).to_json(),
        "answer_shown_below_refusal": estimate(
            [
                float(any(shown.passage.passage_id in one.wanted for shown in near(one)))
                for one in refused
                if one.answerable
            ]
        ).to_json(),
        "others_with_something_below": estimate(
            [float(bool(near(one))) for one in refused if not one.answerable]
        ).to_json(),
        "sure": confidence.sure,
        "kept_without_doubt": estimate([float(one >= confidence.sure) for one in of(True, chance)]).to_json(),
        "refused_or_doubted": estimate([float(one < confidence.sure) for one in of(False, chance)]).to_json(),
        "auroc": parted(chance),
        "auroc_without_reader": parted(lambda one: max(_similarities(one), default=0.0)),
        "auroc_reader_alone": parted(lambda one: max(_readings(one), default=-99.0)),
    }


def _similarities(asked: AskedOnce) -> Iterator[float]:
    return (one.similarity for one in asked.evidence)


def _readings(asked: AskedOnce) -> Iterator[float]:
    return (hit.reading.log_odds for hit in asked.hits if hit.reading)


def _documents(question: Question | Unanswerable, document_of: Mapping[str, str]) -> tuple[str, ...]:
    ids = question.wanted if isinstance(question, Question) else question.asked_against
    return tuple(sorted({document_of[one] for one in ids if one in document_of}))
