"""Dates as people write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar", "february feb februar", "march mar märz", "april apr", "may mai", "june jun juni", "july jul juli",
            "august aug", "september sep sept", "october oct oktober okt", "november nov", "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip


MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"


def _written(year: str) -> str:
    return (
        rf"(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{4}}/\d{{2}}/\d{{2}}|\d{{1,2}}(?:(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{MONTH},?\s+|-{MONTH}-){year}"
        rf"|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+{year}|\d{{1,2}}\.\d{{1,2}}\.{year}|\d{{1,2}}/\d{{1,2}}/{year}|\d{{1,2}}-\d{{1,2}}-{year})"
    )


_YEAR = r"(?:\d{4}|\d{2})(?![\d.]*\d)"
DATE = _written(r"\d{4}")
#: What a date may be where a text says that one follows, as behind "valid from": "01.03.25" might be a clause elsewhere, and
#: "March 2025" is a month.
STATED_DATE = rf"(?:{_written(_YEAR)}|{MONTH}\s+\d{{4}}\b|\b(?:0?[1-9]|1[0-2])/\d{{4}}\b)"
#: Written alike in countries that put the day first and in those that put the month first.
_EITHER_FIRST = re.compile(rf"(?<!\d)(?P<first>\d{{1,2}})(?P<mark>[/-])(?P<second>\d{{1,2}})(?P=mark)(?P<year>{_YEAR})")


def read_date(text: str) -> date | None:
    """The date a text states: ISO, "1 March 2025", "1-Mar-2025", "March 1, 2025", "1.3.2025", "01.03.25"; "3/25/2025" only where
    its order is certain."""
    iso = re.search(r"(\d{4})([-/])(\d{2})\2(\d{2})", text)
    if iso:
        return _date(int(iso[1]), int(iso[3]), int(iso[4]))
    named = re.search(
        rf"(\d{{1,2}})(?:(?:st|nd|rd|th|\.)?\s+(?:of\s+)?|-)({MONTH})(?:,?\s+|-)({_YEAR})", text, re.IGNORECASE
    )
    if named:
        return _date(_year(named[3]), _MONTHS[named[2].rstrip(".").lower()], int(named[1]))
    named = re.search(rf"({MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+({_YEAR})", text, re.IGNORECASE)
    if named:
        return _date(_year(named[3]), _MONTHS[named[1].rstrip(".").lower()], int(named[2]))
    dotted = re.search(rf"(?<![\d.])(\d{{1,2}})\.(\d{{1,2}})\.({_YEAR})", text)
    if dotted:
        return _date(_year(dotted[3]), int(dotted[2]), int(dotted[1]))
    readings = _readings(text)
    return readings[0] if len(readings) == 1 else None


def read_month(text: str) -> tuple[int, int] | None:
    """The year and month a text states: "May 2023", "Sept. 2024", "Mai 2023", "05/2023"."""
    named = re.search(rf"\b({MONTH})\s*,?\s+(?:of\s+)?(\d{{4}})\b", text, re.IGNORECASE)
    if named:
        return int(named[2]), _MONTHS[named[1].rstrip(".").lower()]
    numbered = re.search(r"(?<![\d/])(0?[1-9]|1[0-2])/(\d{4})\b", text)
    return (int(numbered[2]), int(numbered[1])) if numbered else None


def read_first_day(text: str) -> date | None:
    """The date a text states, or the first day of the month."""
    month = read_month(text)
    return read_date(text) or (_date(*month, 1) if month else None)


def read_last_day(text: str) -> date | None:
    """The date a text states, or the last day of the month."""
    month = read_month(text)
    return read_date(text) or (_date(*month, monthrange(*month)[1]) if month else None)


def read_day_first(text: str) -> date | None:
    """The date a text states; where it may be read in two ways, with the day first: "1/4/2025" is 1 April."""
    found = _EITHER_FIRST.search(text) if is_ambiguous(text) else None
    return _date(_year(found["year"]), int(found["second"]), int(found["first"])) if found else read_date(text)


def is_ambiguous(text: str) -> bool:
    """Whether the date a text states is another one where the month is written first: "1/4/2025"."""
    return read_date(text) is None and len(_readings(text)) > 1


def _readings(text: str) -> list[date]:
    """The days that a date of three numbers, year last, can mean; of two digits each the year may also be first."""
    found = _EITHER_FIRST.search(text)
    if found is None:
        return []
    first, second, year = int(found["first"]), int(found["second"]), _year(found["year"])
    days = [_date(year, second, first), _date(year, first, second)]
    if len(found["year"]) == 2 and found["mark"] == "-":
        days.append(_date(_year(found["first"]), second, int(found["year"])))
    return sorted({day for day in days if day})


def _year(digits: str) -> int:
    """A year in full: of two digits 69 to 99 are of the last century, as POSIX reads them."""
    year = int(digits)
    return year if len(digits) > 2 else year + (1900 if year >= 69 else 2000)


def dates_in(text: str) -> list[date]:
    """Every date a text states, in order."""
    found = (read_date(match.group()) for match in re.finditer(DATE, text, re.IGNORECASE))
    return [day for day in found if day is not None]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
