"""Rows of tables: which of them a question names, and which are for another country than it asks about."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evidence import EvidenceSentence
from assistant.places import countries_in
from assistant.quoting import QuotingConfig
from ingest.disagreement import saying
from retrieval.records import Passage, PassageKind


def named(question: str, evidence: Sequence[EvidenceSentence]) -> list[EvidenceSentence]:
    """The evidence without rows of a table that name less of what the question names than the best of its rows: asked about
    Sundays, the row of Saturdays is for another case.

    Numbers and what they count name nothing: "after 3 years" is in no row "2 to 5 years", and may be in one about "3 months".
    """
    asked = saying(question).words
    best: dict[Passage, frozenset[str]] = {}
    kept = []
    for one in evidence:
        if one.passage.kind is PassageKind.TABLE:
            its_own = asked & saying(one.quote).words
            if its_own < best.setdefault(one.passage, its_own):
                continue
        kept.append(one)
    return kept


def for_country(evidence: Sequence[EvidenceSentence], country: str) -> list[EvidenceSentence]:
    """The evidence without rows that are for other countries: their labels, or all of the columns that name one. Nothing where the best is
    such a row, and the others would not be quoted beside it."""
    kept = [one for one in evidence if not _is_of_elsewhere(one, country)]
    if kept and kept[0] is not evidence[0] and not QuotingConfig().takes(kept[0], evidence[0]):
        return []
    return kept


def _is_of_elsewhere(one: EvidenceSentence, country: str) -> bool:
    if one.passage.kind is not PassageKind.TABLE:
        return False
    label, *cells = one.quote.split("; ")
    places = countries_in(" ".join([label, *(cell.partition(":")[0] for cell in cells if ":" in cell)]))
    return bool(places) and country not in places
