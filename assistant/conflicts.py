"""Passages in force that say different things about the same matter: shown side by side, never blended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from assistant.evidence import EvidenceSentence
from assistant.records import Citation, Conflict
from ingest.disagreement import disagree
from retrieval.encoder import Encoder
from retrieval.records import Passage
from retrieval.sentences import leans_back
from retrieval.terms import terms


@dataclass(frozen=True, slots=True)
class ConflictConfig:
    """When two sentences are on the same matter."""

    similarity: float = 0.6  #: cosine of the two sentences
    margin: float = 0.55  #: how far below the best evidence each may be


def find(
    evidence: Sequence[EvidenceSentence], *, encoder: Encoder, config: ConflictConfig | None = None
) -> list[tuple[EvidenceSentence, EvidenceSentence]]:
    """Pairs of evidence sentences of different documents that contradict each other, best evidence first.

    A rule for one country beside the rule for everywhere is precedence, not conflict, and so are two countries' rules. A
    sentence that leans on the one before it says too little alone to contradict anything.
    """
    config = config or ConflictConfig()
    near = [
        sentence
        for sentence in evidence
        if sentence.score >= evidence[0].score - config.margin and not leans_back(sentence.quote)
    ]
    pairs = [
        (one, other)
        for one, other in combinations(near, 2)
        if _overlap(one.passage, other.passage) and disagree(one.quote, other.quote)
    ]
    if not pairs:
        return []
    vectors = encoder.encode([sentence.quote for pair in pairs for sentence in pair], truncate=True)
    return [pair for at, pair in enumerate(pairs) if float(vectors[2 * at] @ vectors[2 * at + 1]) >= config.similarity]


def _overlap(one: Passage, other: Passage) -> bool:
    return one.document_id != other.document_id and one.jurisdiction == other.jurisdiction


def as_conflict(one: Citation, other: Citation) -> Conflict:
    """The conflict between two citations, named after the words they share."""
    shared = set(terms(one.quote)) & set(terms(other.quote))
    words = [word.strip(".,;:()").lower() for word in one.quote.split()]
    about = " ".join(dict.fromkeys(word for word in words if set(terms(word)) & shared and word.isalpha()))
    return Conflict(about or one.passage.title, (one.number, other.number))
