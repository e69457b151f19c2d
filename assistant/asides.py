"""What stands beside an answer: the clauses its quotations refer to, and the terms of theirs that the document defines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.evidence import EvidenceSentence
from assistant.quoting import whole
from assistant.records import Aside, AsideKind, Citation
from ingest.crossreferences import references
from ingest.definitions import Glossary
from ingest.places import Place, Places
from retrieval.records import Passage
from retrieval.scope import Scope
from retrieval.sentences import sentence_spans
from retrieval.terms import terms


@dataclass(frozen=True, slots=True)
class AsidesConfig:
    """How much is offered beside an answer."""

    references: int = 2
    definitions: int = 2
    most_mentions: int = 4  #: a quotation with more mentions is a list of clauses, not a rule that leads on
    longest: int = 420  #: characters of a clause that is quoted whole


class Asides:
    """Finds what stands beside answers from one library. Each version is read once, when it is first cited.

    :param passages: in the order of their ids.
    """

    def __init__(self, passages: Sequence[Passage], config: AsidesConfig | None = None) -> None:
        self.config = config or AsidesConfig()
        self._places = Places(passages)
        self._glossaries: dict[str, Glossary] = {}

    def beside(self, question: str, citations: Sequence[Citation], scope: Scope) -> tuple[Aside, ...]:
        """Referred clauses first, then definitions, numbered on from the citations; nothing that is quoted already.

        Only what the scope allows is offered, in the version in force on its day.
        """
        shown = [(citation.passage.passage_id, citation.start, citation.end) for citation in citations]
        found: list[Aside] = []
        for kind, offered, most in (
            (AsideKind.REFERENCE, self._referred(question, citations, scope), self.config.references),
            (AsideKind.DEFINITION, self._defined(citations, scope), self.config.definitions),
        ):
            taken = 0
            for about, source, span in offered:
                if taken == most or any(_overlap(span, other) for other in shown):
                    continue
                shown.append((span[0].passage_id, span[1], span[2]))
                found.append(Aside(kind, about, source, Citation(len(citations) + len(found) + 1, *span)))
                taken += 1
        return tuple(found)

    def _referred(
        self, question: str, citations: Sequence[Citation], scope: Scope
    ) -> Iterator[tuple[str, int, tuple[Passage, int, int]]]:
        for citation in citations:
            mentions = references(citation.quote)
            if len(mentions) > self.config.most_mentions:
                continue
            for mention in mentions:
                place = self._places.resolve(mention, citation.passage, scope.allows)
                if place is None or _holds(place, citation):
                    continue
                span = self._decisive(question, citation.quote, place)
                if span is not None:
                    about = f"{mention.name} of the {mention.title}" if mention.title else mention.name
                    yield about, citation.number, span

    def _decisive(self, question: str, quote: str, place: Place) -> tuple[Passage, int, int] | None:
        """A short clause whole; of anything longer the sentence with most of the question's words, if it has any."""
        only = place.pieces[0]
        text = only.passage.text[only.start : only.end].strip()
        if len(place.pieces) == 1 and len(text) <= self.config.longest and not place.is_section:
            start = only.passage.text.index(text, only.start)
            return only.passage, start, start + len(text)
        asked, said = set(terms(question)), set(terms(quote))
        best: tuple[float, tuple[Passage, int, int]] | None = None
        for piece in place.pieces:
            for span in sentence_spans(piece.passage.text):
                if span.start < piece.start or span.end > piece.end:
                    continue
                words = set(terms(piece.passage.text[span.start : span.end]))
                score = len(words & asked) + 0.4 * len(words & said)
                if words & asked and (best is None or score > best[0]):
                    sentence = EvidenceSentence(piece.passage, span.start, span.end, span.lead_in, score)
                    best = (score, (piece.passage, *whole(sentence)))
        return best[1] if best else None

    def _defined(
        self, citations: Sequence[Citation], scope: Scope
    ) -> Iterator[tuple[str, int, tuple[Passage, int, int]]]:
        for citation in citations:
            for one in self._glossary(citation.passage.version_id).used_in(citation.quote):
                if scope.allows(one.passage):
                    yield one.term, citation.number, (one.passage, one.start, one.end)

    def _glossary(self, version_id: str) -> Glossary:
        if version_id not in self._glossaries:
            self._glossaries[version_id] = Glossary.of(self._places.version(version_id))
        return self._glossaries[version_id]


def _overlap(span: tuple[Passage, int, int], other: tuple[str, int, int]) -> bool:
    return span[0].passage_id == other[0] and span[1] < other[2] and other[1] < span[2]


def _holds(place: Place, citation: Citation) -> bool:
    """Whether the mention leads to where it stands itself: "this section 4"."""
    return any(
        piece.passage.passage_id == citation.passage.passage_id
        and piece.start <= citation.start
        and citation.end <= piece.end
        for piece in place.pieces
    )
