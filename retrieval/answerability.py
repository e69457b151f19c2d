"""Is the question answered here at all? One probability from what the search found."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from retrieval.search import SearchResult
from retrieval.terms import terms


@dataclass(frozen=True, slots=True)
class Answerability:
    """A logistic layer over the signs that the best hits answer: their cosine and the question's words they hold."""

    threshold: float = 0.5  #: below it, refuse
    bias: float = -5.5
    cosine: float = 7.0
    coverage: float = 3.5

    def probability(self, question: str, result: SearchResult) -> float:
        """The probability that the hits answer the question, 0 to 1; 0 without hits."""
        if not result.hits:
            return 0.0
        asked = set(terms(question))
        best = result.hits[:3]
        cosine = max(hit.scores.dense or 0.0 for hit in best)
        covered = max(
            (len(asked & set(terms(hit.passage.searchable))) / len(asked) for hit in best if asked), default=0.0
        )
        return 1 / (1 + exp(-(self.bias + self.cosine * cosine + self.coverage * covered)))


def load_answerability() -> Answerability:
    """The layer that ships with Policydesk."""
    return Answerability()
