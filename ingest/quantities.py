"""What the numbers of a sentence measure, so that those of two sentences can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.sayings import MONTH_STEMS, Fact, Kind

_COMPANY_SHARED = 2  #: of them in common where only one of two numbers has a bound
_HOURS = {"minut": 1 / 60, "hour": 1, "day": 24, "week": 168, "month": 730, "year": 8760}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what it measures."""

    value: str
    measure: str  #: "time", "date" or the unit itself
    bound: str | None
    company: frozenset[str]  #: words of its sentence

    def rivals(self, other: Quantity) -> bool:
        """Whether both could be said of one thing, so that only one of them can be right."""
        if self.measure != other.measure:
            return False
        shared = len(self.company & other.company)
        if self.bound == other.bound:
            return shared > 0
        return None in (self.bound, other.bound) and shared >= _COMPANY_SHARED


def quantities(found: Sequence[Fact]) -> list[Quantity]:
    """The numbers of a sentence that have a unit, in order; times in hours, dates with their month."""
    quantities = []
    for at, fact in enumerate(found):
        if fact.kind is not Kind.NUMBER:
            continue
        unit = next((after.key for after in found[at + 1 : at + 3] if after.kind is Kind.UNIT), None)
        if unit is None or any(after.kind is Kind.NUMBER for after in found[at + 1 : at + 2]):
            continue
        value, measure = fact.key, unit
        if unit in MONTH_STEMS:
            value, measure = f"{fact.key} {unit}", "date"
        elif unit in _HOURS and fact.key.replace(".", "", 1).isdigit():
            value, measure = f"{float(fact.key) * _HOURS[unit]:.6g}", "time"
        before = found[at - 1] if at else None
        company = frozenset(word.key for word in found if word.kind is Kind.WORD and word.part == fact.part)
        quantities.append(
            Quantity(value, measure, before.key if before and before.kind is Kind.BOUND else None, company)
        )
    return quantities
