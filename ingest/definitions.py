"""Terms a version defines: "'Eligible employee' means …", and which of them a text uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.numbering import label
from retrieval.records import Passage, PassageKind
from retrieval.sentences import sentence_spans

_VERB = r"(?:(?:shall|will)\s+)?(?:means?|has\s+the\s+meaning|have\s+the\s+meaning|refers?\s+to|is\s+defined|are\s+defined|is|are)\b"
_QUOTED = re.compile(
    r"^(?:for\s+(?:the\s+)?purposes?\s+of\s+[^,]{1,60},\s+)?[“\"'‘](?P<term>[^”\"’]{1,60})[”\"'’]"
    rf"(?:\s+or\s+[“\"'‘](?P<alias>[^”\"’]{{1,60}})[”\"'’])?(?:\s*\([^)]{{1,60}}\))?,?\s+{_VERB}",
    re.IGNORECASE,
)
#: Only where a passage is known to define: "Base salary means the gross …", "OSRB – Open Source Review Board".
_PLAIN = re.compile(r"^(?P<term>[A-Z][\w/&’'-]*(?:\s+[\w/&’'()-]+){0,5}?)(?:\s+means?\s|:\s|\s[–—-]\s)")
_LEADING = re.compile(r"^[-*•–▪◦]\s+")


@dataclass(frozen=True, slots=True)
class Definition:
    """A defined term with the sentence that defines it: ``passage.text[start:end]``."""

    term: str
    passage: Passage
    start: int
    end: int


def definitions(passages: Sequence[Passage]) -> list[Definition]:
    """The definitions of one version, in document order; of a term that is defined twice, the first."""
    found: dict[str, Definition] = {}
    for passage in passages:
        for definition in _defined(passage):
            found.setdefault(definition.term.casefold(), definition)
    return list(found.values())


def _defined(passage: Passage) -> Iterator[Definition]:
    for span in sentence_spans(passage.text):
        # A short list is one span with its lead-in: each of its lines may define.
        at = span.start
        for line in passage.text[span.start : span.end].split("\n"):
            text = _bare(line)
            match = _QUOTED.match(text) or (_PLAIN.match(text) if passage.kind is PassageKind.DEFINITION else None)
            start = at + len(line) - len(line.lstrip())
            at += len(line) + 1
            for term in (match["term"], match.groupdict().get("alias")) if match else ():
                if term:
                    yield Definition(term.strip(" ,"), passage, start, start + len(line.strip()))


def _bare(line: str) -> str:
    """A line without its bullet and number."""
    text = _LEADING.sub("", line.strip())
    mark = label(text)
    return mark.rest if mark is not None and mark.rest else text


#: A term used in more than this share of a version's passages is one that its readers know.
_TOO_COMMON = 0.35


@dataclass(frozen=True, slots=True)
class Glossary:
    """A version's defined terms, found where they are used."""

    passages: tuple[Passage, ...]
    definitions: tuple[Definition, ...]
    _uses: dict[str, re.Pattern[str]] = field(repr=False)

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Glossary:
        """The glossary of one version's passages, in document order."""
        found = definitions(passages)
        uses = {one.term: _use(one.term) for one in found}
        told = [
            one
            for one in found
            if sum(bool(uses[one.term].search(passage.text)) for passage in passages)
            <= max(3, _TOO_COMMON * len(passages))
        ]
        return cls(tuple(passages), tuple(told), {one.term: uses[one.term] for one in told})

    def used_in(self, text: str) -> list[Definition]:
        """The terms that a text uses, in the order of their first use; of two at one place the longer."""
        places = [(match, one) for one in self.definitions if (match := self._uses[one.term].search(text))]
        places.sort(key=lambda place: (place[0].start(), -len(place[0][0])))
        kept: list[Definition] = []
        reached = -1
        for match, one in places:
            if match.start() >= reached:
                kept.append(one)
                reached = match.end()
        return kept


def _use(term: str) -> re.Pattern[str]:
    """How a use of a term looks: a single word as it is defined ("Order", not "in order"), several in any case; also plurals."""
    words = re.escape(term).replace(r"\ ", r"\s+")
    return re.compile(rf"(?<![\w-]){words}(?:e?s)?(?![\w-])", re.IGNORECASE if " " in term else 0)
