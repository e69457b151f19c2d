"""What a search may see: who asks, as of when, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from retrieval.records import Passage


@dataclass(frozen=True, slots=True)
class Scope:
    """A filter that both searches apply inside, not after. The conditions are AND-ed and fail closed:
    without groups, a passage with an audience is out of reach.

    :param groups: the asker's groups; a passage is visible if its audience is empty or shares a group with them.
    :param as_of: the day the answer is for; None means today.
    :param jurisdiction: only this country's and everywhere's passages; None means any country.
    """

    groups: frozenset[str] = frozenset()
    as_of: date | None = None
    jurisdiction: str | None = None

    @property
    def day(self) -> date:
        return self.as_of or date.today()

    def allows(self, passage: Passage) -> bool:
        """Whether the passage may be seen at all: audience, dates and jurisdiction."""
        return self.may_read(passage) and self.in_force(passage) and self.applies(passage)

    def may_read(self, passage: Passage) -> bool:
        return not passage.audience or bool(passage.audience & self.groups)

    def in_force(self, passage: Passage) -> bool:
        begun = passage.effective_from is None or passage.effective_from <= self.day
        return begun and (passage.effective_to is None or self.day <= passage.effective_to)

    def applies(self, passage: Passage) -> bool:
        return self.jurisdiction is None or passage.jurisdiction in (None, self.jurisdiction)

