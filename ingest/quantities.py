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

    def rivals(self, other: Quantity, *, on_one_matter: bool = False) -> bool:
        """Whether both could be said of one thing, so that only one of them can be right.

        :param on_one_matter: the sentences are known to be on one matter; then fewer words need to be the same.
        """
        if self.measure != other.measure:
            return False
        shared = len(self.company & other.company)
        if on_one_matter:
            return shared > 0 and not _both_true(self.bound, other.bound) and not _worlds_apart(self.value, other.value)
        if self.bound == other.bound:
            return shared > 0
        return None in (self.bound, other.bound) and shared >= _COMPANY_SHARED


def _both_true(one: str | None, other: str | None) -> bool:
    """Whether two bounds leave room for each other: "at least five" and "at most ten"."""
    return {one, other} in _ROOM


_FURTHEST = 40  #: times: an hour and a year are not said of one thing


def _worlds_apart(one: str, other: str) -> bool:
    """Whether two numbers are of sizes that nobody would give the same thing."""
    try:
        small, large = sorted((float(one), float(other)))
    except ValueError:  # dates and times of day
        return False
    return small > 0 and large / small > _FURTHEST


_ROOM = tuple(
    {low, high} for low in ("at_least", "above", "after", "from") for high in ("at_most", "below", "until", "before")
)


def quantities(found: Sequence[Fact]) -> list[Quantity]:
    """The numbers of a sentence that have a unit, in order; times in hours, dates with their month."""
    quantities = []
    for at, fact in enumerate(found):
        if fact.kind is not Kind.NUMBER:
            continue
        following = found[at + 1 : at + 3]
        unit = "clock" if ":" in fact.key else next((after.key for after in following if after.kind is Kind.UNIT), None)
        before = found[at - 1] if at else None
        bound = before.key if before and before.kind is Kind.BOUND else None
        if unit is None and bound is not None and following and following[0].kind is Kind.WORD:
            unit = f"count of {following[0].key}"  # "at least 14 characters"
        # "The first two weeks" are two, "the first few weeks" are no number.
        if unit is None:
            continue
        if unit != "clock" and (following[0].kind is Kind.NUMBER or any(after.key == "few" for after in following)):
            continue
        value, measure = fact.key, unit
        if unit in MONTH_STEMS:
            value, measure = f"{fact.key} {unit}", "date"
        elif unit in _HOURS and fact.key.replace(".", "", 1).isdigit():
            value, measure = f"{float(fact.key) * _HOURS[unit]:.6g}", "time"
        company = frozenset(word.key for word in found if word.kind is Kind.WORD and word.part == fact.part)
        quantities.append(Quantity(value, measure, bound, company))
    return quantities
