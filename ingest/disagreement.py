"""Whether two sentences on the same matter contradict each other, and in what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from ingest.facts import FactKind, fact_changes
from ingest.opposites import role_of
from ingest.quantities import Quantity, quantities
from ingest.sayings import Fact, Kind, facts
from retrieval.terms import terms


class Difference(StrEnum):
    """What two sentences differ in."""

    NUMBER = "number"  #: other numbers, dates or amounts of one measure
    BAN = "ban"  #: the one forbids what the other allows or demands
    DUTY = "duty"  #: the one demands what the other leaves free
    NEGATION = "negation"  #: the one says that it is so, the other that it is not


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence as it is compared."""

    text: str
    facts: tuple[Fact, ...]
    quantities: tuple[Quantity, ...]
    words: frozenset[str]  #: stems that are no number, unit, bound, modal, negation or condition

    @property
    def measures(self) -> frozenset[str]:
        return frozenset(quantity.measure for quantity in self.quantities)

    @property
    def modals(self) -> frozenset[str]:
        return frozenset(fact.key for fact in self.facts if fact.kind is Kind.MODAL)

    @property
    def is_rule(self) -> bool:
        """Whether it states a number or takes a stance, so that another sentence could contradict it."""
        return bool(self.quantities or self.modals or self.denies or self.words & _STANCES)

    @property
    def opening(self) -> str | None:
        """What its first words confine it to: "trial" for "During the trial period …"; None where they don't."""
        if len(self.facts) < 2 or self.facts[0].kind is not Kind.BOUND or self.facts[1].kind is not Kind.WORD:
            return None
        return self.facts[1].key if self.facts[0].key in ("before", "during", "after") else None

    @property
    def subject(self) -> str | None:
        """The stem that it begins with."""
        return next((fact.key for fact in self.facts if fact.kind is Kind.WORD), None)

    @property
    def denies(self) -> bool:
        return any(fact.kind is Kind.NOT for fact in self.facts)

    @property
    def names(self) -> frozenset[str]:
        """Stems of what is written with a capital inside the sentence."""
        return frozenset(fact.key for fact in self.facts if fact.name)

    @property
    def role(self) -> str | None:
        """Whom it is for, where its first words say so."""
        return role_of(fact.key for fact in self.facts if fact.kind is Kind.WORD)

    @property
    def times(self) -> dict[str, str]:
        """Before, during or after what: {"probat": "during"}."""
        return {
            after.key: fact.key
            for fact, after in pairwise(self.facts)
            if fact.kind is Kind.BOUND and fact.key in ("before", "during", "after") and after.kind is Kind.WORD
        }

    @property
    def is_conditional(self) -> bool:
        return any(fact.kind is Kind.CONDITION for fact in self.facts)


@lru_cache(maxsize=50_000)
def saying(text: str) -> Saying:
    """A sentence read for comparison."""
    found = facts(text)
    words = frozenset(fact.key for fact in found if fact.kind is Kind.WORD)
    return Saying(text, found, tuple(quantities(found)), words)


def difference(one: Saying, other: Saying, *, on_one_matter: bool = False) -> Difference | None:
    """In what two sentences contradict each other, None where they can both be right.

    "24 hours" and "one day" agree, "at least five" and "at most ten" may both be true.

    :param on_one_matter: the caller sees to it that they are on the same matter, so that fewer words need to be the same, and
        it is enough that the one forbids, demands or denies what the other does not.
    """
    if disputed(one, other, on_one_matter=on_one_matter):
        return Difference.NUMBER
    if _forbidden(one, other) or _forbidden(other, one):
        return Difference.BAN
    return _opposed(one, other) if on_one_matter else None


def disagree(one: str, other: str) -> bool:
    """Whether two sentences on the same matter contradict each other; see :func:`difference`."""
    return difference(saying(one), saying(other)) is not None


def told_apart(one: str, other: str) -> tuple[str, str]:
    """What each of two sentences that differ says, as short as it can be told: ("5 days", "10 days")."""
    for kinds in (_MEASURED, frozenset({FactKind.MODAL})):
        for change in fact_changes(one, other):
            if change.kind in kinds and change.old and change.new:
                return change.old, change.new
    return one, other


_MEASURED = frozenset({FactKind.AMOUNT, FactKind.QUANTITY, FactKind.DATE, FactKind.NUMBER})


def disputed(one: Saying, other: Saying, *, on_one_matter: bool = False) -> frozenset[tuple[str, str]]:
    """Measure and value of the one's numbers that have a rival in the other, and none of either's equals beside it."""
    mine, theirs = one.quantities, other.quantities
    found = set()
    for number in mine:
        rivals = [rival for rival in theirs if number.rivals(rival, on_one_matter=on_one_matter)]
        equals = any(rival.measure == number.measure and rival.value == number.value for rival in theirs)
        if rivals and not equals and not any(_is_said_too(rival, mine) for rival in rivals):
            found.add((number.measure, number.value))
    return frozenset(found)


def _is_said_too(rival: Quantity, mine: Sequence[Quantity]) -> bool:
    return any(rival.value == back.value and back.rivals(rival) for back in mine)


_FORBIDDEN_SHARED = 0.6  #: of the shorter sentence's words in both, before a ban contradicts a permission


def _forbidden(one: Saying, other: Saying) -> bool:
    """Whether the one bans what the other, in nearly the same words, allows or demands without condition."""
    governed = _governed(one, "ban") & (_governed(other, "leave") | _governed(other, "duty"))
    if not governed or one.is_conditional or other.is_conditional or one.denies or other.denies:
        return False
    return len(one.words & other.words) >= _FORBIDDEN_SHARED * min(len(one.words), len(other.words))


def _governed(one: Saying, modal: str) -> frozenset[str]:
    """The words that stand right behind a modal."""
    return frozenset(
        after.key
        for fact, after in pairwise(one.facts)
        if (fact.kind, fact.key) == (Kind.MODAL, modal) and after.kind is Kind.WORD
    )


#: What a sentence does to what it speaks of, by words that :mod:`ingest.sayings` reads as words.
_BANNING = frozenset(terms("forbidden prohibited banned disallowed"))
_ALLOWING = frozenset(terms("allowed permitted"))
_FREEING = frozenset(terms("voluntary optional"))
_OPPOSED_SHARED = 0.6  #: of the shorter sentence's words in both
_LEAST_OF_LONGER = 1 / 3  #: of its words in both too: a few words are found somewhere in any long sentence
_DENIED_SHARED = 0.8  #: of the longer sentence's words in both, before "not" alone tells them apart


def _opposed(one: Saying, other: Saying) -> Difference | None:
    """What the stances of two sentences on one matter differ in. What must be done also differs from what may be done if
    somebody wants to; otherwise a condition leaves room for both."""
    if _left_free(one, other) or _left_free(other, one):
        return Difference.DUTY
    if one.is_conditional or other.is_conditional:
        return None
    mine, theirs = one.words - _STANCES, other.words - _STANCES
    shared, shorter, longer = len(mine & theirs), min(len(mine), len(theirs)), max(len(mine), len(theirs))
    if not shared or shared < max(_OPPOSED_SHARED * shorter, _LEAST_OF_LONGER * longer):
        return None
    stances = {_stance(one), _stance(other)}
    if "ban" in stances and stances & {"leave", "duty"}:
        return Difference.BAN
    if stances == {"duty", "free"}:
        return Difference.DUTY
    denied = one.denies != other.denies and "ban" not in one.modals | other.modals
    return Difference.NEGATION if denied and shared >= _DENIED_SHARED * longer else None


_STANCES = _BANNING | _ALLOWING | _FREEING


def _left_free(one: Saying, other: Saying) -> bool:
    """Whether the one leaves free what the other, in the same words, demands."""
    if one.denies or other.denies or other.is_conditional or "duty" in one.modals:
        return False
    same = _governed(one, "leave") & _governed(other, "duty")
    return bool(same) and len(one.words & other.words) >= _DENIED_SHARED * min(len(one.words), len(other.words))


def _stance(one: Saying) -> str | None:
    """ "ban", "leave", "duty" or "free", whichever a sentence takes; None if it takes none or several."""
    if one.denies and (one.words & _FREEING or not one.words & _STANCES):
        return None
    taken = set(one.modals & {"ban", "leave", "duty", "free"})
    for words, stance in ((_BANNING, "ban"), (_FREEING, "free"), (_ALLOWING, "ban" if one.denies else "leave")):
        taken |= {stance} if one.words & words else set()
    return next(iter(taken)) if len(taken) == 1 else None
