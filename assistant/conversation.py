"""From what somebody typed to a question that stands alone: follow-ups, dates, countries, greetings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.records import Turn
from ingest.countries import COUNTRIES
from retrieval.terms import terms

_POLITE = r"(?:(?:ok(?:ay)?|thanks?(?: you)?|great|right|no|sorry|actually)\b[,.!\s]+)?"
_WHAT_ABOUT = re.compile(
    rf"^{_POLITE}(?:and|or|but|so)?[,\s]*(?:(?:what|how)\s+about|i\s+meant?)\s+(?P<rest>.+)$", re.IGNORECASE
)
_AND = re.compile(rf"^{_POLITE}(?:and|or|but|also|even|only)\b[,\s]+(?P<rest>.+)$", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|that|this|those|these|he|she|him|her|there|then|same|one|ones|both|either|so|instead|afterwards|on top)\b",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"^(?:who|what|when|where|why|how|which|can|could|do|does|did|is|are|am|will|would|should|may|must|have|has)\b",
    re.I,
)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?(?: you| a lot| so much)?|thank you|cheers|great|ok(?:ay)?|bye|goodbye"
    r"|hallo|guten (?:tag|morgen|abend)|moin|servus|(?:vielen |herzlichen )?dank|danke|super|tschüss)"
    r"(?:\s+(?:there|all|everyone|policydesk|you|very much|so much|a lot|zusammen|schön|sehr|dir|ihnen))*\W*$",
    re.IGNORECASE,
)
_HELLO = re.compile(r"^\W*(?:hi|hello|hey|hallo|good|guten|moin|servus)\b", re.IGNORECASE)
_FEW_TERMS = 3


def is_small_talk(text: str) -> bool:
    """A greeting or thanks, which needs no documents."""
    return bool(_GREETING.match(text))


def is_thanks(text: str) -> bool:
    """Thanks, or another end of a conversation: small talk that opens nothing."""
    return is_small_talk(text) and not _HELLO.match(text)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with its subject: a follow-up is joined to the question it follows.

    "What about part-timers?" after "How many days of leave do I get?" becomes "How many days of leave do I get? (part-timers)".
    A question that names its own subject is returned as it is. Greetings and thanks in between are passed over; a country takes
    the place of the country before, and a date or "now" that of the date before.
    """
    question = " ".join(question.split())
    history = [turn for turn in history if not is_small_talk(turn.question)]
    if not history or not _follows(question):
        return question
    before = standalone(history[-1].question, history[:-1]).rstrip("?!. ")
    if _COUNTRY.search(question):
        before = _IN_COUNTRY.sub("", before)
    if _WHEN.search(question) or _NOW.search(question):
        before = _AT_THAT_TIME.sub("", before)
    match = _WHAT_ABOUT.match(question) or _AND.match(question)
    rest = match.group("rest") if match else question
    if match and _QUESTION_WORD.match(rest):
        return f"{rest.rstrip('?!. ')}? ({before})"
    if match:
        return f"{before}, {rest.rstrip('?!. ')}?"
    return f"{question.rstrip('?!. ')}? ({before})"


def _follows(question: str) -> bool:
    if _WHAT_ABOUT.match(question) or _AND.match(question):
        return True
    content = terms(question)
    return len(content) < _FEW_TERMS or (bool(_POINTS_BACK.search(question)) and len(content) <= 2 * _FEW_TERMS)


# -- when and where ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the question says about when and where: None where it says nothing."""

    as_of: date | None = None
    jurisdiction: str | None = None


_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join([*_MONTHS, *(month[:3] for month in _MONTHS)])
_DAY = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\.?,?\s+(?P<year>(?:19|20)\d\d)\b", re.I
)
_US_DAY = re.compile(
    rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d\d)\b", re.I
)
_ISO_DAY = re.compile(r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b")
_MONTH_YEAR = re.compile(rf"\b(?P<month>{_MONTH})\.?\s+(?P<year>(?:19|20)\d\d)\b", re.I)
_YEAR = re.compile(
    r"\b(?:in|during|back in|throughout|year|(?:rules?|polic(?:y|ies)|rates?|limits?|allowances?|version|handbook) (?:of|for))\s+(?P<year>(?:19|20)\d\d)\b(?!\s*(?:€|euro|eur|pound|gbp|usd|dollar|km|kilomet|mile|hour|day|%))",
    re.I,
)
_LAST_YEAR = re.compile(r"(?<!from )(?<!of )(?<!since )\blast year\b(?!['’]s)", re.I)
_NOW = re.compile(r"\b(?:now|today|currently|at present|nowadays|this year)\b", re.I)
#: A date that follows so is one of somebody's life: the rules of today are asked for.
_OF_A_LIFE = re.compile(
    r"\b(?:joined|started|start|hired|employed|born|moved|promoted|transferred|signed|began|begun|been (?:here|with us)|since)\b[^.?!;]{0,24}$",
    re.I,
)
_WHEN = re.compile(
    "|".join(
        re.sub(r"\?P<\w+>", "?:", one.pattern) for one in (_DAY, _US_DAY, _ISO_DAY, _MONTH_YEAR, _YEAR, _LAST_YEAR)
    ),
    re.I,
)
_AT_THAT_TIME = re.compile(rf",?\s*(?:\b(?:on|in|during|of|as of|back in|throughout)\s+)?(?:{_WHEN.pattern})", re.I)

#: Country names and adjectives as people write them, to ISO 3166 codes; "US" and "Polish" are words of their own without capitals.
_NAMES = {name.lower(): code for code, each in COUNTRIES.items() for name in (each.name, *each.others)} | {"us": "US"}
_ADJECTIVES = {adjective.lower(): code for code, each in COUNTRIES.items() for adjective in each.adjectives}
_IN_CAPITALS = {"us": "(?-i:US)", "polish": "(?-i:Polish)"}


def _unnamed(pattern: re.Pattern[str]) -> str:
    """A pattern without its names, to stand in a larger one."""
    return re.sub(r"\?P<\w+>", "?:", pattern.pattern)


def _any_of(names: Iterable[str]) -> str:
    return "|".join(_IN_CAPITALS.get(name) or re.escape(name) for name in sorted(names, key=len, reverse=True))


_COUNTRY = re.compile(
    rf"(?<!\w)(?:(?P<name>{_any_of(_NAMES)})"
    # "in German" and "auf Deutsch" name a language.
    rf"|(?!(?<=\bin )(?:{_any_of(_ADJECTIVES)})\s*(?:[?.!,;]|$))(?<!\bauf )(?<!\binto )"
    rf"(?P<adjective>{_any_of(_ADJECTIVES)})(?:e[mnrs]?)?(?! express\b))(?!\w)",
    re.IGNORECASE,
)
_IN_COUNTRY = re.compile(
    rf"(?:^|,?\s+)(?:in|im|for|für|from|within|aus)\s+(?:(?:the|der|die|den|dem|das)\s+)?(?:{_unnamed(_COUNTRY)})",
    re.IGNORECASE,
)
#: The code of a country that has no name here, as a choice names it.
_CODE = re.compile(r"\bin ([A-Z]{2})(?!\w)")


def country_name(code: str) -> str:
    """How a country is called in questions; its code where no name of it is known."""
    return COUNTRIES[code].name if code in COUNTRIES else code


def countries_in(text: str) -> frozenset[str]:
    """The codes of the countries that a text names."""
    named = {
        _NAMES[found["name"].lower()] if found["name"] else _ADJECTIVES[found["adjective"].lower()]
        for found in _COUNTRY.finditer(text)
    }
    return frozenset(named | {code for code in _CODE.findall(text) if not {code, code.lower()} & {*COUNTRIES, *_NAMES}})


def placed_in(question: str) -> str | None:
    """The code of the country that a question places itself in: "in France", "for the UK"; None where it names none so, or several."""
    codes = countries_in(" ".join(found.group() for found in _IN_COUNTRY.finditer(question)))
    return next(iter(codes)) if len(codes) == 1 else None


def circumstances(question: str, *, today: date) -> Circumstances:
    """The date and country a question names in plain words: "in May 2023", "on 3 June 2024", "last year", "in Germany".

    A year or month alone means its last day, or today where that has not come; two different countries mean none.
    """
    codes = countries_in(question)
    return Circumstances(_as_of(question, today), next(iter(codes)) if len(codes) == 1 else None)


def _as_of(question: str, today: date) -> date | None:
    for pattern in (_DAY, _US_DAY, _ISO_DAY):
        for match in _named(pattern, question):
            month = match["month"]
            try:
                return date(int(match["year"]), int(month) if month.isdigit() else _month(month), int(match["day"]))
            except ValueError:  # 31 June: not a day
                continue
    for match in _named(_MONTH_YEAR, question):
        return _last_day(int(match["year"]), _month(match["month"]), today)
    for match in _named(_YEAR, question):
        return _last_day(int(match["year"]), 12, today)
    return _last_day(today.year - 1, 12, today) if any(_named(_LAST_YEAR, question)) else None


def _named(pattern: re.Pattern[str], question: str) -> Iterator[re.Match[str]]:
    """Where a question names a date, other than one of somebody's life."""
    return (match for match in pattern.finditer(question) if not _OF_A_LIFE.search(question[: match.start()]))


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, start=1) if month.startswith(name.lower()[:3]))


def _last_day(year: int, month: int, today: date) -> date:
    """The last day of a month; the month of today or one to come is taken as it stands today, or on its first day."""
    first = date(year, month, 1)
    last = date.fromordinal((date(year + month // 12, month % 12 + 1, 1)).toordinal() - 1)
    return max(first, today) if first <= today <= last else last if last < today else first
