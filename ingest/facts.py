"""The facts a rule turns on: amounts, quantities, dates, references, modals; and which of them two texts differ in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from ingest.dates import DATE, read_date
from ingest.numerals import ORDINALS, SMALL, TENS


class FactKind(StrEnum):
    AMOUNT = "amount"  #: money and percentages
    DATE = "date"
    QUANTITY = "quantity"  #: a number with what it counts: "30 days"
    NUMBER = "number"
    REFERENCE = "reference"  #: to another clause or document
    MODAL = "modal"  #: may, must, not, only, unless


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a text. Two facts are the same if their kind, unit and value are."""

    kind: FactKind
    value: str
    unit: str  #: what it counts; of modals their class: duty, bound or negation
    text: str  #: as it stands in the document

    @property
    def sense(self) -> tuple[FactKind, str, str]:
        return self.kind, self.unit, self.value


@dataclass(frozen=True, slots=True)
class FactChange:
    """What became of a fact; None on the side where it does not stand."""

    kind: FactKind
    old: str | None
    new: str | None

    def __str__(self) -> str:
        return f"{self.old or '–'} → {self.new or '–'}"


_SPELT = SMALL | TENS | ORDINALS | {"once": 1, "twice": 2, "hundred": 100, "thousand": 1000}
_NUMBER = rf"(?:(?<![\w.,:/])\d+(?:[.,]\d+)*|\b(?:{'|'.join(TENS)})-(?:{'|'.join(list(SMALL)[1:10])})\b|\b(?:{'|'.join(_SPELT)})\b)"
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_CURRENCY = r"€|£|\$|EUR|GBP|USD|CHF|euros?|pounds?|dollars?"
_COUNTED = (
    r"(?:calendar|working|business|consecutive|sick|leave|public|unused|extra|additional|full|clear)?\s*"
    r"(?:days?|weeks?|months?|quarters?|years?|hours?|minutes?|nights?|times?|employees|people|persons?|instalments?|kilometres?|km|miles?|pages?)"
)
_FACT = re.compile(
    rf"(?P<reference>\b(?:clauses?|sections?|articles?|paragraphs?|schedules?|annex|appendix)\s+\d+(?:\.\d+)*(?:\([a-z0-9]+\))*"
    rf"(?:(?:,|\s+and|\s+or|\s+to)\s+\d+(?:\.\d+)+)*|§+\s*\d+)"
    rf"|(?P<date>{DATE}|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH})\b|\b(?:{_MONTH})\s+(?:\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s+(?:days?|hours?))|\d{{4}}\b)"
    rf"|\b(?:(?:January|February|March|April|June|July|August|September|October|November|December)|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)s?\b|\b(?:19|20)\d\d\b)"
    rf"|(?P<amount>(?:{_CURRENCY})\s?\d+(?:[.,]\d+)*(?:\s?(?:million|thousand|k|m)\b)?|{_NUMBER}\s?(?:%|per\s?cent\b|(?:{_CURRENCY})(?!\w)|p\b|pence\b|cents?\b))"
    rf"|(?P<quantity>\b(?:once|twice)\s+(?:a|an|every|per|in a)\s+(?:calendar\s+)?(?:{_NUMBER}\s+)?\w+|{_NUMBER}(?:\s+or\s+{_NUMBER})?[\s-]+{_COUNTED}\b)"
    rf"|(?P<modal>\b(?:must|shall|may|can|should|will|need)(?:\s+not)?\b|\bcannot\b|\b(?:at least|at most|up to|no more than|no less than|"
    rf"not more than|not less than|more than|less than|fewer than|not|never|no|nobody|only|unless|except|required|mandatory|prohibited|forbidden|"
    rf"permitted|allowed|entitled|optional)\b)"
    rf"|(?P<number>(?<![\w.])\d+(?:[.,:/]\d+)*\b|{_NUMBER}\b)",
    re.IGNORECASE,
)
#: "one of them", "in the second place", "once approved".
_SELDOM_NUMBERS = frozenset("one first second third once hundred thousand".split())
#: One sense, several words.
_MODAL_SENSE = {
    "shall": "must", "shall not": "must not", "cannot": "can not", "at most": "up to", "no more than": "up to",
    "not more than": "up to", "no less than": "at least", "not less than": "at least",
}  # fmt: skip
_BOUNDS = frozenset("up to|at least|more than|less than|fewer than|only".split("|"))
_NEGATIONS = frozenset("not never no nobody".split())


def facts(text: str) -> list[Fact]:
    """The facts of a text, in order."""
    return [fact for fact in _facts(text) if not _seldom_meant(fact)]


def _facts(text: str) -> list[Fact]:
    return [_fact(FactKind(match.lastgroup or "number"), match.group()) for match in _FACT.finditer(text)]


def _seldom_meant(fact: Fact) -> bool:
    return fact.kind is FactKind.NUMBER and fact.text.casefold() in _SELDOM_NUMBERS


def _fact(kind: FactKind, text: str) -> Fact:
    text = " ".join(text.split())
    lowered = text.casefold()
    match kind:
        case FactKind.MODAL:
            sense = _MODAL_SENSE.get(lowered, lowered)
            return Fact(
                kind, sense, "bound" if sense in _BOUNDS else "negation" if sense in _NEGATIONS else "duty", text
            )
        case FactKind.DATE:
            day = read_date(text)
            return Fact(
                kind, day.isoformat() if day else re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\s", "", lowered), "", text
            )
        case FactKind.REFERENCE:
            return Fact(kind, re.sub(r"^(clause|section|article|paragraph|schedule)s", r"\1", lowered), "", text)
        case _:
            return Fact(kind, _value(lowered), _unit(lowered), text)


def _value(text: str) -> str:
    """The numbers of a text as digits: "twenty-five days" is 25."""
    values = []
    for number in re.findall(rf"\d+(?:[:/]\d+)+|{_NUMBER}", text):
        if number in _SPELT:
            values.append(f"{_SPELT[number]:g}")
        elif "-" in number:
            tens, ones = number.split("-")
            values.append(str(int(_SPELT[tens] + _SPELT[ones])))
        else:
            values.append(re.sub(r",(?=\d{3})", "", number))
    return " ".join(values)


_UNITS = {
    "eur": "€",
    "euro": "€",
    "gbp": "£",
    "pound": "£",
    "usd": "$",
    "dollar": "$",
    "percent": "%",
    "kilometre": "km",
    "people": "person",
}


def _unit(text: str) -> str:
    words = re.sub(rf"{_NUMBER}|\bor\b|-", " ", text).replace("per cent", "percent").split()
    singular = (word if len(word) <= 2 else word.removesuffix("s") for word in words)
    return " ".join(_UNITS.get(word, word) for word in singular)


def fact_changes(old: str, new: str) -> tuple[FactChange, ...]:
    """What two wordings of one rule say differently, in the order of the new one; facts that kept their sense are left out.

    A fact that is replaced is paired with the one in its place: of the same kind and unit first, then of the same kind.
    """
    before, after = _facts(old), _facts(new)
    matcher = SequenceMatcher(None, [fact.sense for fact in before], [fact.sense for fact in after], autojunk=False)
    pairs: list[_Pair] = []
    for what, start, end, new_start, new_end in matcher.get_opcodes():
        if what != "equal":
            pairs.extend(_paired(before[start:end], after[new_start:new_end]))
    return tuple(
        FactChange(fact.kind, one.text if one else None, other.text if other else None)
        for one, other in _rejoined(pairs)
        # "one" that came or went by itself is mostly no number; "one" that became "two" is.
        if (fact := one or other) and not (_seldom_meant(fact) and None in (one, other))
    )


_Pair = tuple[Fact | None, Fact | None]


def _paired(before: Sequence[Fact], after: Sequence[Fact]) -> list[_Pair]:
    left = list(before)
    partners: dict[int, Fact] = {}
    for alike in (_of_one_unit, _of_one_measure, _of_one_kind):
        for at, fact in enumerate(after):
            partner = next((each for each in left if at not in partners and alike(each, fact)), None)
            if partner is not None:
                partners[at] = partner
                left.remove(partner)
    return [*((partners.get(at), fact) for at, fact in enumerate(after)), *((fact, None) for fact in left)]


def _of_one_unit(one: Fact, other: Fact) -> bool:
    return (one.kind, one.unit) == (other.kind, other.unit)


def _of_one_measure(one: Fact, other: Fact) -> bool:
    """ "5 working days" and "14 days" both count days."""
    return one.kind is other.kind and one.unit.rsplit(" ", 1)[-1] == other.unit.rsplit(" ", 1)[-1]


def _of_one_kind(one: Fact, other: Fact) -> bool:
    return one.kind is other.kind and one.kind is not FactKind.MODAL


def _rejoined(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Pairs whose halves stand in different places of the sentence put together; a fact that only changed its place is left out."""
    kept = list(pairs)
    for alike in (_of_one_sense, _of_one_unit):
        for lone in [pair for pair in kept if pair[1] is None]:
            one = lone[0]
            at = next(
                (at for at, (old, new) in enumerate(kept) if one and new and old is None and alike(one, new)), None
            )
            if at is not None:
                kept[at] = (one, kept[at][1])
                kept.remove(lone)
    return [(one, other) for one, other in kept if one is None or other is None or one.sense != other.sense]


def _of_one_sense(one: Fact, other: Fact) -> bool:
    return one.sense == other.sense
