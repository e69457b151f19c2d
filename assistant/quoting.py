"""From evidence to quotations that can stand alone: which sentences, whole enough to be understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from assistant.evidence import EvidenceSentence
from assistant.records import Citation
from retrieval.records import Passage, PassageKind
from retrieval.sentences import leans_back, limits, sentence_spans

#: Items of a list, or rows of a table, that are quoted too because they stand between two others.
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

    def takes(self, sentence: EvidenceSentence, best: EvidenceSentence) -> bool:
        """Whether the sentence is quoted beside the best one."""
        below = best.score - sentence.score
        if _read(sentence) >= _read(best):
            return below <= self.margin
        return _read(sentence) > self.least and below <= self.margin_of_less_sure


#: All that evidence holds, however little it says beside the best sentence.
EVERY_SIDE = QuotingConfig(margin=float("inf"), margin_of_less_sure=float("inf"), least=float("-inf"))


def choose(evidence: Sequence[EvidenceSentence], config: QuotingConfig | None = None) -> list[Citation]:
    """The quotations an answer is made of, best first, numbered from 1; neighbours become one quotation."""
    config = config or QuotingConfig()
    if not evidence:
        return []
    found = [_Quoted(one, *whole(one)) for one in evidence[: config.most] if config.takes(one, evidence[0])]
    while pair := next(((one, other) for one, other in combinations(found, 2) if one.adjoins(other)), None):
        one, other = pair
        found[found.index(one)] = replace(one, start=min(one.start, other.start), end=max(one.end, other.end))
        found.remove(other)
    found = [one.with_its_table() for one in found]
    return [Citation(number, one.sentence.passage, one.start, one.end) for number, one in enumerate(found, start=1)]


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A span of the sentence's passage that holds the sentence."""

    sentence: EvidenceSentence
    start: int
    end: int

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
        between = [line.strip() for line in passage.text[first.end : last.start].splitlines() if line.strip()]
        return listed and len(between) <= _MOST_BETWEEN and self.sentence.lead_in not in between

    def with_its_table(self) -> _Quoted:
        """All of a short table where several of its rows are quoted, for the others belong to the same answer, or its first
        line, which says nothing without them if it is a header and is one of many if it is none."""
        text = self.sentence.passage.text
        if _is_short_table(self.sentence.passage) and ("\n" in text[self.start : self.end] or self.start == 0):
            return replace(self, start=0, end=len(text))
        return self


def _is_short_table(passage: Passage) -> bool:
    return passage.kind is PassageKind.TABLE and len(passage.text) <= _WIDEST_TABLE


def _read(sentence: EvidenceSentence) -> float:
    """The reader's log-odds, the same for all where nobody has read."""
    return 0.0 if sentence.answers is None else sentence.answers


def whole(sentence: EvidenceSentence) -> tuple[int, int]:
    """The sentence's span, widened by the sentence it leans on and by the one that limits it."""
    text = sentence.passage.text
    start, end = sentence.start, sentence.end
    for before, after in pairwise(sentence_spans(text)):
        if after.start == start and leans_back(text[start:end]):
            start = before.start
        if before.end == end and limits(text[after.start : after.end]):
            end = after.end
    return start, end
