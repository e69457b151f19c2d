"""Is the question answered here at all? One probability from what the search found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import exp
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import WeightsDamaged
from retrieval.records import Hit
from retrieval.search import SearchResult
from retrieval.terms import terms
from retrieval.weightfolder import SHIPPED

#: What :func:`signs` returns, in order.
SIGNS = ("rerank", "margin", "cosine", "coverage", "agreement")
#: Log-odds beyond this say no more than this.
_CERTAIN = 8.0


@dataclass(frozen=True, slots=True)
class Answerability:
    """A logistic layer over the signs that the best hits answer; one for searches with a reranker, one for those without.

    ``threshold`` is the probability below which to refuse, chosen on dev questions for the false-refusal rate that the
    file states beside the false-answer rates that came with it. The defaults are a plain guess for an installation without trained weights.
    """

    threshold: float = 0.5
    bias: float = -5.5
    weights: tuple[float, ...] = (0.0, 0.0, 7.0, 3.5, 0.0)
    plain_bias: float = -5.5
    plain_weights: tuple[float, ...] = (0.0, 0.0, 7.0, 3.5, 0.0)

    def probability(self, question: str, result: SearchResult) -> float:
        """The probability that the hits answer the question, 0 to 1; 0 without hits."""
        if not result.hits:
            return 0.0
        reranked = any(hit.scores.rerank is not None for hit in result.hits)
        bias, weights = (self.bias, self.weights) if reranked else (self.plain_bias, self.plain_weights)
        return 1 / (1 + exp(-(bias + float(np.dot(weights, signs(question, result.hits))))))


def signs(question: str, hits: Sequence[Hit]) -> NDArray[np.float64]:
    """What tells an answer from a look-alike, shape ``(len(SIGNS),)``.

    Of hits, best first: the highest log-odds of the reranker; how far they stand above the fifth highest; the highest
    cosine among the best three; the largest share of the question's words that one of the best three holds; and how many
    of BM25, cosine and reranker (0 to 3) put the first hit first. The reranker's are 0 where it has not read the hits.
    """
    best = hits[:3]
    asked = set(terms(question))
    log_odds = sorted((_log_odds(hit.scores.rerank) for hit in hits if hit.scores.rerank is not None), reverse=True)
    covered = [len(asked & set(terms(hit.passage.searchable))) / len(asked) for hit in best] if asked else [0.0]
    firsts = [
        max(hits, key=lambda hit: getattr(hit.scores, name) or -np.inf) is hits[0]
        for name in ("bm25", "dense", "rerank")
    ]
    return np.array(
        [
            log_odds[0] if log_odds else 0.0,
            log_odds[0] - log_odds[min(4, len(log_odds) - 1)] if log_odds else 0.0,
            max(hit.scores.dense or 0.0 for hit in best),
            max(covered),
            float(sum(firsts)),
        ]
    )


def load_answerability(path: Path = SHIPPED / "reranker" / "answerability.json") -> Answerability:
    """The layer in a file, by default the one that ships with Policydesk; a plain guess where there is no file.

    :raises WeightsDamaged: if the file is not what ``policydesk tune reranker`` writes.
    """
    if not path.exists():
        return Answerability()
    try:
        layer = json.loads(path.read_text(encoding="utf-8"))["layer"]
        weights = {name: tuple(layer[name]) for name in ("weights", "plain_weights")}
        return Answerability(**{**layer, **weights})
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsDamaged(
            f"{path} holds no answerability layer ({error}); restore it from the repository"
        ) from error


def save_answerability(layer: Answerability, about: dict[str, object], path: Path) -> None:
    """Write a layer and what is known of it."""
    path.write_text(json.dumps({"layer": asdict(layer), **about}, indent=1) + "\n", encoding="utf-8")


def _log_odds(probability: float) -> float:
    limit = 1 / (1 + exp(-_CERTAIN))
    held = min(max(probability, 1 - limit), limit)
    return float(np.log(held / (1 - held)))
