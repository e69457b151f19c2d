"""Passages in force that say different things about the same matter: shown side by side, never blended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.evidence import EvidenceSentence
from assistant.quoting import QuotingConfig
from assistant.records import Citation, Conflict
from ingest.disagreement import disagree, saying
from ingest.matters import are_apart
from retrieval.encoder import Encoder
from retrieval.records import Passage
from retrieval.sentences import leans_back
from retrieval.terms import terms


@dataclass(frozen=True, slots=True)
class ConflictConfig:
    """When two sentences are on the same matter: alike, and the one would be quoted beside the other."""

    similarity: float = 0.6  #: cosine of the two sentences
    quoting: QuotingConfig = field(default_factory=QuotingConfig)


def find(
    evidence: Sequence[EvidenceSentence], *, encoder: Encoder, config: ConflictConfig | None = None
) -> list[tuple[EvidenceSentence, EvidenceSentence]]:
    """Evidence sentences of other documents that contradict the best one, each with it, best evidence first.

    A sentence that would not be quoted beside the best one does not answer the question, and a dispute that leaves the best one
    aside is about something else: neither takes the answer's place. A rule for one country beside the rule for everywhere is
    precedence, not conflict, and so are two countries' rules; rules for managers and for interns are for different cases. A
    sentence that leans on the one before it says too little alone to contradict anything.
    """
    config = config or ConflictConfig()
    if not evidence or leans_back(evidence[0].quote):
        return []
    best, *others = evidence
    pairs = [
        (best, other)
        for other in others
        if config.quoting.takes(other, best)
        and not leans_back(other.quote)
        and _overlap(best.passage, other.passage)
        and disagree(best.quote, other.quote)
        and not are_apart(saying(best.quote), saying(other.quote))
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
