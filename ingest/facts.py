"""The facts a rule turns on: amounts, quantities, dates, references, modals; and which of them two texts differ in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from ingest.dates import DATE, read_date


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
    unit: str
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


_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_SPELT = (
    {word: value for value, word in enumerate(_WORDS)}
    | {word: 10 * value for value, word in enumerate(_TENS, start=2)}
    | {word: value for value, word in enumerate(_ORDINALS, start=1)}
    | {"once": 1, "twice": 2, "half": 0.5, "hundred": 100, "thousand": 1000}
)
_NUMBER = rf"(?:\d+(?:[.,]\d+)*|\b(?:{'|'.join(_TENS)})-(?:{'|'.join(_WORDS[1:10])})\b|\b(?:{'|'.join(_SPELT)})\b)"
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
    rf"|(?P<quantity>{_NUMBER}(?:\s+or\s+{_NUMBER})?[\s-]+{_COUNTED}\b)"
    rf"|(?P<modal>\b(?:must|shall|may|can|should|will|need)(?:\s+not)?\b|\bcannot\b|\b(?:not|never|no|nobody|only|unless|except|required|mandatory|"
    rf"prohibited|forbidden|permitted|allowed|entitled|optional|at least|at most|up to|no more than|no less than|more than|less than|fewer than)\b)"
    rf"|(?P<number>{_NUMBER}\b)",
    re.IGNORECASE,
)
#: One sense, several words.
_MODAL_SENSE = {"shall": "must", "shall not": "must not", "cannot": "can not", "at most": "up to", "no more than": "up to"}


def facts(text: str) -> list[Fact]:
    """The facts of a text, in order."""
    return list(_facts(text))


def _facts(text: str) -> Iterator[Fact]:
    for match in _FACT.finditer(text):
        kind = FactKind(match.lastgroup or "number")
        written = " ".join(match.group().split())
        lowered = written.casefold()
        # "one" alone is mostly no number: "one of them".
        if kind is FactKind.NUMBER and (lowered in ("one", "first", "second", "half") or not re.search(r"\d|[a-z]{3}", lowered)) and not lowered.isdigit():
            continue
        if kind is FactKind.MODAL:
            yield Fact(kind, _MODAL_SENSE.get(lowered, lowered), "", written)
        elif kind is FactKind.DATE:
            day = read_date(written)
            yield Fact(kind, day.isoformat() if day else re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\s", "", lowered), "", written)
        elif kind is FactKind.REFERENCE:
            yield Fact(kind, lowered.replace("clauses", "clause").replace("sections", "section"), "", written)
        else:
            yield Fact(kind, _value(lowered), _unit(lowered), written)


def _value(text: str) -> str:
    """The numbers of a text as digits: "twenty-five days" is 25."""
    values = []
    for number in re.findall(_NUMBER, text):
        if number in _SPELT:
            values.append(f"{_SPELT[number]:g}")
        elif "-" in number:
            tens, ones = number.split("-")
            values.append(str(int(_SPELT[tens] + _SPELT[ones])))
        else:
            values.append(re.sub(r",(?=\d{3})", "", number))
    return " ".join(values)


_UNITS = {"eur": "€", "euro": "€", "gbp": "£", "pound": "£", "usd": "$", "dollar": "$", "percent": "%", "kilometre": "km", "people": "person"}


def _unit(text: str) -> str:
    words = re.sub(rf"{_NUMBER}|\bor\b|-", " ", text).replace("per cent", "percent").split()
    singular = (word if len(word) <= 2 else word.removesuffix("s") for word in words)
    return " ".join(_UNITS.get(word, word) for word in singular)


def fact_changes(old: str, new: str) -> tuple[FactChange, ...]:
    """What two wordings of one rule say differently, in the order of the new one; facts that kept their sense are left out.

    A fact that is replaced is paired with the one in its place: of the same kind and unit first, then of the same kind.
    """
    before, after = facts(old), facts(new)
    matcher = SequenceMatcher(None, [fact.sense for fact in before], [fact.sense for fact in after], autojunk=False)
    changes: list[FactChange] = []
    for what, start, end, new_start, new_end in matcher.get_opcodes():
        if what != "equal":
            changes.extend(_paired(before[start:end], after[new_start:new_end]))
    return _without_shifts(changes)


def _paired(before: Sequence[Fact], after: Sequence[Fact]) -> Iterator[FactChange]:
    left = list(before)
    partners: dict[int, Fact] = {}
    for same in (lambda a, b: (a.kind, a.unit) == (b.kind, b.unit), lambda a, b: _last(a) == _last(b), lambda a, b: a.kind is b.kind):
        for at, fact in enumerate(after):
            partner = next((each for each in left if at not in partners and same(each, fact)), None)
            if partner is not None:
                partners[at] = partner
                left.remove(partner)
    for at, fact in enumerate(after):
        partner = partners.get(at)
        yield FactChange(fact.kind, partner.text if partner else None, fact.text)
    for fact in left:
        yield FactChange(fact.kind, fact.text, None)


def _last(fact: Fact) -> tuple[FactKind, str]:
    """Kind and head of the unit: "5 working days" and "14 days" both count days."""
    return fact.kind, fact.unit.rsplit(" ", 1)[-1]


def _without_shifts(changes: list[FactChange]) -> tuple[FactChange, ...]:
    """Without facts that only changed their place in the sentence."""
    gone = [change for change in changes if change.new is None]
    kept = list(changes)
    for change in gone:
        twin = next(
            (other for other in kept if other.old is None and other.new and facts(other.new)[:1] and change.old
             and [f.sense for f in facts(other.new)] == [f.sense for f in facts(change.old)]), None,
        )  # fmt: skip
        if twin is not None:
            kept.remove(twin)
            kept.remove(change)
    return tuple(kept)
