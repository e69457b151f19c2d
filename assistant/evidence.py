"""Evidence: the few sentences of the hits that an answer rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.encoder import Encoder
from retrieval.records import Hit, Passage, PassageKind, heading_line
from retrieval.rerank import Reranker
from retrieval.sentences import Span, sentence_spans
from retrieval.terms import terms


@dataclass(frozen=True, slots=True)
class EvidenceSentence:
    """One sentence, list or table row of a hit: ``passage.text[start:end]``."""

    passage: Passage
    start: int
    end: int
    lead_in: str  #: the line that introduces it, where it is an item of a longer list
    score: float  #: how well it answers, higher is better

    @property
    def quote(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class EvidenceConfig:
    """How much evidence an answer gets."""

    hits: int = 5  #: passages that sentences are taken from
    sentences: int = 4  #: sentences kept
    sentence_weight: float = 1.0  #: a sentence's own score
    passage_weight: float = 0.5  #: the score of the passage it stands in


def distil(
    question: str,
    hits: Sequence[Hit],
    *,
    encoder: Encoder,
    reranker: Reranker | None = None,
    config: EvidenceConfig | None = None,
) -> list[EvidenceSentence]:
    """The sentences of the best hits that best answer the question, best first, ties in the order of the hits.

    A sentence is scored with its heading and lead-in, because "Up to five days." answers only under "Carry-over".

    :param hits: best first.
    :returns: at most ``config.sentences``; empty without hits.
    """
    config = config or EvidenceConfig()
    candidates = [(hit, span) for hit in hits[: config.hits] for span in sentence_spans(hit.passage.text)]
    if not candidates:
        return []
    texts = [in_context(hit.passage, span) for hit, span in candidates]
    own = _relevance(question, texts, encoder, reranker)
    passage = np.array([_passage_score(hit) for hit, _ in candidates], np.float32)
    scores = config.sentence_weight * own + config.passage_weight * passage
    order = np.argsort(-scores, kind="stable")[: config.sentences]
    return [
        EvidenceSentence(
            candidates[i][0].passage,
            candidates[i][1].start,
            candidates[i][1].end,
            candidates[i][1].lead_in,
            float(scores[i]),
        )
        for i in order
    ]


def in_context(passage: Passage, span: Span) -> str:
    """A sentence as it is to be understood: under its headings, behind its lead-in, below its table's header."""
    heading = heading_line(passage.title, passage.section_path)
    lead_in = span.lead_in
    if passage.kind is PassageKind.TABLE and span.start > 0:
        lead_in = passage.text.splitlines()[0]
    sentence = passage.text[span.start : span.end]
    return "\n".join(part for part in (heading, lead_in, sentence) if part)


def _relevance(question: str, texts: list[str], encoder: Encoder, reranker: Reranker | None) -> np.ndarray:
    """How well each text answers, about 0 to 1."""
    vectors = encoder.encode([question, *texts], truncate=True)
    cosine = vectors[1:] @ vectors[0]
    covered = _covered(question, texts)
    if reranker is None:
        return np.asarray(0.7 * cosine + 0.3 * covered)
    odds = reranker.score(question, texts)
    return np.asarray((1 / (1 + np.exp(-odds)) + 0.7 * cosine + 0.3 * covered) / 2)


def _covered(question: str, texts: list[str]) -> np.ndarray:
    """The share of the question's words that each text holds; words that few of the texts hold count more."""
    asked = set(terms(question))
    held = [set(terms(text)) & asked for text in texts]
    weight = {term: np.log1p(len(texts) / (0.5 + sum(term in one for one in held))) for term in asked}
    total = sum(weight.values()) or 1.0
    return np.array([sum(weight[term] for term in one) / total for one in held])


def _passage_score(hit: Hit) -> float:
    if hit.scores.rerank is not None:
        return hit.score
    return hit.scores.dense if hit.scores.dense is not None else 1 / (1 + hit.rank)
