"""Evidence: the few sentences of the hits that an answer rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.statements import is_about_document
from retrieval.encoder import Encoder
from retrieval.records import Hit, Passage, PassageKind, heading_line
from retrieval.sentences import Span, leans_back, sentence_spans
from retrieval.terms import terms

#: A question about a document itself, which a control line ("Version 3, owner: Payroll") may answer.
_ASKS_ABOUT_DOCUMENT = re.compile(
    r"\b(?:owns?|owners?|versions?|effective|in force|valid|out of date|latest|updated|issued|replaces?|replaced|supersedes?|superseded|in charge)\b",
    re.IGNORECASE,
)

#: What may stand around a sentence and changes nothing.
_MARKS = " \n\t-*•–▪◦\"“”„'’"
#: A sentence of so many words says the same in another document; "Up to five days." does not.
_SPEAKS_ALONE = 8

#: Below this probability that the answer begins in a sentence, less is no worse.
_LEAST = 0.02


@dataclass(frozen=True, slots=True)
class EvidenceSentence:
    """One sentence, list or table row of a hit: ``passage.text[start:end]``."""

    passage: Passage
    start: int
    end: int
    lead_in: str  #: the line that introduces it, where it is an item of a longer list
    score: float  #: how well it answers beside the others, higher is better
    similarity: float = 0.0  #: cosine to the question, read under its headings
    answers: float | None = None  #: the reader's log-odds that its passage answers; None where it has not read it

    @property
    def quote(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class EvidenceConfig:
    """How much evidence an answer gets, and what a sentence is chosen by.

    The weights were chosen on sentences that people marked as answers; see decision 20.
    """

    hits: int = 5  #: passages that sentences are taken from
    sentences: int = 4  #: sentences kept
    similarity: float = 1.0  #: cosine to the sentence under its headings and lead-in
    words: float = 0.9  #: share of the question's words in the sentence, rare ones counting more
    passage: float = 1.0  #: what search made of its passage
    answers: float = 0.2  #: log-odds that its passage answers
    begins: float = 0.15  #: log of the probability that the answer begins in it, if its passage answers


def distil(
    question: str, hits: Sequence[Hit], *, encoder: Encoder, config: EvidenceConfig | None = None
) -> list[EvidenceSentence]:
    """The sentences of the best hits that best answer the question, best first, ties in the order of the hits.

    A sentence is read with its heading and lead-in, because "Up to five days." answers only under "Carry-over". Control
    lines ("Effective 1 March · Owner: Payroll") are left out unless the question is about them, or the reader takes nothing else for
    an answer.

    :param hits: best first.
    :returns: at most ``config.sentences``; empty without hits.
    """
    config = config or EvidenceConfig()
    candidates = [(hit, span) for hit in _apart(hits)[: config.hits] for span in sentence_spans(hit.passage.text)]
    # What only opens a list says nothing where the list stands elsewhere, and a question says nothing at all.
    candidates = [(hit, span) for hit, span in candidates if not _text(hit, span).endswith((":", "?"))] or candidates
    if not (_ASKS_ABOUT_DOCUMENT.search(question) or _only_control_lines_answer(hits)):
        rules = [(hit, span) for hit, span in candidates if not is_about_document(_text(hit, span))]
        candidates = rules or candidates
    if not candidates:
        return []
    vectors = encoder.encode([question, *(in_context(hit.passage, span) for hit, span in candidates)], truncate=True)
    similarity = vectors[1:] @ vectors[0]
    scores = (
        config.similarity * similarity
        + config.words * _covered(question, [_text(hit, span) for hit, span in candidates])
        + config.passage * np.array([hit.score for hit, _ in candidates])
        + config.answers * np.array([hit.reading.counted if hit.reading else 0.0 for hit, _ in candidates])
        + config.begins * np.log([max(_begins(hit, span), _LEAST) for hit, span in candidates])
    )
    # Of sentences that say the same, as copies of a document do, the best stands for all.
    first: dict[tuple[str, ...], int] = {}
    for at in np.argsort(-scores, kind="stable"):
        hit, span = candidates[at]
        first.setdefault(_said(hit.passage, _text(hit, span), span.lead_in), int(at))
    order = list(first.values())[: config.sentences]
    return [
        EvidenceSentence(
            hit.passage, span.start, span.end, span.lead_in, float(scores[at]), float(similarity[at]),
            hit.reading.log_odds if hit.reading else None,
        )
        for at in order
        for hit, span in [candidates[at]]
    ]  # fmt: skip


def _apart(hits: Sequence[Hit]) -> list[Hit]:
    """The hits, without those whose text a better one says."""
    first: dict[tuple[str, ...], Hit] = {}
    for hit in hits:
        first.setdefault(_said(hit.passage, hit.passage.text), hit)
    return list(first.values())


def _only_control_lines_answer(hits: Sequence[Hit]) -> bool:
    """Whether what the reader takes for an answer says nothing but what the documents are: "Owner: Ada Moss, Head of People"."""
    answering = [hit for hit in hits if hit.reading and hit.reading.log_odds > 0]
    return bool(answering) and all(
        is_about_document(_text(hit, span)) for hit in answering for span in sentence_spans(hit.passage.text)
    )


def _said(passage: Passage, text: str, lead_in: str = "") -> tuple[str, ...]:
    """What tells a text of a passage from others: its characters, country, section and lead-in; of a short one, or one that
    leans on what stands before it, the document as well."""
    flat = " ".join(text.casefold().strip(_MARKS).split())
    alone = len(flat.split()) >= _SPEAKS_ALONE and not leans_back(flat)
    return (flat, passage.jurisdiction or "", *passage.section_path[-1:], lead_in, "" if alone else passage.title)


def _begins(hit: Hit, span: Span) -> float:
    """The probability that the answer begins in the sentence; 0 where nobody has read."""
    return hit.reading.begins_within(span.start, span.end) if hit.reading else 0.0


def _text(hit: Hit, span: Span) -> str:
    return hit.passage.text[span.start : span.end]


def in_context(passage: Passage, span: Span) -> str:
    """A sentence as it is to be understood: under its headings, behind its lead-in, below its table's header."""
    heading = heading_line(passage.title, passage.section_path)
    lead_in = span.lead_in
    if passage.kind is PassageKind.TABLE and span.start > 0:
        lead_in = passage.text.splitlines()[0]
    sentence = passage.text[span.start : span.end]
    return "\n".join(part for part in (heading, lead_in, sentence) if part)


def _covered(question: str, texts: Sequence[str]) -> NDArray[np.float64]:
    """The share of the question's words that each text holds; words that few of the texts hold count more."""
    asked = set(terms(question))
    held = [set(terms(text)) & asked for text in texts]
    weight = {term: np.log1p(len(texts) / (0.5 + sum(term in one for one in held))) for term in asked}
    total = sum(weight.values()) or 1.0
    return np.array([sum(weight[term] for term in one) / total for one in held])
