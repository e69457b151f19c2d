"""Is a claim what its evidence says? Checked by code, not by a model.

Every number with its unit and bound ("up to five days"), every name, the modal ("may", "must"), the negation and the
condition of a claim have to stand in the cited span in the same sense, and nearly all of its other words too. The checks
refuse when in doubt: a refused claim is replaced by the quotation itself, which is always true to the document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from retrieval.terms import terms


class Failure(StrEnum):
    """What a claim says that its span does not."""

    NUMBER = "number"
    BOUND = "bound"
    NAME = "name"
    MODAL = "modal"
    NEGATION = "negation"
    CONDITION = "condition"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim stands on a span; ``failure`` names the first check that did not hold."""

    failure: Failure | None
    coverage: float  #: share of the claim's content words found in the span, 0 to 1

    @property
    def supported(self) -> bool:
        return self.failure is None


#: Share of a claim's content words that its span has to hold; one word in eight may be the writer's own.
MIN_COVERAGE = 0.85


def check(claim: str, span: str, *, heading: str = "") -> Verdict:
    """Check one claim against one cited span.

    :param heading: title and section path of the span; names and topics may come from there, facts may not.
    """
    claimed, cited = _read(claim), _read(span)
    context = set(terms(heading)) | set(terms(span))
    content = [stem for stem in terms(claim) if stem not in _CONTENTLESS]
    covered = sum(stem in context for stem in content)
    coverage = covered / len(content) if content else 0.0
    for failure, holds in (
        (Failure.NUMBER, _numbers_hold(claimed, cited)),
        (Failure.BOUND, _bounds_hold(claimed, cited)),
        (Failure.NAME, _names_hold(claim, span, heading)),
        (Failure.MODAL, claimed.modals <= cited.modals),
        (Failure.NEGATION, _polarity_holds(claimed, cited)),
        (Failure.CONDITION, not cited.conditional or claimed.conditional),
        (Failure.CONTENT, coverage >= MIN_COVERAGE and bool(content)),
    ):
        if not holds:
            return Verdict(failure, coverage)
    return Verdict(None, coverage)


def disagree(one: str, other: str) -> bool:
    """Whether two sentences on the same matter state different numbers for it: a number of each counts the same measure in
    the same company of words, and none of those numbers is shared. Sameness of matter is for the caller to judge."""
    first, second = _read(one), _read(other)
    for number in first.numbers:
        rivals = [rival for rival in second.numbers if number.unit and _comparable(number, rival)]
        if rivals and not any(
            _comparable(mine, rival) and mine.value == rival.value for mine in first.numbers for rival in rivals
        ):
            return True
    return False


#: Measures of the same kind: "24 hours" and "two days" can contradict each other.
_KINDS = {stem: "span" for stem in terms("day days week month year hour minute")}


def _comparable(one: _Number, other: _Number) -> bool:
    return other.unit is not None and _KINDS.get(one.unit or "", one.unit) == _KINDS.get(other.unit, other.unit)


# -- reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Number:
    value: str
    unit: str | None  #: the measure, currency or month it counts, as a stem
    words: frozenset[str]  #: stems of the words around it
    bound: str | None  #: "at_most", "at_least" or None


@dataclass(frozen=True, slots=True)
class _Reading:
    tokens: tuple[str, ...]
    numbers: tuple[_Number, ...]
    modals: frozenset[str]
    negated: frozenset[str]  #: stems in the reach of a negator
    plain: frozenset[str]  #: stems outside the reach of any
    conditional: bool


_TOKEN = re.compile(r"[€£$]|\d+(?:[.,:]\d+)*|%|[^\W\d_]+(?:[’'][a-z]+)?|[.,;:()—–]")
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL.split())} | {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1
    )
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_SYMBOLS = {"€": "euro", "eur": "euro", "£": "pound", "gbp": "pound", "$": "dollar", "usd": "dollar", "%": "percent"}
_MEASURES = frozenset(
    terms(
        "euro pound dollar percent day days week month year hour minute km kilometre mile metre kg page person people time times "
        "january february march april may june july august september october november december"
    )
)
#: Measures that stand behind their number only: in "5 days 3 hours", 3 counts hours.
_COUNTED = frozenset(
    "days day weeks week months month years year hours hour minutes minute times time people persons person".split()
)
_MODALS = {
    "must": "duty", "shall": "duty", "required": "duty", "requires": "duty", "obliged": "duty", "mandatory": "duty",
    "have to": "duty", "has to": "duty", "need to": "duty", "needs to": "duty", "may": "leave", "can": "leave", "could": "leave",
    "allowed": "leave", "permitted": "leave", "optional": "leave", "entitled": "right", "eligible": "right", "should": "advice",
    "recommended": "advice", "encouraged": "advice", "might": "leave",
}  # fmt: skip
#: A right to something is also leave to take it, and a permission may be put as a right.
_IMPLIED = {"right": {"leave"}, "leave": {"right"}}
_NEGATORS = frozenset(
    "not no never none neither nor without cannot nobody nothing prohibited forbidden excluded unable refuse refused lapse "
    "lapses".split()
)
_CLAUSE_END = frozenset(".;:—–") | {"but", "however", "although", "while", "whereas", "unless", "except", "if"}
_REACH = 6  #: words behind a negator that it still turns
_CONDITIONS = frozenset("if unless only except provided subject where when once until before after during".split())
_STRONG_CONDITIONS = (
    "if",
    "unless",
    "only",
    "except",
    "provided that",
    "provided the",
    "subject to",
    "other than",
    "as long as",
)
_BOUNDS = {
    "up to": "at_most", "at most": "at_most", "maximum": "at_most", "max": "at_most", "no more than": "at_most",
    "not more than": "at_most", "not exceed": "at_most", "not exceeding": "at_most", "no longer than": "at_most", "within": "at_most",
    "less than": "below", "fewer than": "below", "under": "below", "below": "below", "no later than": "at_most",
    "not later than": "at_most", "at least": "at_least", "minimum": "at_least", "no less than": "at_least",
    "not less than": "at_least", "no fewer than": "at_least", "more than": "above", "over": "above", "above": "above",
    "exceeding": "above", "exceeds": "above", "longer than": "above", "until": "until", "by": "until", "before": "before", "after": "after",
    "from": "from", "since": "from",
}  # fmt: skip
#: Words that carry no fact of their own in a claim.
_CONTENTLESS = frozenset(
    terms("yes no must may can shall should not never please also employee employees staff company policy")
)
_LONGEST_BOUND = 3


def _read(text: str) -> _Reading:
    tokens = tuple(token for raw in _TOKEN.findall(text) for token in _split_contraction(raw.lower()))
    lowered = " " + " ".join(tokens) + " "
    modals = {_MODALS[phrase] for phrase in _MODALS if f" {phrase} " in lowered}
    for modal in tuple(modals):
        modals |= _IMPLIED.get(modal, set())
    negated, plain = _polarity(tokens)
    return _Reading(
        tokens=tokens,
        numbers=tuple(_numbers(tokens)),
        modals=frozenset(modals),
        negated=negated,
        plain=plain,
        conditional=any(f" {phrase} " in lowered for phrase in _STRONG_CONDITIONS),
    )


def _split_contraction(token: str) -> list[str]:
    token = token.replace("’", "'")
    if token.endswith("n't"):
        return [{"can't": "can", "won't": "will"}.get(token, token[:-3]), "not"]
    if token == "cannot":
        return ["can", "not"]
    return [token.split("'")[0]]


def _numbers(tokens: tuple[str, ...]) -> list[_Number]:
    found = []
    at = 0
    while at < len(tokens):
        value, width = _value(tokens, at)
        if width == 0:
            at += 1
            continue
        words = [*_until_number(tokens[max(0, at - 2) : at][::-1]), *_until_number(tokens[at + width : at + width + 4])]
        stems = frozenset(stem for word in words for stem in terms(_SYMBOLS.get(word, word)))
        found.append(_Number(value, _unit(tokens, at, width), stems, _bound(tokens, at)))
        at += width
    return found


def _until_number(tokens: tuple[str, ...]) -> list[str]:
    return list(takewhile(lambda token: _value((token,), 0)[1] == 0, tokens))


def _unit(tokens: tuple[str, ...], at: int, width: int) -> str | None:
    """What is counted: the currency or month right before the number, else the first measure close behind it."""
    if at and (measure := _measure(tokens[at - 1])) is not None and tokens[at - 1] not in _COUNTED:
        return measure
    for token in _until_number(tokens[at + width : at + width + 3]):
        if (measure := _measure(token)) is not None:
            return measure
    return None


def _measure(token: str) -> str | None:
    stem = next(iter(terms(_SYMBOLS.get(token, token))), None)
    return stem if stem in _MEASURES else None


def _value(tokens: tuple[str, ...], at: int) -> tuple[str, int]:
    """The number that begins at a token, in one spelling, and how many tokens it takes; width 0 if there is none."""
    token = tokens[at]
    if token[0].isdigit():
        plain = re.sub(r"[,.](?=\d{3}(?:\D|$))", "", token)  # thousands: 1,000 and 1.000
        number = float(plain.replace(",", ".")) if re.fullmatch(r"\d+(?:[.,]\d+)?", plain) else None
        width = 1
        if number is not None and at + 1 < len(tokens) and tokens[at + 1] in _SCALES:
            number, width = number * _SCALES[tokens[at + 1]], 2
        return (plain if number is None else f"{number:g}" if number < 1e6 else f"{number:.0f}"), width
    if token in _ORDINALS:
        return str(_ORDINALS[token]), 1
    if token not in _NUMBER_WORDS:
        return "", 0
    total, width = _NUMBER_WORDS[token], 1
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    if total >= 20 and 0 < _NUMBER_WORDS.get(following, 0) < 10:
        total, width = total + _NUMBER_WORDS[following], 2
    while at + width < len(tokens) and tokens[at + width] in _SCALES:
        total, width = total * _SCALES[tokens[at + width]], width + 1
    return str(total), width


def _bound(tokens: tuple[str, ...], at: int) -> str | None:
    before = tokens[max(0, at - 5) : at]
    for width in range(_LONGEST_BOUND, 0, -1):
        # The nearest bound of the most words wins: "not more than" before "more than".
        for end in range(len(before), width - 1, -1):
            if any(token in ".;:" for token in before[end:]):
                break
            phrase = " ".join(before[end - width : end])
            if phrase in _BOUNDS:
                return _BOUNDS[phrase]
    return None


def _polarity(tokens: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    negated: set[str] = set()
    plain: set[str] = set()
    reach = 0
    for token in tokens:
        if token in _CLAUSE_END:
            reach = 0
        elif token in _NEGATORS:
            reach = _REACH
        elif token.isalpha():
            (negated if reach > 0 else plain).update(stem for stem in terms(token) if stem not in _CONTENTLESS)
            reach -= 1
    return frozenset(negated), frozenset(plain)


# -- the checks --------------------------------------------------------------------------------------------------------


def _numbers_hold(claimed: _Reading, cited: _Reading) -> bool:
    """Every number of the claim stands in the span beside one of the same words."""
    return all(_matches(number, cited) for number in claimed.numbers)


def _matches(number: _Number, cited: _Reading) -> list[_Number]:
    same = [other for other in cited.numbers if other.value == number.value and other.unit == number.unit]
    beside = [other for other in same if other.words & number.words]
    return beside or ([] if number.words else same)


def _bounds_hold(claimed: _Reading, cited: _Reading) -> bool:
    """ "Up to five days" is not "five days": a number keeps its bound."""
    return all(any(other.bound == number.bound for other in _matches(number, cited)) for number in claimed.numbers)


_NAME = re.compile(r"(?<![.!?:\n]\s)(?<!^)(?<!^[\"“‘(])\b(?:[A-Z][a-z]+|[A-Z]{2,}[a-z]?)\b")


def _names_hold(claim: str, span: str, heading: str) -> bool:
    known = {word.lower() for word in re.findall(r"\w+", f"{span} {heading}")}
    return all(name.lower() in known for name in _NAME.findall(claim.strip()) if name != "I")


def _polarity_holds(claimed: _Reading, cited: _Reading) -> bool:
    """No word is denied in the claim that the span only affirms, nor affirmed that the span only denies."""
    denied = claimed.negated & (cited.plain - cited.negated)
    affirmed = (claimed.plain - claimed.negated) & (cited.negated - cited.plain)
    return not denied and not affirmed
