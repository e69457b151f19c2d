"""When a question asks about: the days, months, quarters and years that it names, English and German."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from ingest.dates import DATE, MONTH, read_day_first, read_month

_DAY = re.compile(rf"(?<![\w./-])(?P<when>{DATE})(?![\w/-]|\.\d)", re.I)
_MONTH_YEAR = re.compile(rf"(?<![\w./])(?P<when>(?:{MONTH},?\s+(?:of\s+)?|(?:0?[1-9]|1[0-2])/)(?:19|20)\d\d)\b", re.I)
_QUARTER = re.compile(
    r"\b(?P<when>(?:q(?P<q>[1-4])|(?P<nth>[1-4])(?:st|nd|rd|th|\.)\s+quart(?:er|al))\s*(?:of\s+|/\s*|,\s*)?(?P<year>(?:19|20)\d\d))\b",
    re.I,
)
_YEAR = r"(?P<when>(?P<year>(?:19|20)\d\d))\b(?!\s*(?:€|euro|eur|pound|gbp|usd|dollar|km|kilomet|mile|hour|day|stunde|tage|%))"
_RULES = r"(?:rules?|polic(?:y|ies)|rates?|limits?|allowances?|version|handbook|guidelines?|regeln?|regelung|richtlinien?|fassung|handbuch|stand)"
_YEARS = (
    re.compile(rf"\b(?:in|during|back in|throughout|year|before|prior to|im jahr|vor|jahre?)\s+{_YEAR}", re.I),
    re.compile(rf"\bfy\s?{_YEAR}", re.I),
    re.compile(rf"\b\w*{_RULES}\s+(?:(?:of|for|von|aus|für)\s+)?{_YEAR}", re.I),
    re.compile(rf"\b(?:the|our|your|de[rnm]|die|das)\s+{_YEAR}(?=(?:\s+[\w-]+){{0,3}}?\s+\w*{_RULES}\b)", re.I),
    # German says "2023" without "in".
    re.compile(
        rf"\b(?:galt(?:en)?|war(?:en)?|hatten?|konnten?|durften?|mussten?|gab)\b[^.?!;]{{0,60}}?(?<!\baus )(?<!\bvon )(?<!\bfür )(?<![\d.,-])\b{_YEAR}",
        re.I,
    ),
)
#: Parts of a year, each with its first month and its number of months.
_PARTS = {
    "early": (1, 1), "beginning": (1, 1), "start": (1, 1), "anfang": (1, 1), "mid": (6, 1), "middle": (6, 1), "mitte": (6, 1), "late": (12, 1),
    "end": (12, 1), "ende": (12, 1), "spring": (3, 3), "frühjahr": (3, 3), "frühling": (3, 3), "summer": (6, 3), "sommer": (6, 3), "autumn": (9, 3),
    "fall": (9, 3), "herbst": (9, 3), "winter": (12, 1), "easter": (4, 1), "ostern": (4, 1), "christmas": (12, 1), "weihnachten": (12, 1),
    "h1": (1, 6), "first half": (1, 6), "h2": (7, 6), "second half": (7, 6),
}  # fmt: skip
_PART = re.compile(
    rf"(?<!\w)(?P<when>(?:the\s+)?(?P<part>{'|'.join(_PARTS)})(?:\s+of)?[\s-]+(?P<year>(?:19|20)\d\d))\b", re.I
)
_NO_BEGINNING = r"(?<!from )(?<!of )(?<!since )(?<!vom )(?<!aus )(?<!aus dem )(?<!seit )"
_BYGONE = r"(?:(?:im )?(?:letzte[mns]|vorige[mns]|vergangene[mns]))"
_LAST_YEAR = re.compile(
    rf"{_NO_BEGINNING}(?P<when>\b(?:last (?P<unit>year)|{_BYGONE} (?P<einheit>jahr)|im vor(?P<vor>jahr)))\b(?!['’]s)",
    re.I,
)
#: "In May last year" is no December.
_MONTH_OF_LAST_YEAR = re.compile(
    rf"(?<![\w.])(?P<when>(?P<month>{MONTH})\s+(?:of\s+)?(?:last year|(?:des )?(?:letzten|vorigen|vergangenen) jahres)"
    rf"|last year,?\s+in\s+(?P<its_month>{MONTH}))(?!\w|['’]s)",
    re.I,
)
_WAS = r"\b(?:was|were|did|applied|could|used to|galt(?:en)?|war(?:en)?|gab|konnten?|durften?)\b"
_ASKS = r"\b(?:what|which|how|who|was|welche\w*|wie|wer)\b"


def _what_held(time: str) -> tuple[re.Pattern[str], ...]:
    """A time, but only of what held then: "I moved two years ago" tells of a life, and asks for the rules of today."""
    return (
        re.compile(rf"{_WAS}[^.?!;]{{0,60}}?{time}", re.I),
        re.compile(rf"{time}(?=[^.?!;]{{0,9}}{_ASKS}[^.?!;]{{0,30}}?{_WAS})", re.I),
    )


_LAST_MONTH = _what_held(
    rf"{_NO_BEGINNING}(?P<when>\b(?:last (?P<unit>quarter|month)|{_BYGONE} (?P<einheit>quartal|monat)|im vor(?P<vor>monat)))\b(?!['’]s)"
)
_LAST_OF_ITS_NAME = _what_held(
    rf"{_NO_BEGINNING}(?P<when>\b(?:last|im (?:letzten|vorigen|vergangenen))\s+(?P<month>{MONTH}))(?!\w)"
)
#: Small numbers in words, English and German.
COUNTS = {
    word: number
    for number, words in enumerate(
        (
            "a an one einem einer", "two zwei", "three drei", "four vier", "five fünf", "six sechs", "seven sieben", "eight acht",
            "nine neun", "ten zehn", "eleven elf", "twelve zwölf",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_HOW_MANY = rf"(?:\d{{1,2}}|{'|'.join(COUNTS)})"
_AGO = _what_held(
    rf"(?P<when>\b(?:(?P<ago>{_HOW_MANY}) (?P<unit>year|month)s? ago|vor (?P<vor>{_HOW_MANY}) (?P<einheit>jahr|monat)(?:en)?))\b"
)
#: Behind these, figures with points are a place's number.
_A_PLACE = re.compile(
    r"(?:\b(?:sections?|clauses?|articles?|paragraphs?|chapters?|points?|version|ziffern?|abschnitte?|absatz|kapitel|punkt|artikel)|§)\s*$",
    re.I,
)
#: A date that follows so, or is followed so, is one of somebody's life: the rules of today are asked for.
_OF_A_LIFE = re.compile(
    r"\b(?:joined|started|start|hired|employed|born|moved|promoted|transferred|signed|began|begun|been (?:here|with us)|since|seit|begann|geboren|(?:i|we)(?:['’]ve| have)? (?:bought|got|received|passed|completed|finished))\b(?:[^.?!;]|(?<=\d)\.){0,24}$",
    re.I,
)
_IN_A_LIFE = re.compile(
    r"^[^.?!;,]{0,24}\b(?:angefangen|begonnen|gestartet|eingestellt|eingetreten|geboren|befördert|versetzt|gewechselt|umgezogen|unterschrieben)\b",
    re.I,
)
_EARLIER = r"(?:before|prior to|vor(?: de[mr])?)(?: the)?"
#: What held before a day is asked for, not what holds from that day on.
_EARLIER_THAN = re.compile(rf"\b{_EARLIER}\s+$", re.I)
_BEFORE_A_TIME = re.compile(
    rf",?\s*(?:\b(?:as of|back in|on|in|at|during|of|from|for|throughout|until|am|im|vom|(?:bis )?zum|ab|bis|von|in der fassung vom|stand|(?:im )?jahre?|{_EARLIER})\s+)?$",
    re.I,
)
_NOW = re.compile(
    r"\b(?:now|today|currently|at present|nowadays|this year|jetzt|heute|derzeit|aktuell|zurzeit|momentan|dieses jahr)\b",
    re.I,
)


def as_of(question: str, *, today: date) -> date | None:
    """The day whose rules a question asks for; None where it names none.

    Of a month, quarter or year it is the last day, or today where that has not come, or the first where none of it has. "Before"
    a time is the day before it. "3/4/2024" is 3 April: an answer says as of when it is.
    """
    for pattern, read in _TIMES:
        for match in pattern.finditer(question):
            # A day that no month has, such as 31 June, is none: its month may stand for it.
            if _is_of_a_life(match) or not (period := read(match, today)):
                continue
            first, last = period
            if _EARLIER_THAN.search(question[: match.start("when")]):
                return first - timedelta(days=1)
            return last if last < today or first == last else max(first, today)
    return None


def names_a_time(text: str) -> bool:
    """Whether a question says when: a date, or that it means today."""
    return bool(_NOW.search(text)) or any(pattern.search(text) for pattern, _ in _TIMES)


def undated(text: str) -> str:
    """A question without its dates."""
    for pattern, _ in _TIMES:
        while match := pattern.search(text):
            text = _BEFORE_A_TIME.sub("", text[: match.start("when")]) + text[match.end("when") :]
    return " ".join(text.split()).lstrip(",;:– ")


def _is_of_a_life(match: re.Match[str]) -> bool:
    """Whether it is a date of somebody's life, or no date but the number of a section."""
    before, behind = match.string[: match.start("when")], match.string[match.end("when") :]
    return bool(_A_PLACE.search(before) or _OF_A_LIFE.search(before) or _IN_A_LIFE.match(behind))


# -- each reads what its pattern found as a period, its first and its last day --------------------------------------------

_Period = tuple[date, date]
_MONTHS = {"year": 12, "jahr": 12, "quarter": 3, "quartal": 3, "month": 1, "monat": 1}


def _day(match: re.Match[str], _today: date) -> _Period | None:
    day = read_day_first(match["when"])
    return (day, day) if day else None


def _month(match: re.Match[str], _today: date) -> _Period | None:
    found = read_month(match["when"])
    return _months(*found, 1) if found else None


def _quarter(match: re.Match[str], _today: date) -> _Period:
    return _months(int(match["year"]), 3 * int(match["q"] or match["nth"]) - 2, 3)


def _part(match: re.Match[str], today: date) -> _Period | None:
    period = _months(int(match["year"]), *_PARTS[match["part"].lower()])
    # "By the end of 2030" is a deadline under the rules of today.
    return period if period[0] <= today else None


def _month_of_last_year(match: re.Match[str], today: date) -> _Period | None:
    found = read_month(f"{match['month'] or match['its_month']} {today.year - 1}")
    return _months(*found, 1) if found else None


def _year(match: re.Match[str], _today: date) -> _Period:
    return _months(int(match["year"]), 1, 12)


def _last(match: re.Match[str], today: date) -> _Period:
    length = _MONTHS[(match["unit"] or match["einheit"] or match["vor"]).lower()]
    this = (today.month - 1) // length * length + 1
    return _months(*_moved(today.year, this, -length), length)


def _last_of_its_name(match: re.Match[str], today: date) -> _Period | None:
    found = read_month(f"{match['month']} {today.year}")
    return _months(found[0] - (found[1] >= today.month), found[1], 1) if found else None


def _ago(match: re.Match[str], today: date) -> _Period:
    said = (match["ago"] or match["vor"]).lower()
    count = COUNTS.get(said) or int(said)
    year, month = _moved(today.year, today.month, -count * _MONTHS[(match["unit"] or match["einheit"]).lower()])
    day = date(year, month, min(today.day, monthrange(year, month)[1]))
    return day, day


def _moved(year: int, month: int, by: int) -> tuple[int, int]:
    """A month and its year, some months on."""
    year, month = divmod(12 * year + month - 1 + by, 12)
    return year, month + 1


def _months(year: int, month: int, length: int) -> _Period:
    """So many months from the first day of one."""
    return date(year, month, 1), date(*_moved(year, month, length), 1) - timedelta(days=1)


#: In the order in which they are believed.
_TIMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], _Period | None]], ...] = (
    (_DAY, _day),
    (_MONTH_YEAR, _month),
    (_QUARTER, _quarter),
    (_PART, _part),
    *((years, _year) for years in _YEARS),
    (_MONTH_OF_LAST_YEAR, _month_of_last_year),
    (_LAST_YEAR, _last),
    *((months, _last) for months in _LAST_MONTH),
    *((months, _last_of_its_name) for months in _LAST_OF_ITS_NAME),
    *((times, _ago) for times in _AGO),
)
