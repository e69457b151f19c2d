"""From evidence to quotations that can stand alone: which sentences, whole enough to be understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from assistant.evidence import EvidenceSentence
from assistant.records import Citation
from retrieval.records import Hit, Passage, PassageKind
from retrieval.sentences import is_item, leans_back, limits, sentence_spans

#: Items of a list, or rows of a table, that are quoted too because they stand between two others; items also at the list's ends.
_MOST_BETWEEN = 3
#: Characters of a table that is quoted whole where one row does not answer alone.
_WIDEST_TABLE = 900


@dataclass(frozen=True, slots=True)
class QuotingConfig:
    """When further sentences are quoted beside the best one."""

    most: int = 3
    margin: float = 0.6  #: how far below the best score, if the reader is as sure of its passage as of the best one's
    margin_of_less_sure: float = 0.4  #: the same, if it is less sure
    least: float = 0.0  #: log-odds above which a passage of which it is less sure answers at all
    below_opener: float = 160  #: characters that may part an item from the words above its list in one quotation

    def takes(self, sentence: EvidenceSentence, best: EvidenceSentence) -> bool:
        """Whether the sentence is quoted beside the best one."""
        below = best.score - sentence.score
        if _read(sentence) >= _read(best):
            return below <= self.margin
        return _read(sentence) > self.least and below <= self.margin_of_less_sure


#: All that evidence holds, however little it says beside the best sentence: three countries' rules and the one for everywhere.
EVERY_SIDE = QuotingConfig(
    most=4, margin=float("inf"), margin_of_less_sure=float("inf"), least=float("-inf"), below_opener=float("inf")
)


def choose(evidence: Sequence[EvidenceSentence], config: QuotingConfig | None = None) -> list[Citation]:
    """The quotations an answer is made of, best first, numbered from 1; neighbours become one quotation.

    An item of a list comes with the words that open the list, which may deny it ("Employees must not:"): as one quotation
    where little stands between or each is a side of its own, else as the one before it.
    """
    config = config or QuotingConfig()
    if not evidence:
        return []
    chosen = [one for one in evidence[: config.most] if config.takes(one, evidence[0])]
    found = [_Quoted(one, *whole(one)).with_its_opener(config.below_opener) for one in chosen]
    while pair := next(((one, other) for one, other in combinations(found, 2) if one.adjoins(other)), None):
        one, other = pair
        found[found.index(one)] = replace(one, start=min(one.start, other.start), end=max(one.end, other.end))
        found.remove(other)
    spots = _below_their_openers([one.with_its_list().with_its_table() for one in found])
    return [Citation(number, *spot) for number, spot in enumerate(spots, start=1)]


def closest(hits: Sequence[Hit], evidence: Sequence[EvidenceSentence]) -> list[Citation]:
    """What came nearest, best first, numbered from 1: each passage of the evidence with its best sentence, then the other hits, whole."""
    spots = [(one.passage, one.start, one.end) for one in evidence]
    spots += [(hit.passage, 0, len(hit.passage.text)) for hit in hits]
    first = {passage.passage_id: (passage, start, end) for passage, start, end in reversed(spots)}
    order = dict.fromkeys(passage.passage_id for passage, _, _ in spots)
    return [Citation(number, *first[passage_id]) for number, passage_id in enumerate(order, start=1)]


def joined(citations: Sequence[Citation]) -> list[Citation]:
    """The quotations in their order, numbered from 1; those that overlap or stand side by side become one."""
    found: list[Citation] = []
    for citation in citations:
        for at, other in enumerate(found):
            if (
                citation.passage == other.passage
                and citation.start <= other.end + 1
                and other.start <= citation.end + 1
            ):
                found[at] = replace(other, start=min(citation.start, other.start), end=max(citation.end, other.end))
                break
        else:
            found.append(citation)
    return [replace(citation, number=number) for number, citation in enumerate(found, start=1)]


def _below_their_openers(found: Sequence[_Quoted]) -> Iterator[tuple[Passage, int, int]]:
    """Where quotations stand, in their order; items of one list together and in the list's order, behind the words that open it."""
    lists: dict[object, list[_Quoted]] = {}
    for number, one in enumerate(found):
        lists.setdefault((one.sentence.passage, one.opener) if one.opener else number, []).append(one)
    for together in lists.values():
        passage, opener = together[0].sentence.passage, together[0].opener
        if opener and all(one.start > opener[0] for one in together):
            yield passage, *opener
        yield from ((passage, one.start, one.end) for one in sorted(together, key=lambda one: one.start))


def headings(citations: Sequence[Citation]) -> list[str]:
    """What stands above each quotation, empty where nothing needs to: the heading of a list that no words of its own open, and of
    tables where several are quoted, whose rows may look alike ("Notice by the company" and "by employees")."""
    tables = {_caption(one) for one in citations if one.passage.kind is PassageKind.TABLE}
    return [
        _caption(one) if len(tables) > 1 and one.passage.kind is PassageKind.TABLE else _heading_of_list(one)
        for one in citations
    ]


def _caption(citation: Citation) -> str:
    passage = citation.passage
    return (passage.section_path[-1] if passage.section_path else passage.title).strip().rstrip(":")


def _heading_of_list(citation: Citation) -> str:
    """The heading of a list that is quoted, or an item of which is, where no other words open it: it may deny what they say
    ("Not reimbursed"). Empty where there is none, and for numbered sentences, which can stand alone."""
    passage, first = citation.passage, citation.quote.partition("\n")[0]
    above = [line for line in passage.text[: citation.start].splitlines() if line.strip()]
    is_numbered = any(character.isalnum() for character in first.split(maxsplit=1)[0])
    if not all(map(is_item, [*above, first])) or (is_numbered and first.rstrip().endswith((".", "!", "?"))):
        return ""
    return _caption(citation) if passage.section_path else ""


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A span of the sentence's passage that holds the sentence."""

    sentence: EvidenceSentence
    start: int
    end: int

    @property
    def opener(self) -> tuple[int, int] | None:
        """Where the words stand that open the list of which the sentence is an item; None if it is none."""
        return _opener(self.sentence.passage.text, self.sentence.lead_in, self.sentence.start)

    def with_its_opener(self, most_between: float) -> _Quoted:
        """From the words that open the list on, where at most so many characters stand between."""
        opener = self.opener
        if opener is None or self.start - opener[1] > most_between:
            return self
        return replace(self, start=opener[0])

    def _between(self, start: int, end: int) -> list[str]:
        return [line.strip() for line in self.sentence.passage.text[start:end].splitlines() if line.strip()]

    def adjoins(self, other: _Quoted) -> bool:
        """Whether both become one quotation: neighbours, and items or rows with few between, for a list with a gap misleads."""
        passage = self.sentence.passage
        if passage != other.sentence.passage:
            return False
        if _is_short_table(passage):
            return True
        first, last = sorted((self, other), key=lambda one: one.start)
        if last.start <= first.end + 2:
            return True
        listed = passage.kind is PassageKind.TABLE or self.sentence.lead_in == other.sentence.lead_in != ""
        same = listed and self.opener == other.opener
        return same and len(self._between(first.end, last.start)) <= _MOST_BETWEEN

    def with_its_list(self) -> _Quoted:
        """To the ends of a list of which several items are quoted, where few are left: all but the last would pass for all."""
        text, lead_in = self.sentence.passage.text, self.sentence.lead_in
        items = [
            span
            for span in sentence_spans(text)
            if span.lead_in == lead_in != "" and self.opener == _opener(text, lead_in, span.start)
        ]
        before = [span for span in items if span.end <= self.start]
        after = [span for span in items if span.start >= self.end]
        if len(items) <= len(before) + len(after) + 1:
            return self
        return replace(
            self,
            start=before[0].start if 0 < len(before) <= _MOST_BETWEEN else self.start,
            end=after[-1].end if 0 < len(after) <= _MOST_BETWEEN else self.end,
        )

    def with_its_table(self) -> _Quoted:
        """All of a short table where several of its rows are quoted, for the others belong to the same answer; or its first
        line, where rows do not name their columns: it is the header, or a row that says nothing without one."""
        text = self.sentence.passage.text
        quoted = text[self.start : self.end]
        if _is_short_table(self.sentence.passage) and ("\n" in quoted or (self.start == 0 and " | " in quoted)):
            return replace(self, start=0, end=len(text))
        return self


def _opener(text: str, lead_in: str, start: int) -> tuple[int, int] | None:
    """Where a lead-in last stands before an item; None where it has none."""
    at = text.rfind(lead_in, 0, start) if lead_in else -1
    return (at, at + len(lead_in)) if at >= 0 else None


def _is_short_table(passage: Passage) -> bool:
    return passage.kind is PassageKind.TABLE and len(passage.text) <= _WIDEST_TABLE


def _read(sentence: EvidenceSentence) -> float:
    """The reader's log-odds, the same for all where nobody has read."""
    return 0.0 if sentence.answers is None else sentence.answers


def whole(sentence: EvidenceSentence) -> tuple[int, int]:
    """The sentence's span, widened by the sentences it leans on and by those that limit it."""
    text = sentence.passage.text
    start, end = sentence.start, sentence.end
    beside = list(pairwise(sentence_spans(text)))
    for before, after in reversed(beside):
        if after.start == start and leans_back(text[start : after.end]):
            start = before.start
    for before, after in beside:
        if before.end == end and limits(text[after.start : after.end]):
            end = after.end
    return start, end
