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
    :param any_day: leave the dates out, to find what once was or will be in force.
    """

    groups: frozenset[str] = frozenset()
    as_of: date | None = None
    jurisdiction: str | None = None
    any_day: bool = False

    @property
    def day(self) -> date:
        return self.as_of or date.today()

    def allows(self, passage: Passage) -> bool:
        """Whether the passage may be seen at all: audience, dates and jurisdiction."""
        return (
            self.may_read(passage.audience)
            and self.in_force(passage.effective_from, passage.effective_to)
            and self.applies(passage.jurisdiction)
        )

    def may_read(self, audience: frozenset[str]) -> bool:
        return not audience or bool(audience & self.groups)

    def in_force(self, first_day: date | None, last_day: date | None) -> bool:
        return self.any_day or (
            (first_day is None or first_day <= self.day) and (last_day is None or self.day <= last_day)
        )

    def applies(self, jurisdiction: str | None) -> bool:
        return self.jurisdiction is None or jurisdiction in (None, self.jurisdiction)
