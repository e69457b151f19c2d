"""The nouns of retrieval: passages, hits and their scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

#: Log-odds beyond this count no more: one reading that is wrong and sure must not outweigh all else.
_SUREST = 4.0


class PassageKind(StrEnum):
    """What a passage is in its document."""

    CLAUSE = "clause"
    DEFINITION = "definition"
    TABLE = "table"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of retrieval: a clause, or a piece of one.

    ``text`` is what is stored, shown and quoted; a citation's ``start`` and ``end`` are character offsets into it.
    What the encoder and the reranker read is :attr:`searchable`, which puts the title and section path in front.
    """

    passage_id: str  #: ``<version_id>.p0001``: sorts in document order by :func:`passage_order`
    document_id: str
    version_id: str
    title: str  #: the document's title as people know it
    file: str  #: the file name shown to people, relative to what was ingested
    text: str
    section_path: tuple[str, ...] = ()  #: headings from the outside in, numbers kept: ("4 Leave", "4.2 Carry-over")
    page: int | None = None  #: first page, from 1; None where the format has no pages
    kind: PassageKind = PassageKind.CLAUSE
    effective_from: date | None = None  #: None: always was in force
    effective_to: date | None = None  #: last day in force; None: still is
    jurisdiction: str | None = None  #: ISO 3166 country code, None where it applies everywhere
    audience: frozenset[str] = frozenset()  #: groups that may read it; empty: every employee
    owner: str | None = None

    @property
    def searchable(self) -> str:
        """Title, section path and text as one string: what is embedded and reranked."""
        heading = heading_line(self.title, self.section_path)
        return f"{heading}\n{self.text}" if heading else self.text


def passage_order(passage_id: str) -> tuple[str, int, str]:
    """What passage ids sort by: as texts, but the ten-thousandth passage of a version behind the others."""
    version, mark, number = passage_id.rpartition(".p")
    return (version, len(number), number) if mark and number.isdecimal() else (passage_id, 0, "")


def heading_line(title: str, section_path: tuple[str, ...]) -> str:
    """``Title > Section > Subsection``, without repeating a section that only restates the title."""
    parts = [title, *section_path] if title else list(section_path)
    if len(parts) > 1 and parts[1].strip().casefold() == parts[0].strip().casefold():
        parts = parts[1:]
    return " > ".join(part.strip() for part in parts if part.strip())


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one hit, higher is better everywhere; None where that step did not run."""

    bm25: float | None = None  #: BM25Okapi score, unbounded
    dense: float | None = None  #: cosine, -1 to 1
    fused: float | None = None  #: fusion's score; orders the first stage
    rerank: float | None = None  #: calibrated probability that the passage answers the question, 0 to 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a passage for a question came to.

    ``log_odds`` that the passage answers, calibrated; if it does, the answer stands about ``passage.text[start:end]``.
    ``begins``: where in the text each word piece stands, and the probability that the answer begins there if it is in its
    window; in no promised order. ``verified``: the verifier's log-odds that the passage answers; None where it has not read it.
    """

    log_odds: float
    start: int
    end: int
    begins: tuple[tuple[int, float], ...] = ()
    verified: float | None = None

    @property
    def counted(self) -> float:
        """The reader's log-odds, up to ±4: what a reading counts in a ranking."""
        return min(max(self.log_odds, -_SUREST), _SUREST)

    @property
    def verdict(self) -> float:
        """The verifier's log-odds, up to ±4; 0 where it has not read the passage."""
        return min(max(self.verified or 0.0, -_SUREST), _SUREST)

    def begins_within(self, start: int, end: int) -> float:
        """The probability that the answer begins within ``passage.text[start:end]``, 0 to 1."""
        return min(1.0, sum(probability for at, probability in self.begins if start <= at < end))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its scores and its rank, which starts at 1. Ties break by passage id."""

    rank: int
    score: float
    passage: Passage
    scores: Scores = field(default_factory=Scores)
    reading: Reading | None = None  #: None where the reader has not read it
