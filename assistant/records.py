"""The nouns of an answer: claims, citations, conflicts, and the events that stream them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from retrieval.records import Passage


class Status(StrEnum):
    ANSWERED = "answered"
    PARTIAL = "partial"
    ABSTAINED = "abstained"
    CLARIFY = "clarify"


class Reason(StrEnum):
    """Why there is no (full) answer."""

    NOT_COVERED = "not_covered"
    NO_ACCESS = "no_access"
    SUPERSEDED_ONLY = "superseded_only"
    TOO_VAGUE = "too_vague"
    EMPTY_INDEX = "empty_index"
    OTHER_LANGUAGE = "other_language"  #: the question, or what comes nearest, is in one that confidence cannot judge


class Check(StrEnum):
    """How a claim stands on its citation: phrased by the model and checked, or quoted word for word."""

    SUPPORTED = "supported"
    QUOTED = "quoted"


@dataclass(frozen=True, slots=True)
class Citation:
    """A claim's exact span: ``passage.text[start:end]``."""

    number: int  #: from 1, in the order of the answer
    passage: Passage
    start: int
    end: int

    @property
    def quote(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, with the numbers of the citations that carry it."""

    text: str
    citations: tuple[int, ...]
    check: Check
    country: str | None = None  #: that a quotation is for, where that has to be said, as its code
    heading: str = ""  #: of a quotation that cannot be understood without it


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two citations in force that say different things about the same matter."""

    about: str
    citations: tuple[int, int]


class AsideKind(StrEnum):
    """Why something is offered beside an answer."""

    REFERENCE = "reference"  #: a quotation refers to it
    DEFINITION = "definition"  #: it defines a term that a quotation uses


@dataclass(frozen=True, slots=True)
class Aside:
    """A passage's words offered beside an answer. No claim rests on it."""

    kind: AsideKind
    about: str  #: the clause as it is referred to ("clause 4.2"), or the term
    source: int  #: number of the citation that leads to it
    citation: Citation


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader sees. Every claim has a citation; an abstention has none of either, and a reason."""

    question: str
    standalone_question: str
    status: Status
    reason: Reason | None
    text: str  #: as shown, with [1] marks
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    conflicts: tuple[Conflict, ...]
    confidence: float  #: calibrated probability that the evidence answers the question
    as_of: date
    model: str
    index_generation: int
    timings_ms: dict[str, float] = field(default_factory=dict)
    asides: tuple[Aside, ...] = ()  #: numbered on from the citations
    doubtful: bool = False  #: whether it may well be no answer to the question, which the chat says above it
    choices: tuple[str, ...] = ()  #: countries of which the asker has to name one, as their codes; then it is partial
    nearest: tuple[Citation, ...] = ()  #: of a refusal: what came nearest inside the asker's scope, best first

    @property
    def sources(self) -> tuple[Citation, ...]:
        """The citations and what stands beside them, by number."""
        return (*self.citations, *(aside.citation for aside in self.asides))

    @property
    def contact(self) -> str | None:
        """Who keeps the first passage that says so: of those cited, or of those that came nearest."""
        found = self.citations or self.nearest
        return next((one.passage.owner for one in found if one.passage.owner), None)


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """First event of a stream: the sentences found, before anything is phrased."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class TokenDrafted:
    """A piece of checked answer text, in order."""

    text: str
    is_whole: bool = False  #: all of the answer at once, as quotations are, below a lead-in in English


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """Last event of a stream."""

    answer: Answer
    passing: bool = False  #: given while the model was away; later it may be better


AnswerEvent = EvidenceFound | TokenDrafted | AnswerDone
