"""Questions a document should answer, made from its own rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.records import Passage


@dataclass(frozen=True, slots=True)
class Question:
    """A question and where its answer stands: ``passage.text[start:end]``."""

    text: str
    passage: Passage
    start: int
    end: int


def questions(passages: Sequence[Passage], *, count: int = 5) -> list[Question]:
    """Questions that a version should answer, from different sections first, in document order.

    :param passages: of one version.
    :returns: at most ``count``; fewer where the version states fewer rules.
    """
    return []
