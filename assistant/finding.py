"""From a question to what answers it: the hits and the evidence, found as in service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from assistant.conversation import circumstances, standalone
from assistant.evidence import EvidenceSentence, distil
from assistant.places import countries_in, placed_in
from assistant.records import Turn
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.particulars import scope_of
from retrieval.records import Hit, Passage
from retrieval.scope import Scope
from retrieval.search import Mode, Searcher

#: Passages found for a question.
HITS = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a question, best first."""

    hits: tuple[Hit, ...]
    evidence: tuple[EvidenceSentence, ...]


def ask(question: str, metadata: Mapping[str, Any], searcher: Searcher, *, encoder: Encoder | None = None) -> Found:
    """Find what would be found if its asker put this question to the assistant, up to the point where confidence decides.

    :param metadata: of the question: ``as_of``, ``jurisdiction`` and ``groups`` of who asks, and the ``history`` before it.
    :param encoder: is asked about sentences; the searcher's where None.
    :raises WrongUsage: see :func:`retrieval.particulars.scope_of` and :func:`history_of`.
    """
    whole = standalone(question, history_of(metadata))
    hits = find(whole, searcher, settled(scope_of(metadata), whole, searcher))
    return Found(tuple(hits), tuple(distil(whole, hits, encoder=encoder or searcher.encoder)))


def history_of(metadata: Mapping[str, Any]) -> tuple[Turn, ...]:
    """The turns before a question: ``history`` of its metadata, a list of ``{"question", "answer"}``, oldest first.

    :raises WrongUsage: if it is something else.
    """
    turns = metadata.get("history") or ()
    if not isinstance(turns, list | tuple) or not all(isinstance(turn, dict) and "question" in turn for turn in turns):
        raise WrongUsage("metadata holds a history that is not a list of {question, answer}")
    return tuple(Turn(str(turn["question"]), str(turn.get("answer", ""))) for turn in turns)


def settled(scope: Scope, question: str, searcher: Searcher) -> Scope:
    """The scope with the date and country that the question names, where the asker left them open."""
    named = circumstances(question, today=date.today())
    jurisdiction = scope.jurisdiction
    if jurisdiction is None and named.jurisdiction in searcher.index.jurisdictions:
        jurisdiction = named.jurisdiction
    return replace(scope, as_of=scope.as_of or named.as_of, jurisdiction=jurisdiction)


def find(
    question: str, searcher: Searcher, scope: Scope, *, k: int = HITS, mode: Mode = Mode.HYBRID, rerank: bool = True
) -> Sequence[Hit]:  # fmt: skip
    """At most k hits for a question that stands alone, under a settled scope."""
    hits = searcher.search(question, k=k, mode=mode, rerank=rerank, scope=scope).hits
    # What is read or named is checked against the scope once more, whatever the index did.
    return _without_elsewhere([hit for hit in hits if scope.allows(hit.passage)], question, searcher, scope)


def _without_elsewhere(hits: Sequence[Hit], question: str, searcher: Searcher, scope: Scope) -> Sequence[Hit]:
    """The hits without other countries' rules, where the question is about a country that has none of its own: Germany's
    parental leave is none in France. Rules that speak of that country stay, such as rates for trips there."""
    country = placed_in(question)
    if scope.jurisdiction or country is None or country in searcher.index.jurisdictions:
        return hits
    return [hit for hit in hits if not _is_of_elsewhere(hit.passage, country)]


def _is_of_elsewhere(passage: Passage, country: str) -> bool:
    """Whether a passage is for another country, by its particulars or its title, and does not speak of this one."""
    is_placed = passage.jurisdiction is not None or bool(countries_in(passage.title))
    return is_placed and country not in countries_in(passage.searchable)
