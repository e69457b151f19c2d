"""Is a claim what its evidence says? Checked by code, not by a model.

Claim and cited span are read as facts in order (``ingest.sayings``) and laid beside each other: in one order first, then
what was moved as a block. What the claim adds, and what it leaves out from beside what it keeps, decides: a number, unit,
bound, modal, negation, condition or name may neither be added nor dropped, and hardly a word may be the writer's own. The
check refuses when in doubt: a refused claim is replaced by the quotation itself, which is always true to the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise

from assistant.alignment import Alignment, lay_beside
from ingest.opposites import OPPOSITES
from ingest.sayings import MONTH_STEMS, Fact, Kind, facts
from retrieval.terms import terms


class Failure(StrEnum):
    """What a claim says that its span does not."""

    NUMBER = "number"
    BOUND = "bound"
    NAME = "name"
    NEGATION = "negation"
    MODAL = "modal"
    CONDITION = "condition"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim stands on a span; ``failure`` names the first check that did not hold."""

    failure: Failure | None
    coverage: float  #: share of the claim's words found in the span or its heading, 0 to 1

    @property
    def supported(self) -> bool:
        return self.failure is None


#: Share of a claim's words that its span has to hold: one word in eight may be the writer's own, but no two in a row.
MIN_COVERAGE = 0.85
#: Share of a part of the span that a claim has to repeat before it must also repeat the conditions of that part.
_PART_CLAIMED = 0.3
#: Whom a policy speaks to and of: a claim may name them where the span does not.
_ADDRESSED = frozenset(terms("employees staff company policy document"))
#: The two sides of an employment; what the one owes is not what the other owes.
_SIDES = (frozenset(terms("company employer")), frozenset(terms("employees staff workers")))
#: Words that say which of a kind are meant: what holds for former employees need not hold for employees.
_WHICH = frozenset(
    terms("former temporary permanent seasonal salaried disabled pregnant eligible exempt senior junior newly")
)


def check(claim: str, span: str, *, heading: str = "") -> Verdict:
    """Check one claim against one cited span.

    :param heading: title and section path of the span; names and topics may come from there, facts may not.
    """
    claimed, cited = _without_answer_word(claim), facts(span)
    topics = _ADDRESSED.union(terms(heading))
    if "?" not in claim:
        topics = topics.union(fact.key for fact in cited if fact.asked)
        cited = tuple(fact for fact in cited if not fact.asked)
    beside = lay_beside(claimed, cited)
    foreign = [at for at in beside.unmatched if beside.claimed[at].key not in topics]
    coverage = 1 - len(foreign) / len(beside.claimed) if beside.claimed else 0.0
    found = {*_added(beside, topics), *_dropped(beside), *_misplaced(beside), *_turned(beside), *_borrowed(beside)}
    if _denied_by_opener(beside, span):
        found.add(Failure.NEGATION)
    if coverage < MIN_COVERAGE or any(after - at == 1 for at, after in pairwise(foreign)):
        found.add(Failure.CONTENT)
    return Verdict(next((failure for failure in Failure if failure in found), None), coverage)


_DENYING = frozenset(["ban", "free", *terms("refuse reject prohibit forbidden exclude lapse expire")])
_NO = re.compile(r"\W*no[,.:;]", re.IGNORECASE)
_LIST_BELOW = re.compile(r":\s+")


def _without_answer_word(claim: str) -> Sequence[Fact]:
    """The facts of a claim without the "No" of "No, you may not": the denial itself follows and is checked."""
    claimed = facts(claim)
    denies = any(fact.kind is Kind.NOT or fact.key in _DENYING for fact in claimed[1:])
    return claimed[1:] if denies and _NO.match(claim) else claimed


_FAILS = {
    Kind.NUMBER: Failure.NUMBER,
    Kind.UNIT: Failure.NUMBER,
    Kind.BOUND: Failure.BOUND,
    Kind.MODAL: Failure.MODAL,
    Kind.NOT: Failure.NEGATION,
    Kind.CONDITION: Failure.CONDITION,
}


def _added(beside: Alignment, topics: frozenset[str]) -> Iterator[Failure]:
    """Facts and names that the claim has and the span has not, at least not there."""
    spoken = {fact.key for fact in beside.cited}
    for fact in map(beside.claimed.__getitem__, beside.unmatched):
        if fact.kind is Kind.WORD:
            if fact.name and fact.key not in topics and fact.key not in spoken:
                yield Failure.NAME
            if _opposite(fact.key, spoken):
                yield Failure.NEGATION
        elif fact.key == "ban":
            yield Failure.NEGATION
        elif fact.kind is not Kind.CONDITION or not fact.optional:
            yield _FAILS[fact.kind]


_PREFIXES = ("un", "in", "im", "ir", "dis", "non")


def _opposite(stem: str, spoken: set[str]) -> bool:
    """ "Eligible" in the span and "ineligible" in the claim, or the other way round."""
    if stem not in spoken and any(frozenset((stem, other)) in OPPOSITES for other in spoken):
        return True
    return any(
        (stem.startswith(prefix) and stem[len(prefix) :] in spoken) or prefix + stem in spoken for prefix in _PREFIXES
    )


def _dropped(beside: Alignment) -> Iterator[Failure]:
    """Facts of the span that the claim leaves out although it keeps what they are about."""
    for to, fact in enumerate(beside.cited):
        if to in beside.kept or fact.optional:
            continue
        if fact.kind is Kind.WORD:
            if _says_which(beside, to) and to + 1 in beside.kept and _together(fact, beside.cited[to + 1]):
                yield Failure.CONDITION
            continue
        if fact.kind in (Kind.NUMBER, Kind.UNIT):
            if _measures_kept(beside, to):
                yield Failure.NUMBER
        elif fact.kind is Kind.CONDITION:
            if _binds(beside, to):
                yield Failure.CONDITION
        elif _stands_beside_kept(beside, to) and fact.key not in ("duty", "during"):
            yield Failure.NEGATION if fact.key == "ban" else _FAILS[fact.kind]


def _says_which(beside: Alignment, to: int) -> bool:
    """Whether a word of the span says which of a kind are meant, such as the last one of "full-time"."""
    before = beside.cited[to - 1].key if to else ""
    return beside.cited[to].key in _WHICH or (before in ("full", "part") and beside.cited[to].key == "time")


def _denied_by_opener(beside: Alignment, span: str) -> bool:
    """Whether the claim keeps items of a list and leaves out that the words with the colon above it deny them."""
    opener, *items = _LIST_BELOW.split(span, maxsplit=1)
    opened = len(facts(opener)) if items else 0
    denied = {
        to for to, fact in enumerate(beside.cited[:opened]) if fact.kind is Kind.NOT or fact.key in _DENYING
    } - set(beside.kept)  # fmt: skip
    return bool(denied) and any(to >= opened for to in beside.kept)


def _measures_kept(beside: Alignment, to: int) -> bool:
    """Whether the claim keeps the unit of a number, the other end of its range, or what a unit such as "a night" divides."""
    neighbour = to + 1 if beside.cited[to].kind is Kind.NUMBER else to - 1
    if neighbour not in beside.kept or to == 0 or not _together(beside.cited[to], beside.cited[neighbour]):
        return False
    # "31 March of the following year" divides nothing.
    return beside.cited[neighbour].kind in (Kind.NUMBER, Kind.UNIT) and beside.cited[neighbour].key not in MONTH_STEMS


def _stands_beside_kept(beside: Alignment, to: int) -> bool:
    """Whether the claim keeps what follows a fact of the span, or what precedes it at the end of its part."""
    if to + 1 < len(beside.cited) and _together(beside.cited[to], beside.cited[to + 1]):
        return to + 1 in beside.kept
    return to > 0 and to - 1 in beside.kept and _together(beside.cited[to - 1], beside.cited[to])


def _together(one: Fact, other: Fact) -> bool:
    return one.part == other.part and one.bracketed == other.bracketed


def _binds(beside: Alignment, to: int) -> bool:
    """Whether a condition of the span holds for what the claim keeps: the words right before it, what an opening condition
    governs, or a good share of its part."""
    part = [at for at, fact in enumerate(beside.cited) if fact.part == beside.cited[to].part]
    kept = sum(at in beside.kept for at in part)
    return (
        kept >= _PART_CLAIMED * len(part) or (kept > 1 and to == part[0]) or (to - 1 in beside.kept and to - 1 in part)
    )


def _misplaced(beside: Alignment) -> Iterator[Failure]:
    """Facts that the span holds elsewhere and that stand in the place of another: two amounts or two parties exchanged."""
    names = {fact.key for fact in (*beside.claimed, *beside.cited) if fact.name}
    exchanged: set[tuple[str, str]] = set()
    for here, there in beside.gaps:
        mine = {(fact.kind, fact.key) for fact in map(beside.claimed.__getitem__, here)}
        theirs = {(fact.kind, fact.key) for fact in map(beside.cited.__getitem__, there)}
        came, left = mine - theirs, theirs - mine
        if not came or not left:
            continue
        for kind in (Kind.NUMBER, Kind.MODAL, Kind.BOUND):
            if any(one[0] is kind for one in came) and any(one[0] is kind for one in left):
                yield _FAILS[kind]
        if any(key in names for _, key in came) and any(key in names for _, key in left):
            yield Failure.NAME
        for _, one in came:
            for _, other in left:
                if (other, one) in exchanged:
                    yield Failure.NAME
                exchanged.add((one, other))


def _turned(beside: Alignment) -> Iterator[Failure]:
    """The company in the place of the employees, or the other way round: one side stands where the other was left out, or the
    two have changed places."""
    added = {_side(beside.claimed[at]) for at in beside.unmatched} - {None}
    dropped = {_side(fact) for to, fact in enumerate(beside.cited) if to not in beside.kept} - {None}
    if any(one != other for one in added for other in dropped):
        yield Failure.NAME
    places = sorted((at, to) for at, to in beside.mate.items() if _side(beside.claimed[at]) is not None)
    for (one, first), (other, second) in combinations(places, 2):
        if first > second and _side(beside.claimed[one]) != _side(beside.claimed[other]):
            yield Failure.NAME


def _side(fact: Fact) -> int | None:
    return next((number for number, side in enumerate(_SIDES) if fact.key in side), None)


def _borrowed(beside: Alignment) -> Iterator[Failure]:
    """Numbers of another matter: the claim leaves out the number that the span gives for what the claim speaks of."""
    # What opens the span is the number of its clause.
    left_out = [to for to, fact in enumerate(beside.cited) if to and fact.kind is Kind.NUMBER and to not in beside.kept]
    words = [at for at in beside.mate if beside.claimed[at].kind is Kind.WORD]
    for at, to in beside.mate.items():
        if not left_out or not words or beside.claimed[at].kind is not Kind.NUMBER:
            continue
        rivals = [other for other in left_out if _rivals(beside.cited, to, other)]
        subject = beside.mate[min(words)]
        around = [
            max((word for word in words if word < at), default=None),
            min((word for word in words if word > at), default=None),
        ]
        places = [beside.mate[word] for word in around if word is not None]
        if (
            any(_of_another(beside, subject, other, to) for other in rivals)
            or any(beside.cited[other].part == beside.cited[subject].part != beside.cited[to].part for other in rivals)
            or all(any(abs(place - other) < abs(place - to) for other in rivals) for place in places)
        ):
            yield Failure.NUMBER


def _of_another(beside: Alignment, subject: int, rival: int, to: int) -> bool:
    """Whether the subject's own number was left out, and a subject of its own stands before the number that was taken:
    "managers 800 and staff 500"."""
    return subject < rival < to and any(
        beside.cited[between].kind is Kind.WORD and between not in beside.kept for between in range(rival + 1, to)
    )


def _rivals(cited: Sequence[Fact], one: int, other: int) -> bool:
    """Whether two places of the span hold different numbers of one unit."""
    units = [
        cited[to + 1].key if to + 1 < len(cited) and cited[to + 1].kind is Kind.UNIT else None for to in (one, other)
    ]
    return units[0] == units[1] and cited[one].key != cited[other].key
