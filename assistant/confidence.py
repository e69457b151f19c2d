"""How sure are we that the evidence answers the question? One probability, from the sentences and from reading their passages.

Similarity knows what a question is about, whatever words it uses; the reader knows what a passage leaves out, and is the
better judge beside the other passages found: a question in three words looks unanswered everywhere. See
``docs/decisions/0014-a-reader-beside-similarity.md`` for what the weights were chosen on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

from assistant.evidence import EvidenceSentence


@dataclass(frozen=True, slots=True)
class Layer:
    """A logistic layer over the evidence: its weights."""

    bias: float
    similarity: float  #: of the sentence nearest to the question, alone and under its headings
    answers: float = 0.0  #: the reader's log-odds for the passage that it holds to answer best
    ahead: float = 0.0  #: how far those stand above the other passages'

    def probability(self, evidence: Sequence[EvidenceSentence]) -> float:
        """The probability that the evidence, at least one sentence, answers."""
        nearest = max(
            one.similarity_in_context + one.similarity_alone + 0.2 * one.passage_probability for one in evidence
        )
        log_odds = self.bias + self.similarity * nearest
        read = [(one.answers, one.ahead) for one in evidence if one.answers is not None]
        if read:
            answers, ahead = max(read)
            log_odds += self.answers * answers + self.ahead * ahead
        return 1 / (1 + exp(-log_odds))


@dataclass(frozen=True, slots=True)
class Confidence:
    """One layer for evidence that a reader has read, one for evidence that none has; ``threshold`` is the probability
    below which to refuse."""

    threshold: float = 0.5  #: both layers keep 85 of 100 answered questions of the sister corpus above it
    read: Layer = field(default_factory=lambda: Layer(-2.85, 3.5, answers=0.2, ahead=0.2))
    unread: Layer = field(default_factory=lambda: Layer(-2.487, 2.854))

    def probability(self, evidence: Sequence[EvidenceSentence]) -> float:
        """The probability that the evidence answers, 0 to 1; 0 without evidence."""
        if not evidence:
            return 0.0
        layer = self.read if any(one.answers is not None for one in evidence) else self.unread
        return layer.probability(evidence)
