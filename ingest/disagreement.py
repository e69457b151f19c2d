"""Whether two sentences on the same matter contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ingest.quantities import quantities
from ingest.sayings import Fact, Kind, facts


def disagree(one: str, other: str) -> bool:
    """Whether two sentences on the same matter contradict each other: they state different numbers of one measure in the
    same company of words, or the one forbids what the other allows or demands. Sameness of matter is for the caller to
    judge; "24 hours" and "one day" agree, "at least five" and "at most ten" may both be true."""
    first, second = facts(one), facts(other)
    mine, theirs = quantities(first), quantities(second)
    for number in mine:
        rivals = [rival for rival in theirs if number.rivals(rival)]
        equals = [rival for rival in theirs if rival.measure == number.measure and rival.value == number.value]
        if (
            rivals
            and not equals
            and not any(rival.value == back.value for rival in rivals for back in mine if back.rivals(rival))
        ):
            return True
    return _forbidden(first, second) or _forbidden(second, first)


_FORBIDDEN_SHARED = 0.6  #: of the shorter sentence's words in both, before a ban contradicts a permission


def _forbidden(one: Sequence[Fact], other: Sequence[Fact]) -> bool:
    """Whether the one bans what the other, in nearly the same words, allows or demands without condition."""
    banned = _governed(one, ("ban",))
    allowed = _governed(other, ("leave", "duty"))
    words = [{fact.key for fact in found if fact.kind is Kind.WORD} for found in (one, other)]
    conditional = any(fact.kind in (Kind.CONDITION, Kind.NOT) for fact in (*one, *other))
    shared = len(words[0] & words[1])
    return not conditional and bool(banned & allowed) and shared >= _FORBIDDEN_SHARED * min(map(len, words))


def _governed(found: Sequence[Fact], modals: tuple[str, ...]) -> set[str]:
    return {
        after.key
        for fact, after in pairwise(found)
        if fact.kind is Kind.MODAL and fact.key in modals and after.kind is Kind.WORD
    }
