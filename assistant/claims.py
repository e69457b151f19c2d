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
from itertools import pairwise

from assistant.alignment import Alignment, lay_beside
from assistant.marks import is_english, is_over, links, signs, speaks_of_all
from assistant.moved import is_shuffled, is_spliced, swapped
from assistant.prompt import one_line
from assistant.voice import in_one_voice, is_in_another_tense
from ingest.opposites import OPPOSITES, party
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
    ORDER = "order"
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
#: Words that say which of a kind are meant, how many, or how sure it is: what holds for former employees need not hold for employees.
_WHICH = frozenset(
    terms(
        "former temporary permanent seasonal salaried disabled pregnant eligible exempt senior junior newly few several many half majority "
        "written previously formerly usually normally generally typically mostly partly voluntarily plan intend propose consider"
    )
)
#: What somebody has to give before the rest holds.
_LEAVE_OF = frozenset(terms("consent approval permission authorisation authorization discretion"))
#: The same, but where it is only an example.
_PROOF = frozenset(terms("receipt invoice certificate proof"))
#: Bounds that say when something holds.
_WHEN = frozenset(["until", "before", "after", "from", "during"])


def check(claim: str, span: str, *, heading: str = "") -> Verdict:
    """Check one claim against one cited span.

    :param heading: title and section path of the span; names and topics may come from there, facts may not.
    """
    found = {Failure.CONDITION} if is_in_another_tense(claim, span) else set()
    # "Only if" says more than "if": the one word is a fact of its own.
    claim, span = (_ONLY.sub("only, ", in_one_voice(text, other)) for text, other in ((claim, span), (span, claim)))
    claimed, cited = _without_answer_word(claim), facts(span)
    topics = _ADDRESSED.union(terms(heading))
    if "?" not in claim:
        topics = topics.union(fact.key for fact in cited if fact.asked)
        cited = tuple(fact for fact in cited if not fact.asked)
    beside = lay_beside(claimed, cited)
    foreign = [at for at in beside.unmatched if beside.claimed[at].key not in topics]
    coverage = 1 - len(foreign) / len(beside.claimed) if beside.claimed else 0.0
    found.update(_added(beside, topics), _dropped(beside), _marked(claim, span, beside))
    if _denied_by_opener(beside, span):
        found.add(Failure.NEGATION)
    if _stops_short(beside, span) or _is_widened(beside, span):
        found.add(Failure.CONDITION)
    if _is_about_others(beside):
        found.add(Failure.NAME)
    if is_shuffled(beside, _ADDRESSED) or is_spliced(beside):
        found.add(Failure.ORDER)
    if coverage < MIN_COVERAGE or any(after - at == 1 for at, after in pairwise(foreign)) or any(_swapped(beside)):
        found.add(Failure.CONTENT)
    if not is_english(span) and one_line(claim) not in one_line(span):
        found.add(Failure.CONTENT)
    return Verdict(next((failure for failure in Failure if failure in found), None), coverage)


_DENYING = frozenset(
    ["ban", "free", *terms("refuse reject prohibit forbidden exclude lapse expire refrain avoid failure cease")]
)
_NO = re.compile(r"\W*no[,.:;]", re.IGNORECASE)
_ONLY = re.compile(r"\bonly (?=(?:if|where|when)\b)", re.IGNORECASE)
_DEMANDS = frozenset(["duty", "ban"])
_JOINTS = re.compile(r"(?P<mark>;|\band\b)(?=(?P<rest>[^;.!?]*))", re.IGNORECASE)
#: A clause without a comma says which one is meant.
_NARROWING = re.compile(
    r"(?<![,(])\s+(?P<clause>(?:(?:in|on|at|for|to|with|from|by|under|of)\s+)?(?:where|who|whom|whose|which|that)\b)"
    r"|\s+(?:on|in|for|during|at|within|with)\b",
    re.IGNORECASE,
)
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
            if _leads_on(beside, to) and (_says_which(beside, to) or (fact.name and party(fact.key) is None)):
                yield Failure.CONDITION
            if fact.key in _DENYING and _stands_beside_kept(beside, to):
                yield Failure.NEGATION
            if (fact.key in _LEAVE_OF or (fact.key in _PROOF and not fact.bracketed)) and _binds(beside, to):
                yield Failure.CONDITION
            if _is_counted(beside, to):
                yield Failure.NUMBER
            continue
        if fact.kind in (Kind.NUMBER, Kind.UNIT):
            if _measures_kept(beside, to) or (fact.key == "0.5" and _leads_on(beside, to)):
                yield Failure.NUMBER
        elif fact.kind is Kind.CONDITION:
            if _binds(beside, to):
                yield Failure.CONDITION
        elif fact.key in _WHEN and _tells_when(beside, to):
            yield Failure.BOUND
        elif _stands_beside_kept(beside, to) and fact.key not in ("duty", "during"):
            yield Failure.NEGATION if fact.key == "ban" else _FAILS[fact.kind]


def _leads_on(beside: Alignment, to: int) -> bool:
    """Whether the claim keeps what follows a word of the span."""
    return to + 1 in beside.kept and _together(beside.cited[to], beside.cited[to + 1])


def _is_counted(beside: Alignment, to: int) -> bool:
    """Whether a word of the span is all that a number of the claim counts: "20" of "20 kB"."""
    before = beside.cited[to - 1] if to else None
    if before is None or before.kind is not Kind.NUMBER or to - 1 not in beside.kept:
        return False
    return _together(before, beside.cited[to]) and not _leads_on(beside, to)


def _tells_when(beside: Alignment, to: int) -> bool:
    """Whether a bound and the time behind it are left out of what the claim keeps: at the beginning of a part, or behind a
    kept word."""
    if to + 1 in beside.kept or to + 1 >= len(beside.cited):
        return False
    opens = to == 0 or beside.cited[to - 1].part != beside.cited[to].part
    return _binds(beside, to) if opens else to - 1 in beside.kept


def _says_which(beside: Alignment, to: int) -> bool:
    """Whether a word of the span says which of a kind are meant, such as the last one of "full-time", or which people."""
    before = beside.cited[to - 1].key if to else ""
    return (
        party(beside.cited[to + 1].key) not in (None, "company")
        or beside.cited[to].key in _WHICH
        or (before in ("full", "part") and beside.cited[to].key == "time")
    )


def _denied_by_opener(beside: Alignment, span: str) -> bool:
    """Whether the claim keeps items of a list and leaves out that the words with the colon above it deny them."""
    opener, *items = _LIST_BELOW.split(span, maxsplit=1)
    opened = len(facts(opener)) if items else 0
    denied = {
        to for to, fact in enumerate(beside.cited[:opened]) if fact.kind is Kind.NOT or fact.key in _DENYING
    } - set(beside.kept)  # fmt: skip
    return bool(denied) and any(to >= opened for to in beside.kept)


def _stops_short(beside: Alignment, span: str) -> bool:
    """Whether the claim ends where the span goes on to demand something more: at "and", of what is demanded together, or at a
    semicolon with a demand behind it."""
    for joint in _JOINTS.finditer(span) if len(beside.kept) < len(beside.cited) else ():
        begin, end = len(facts(span[: joint.start()])), len(facts(span[: joint.end()] + joint["rest"]))
        head, tail = beside.cited[:begin], beside.cited[begin:end]
        if not tail or tail[0].bracketed or beside.kept.intersection(range(begin, end)):
            continue
        modals = [fact.key for fact in tail if fact.kind is Kind.MODAL]
        if joint["mark"] == ";":
            stops = begin - 1 in beside.kept and not _DEMANDS.isdisjoint(modals)
        else:
            part = [at for at in range(begin) if head[at].part == tail[0].part]
            over = next((at for at in reversed(part) if head[at].kind is Kind.MODAL), None)
            stops = over in beside.kept and head[over].key in _DEMANDS and not modals
        if stops:
            return True
    return False


def _is_widened(beside: Alignment, span: str) -> bool:
    """Whether the claim keeps a word and leaves out what narrows it: a clause, "the country where the work is done", or all that
    stands behind it at the end of a sentence, "free on weekends"."""
    for narrowing in _NARROWING.finditer(span) if len(beside.kept) < len(beside.cited) else ():
        begin = len(facts(span[: narrowing.start()]))
        if begin - 1 not in beside.kept or begin in beside.kept or begin >= len(beside.cited):
            continue
        head, tail = beside.cited[begin - 1], beside.cited[begin]
        if not _together(head, tail):
            continue
        goes_on = any(at > begin and beside.cited[at].part == head.part for at in beside.kept)
        if not goes_on or narrowing["clause"]:
            return True
    return False


def _measures_kept(beside: Alignment, to: int) -> bool:
    """Whether the claim keeps the unit of a number, the other end of its range, or what a unit such as "a night" divides."""
    neighbour = to + 1 if beside.cited[to].kind is Kind.NUMBER else to - 1
    if neighbour not in range(len(beside.cited)):
        return False
    # What opens the span may be the number of its clause.
    opens = to == 0 and beside.cited[neighbour].kind is not Kind.NUMBER
    if neighbour not in beside.kept or opens or not _together(beside.cited[to], beside.cited[neighbour]):
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


def _is_about_others(beside: Alignment) -> bool:
    """Whether the claim names people that the span does not, and leaves out others: employees for managers, or the company for
    its employees."""
    told = {party(fact.key) for fact in beside.cited}
    added = {party(beside.claimed[at].key) for at in beside.unmatched} - told - {None}
    dropped = {party(fact.key) for to, fact in enumerate(beside.cited) if to not in beside.kept} - {None}
    return bool(added and dropped - {party(fact.key) for fact in beside.claimed})


def _swapped(beside: Alignment) -> Iterator[tuple[Fact, Fact]]:
    """Words that stand in the place of others, but for two words for the same people."""
    for mine, left_out in swapped(beside):
        if party(mine.key) is None or party(mine.key) != party(left_out.key):
            yield mine, left_out


def _marked(claim: str, span: str, beside: Alignment) -> Iterator[Failure]:
    """What small words and signs say otherwise than in the span."""
    mine, theirs = signs(claim).union(_READ_TWO_WAYS.findall(claim)), signs(span).union(_READ_TWO_WAYS.findall(span))
    if mine - theirs or any(
        _digits(sign) in {_digits(own) for own in _numbers(claim)} or not _digits(sign) for sign in theirs - mine
    ):
        yield Failure.NUMBER
    if speaks_of_all(claim) and not speaks_of_all(span):
        yield Failure.BOUND
    if is_over(span) != is_over(claim):
        yield Failure.CONDITION
    joined = set(links(span))
    for one, link, other in links(claim):
        pairs = {(one, link, other), (other, link, one)}
        if not pairs & joined and {(a, "or" if link == "and" else "and", b) for a, _, b in pairs} & joined:
            yield Failure.CONDITION
    if any(_is_half_kept(beside, one, other) for one, _, other in joined):
        yield Failure.CONDITION


def _is_half_kept(beside: Alignment, one: str, other: str) -> bool:
    """Whether the claim keeps one of two joined words from the middle of a part, or under a condition."""
    for at, (here, there) in enumerate(pairwise(beside.cited)):
        if (
            (here.key, there.key) != (one, other)
            or not here.kind is there.kind is Kind.WORD
            or not _together(here, there)
        ):
            continue
        if (at in beside.kept) == (at + 1 in beside.kept):
            continue
        part = [to for to, fact in enumerate(beside.cited) if fact.part == here.part and to in beside.kept]
        if any(to > at + 1 for to in part) or any(beside.cited[to].kind is Kind.CONDITION for to in part if to < at):
            return True
    return False


#: One and a half to some, and fifteen hundred to others.
_READ_TWO_WAYS = re.compile(r"(?<![\d.,])\d{1,3}\.\d{3}(?![.,]?\d)")


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d[\d.,]*", text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
