"""What people ask and no document answers: questions refused or voted down, grouped by meaning, never by person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from assistant.asked import Asked, Question, count_askers
from assistant.grouping import clusters
from assistant.records import Reason
from assistant.waiting import Finder
from retrieval.encoder import Encoder
from retrieval.records import Passage
from retrieval.scope import Scope
from retrieval.terms import terms


@dataclass(frozen=True, slots=True)
class GapConfig:
    """What the report covers and whom it protects."""

    days: int = 90
    similarity: float = 0.5  #: mean cosine within a group; at 0.6 "parking permit" and "parking spot" part
    least_askers: int = 5  #: a group of fewer is not shown
    least_sharing: int = 3  #: a word that fewer askers used is not shown
    most_questions: int = 4000  #: different texts that are grouped, the latest first
    most_comments: int = 20  #: that are shown of a group


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions of one meaning that went unanswered or were voted down."""

    question: str  #: one of them, if each of its words was used by several askers; else the words they share
    is_verbatim: bool
    asked: int
    askers: int  #: at least so many people
    refused: int
    voted_down: int
    reasons: tuple[tuple[Reason, int], ...]  #: the most frequent first
    last_asked: date  #: the first day of that week
    nearest: Passage | None  #: what the library has that comes closest
    comments: tuple[str, ...] = ()  #: what people wrote of its answers that did not help them, in no order


@dataclass(frozen=True, slots=True)
class GapReport:
    """The gaps of a period, those asked by most people first. ``withheld`` counts groups of too few askers."""

    since: date
    until: date
    questions: int
    refused: int
    voted_down: int
    gaps: tuple[Gap, ...]
    withheld: int


def find_gaps(
    asked: Asked,
    encoder: Encoder,
    *,
    nearest: Callable[[str], Passage | None] | None = None,
    comments: Sequence[tuple[str, str]] = (),
    today: date | None = None,
    config: GapConfig | None = None,
) -> GapReport:
    """Group what went unanswered in the last ``config.days`` days.

    :param nearest: finds the closest passage that the reader of the report may see.
    :param comments: questions and what was written of their answers: :meth:`assistant.feedback.Feedback.comments`.
    """
    config = config or GapConfig()
    until = today or date.today()
    since = until - timedelta(days=config.days - 1)
    everything = asked.questions(since, until)
    missed = [question for question in everything if _is_missed(question)]
    gaps: list[Gap] = []
    withheld = 0
    for group in _groups(missed, encoder, config):
        if count_askers(group) < config.least_askers:
            withheld += 1
            continue
        texts = {_folded(question.text) for question in group}
        written = dict.fromkeys(comment for question, comment in comments if _folded(question) in texts)
        gaps.append(replace(_gap(group, nearest, config), comments=tuple(written)[: config.most_comments]))
    gaps.sort(key=lambda gap: (-gap.askers, -gap.asked, gap.question))
    return GapReport(
        since, until, len(everything), sum(question.was_refused for question in everything),
        sum(question.helpful is False for question in everything), tuple(gaps), withheld,
    )  # fmt: skip


def nearest_in(searcher: Finder, scope: Scope) -> Callable[[str], Passage | None]:
    """Finds the closest passage that the reader of a report may see."""

    def nearest(question: str) -> Passage | None:
        hits = searcher.search(question, k=1, rerank=False, scope=scope).hits
        return hits[0].passage if hits else None

    return nearest


def gaps_json(report: GapReport) -> dict[str, Any]:
    """What ``report gaps --json`` and ``GET /reports/gaps`` give."""
    return {
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "questions": report.questions,
        "refused": report.refused,
        "voted_down": report.voted_down,
        "withheld_groups": report.withheld,
        "gaps": [
            {
                "question": gap.question,
                "verbatim": gap.is_verbatim,
                "asked": gap.asked,
                "askers": gap.askers,
                "refused": gap.refused,
                "voted_down": gap.voted_down,
                "reasons": {reason.value: count for reason, count in gap.reasons},
                "last_asked_week": gap.last_asked.isoformat(),
                "nearest": _nearest_json(gap.nearest),
                "comments": list(gap.comments),
            }
            for gap in report.gaps
        ],
    }


def _nearest_json(passage: Passage | None) -> dict[str, Any] | None:
    if passage is None:
        return None
    return {
        "passage_id": passage.passage_id,
        "document_id": passage.document_id,
        "title": passage.title,
        "section_path": list(passage.section_path),
        "owner": passage.owner,
        "text": passage.text,
    }


def _is_missed(question: Question) -> bool:
    return (question.was_refused and question.reason is not Reason.EMPTY_INDEX) or question.helpful is False


# -- grouping ----------------------------------------------------------------------------------------------------------


def _groups(missed: Sequence[Question], encoder: Encoder, config: GapConfig) -> Iterator[list[Question]]:
    """Questions of one meaning, the most central first."""
    by_text: dict[str, list[Question]] = defaultdict(list)
    for question in reversed(missed):
        by_text[_folded(question.text)].append(question)
    texts = sorted(list(by_text)[: config.most_questions])
    if not texts:
        return
    # As they were asked: the server has read them so, and keeps what it has read.
    vectors = encoder.encode([by_text[text][0].text for text in texts], truncate=True)
    labels = clusters(vectors, config.similarity)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        centre = vectors[members].mean(axis=0)
        order = members[np.argsort(-(vectors[members] @ centre), kind="stable")]
        yield [question for at in order for question in by_text[texts[at]]]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _gap(group: Sequence[Question], nearest: Callable[[str], Passage | None] | None, config: GapConfig) -> Gap:
    shown, is_verbatim = _shown(group, config)
    last = max(question.day for question in group)
    reasons = Counter(question.reason for question in group if question.was_refused and question.reason)
    return Gap(
        question=shown,
        is_verbatim=is_verbatim,
        asked=len(group),
        askers=count_askers(group),
        refused=sum(question.was_refused for question in group),
        voted_down=sum(question.helpful is False for question in group),
        reasons=tuple(reasons.most_common()),
        last_asked=last - timedelta(days=last.weekday()),
        nearest=nearest(shown) if nearest else None,
    )


def _shown(group: Sequence[Question], config: GapConfig) -> tuple[str, bool]:
    """What stands for a group: a question in it, or the words that several askers used. A name that one person typed is in neither."""
    using: dict[str, list[Question]] = defaultdict(list)
    for question in group:
        for term in set(terms(question.text)):
            using[term].append(question)
    shared = {term for term, users in using.items() if count_askers(users) >= config.least_sharing}
    for question in group:
        if set(terms(question.text)) <= shared:
            return question.text.strip(), True
    words = [word.strip(".,;:!?()\"'“”").casefold() for question in group for word in question.text.split()]
    common = dict.fromkeys(
        word for word, _ in Counter(words).most_common() if terms(word) and set(terms(word)) <= shared
    )
    return " · ".join(list(common)[:6]) or "(different words)", False
