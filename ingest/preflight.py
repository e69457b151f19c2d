"""What HR sees before a version is published: what was read from it, what it is to the library, and what looks wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ingest.suspects import Suspect
from retrieval.records import Passage


class Kind(StrEnum):
    """What a version is to the library."""

    NEW = "new"
    VERSION = "version"  #: another version of a document in the library
    COPY = "copy"  #: says what another document says
    UNCHANGED = "unchanged"  #: a version that says what the one before it says


@dataclass(frozen=True, slots=True)
class Relation:
    """What a version is to the library, and how like the other text it is."""

    kind: Kind
    document_id: str | None = None  #: what it is a version or copy of
    title: str | None = None
    similarity: float | None = None  #: share of the shorter text's word triples that the other has too, 0 to 1


@dataclass(frozen=True, slots=True)
class Stated:
    """What a document says about itself, and the sentence that says it; both None where it does not."""

    value: str | None = None  #: dates in ISO 8601, countries as ISO 3166
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class ChangesFound:
    """What a new version changes in the one before it."""

    against: str  #: version id
    added: int
    removed: int
    reworded: int
    moved: int
    facts: tuple[str, ...] = ()  #: numbers, dates, amounts and duties that changed: "20 days → 25 days"
    answers_at_stake: int = 0  #: answers of the last 90 days that rested on a clause that changed


@dataclass(frozen=True, slots=True)
class Quoted:
    """A sentence with where it stands."""

    passage_id: str
    document_id: str
    title: str
    section_path: tuple[str, ...]
    page: int | None
    quote: str

    @classmethod
    def from_passage(cls, passage: Passage, start: int, end: int) -> Quoted:
        """``passage.text[start:end]`` with where it stands."""
        return cls(
            passage_id=passage.passage_id, document_id=passage.document_id, title=passage.title,
            section_path=passage.section_path, page=passage.page, quote=passage.text[start:end],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConflictFound:
    """Two sentences that contradict each other: this version's first."""

    about: str
    one: Quoted
    other: Quoted
    differs: tuple[str, str]  #: what each says: ("5 days", "10 days")
    similarity: float


class Outcome(StrEnum):
    """What became of a question that a version should answer."""

    ANSWERED = "answered"  #: from the clause it was made from
    ELSEWHERE = "elsewhere"  #: answered, but only from other clauses or documents
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class QuestionChecked:
    """A question the version should answer, and whether it does once it is published."""

    question: str
    expected: Quoted
    outcome: Outcome
    answer: str  #: as employees would be shown it
    cited: tuple[Quoted, ...] = ()


@dataclass(frozen=True, slots=True)
class Preflight:
    """The report about one version. Counts are of this version alone."""

    version_id: str
    document_id: str
    title: str
    file: str
    pages_read: int | None  #: None where the format has no pages
    pages_empty: tuple[int, ...]  #: from 1: nothing could be read on them
    pages_low_confidence: tuple[int, ...]  #: from 1: read by OCR, and badly
    headings: tuple[str, ...]  #: in document order, the outermost three levels
    clauses: int
    passages: int
    longest_passage_tokens: int
    token_limit: int  #: what the encoder reads of one passage
    effective_from: Stated
    effective_to: Stated
    jurisdiction: Stated
    owner: Stated
    relation: Relation
    changes: ChangesFound | None  #: None for a first version
    conflicts: tuple[ConflictFound, ...]
    suspects: tuple[Suspect, ...]
    questions: tuple[QuestionChecked, ...]
    warnings: tuple[str, ...]
    index_generation: int  #: the library it was compared with
    made_at: datetime

    @property
    def questions_answered(self) -> int:
        return sum(checked.outcome is Outcome.ANSWERED for checked in self.questions)


def preflight_json(report: Preflight) -> dict[str, Any]:
    """What ``documents review ID --json`` and ``GET /documents/{id}/preflight`` give."""
    from pydantic import TypeAdapter

    plain: dict[str, Any] = TypeAdapter(Preflight).dump_python(report, mode="json")
    return plain


def preflight_from_json(found: dict[str, Any]) -> Preflight:
    """A report as :func:`preflight_json` gave it."""
    from pydantic import TypeAdapter

    report: Preflight = TypeAdapter(Preflight).validate_python(found)
    return report
