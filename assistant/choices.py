"""Rules of countries: each is shown where the asker has not said which country, and goes before the rule for everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from assistant.evidence import EvidenceSentence
from ingest.disagreement import disagree, saying
from ingest.matters import are_apart
from retrieval.encoder import Encoder
from retrieval.sentences import leans_back


@dataclass(frozen=True, slots=True)
class ChoiceConfig:
    """When two countries' sentences are on the same matter."""

    similarity: float = 0.6  #: cosine of the two sentences
    margin: float = 0.45  #: how far below the best evidence each may be
    most: int = 3  #: countries offered


def by_country(
    evidence: Sequence[EvidenceSentence], *, encoder: Encoder, config: ChoiceConfig | None = None
) -> list[EvidenceSentence]:
    """The best sentence of each country, best first, where they say something else about one matter than the best of all; else
    nothing.

    A rule for everywhere is no choice: a country's own rule goes before it.
    """
    config = config or ChoiceConfig()
    best: dict[str, EvidenceSentence] = {}
    for sentence in evidence:
        country = sentence.passage.jurisdiction
        if country is not None and sentence.score >= evidence[0].score - config.margin:
            best.setdefault(country, sentence)
    if len(best) < 2 or evidence[0].passage.jurisdiction is None:
        return []
    near = list(best.values())
    vectors = encoder.encode([sentence.quote for sentence in near], truncate=True)
    differing = {
        at
        for (one, first), (other, second) in combinations(enumerate(near), 2)
        if float(vectors[one] @ vectors[other]) >= config.similarity and disagree(first.quote, second.quote)
        for at in (one, other)
    }
    return [near[at] for at in sorted(differing)][: config.most] if 0 in differing else []


def own_rules(
    evidence: Sequence[EvidenceSentence], country: str, *, encoder: Encoder, config: ChoiceConfig | None = None
) -> list[EvidenceSentence]:
    """The evidence with a country's own rule in the place of the rule for everywhere that says something else about one matter. A
    sentence that leans on the one before it says too little alone to take another's place."""
    config = config or ChoiceConfig()
    own = [sentence for sentence in evidence if sentence.passage.jurisdiction == country]
    general = [sentence for sentence in evidence if sentence.passage.jurisdiction is None]
    pairs = [
        (ours, everywhere)
        for everywhere in general
        for ours in own
        if not (leans_back(ours.quote) or leans_back(everywhere.quote))
        and disagree(ours.quote, everywhere.quote)
        and not are_apart(saying(ours.quote), saying(everywhere.quote))
    ]
    if not pairs:
        return list(evidence)
    vectors = encoder.encode([sentence.quote for pair in pairs for sentence in pair], truncate=True)
    instead = {
        id(everywhere): ours
        for at, (ours, everywhere) in reversed(list(enumerate(pairs)))
        if float(vectors[2 * at] @ vectors[2 * at + 1]) >= config.similarity
    }
    first: dict[int, EvidenceSentence] = {}
    for sentence in evidence:
        meant = instead.get(id(sentence), sentence)
        first.setdefault(id(meant), replace(meant, score=max(meant.score, sentence.score)))
    return list(first.values())
