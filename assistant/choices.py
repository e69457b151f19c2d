"""Rules of countries: each is shown where the asker has not said which country, and goes before the rule for everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from assistant.evidence import EvidenceSentence
from assistant.quoting import QuotingConfig, whole
from ingest.disagreement import disagree, saying
from ingest.matters import are_apart
from retrieval.encoder import Encoder
from retrieval.records import Hit, Passage, PassageKind
from retrieval.scope import Scope
from retrieval.sentences import leans_back, sentence_spans
from retrieval.terms import terms


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


def everywhere(
    rule: EvidenceSentence, hits: Sequence[Hit], *, encoder: Encoder, config: ChoiceConfig | None = None
) -> EvidenceSentence | None:
    """What holds everywhere else in the place of one country's rule: of the hits' rules for everywhere under a heading on the same
    matter the sentence most like it, if that says something else."""
    config = config or ChoiceConfig()
    if rule.passage.jurisdiction is None:
        return None
    best = _most_like(rule, [hit for hit in hits if hit.passage.jurisdiction is None], encoder)
    if best is None or len(own_rules([rule, best], rule.passage.jurisdiction, encoder=encoder, config=config)) > 1:
        return None
    return _all_rows(best)


def in_other_countries(
    best: EvidenceSentence, hits: Sequence[Hit], *, encoder: Encoder, config: ChoiceConfig | None = None
) -> list[EvidenceSentence]:
    """One country's rule and those of other countries that say something else on the same matter, however low they were found: the
    sentence most like it of each country's hits that the reader takes for an answer, under a heading on that matter; nothing where there is none."""
    config = config or ChoiceConfig()
    rule, country = _that_it_leans_on(best), best.passage.jurisdiction
    answering = [hit for hit in hits if hit.reading and hit.reading.log_odds > QuotingConfig().least]
    others = dict.fromkeys(
        hit.passage.jurisdiction for hit in answering if hit.passage.jurisdiction not in (None, country)
    )
    found = [
        other
        for code in others
        if (other := _most_like(rule, [hit for hit in answering if hit.passage.jurisdiction == code], encoder))
        and other.similarity >= config.similarity
        and not leans_back(other.quote)
        and disagree(rule.quote, other.quote)
        and not are_apart(saying(rule.quote), saying(other.quote))
    ]
    return [_all_rows(side) for side in [best, *found]][: config.most] if found else []


def _most_like(rule: EvidenceSentence, hits: Sequence[Hit], encoder: Encoder) -> EvidenceSentence | None:
    """The sentence most like a rule of the hits under a heading on the same matter, with its similarity to it; None where there is
    none, or the rule cannot be compared."""
    matter = _heading(rule.passage)
    if leans_back(rule.quote) or not matter:
        return None
    sentences = [
        EvidenceSentence(hit.passage, span.start, span.end, span.lead_in, rule.score)
        for hit in hits
        if matter <= _heading(hit.passage) or matter >= _heading(hit.passage) > set()
        for span in sentence_spans(hit.passage.text)
    ]
    if not sentences:
        return None
    vectors = encoder.encode([sentence.quote for sentence in [rule, *sentences]], truncate=True)
    similarity = vectors[1:] @ vectors[0]
    at = int(similarity.argmax())
    return replace(sentences[at], similarity=float(similarity[at]))


def _that_it_leans_on(sentence: EvidenceSentence) -> EvidenceSentence:
    """The sentence that one which leans on those before it begins from; itself where it leans on none."""
    begin = whole(sentence)[0]
    spans = sentence_spans(sentence.passage.text)
    return next((replace(sentence, start=span.start, end=span.end) for span in spans if span.start == begin), sentence)


def _all_rows(sentence: EvidenceSentence) -> EvidenceSentence:
    """A sentence; of a table all rows, for one is the rule for one case, and which one is the asker's, the question has not said."""
    if sentence.passage.kind is not PassageKind.TABLE:
        return sentence
    return replace(sentence, start=0, end=len(sentence.passage.text), lead_in="")


def may_share_matter(one: Passage, other: Passage) -> bool:
    """Whether two passages' last headings share a word, or one of them has none: "Probation" is not about "Notice"."""
    mine, theirs = _heading(one), _heading(other)
    return not mine or not theirs or bool(mine & theirs)


def _heading(passage: Passage) -> set[str]:
    """The words of a passage's last heading, without its number."""
    return {term for term in terms(" ".join(passage.section_path[-1:])) if not term[0].isdigit()}


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


def rules_of_countries(
    scope: Scope, evidence: Sequence[EvidenceSentence], hits: Sequence[Hit], *, encoder: Encoder
) -> list[EvidenceSentence]:
    """Each country's rule, where the question leaves open which country it is about and they differ, and the rule for everywhere
    whose place they take; nothing where one country was asked about or there is no choice."""
    if scope.jurisdiction:
        return []
    best, *others = evidence
    instead = [other for other in others if _takes_place(best, other, encoder)]
    if best.passage.jurisdiction is None:
        first = {other.passage.jurisdiction: other for other in reversed(instead)}
        return [best, *(other for other in instead if other in first.values())] if instead else []
    countries = by_country(evidence, encoder=encoder) or in_other_countries(best, hits, encoder=encoder)
    general = instead[0] if instead else everywhere(best, hits, encoder=encoder)
    return [*(countries or [best]), general] if general else countries


def _takes_place(best: EvidenceSentence, other: EvidenceSentence, encoder: Encoder) -> bool:
    """Whether of two sentences that would be quoted together one is a country's rule instead of the other, the rule for
    everywhere."""
    code = best.passage.jurisdiction or other.passage.jurisdiction
    return (
        (best.passage.jurisdiction is None) != (other.passage.jurisdiction is None)
        and may_share_matter(best.passage, other.passage)
        and QuotingConfig().takes(other, best)
        and len(own_rules([best, other], str(code), encoder=encoder)) == 1
    )
