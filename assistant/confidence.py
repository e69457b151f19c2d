"""How sure are we that the evidence answers the question? One probability, from the sentences themselves.

Chosen on the questions over ``corpora/sister`` (104 answered there, 45 not): a sentence that answers is near the question
both alone and under its headings. The layer over whole passages in ``retrieval.answerability`` told them apart less well
on policies; see ``docs/decisions/0006-confidence-from-sentences.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from assistant.evidence import EvidenceSentence


@dataclass(frozen=True, slots=True)
class Confidence:
    """A logistic layer over the best sentence; ``threshold`` is the probability below which to refuse."""

    threshold: float = 0.568  #: keeps 85 of 100 answered questions of the sister corpus
    bias: float = -2.213
    weight: float = 2.854
    passage: float = 0.2

    def probability(self, evidence: Sequence[EvidenceSentence]) -> float:
        """The probability that the evidence answers, 0 to 1; 0 without evidence."""
        if not evidence:
            return 0.0
        best = max(
            one.similarity_in_context + one.similarity_alone + self.passage * one.passage_probability
            for one in evidence
        )
        return 1 / (1 + exp(-(self.bias + self.weight * best)))
