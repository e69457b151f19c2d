"""Dates, times, amounts and contractions in one spelling, before a sentence is read."""

from __future__ import annotations

import re
from collections.abc import Callable

MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(month.capitalize() for month in MONTHS)
_CURRENCIES = {
    "€": "euro",
    "EUR": "euro",
    "£": "pound",
    "GBP": "pound",
    "$": "dollar",
    "US$": "dollar",
    "USD": "dollar",
}
_SIGN = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True))


def _in_words(found: re.Match[str]) -> str:
    """ "2025-03-31" -> "31 March 2025"."""
    month = int(found[2])
    return f"{found[3]} {MONTHS[month - 1].capitalize()} {found[1]}" if 1 <= month <= 12 else found[0]


def _on_24_hours(found: re.Match[str]) -> str:
    """ "5.30 pm" -> "17:30"."""
    hour = int(found[1]) % 12 + (12 if found[3].lower() == "p" else 0)
    return f"{hour}:{found[2] or '00'}"


_SPELLINGS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"^\s*\(?(?:\d+(?:\.\d+)+[.)]?|\d+[.)])\s+(?=[A-Z“\"(])"), ""),  # the number of a clause
    (re.compile(r"[’‘]"), "'"),
    (re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b"), _in_words),
    (re.compile(r"\b(\d{1,2})(?:[:.](\d\d))? ?([AaPp])\.?[Mm]\b\.?"), _on_24_hours),
    (re.compile(r"\b0(\d:\d\d)\b"), r"\1"),
    (re.compile(r"(\d)(?:st|nd|rd|th)\b"), r"\1"),
    (re.compile(rf"(?<!\d )\b({_MONTH}) (?:the )?(\d{{1,2}})\b(?![.:]\d)"), r"\2 \1"),
    (re.compile(rf"\b(\d{{1,2}}) (?:day )?of ({_MONTH})\b"), r"\1 \2"),
    (re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))|(?<=\d)\.(?=\d{3}(?:[.,]\d|\s|$))"), ""),  # 1,000 and 1.000,50
    (re.compile(r"(\d),(\d{1,2})(?!\d)"), r"\1.\2"),
    (
        re.compile(rf"({_SIGN}) ?(\d[\d.]*\d|\d)((?: ?(?:million|billion|thousand|hundred))?)"),
        lambda found: f" {found[2]}{found[3]} {_CURRENCIES[found[1]]} ",
    ),
    (re.compile(rf"(?<=\d) ?({_SIGN})(?!\w)"), lambda found: f" {_CURRENCIES[found[1]]}"),
    (  # "two days a week" is a rate, "within a week" is a number
        re.compile(
            r"\b([Ww]ithin|[Aa]fter|[Bb]efore|[Ff]or|[Ii]n|to|least|most|than|have|has|gives?|lasts?|is) an? (?=(?:minute|hour|day|week|month|year)\b)"
        ),
        r"\1 one ",
    ),
    (re.compile(r",? if any\b(?=\s*[,.;)])"), ""),
    (re.compile(r" ?(?:%|\bper ?cent\b)"), " percent"),
    (re.compile(r"\b[Cc]annot\b|\b[Cc]an't\b"), "can not"),
    (re.compile(r"\b[Ww]on't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'\w*"), " "),
    (re.compile(r"\b([Nn])on-(?=\w)"), r"\1ot "),
)


def one_spelling(text: str) -> str:
    """The text with one spelling for each date, time, amount, thousand and contraction; other words stay as they are."""
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    return text
