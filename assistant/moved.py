"""What a claim moved, skipped or put in the place of something else: each fact has to stay with what it is said of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from itertools import pairwise

from assistant.alignment import Alignment
from ingest.sayings import MONTH_STEMS, Fact, Kind
from retrieval.terms import terms

#: Kinds of which a sentence may hold several, each for something else.
_SAID_OF = frozenset({Kind.NUMBER, Kind.MODAL, Kind.NOT, Kind.BOUND})


def is_shuffled(beside: Alignment, passed_over: Set[str]) -> bool:
    """Whether the claim tells the span's facts in an order that could say something else.

    One run of them may have moved to the front: "You can carry over five days" for "Five days can be carried over". Where the span
    says one kind of thing twice ("staff 800, managers 500"), only a whole end may, as in "Y if X" for "If X, Y".

    :param passed_over: stems that the part moved may have had in front of it.
    """
    places = [beside.mate[at] for at in sorted(beside.mate)]
    turns = [at for at, (one, other) in enumerate(pairwise(places)) if other < one]
    if not turns:
        return False
    if len(turns) > 1:
        return True
    cited = beside.cited
    front, back = places[: turns[0] + 1], places[turns[0] + 1 :]
    before = back[0] - 1
    if (
        before >= 0
        and _in_one_part(cited[before], cited[back[0]])
        and before not in beside.kept
        and cited[before].key not in passed_over
    ):
        return True
    parts = {cited[at].part for at in beside.kept}
    if len(parts) == 1 and not _has_rivals([fact for fact in cited if fact.part in parts]):
        return False
    after, between = front[-1] + 1, range(back[-1] + 1, front[0])
    cut_off = after < len(cited) and _in_one_part(cited[after], cited[after - 1]) and after not in beside.kept
    return (
        back[-1] > front[0]
        or cut_off
        or any(cited[at].kind is not Kind.WORD and not cited[at].optional for at in between)
    )


def _has_rivals(told: Sequence[Fact]) -> bool:
    """Whether some facts say one kind of thing twice: two amounts, two modals, one word again."""
    measured = [
        _dimension(unit.key if unit.kind is Kind.UNIT else "")
        for number, unit in pairwise([*told, Fact(Kind.WORD, "", 0)])
        if number.kind is Kind.NUMBER
    ]
    words = [fact.key for fact in told if fact.kind is Kind.WORD]
    modals = {fact.key for fact in told if fact.kind is Kind.MODAL}
    return len(set(measured)) < len(measured) or len(set(words)) < len(words) or len(modals) > 1


_TIMES = frozenset(terms("seconds minutes hours days nights weeks months years quarters"))


def _dimension(unit: str) -> str:
    return "date" if unit in MONTH_STEMS else "time" if unit in _TIMES else unit


def is_spliced(beside: Alignment) -> bool:
    """Whether the claim joins what is said of one thing to another: of "staff get 800 and managers 500" the staff and the 500."""
    cited = beside.cited
    for here, there in _steps(beside):
        skipped = [at for at in range(here + 1, there) if not cited[at].bracketed]
        if any(cited[at].part == cited[here].part for at in skipped) and any(
            cited[at].part == cited[there].part != cited[here].part for at in skipped
        ):
            return True
        following = [cited[at] for at in sorted(beside.kept) if at >= there]
        for at in skipped:
            its_own = any(cited[later].kind is Kind.WORD for later in range(at + 1, there))
            if its_own and any(_rival(cited[at], fact) for fact in following):
                return True
    return False


def swapped(beside: Alignment) -> Iterator[tuple[Fact, Fact]]:
    """Words of the claim that stand where the span has others, each pair that could have been exchanged."""
    mated = sorted(beside.mate)
    for at in beside.unmatched:
        fact = beside.claimed[at]
        low = max((beside.mate[other] for other in mated if other < at), default=-1)
        high = min((beside.mate[other] for other in mated if other > at), default=len(beside.cited))
        if fact.kind is not Kind.WORD:
            continue
        for to in range(low + 1, high):
            left_out = beside.cited[to]
            if left_out.kind is Kind.WORD and to not in beside.kept:
                yield fact, left_out


def _steps(beside: Alignment) -> Iterator[tuple[int, int]]:
    """Places of the span that the claim names one right after the other, with something between that it leaves out."""
    for one, other in pairwise(sorted(beside.mate)):
        here, there = beside.mate[one], beside.mate[other]
        if here + 1 < there and not beside.kept.intersection(range(here + 1, there)):
            yield here, there


def _rival(skipped: Fact, kept: Fact) -> bool:
    if skipped.kind is Kind.WORD:
        return (skipped.kind, skipped.key) == (kept.kind, kept.key)
    return skipped.kind in _SAID_OF and skipped.kind is kept.kind and skipped.key != kept.key


def _in_one_part(one: Fact, other: Fact) -> bool:
    return one.part == other.part
