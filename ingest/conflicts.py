"""Passages in force that cannot both be right: the same matter, another number, date or duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.encoder import Encoder
from retrieval.index import PassageIndex
from retrieval.records import Passage


@dataclass(frozen=True, slots=True)
class ConflictConfig:
    """When two sentences are on one matter. Higher finds less and is right more often."""

    neighbours: int = 12  #: nearest passages of other documents that each passage is compared with
    passage_similarity: float = 0.45  #: cosine of two passages, below which their sentences are not compared
    sentence_similarity: float = 0.75  #: cosine of two sentences


@dataclass(frozen=True, slots=True)
class Side:
    """One of two sentences that contradict each other: ``passage.text[start:end]``."""

    passage: Passage
    start: int
    end: int

    @property
    def quote(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sentences of different documents that state different things about one matter."""

    one: Side  #: of the document that was asked about
    other: Side
    about: str  #: the words both have, as they stand in ``one``
    differs: tuple[str, str]  #: what each says: ("5 days", "10 days")
    similarity: float  #: cosine of the two sentences


def find_conflicts(
    passages: Sequence[Passage],
    encoder: Encoder,
    *,
    library: PassageIndex | None = None,
    config: ConflictConfig | None = None,
) -> list[Contradiction]:
    """Where passages contradict those of other documents, surest first; ties by passage ids.

    Two passages can contradict each other only if somebody could be shown both on one day: their dates in force overlap, so
    do their audiences, they are for the same country, and they are of different documents. A rule for one country beside the
    rule for everywhere is precedence, not conflict.

    :param passages: of any number of documents, drafts too.
    :param library: what they are compared with, and the vectors of those that are in it; None compares ``passages`` with
        each other. A passage of ``passages`` that is also in the library is compared once.
    """
    return []
