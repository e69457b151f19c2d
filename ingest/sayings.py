"""A sentence as the facts it states, in order: numbers, units, bounds, modals, negations, conditions and plain words.

One spelling for each fact, so that two sentences can be laid beside each other: "three (3)", "3" and "three" are one
number, "March 31" and "31 March" one date, "may not" and "is not permitted to" one ban. Words without a fact are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from ingest.numerals import ORDINALS, SMALL, TENS
from ingest.spelling import MONTHS, one_spelling
from retrieval.terms import STOP_WORDS, terms


class Kind(StrEnum):
    """What a word does in a sentence."""

    WORD = "word"
    NUMBER = "number"
    UNIT = "unit"  #: what numbers count: measures, currencies, months
    BOUND = "bound"  #: "up to", "at least", "before"
    MODAL = "modal"  #: duty, leave, advice, ban (must not) and free (need not)
    NOT = "not"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Fact:
    """One word or phrase that says something."""

    kind: Kind
    key: str  #: a stem, a number in one spelling, or the name of what a phrase means
    part: int  #: number of the sentence or semicolon-separated part it stands in, from 0
    name: bool = False  #: written with a capital inside the sentence
    optional: bool = False  #: a condition inside an example, or one that only tells the time: may be left out
    bracketed: bool = False  #: inside brackets or an example
    asked: bool = False  #: part of a question, which states nothing


@lru_cache(maxsize=512)  # the few spans of an answer are read again for each of its sentences
def facts(text: str) -> tuple[Fact, ...]:
    """The facts of a text in its order; empty for one without words."""
    tokens = _TOKEN.findall(one_spelling(text))
    lowered = [token.lower() for token in tokens]
    found: list[Fact] = []
    questions: set[int] = set()
    part, aside, bracketed, opening = 0, False, False, True
    at = 0
    while at < len(tokens):
        token = lowered[at]
        if token in _MARKS:
            if token in ".!?" or (token == ";" and not _opens_condition(lowered, at + 1)):
                questions.update([part] if token == "?" else [])
                part, aside, opening = part + 1, False, True
            elif token == ",":
                # An example ends where a condition follows its comma.
                aside = aside and not _opens_condition(lowered, at + 1)
            elif token != ";":
                aside, bracketed = False, token == "("
            at += 1
            continue
        meaning, width = _meaning(tokens, lowered, at)
        if isinstance(meaning, str):
            aside = True
        elif meaning is not None:
            kind, key = meaning
            optional = kind is Kind.CONDITION and (aside or (key == "when" and not opening))
            name = kind is Kind.WORD and not opening and tokens[at][0].isupper()
            found.append(Fact(kind, "if" if key == "when" else key, part, name, optional, bracketed or aside))
        opening = False
        at += width
    return tuple(replace(fact, asked=True) if fact.part in questions else fact for fact in _settled(found))


#: A fact's kind and key, the mark of an example, or nothing.
_Meaning = tuple[Kind, str] | str | None
_TOKEN = re.compile(r"\d+(?:[.:/]\d+)*|[^\W\d_]+|[,;()]|[.!?](?=\s+[A-Z(\"“]|\s*$)")
_MARKS = frozenset(".;!?,()")


def _meaning(tokens: list[str], lowered: list[str], at: int) -> tuple[_Meaning, int]:
    """What begins at a token, and how many tokens it takes; None where it says nothing."""
    if _is_month(tokens, at):
        return (Kind.UNIT, "may"), 1
    if number := _number(lowered, at):
        return (Kind.NUMBER, number[0]), number[1]
    if phrase := _phrase(lowered, at):
        return phrase
    token = lowered[at]
    if token in STOP_WORDS or not token.isalpha():
        return None, 1
    stem = (terms(token) or [token])[0]
    if stem in _SAYING_NOTHING:
        return None, 1
    return (Kind.UNIT if stem in _UNITS else Kind.WORD, stem), 1


# -- numbers -----------------------------------------------------------------------------------------------------------

_WORDS = SMALL | TENS
_FIXED = {word: str(value) for word, value in ORDINALS.items()} | {
    "half": "0.5",
    "twice": "2",
    "double": "2",
    "triple": "3",
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
#: Stems of the months' names.
MONTH_STEMS = frozenset(terms(" ".join(MONTHS)))
_UNITS = frozenset(
    terms(
        "euros pounds dollars percent seconds minutes hours days nights weeks months years quarters km kilometres miles metres kg "
        "pages " + " ".join(month for month in MONTHS if month != "may")
    )
)  # fmt: skip


def _number(tokens: list[str], at: int) -> tuple[str, int] | None:
    """The number that begins at a token, in one spelling, and how many tokens it takes."""
    token = tokens[at]
    if token[0].isdigit():
        if not re.fullmatch(r"\d+(?:\.\d+)?", token):
            return token, 1
        total, width = float(token), 1
    elif token in _WORDS:
        total, width = float(_WORDS[token]), 1
        if total >= 20 and 0 < _WORDS.get(_at(tokens, at + 1), 0) < 10:
            total, width = total + _WORDS[tokens[at + 1]], 2
    else:
        return (_FIXED[token], 1) if token in _FIXED else None
    while (scale := _at(tokens, at + width)) in _SCALES:
        total, width = total * _SCALES[scale], width + 1
    return f"{total:.10g}", width


def _is_month(tokens: list[str], at: int) -> bool:
    """ "May" with a capital beside a number is the month; "may" is a modal."""
    return tokens[at] == "May" and any(
        token[:1].isdigit() for token in (_at(tokens, at + 1), tokens[at - 1] if at else "")
    )


# -- phrases -----------------------------------------------------------------------------------------------------------

_ASIDE = "aside"


def _meanings() -> dict[tuple[str, ...], _Meaning]:
    listed: list[tuple[_Meaning, str]] = [
        ((Kind.MODAL, "duty"), "must|shall|has to|have to|had to|need to|needs to|required to|obliged to|obligated to|mandatory"),
        ((Kind.MODAL, "leave"), "may|can|could|might|allowed to|permitted to|entitled to|entitled|eligible to|right to|able to|may be able to|"
                                "can be able to|might be able to"),
        ((Kind.MODAL, "advice"), "should|ought to"),
        ((Kind.MODAL, "ban"), "must not|shall not|may not|can not|could not|not allowed to|not permitted to|not entitled to|not entitled"),
        ((Kind.MODAL, "free"), "need not|not required to|not obliged to|not obligated to|not have to|not need to|not required"),
        ((Kind.NOT, "not"), "not|no|never|none|neither|nor|nobody|nothing|no longer|rarely|seldom|hardly|hardly ever|barely|scarcely"),
        ((Kind.NOT, "without"), "without"),
        ((Kind.CONDITION, "if"), "if|only if|if and only if|only where|only when|provided that|provided|as long as|so long as|in the event|in the event of|"
                                 "in the event that|in case|in case of|on condition that|subject to"),
        ((Kind.CONDITION, "unless"), "unless|except|except for|except that|except as|except where|except with|except in|other than|save for|save that|"
                                     "save as|excluding|with the exception of|with the exclusion of|apart from|barring|but for"),
        ((Kind.CONDITION, "only"), "only|solely|exclusively"),
        ((Kind.CONDITION, "when"), "when|where|whenever|wherever"),
        ((Kind.BOUND, "at_most"), "up to|at most|maximum|max|maximum of|up to a maximum of|a maximum of|no more than|not more than|not exceed|not exceeding|"
                                  "not to exceed|no longer than|not longer than|no greater than|not greater than|no later than|not later than|at the latest"),
        ((Kind.BOUND, "at_least"), "at least|minimum|minimum of|a minimum of|no less than|not less than|no fewer than|not fewer than|no earlier than|"
                                   "not earlier than|no sooner than|at the earliest"),
        ((Kind.BOUND, "below"), "less than|fewer than|below|lower than|shorter than"),
        ((Kind.BOUND, "above"), "more than|above|exceeding|exceeds|exceed|in excess of|greater than|longer than|higher than"),
        ((Kind.BOUND, "until"), "until|till"),
        ((Kind.BOUND, "before"), "before|prior to|earlier than"),
        ((Kind.BOUND, "after"), "after|following|later than|upon expiry of"),
        ((Kind.BOUND, "during"), "during"),
        ((Kind.BOUND, "some"), "some"),
        ((Kind.BOUND, "most"), "most"),
        ((Kind.BOUND, "number:at_most"), "within"),
        ((Kind.BOUND, "number:above"), "over"),
        ((Kind.BOUND, "number:below"), "under"),
        ((Kind.BOUND, "number:until"), "by"),
        ((Kind.BOUND, "number:from"), "from|since|as of|starting"),
        ((Kind.BOUND, "back:at_least"), "or more|or longer|or later|or above|or over|and above"),
        ((Kind.BOUND, "back:at_most"), "or less|or fewer|or earlier|or below|or under"),
        (_ASIDE, "for example|for instance|such as|e g|including|for example if|for example where|for example when"),
        (None, "not only|whether or not|not limited to|not just|if applicable|where applicable|if so|even if|as if|where possible|will|would|also|"
               "the following"),
    ]  # fmt: skip
    return {tuple(phrase.split()): meaning for meaning, phrases in listed for phrase in phrases.split("|")}


_PHRASES = _meanings()
_FIRST_WORDS = frozenset(phrase[0] for phrase in _PHRASES)
_LONGEST = max(len(phrase) for phrase in _PHRASES)
#: Words that carry no fact of their own in a claim.
_SAYING_NOTHING = frozenset(terms("yes please also per every"))


def _phrase(tokens: list[str], at: int) -> tuple[_Meaning, int] | None:
    """What the longest phrase that begins at a token means, and how many tokens it takes."""
    if tokens[at] not in _FIRST_WORDS:
        return None
    for width in range(_LONGEST, 0, -1):
        phrase = tuple(tokens[at : at + width])
        if len(phrase) == width and phrase in _PHRASES:
            return _PHRASES[phrase], width
    return None


def _opens_condition(tokens: list[str], at: int) -> bool:
    meaning = (_phrase(tokens, at) or (None, 0))[0] if at < len(tokens) else None
    return isinstance(meaning, tuple) and meaning[0] is Kind.CONDITION


def _settled(found: list[Fact]) -> list[Fact]:
    """The facts in one order: a bound in front of its number and a unit behind it; "three (3)" once; "may not" as a ban."""
    settled: list[Fact] = []
    for at, fact in enumerate(found):
        following = found[at + 1] if at + 1 < len(found) else None
        before = settled[-1] if settled else None
        if fact.kind is Kind.BOUND and ":" in fact.key:
            place, key = fact.key.split(":")
            if place == "number" and following is not None and following.kind in (Kind.NUMBER, Kind.UNIT):
                settled.append(replace(fact, key=key))
            elif place == "back" and (back := _last_number(settled)) is not None:
                settled.insert(back, replace(fact, key=key))
        elif fact.bracketed and before is not None and (fact.kind, fact.key) == (before.kind, before.key):
            continue
        elif fact.key == "not" and before is not None and before.kind is Kind.MODAL and before.key in ("duty", "leave"):
            settled[-1] = replace(before, key="ban")
        elif (
            fact.kind is Kind.UNIT
            and before is not None
            and before.kind is Kind.WORD
            and _last_number(settled[:-1], 1) is not None
        ):
            settled.insert(-1, fact)  # "five unused days" and "five days unused"
        else:
            settled.append(fact)
    return settled


def _last_number(found: list[Fact], furthest: int = 3) -> int | None:
    places = range(len(found) - 1, max(-1, len(found) - 1 - furthest), -1)
    return next((at for at in places if found[at].kind is Kind.NUMBER), None)


def _at(tokens: list[str], at: int) -> str:
    return tokens[at] if at < len(tokens) else ""
