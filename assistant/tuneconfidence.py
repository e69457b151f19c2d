"""``policydesk tune confidence``: from folders of questions of both kinds to the layer that decides whether to answer.

Ask dev questions as they are asked in service, fit a logistic layer to what was found for them, and choose two thresholds for
stated rates of false answers: of those that are given at all, and of those that are given without a word of doubt. What each collection would get from the others alone tells what to expect of another one.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import numpy as np

from assistant.confidence import Layer, Signs
from assistant.finding import ask, history_of
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.index import PassageIndex
from retrieval.language import language_of
from retrieval.particulars import scope_of
from retrieval.reader import Reader
from retrieval.rerank import Reranker
from retrieval.search import Searcher
from retrieval.tuning.calibration import auroc, logistic
from retrieval.tuning.collection import Collection, Question, names_of, read_collections
from retrieval.weightfolder import check_place, write_manifest

#: Questions of a kind below which nothing can be said about a rate.
_FEW = 30
#: The share of questions that makes their language one that was fitted to.
_A_PART = 0.05
#: Rates of false answers that are shown beside the one that was asked for.
_RATES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)

log = logging.getLogger(__name__)

_T = TypeVar("_T")

#: Called with (what is being done, steps done, steps in all).
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ConfidenceTuneConfig:
    """All of a tuning run."""

    name: str = "policydesk-confidence"
    false_answers: float = 0.3  #: share of unanswerable questions that may be answered: the mean over the collections
    undoubted: float = 0.15  #: share of them that may be answered without a word of doubt
    questions: int = 120  #: that a collection gives of each kind at most, spread over its dev questions
    inside: frozenset[str] = frozenset()  #: collections whose questions are asked of the documents that they are about
    splits: tuple[str, ...] = ("dev",)


@dataclass(frozen=True, slots=True)
class Models:
    """What finds and reads, and the fingerprints of its weights by what they are.

    ``verified``: the reader with its verifier; None where there is no verifier. ``reader`` has none.
    """

    encoder: Encoder
    reranker: Reranker | None
    reader: Reader | None
    weights: Mapping[str, str] = field(default_factory=dict)
    verified: Reader | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A question, whether the documents answer it, and the signs of what was found with the reader, without, and with the
    verifier as well; None where nothing was found, and no layer is asked, or where there is no verifier."""

    answerable: bool
    read: Signs | None
    unread: Signs | None
    verified: Signs | None = None

    @property
    def best(self) -> Signs | None:
        """With all that there is."""
        return self.verified or self.read


@dataclass(frozen=True, slots=True)
class Judged:
    """How the fitted layer and threshold treat a collection, and (``left_out``) those fitted to the others alone."""

    answerable: int
    unanswerable: int
    auroc: float
    kept: float
    false_answers: float
    left_out: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A layer and the threshold chosen for it."""

    layer: Layer
    threshold: float
    sure: float = 0.0  #: see :class:`assistant.confidence.Confidence`

    def judge(self, tried: Sequence[Tried]) -> dict[str, float]:
        """AUROC, the share of answerable questions that is kept, and of the others that is answered all the same."""
        sure = {
            kind: np.array([_sure(self.layer, one) for one in tried if one.answerable is kind])
            for kind in (True, False)
        }
        good, bad = sure[True], sure[False]
        kept, answered = (float((one >= self.threshold).mean()) for one in (good, bad))
        return {"auroc": auroc(good, bad), "kept": kept, "false_answers": answered}


@dataclass(frozen=True, slots=True)
class Rate:
    """What another rate of false answers would come to: its threshold and the share of answerable questions kept, the mean
    over the collections."""

    false_answers: float
    threshold: float
    kept: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The layer and threshold that were written, how each collection fares with them, and what other rates would come to."""

    fitted: Fitted
    judged: Mapping[str, Judged]
    rates: tuple[Rate, ...]


def tune_confidence(
    folders: Sequence[Path], models: Models, out: Path, config: ConfidenceTuneConfig, *,
    command: str = "policydesk tune confidence", report: Report = lambda _what, _done, _total: None,
) -> Outcome:  # fmt: skip
    """Fit the layers to folders of data, choose the threshold, and write both into ``out``, ready to load.

    :param folders: BEIR-layout folders with ``unanswerable.jsonl``, libraries such as ``corpora/sister``, or lessons.
    :raises WrongUsage: if a folder has no questions of one of the kinds, two have one name, ``inside`` names none of them.
    :raises ModelUnavailable: if ``out`` holds weights of another kind.
    """
    _check(folders, out, config)
    collections = read_collections(folders, in_service=True)
    chosen = {collection.name: _chosen(collection, config) for collection in collections}
    tried = {
        one.name: _ask(one, chosen[one.name], models, inside=one.name in config.inside, report=report)
        for one in collections
    }
    for kind, said in ((True, "answerable"), (False, "unanswerable")):
        given = sum(one.answerable is kind for asked in tried.values() for one in asked)
        if given < _FEW:
            log.warning(
                "only %s %s questions were asked, and the threshold may be far off for others; give %s or more of each kind",
                given, said, _FEW,
            )  # fmt: skip
    layers = {
        "read": fit(tried, lambda one: one.read) if models.reader else None,
        "unread": fit(tried, lambda one: one.unread),
        **({"verified": fit(tried, lambda one: one.verified)} if models.verified else {}),
    }
    layer = layers.get("verified") or layers["read"] or layers["unread"]
    assert layer is not None
    threshold, sure = (choose_threshold(tried, layer, rate) for rate in (config.false_answers, config.undoubted))
    fitted = Fitted(layer, threshold, max(threshold, sure))
    judged = {name: _judged(name, tried, fitted, config) for name in tried}
    rates = tuple(_rate(tried, layer, rate) for rate in _RATES)
    out.mkdir(parents=True, exist_ok=True)
    write_manifest(
        out,
        {
            "name": config.name, "kind": "confidence", "threshold": fitted.threshold, "sure": fitted.sure,
            **{which: asdict(one or layer) for which, one in layers.items()},
            "languages": _languages([one.text for asked in chosen.values() for _, one in asked]),
            "fitted_to": dict(models.weights),
            "false_answers": config.false_answers,
            "undoubted": config.undoubted,
            "rates": [asdict(rate) for rate in rates],
            "dev": {name: asdict(one) for name, one in judged.items()},
            "command": command,
        },
    )  # fmt: skip
    return Outcome(fitted, judged, rates)


def _languages(questions: Sequence[str]) -> list[str]:
    """The languages that a part of the questions is in."""
    asked = Counter(language_of(question) for question in questions)
    return sorted(language for language, number in asked.items() if number >= _A_PART * len(questions))


def _check(folders: Sequence[Path], out: Path, config: ConfidenceTuneConfig) -> None:
    names = names_of(folders)
    if unknown := config.inside - set(names):
        raise WrongUsage(f"--inside {min(unknown)} is none of the folders' names: {', '.join(names)}")
    check_place(out, kind="confidence")


def fit(tried: Mapping[str, Sequence[Tried]], signs: Callable[[Tried], Signs | None]) -> Layer:
    """A logistic layer over the signs; each kind of each collection weighs the same.

    :raises WrongUsage: if something was found for questions of one kind alone.
    """
    found = [[(one, seen) for one in asked if (seen := signs(one))] for asked in tried.values()]
    weights = [
        100.0 / sum(other.answerable is one.answerable for other, _ in asked) for asked in found for one, _ in asked
    ]
    features = np.array([astuple(seen) for asked in found for _, seen in asked])
    labels = np.array([one.answerable for asked in found for one, _ in asked])
    if not 0 < labels.sum() < len(labels):
        raise WrongUsage(
            "something was found for questions of one kind alone; give folders whose documents fit their questions"
        )
    return Layer(*(round(float(weight), 3) for weight in logistic(features, labels, np.array(weights))))


def choose_threshold(tried: Mapping[str, Sequence[Tried]], layer: Layer, false_answers: float) -> float:
    """The lowest threshold, in hundredths, at which at most this share of the unanswerable is answered, the mean over the
    collections; 1 where only that refuses enough. Where no question comes near above it, the middle of the gap: what parts
    the few questions tried should part others, too."""
    sure = [np.array([_sure(layer, one) for one in asked if not one.answerable]) for asked in tried.values()]
    lowest = next(
        at / 100 for at in range(101) if at == 100 or np.mean([(one >= at / 100).mean() for one in sure]) <= false_answers
    )  # fmt: skip
    everything = [_sure(layer, one) for asked in tried.values() for one in asked]
    below = max((one for one in everything if one < lowest), default=None)
    above = min((one for one in everything if one >= lowest), default=None)
    if below is None or above is None:
        return lowest
    return max(lowest, int(50 * (max(below, 0.0) + above)) / 100)


def _rate(tried: Mapping[str, Sequence[Tried]], layer: Layer, false_answers: float) -> Rate:
    fitted = Fitted(layer, choose_threshold(tried, layer, false_answers))
    kept = np.mean([fitted.judge(asked)["kept"] for asked in tried.values()])
    return Rate(false_answers, fitted.threshold, round(float(kept), 3))


def _sure(layer: Layer, tried: Tried) -> float:
    """How sure to answer; below every threshold where nothing was found, because such a question is refused in any case."""
    return layer.probability(tried.best) if tried.best else -1.0


def _judged(name: str, tried: Mapping[str, Sequence[Tried]], fitted: Fitted, config: ConfidenceTuneConfig) -> Judged:
    asked = tried[name]
    others = {other: one for other, one in tried.items() if other != name}
    left_out: dict[str, float] = {}
    # Others that give one kind alone teach nothing, and must not undo hours of asking.
    if {one.answerable for several in others.values() for one in several if one.best} == {True, False}:
        layer = fit(others, lambda one: one.best)
        left_out = _rounded(Fitted(layer, choose_threshold(others, layer, config.false_answers)).judge(asked))
    kept = sum(one.answerable for one in asked)
    return Judged(kept, len(asked) - kept, **_rounded(fitted.judge(asked)), left_out=left_out)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}


def _chosen(collection: Collection, config: ConfidenceTuneConfig) -> list[tuple[tuple[str, ...], Question]]:
    """The dev questions of both kinds that are asked, each with the documents it is asked of (none where it is asked of all),
    in their order.

    :raises WrongUsage: if there are none of a kind, or it is not clear who asks one: said before hours of asking.
    """
    document_of = {passage.passage_id: passage.document_id for passage in collection.passages}
    inside = collection.name in config.inside
    dev = [(_documents(one, document_of) if inside else (), one) for one in collection.split(*config.splits)]
    dev = [(documents, one) for documents, one in dev if documents or not inside]
    both = [spread([each for each in dev if each[1].answerable is kind], config.questions) for kind in (True, False)]
    if not all(both):
        missing = "answerable" if both[1] else "unanswerable"
        raise WrongUsage(
            f"{collection.name} has no {missing} dev questions{' that name a document' if inside else ''}; give folders with"
            " questions of both kinds"
        )
    chosen = sorted((each for kind in both for each in kind), key=lambda each: (each[0], each[1].question_id))
    for _, question in chosen:
        try:
            scope_of(question.metadata)
            history_of(question.metadata)
        except WrongUsage as error:
            raise WrongUsage(f"{collection.name}, question {question.question_id}: {error}") from error
    return chosen


def _ask(
    collection: Collection, chosen: Sequence[tuple[tuple[str, ...], Question]], models: Models, *, inside: bool, report: Report
) -> list[Tried]:  # fmt: skip
    """Ask the questions that were chosen of a collection."""
    tried: list[Tried] = []
    for documents, group in groupby(chosen, key=lambda each: each[0]):
        held = [one for one in collection.passages if not inside or one.document_id in documents]
        index = PassageIndex.build(held, models.encoder, windows=True)
        for _, question in group:
            read, unread = (_signs(question, index, models, reader) for reader in (models.reader, None))
            verified = _signs(question, index, models, models.verified) if models.verified else None
            tried.append(Tried(question.answerable, read, unread, verified))
            report(f"asking {collection.name}", len(tried), len(chosen))
    return tried


def _signs(question: Question, index: PassageIndex, models: Models, reader: Reader | None) -> Signs | None:
    searcher = Searcher(index, models.encoder, reranker=models.reranker, reader=reader)
    found = ask(question.text, question.metadata, searcher)
    return Signs.of(found.hits, found.evidence) if found.evidence else None


def _documents(question: Question, document_of: Mapping[str, str]) -> tuple[str, ...]:
    about = question.positives or question.against
    return tuple(sorted({document_of[one] for one in about if one in document_of}))


def spread(questions: Sequence[_T], most: int) -> list[_T]:
    """At most so many, taken evenly from first to last."""
    if len(questions) <= most:
        return list(questions)
    return [questions[at * len(questions) // most] for at in range(most)]
