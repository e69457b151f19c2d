"""Cells as people see them: the number behind a cell, written by its format."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

_QUOTED = re.compile(r'"([^"]*)"|\\(.)|_.|\*.')
_CONDITION = re.compile(r"\[(?!\$)[^\]]*\]")
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")


def shown(value: object, number_format: str = "General") -> str:
    """A cell's value as its sheet shows it: dates as ISO dates, numbers with their decimals, thousands and signs.

    :param value: what the file holds: text, number, truth, date or nothing.
    :param number_format: Excel's format code; one that isn't understood shows the number as it is.
    """
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            # The order of day and month differs between countries; ISO is read everywhere in one way.
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
        case timedelta():
            minutes = round(value.total_seconds() / 60)
            return f"{minutes // 60}:{minutes % 60:02d}"
        case int() | float():
            return _number(value, number_format)
        case _:
            return str(value).strip()


def _number(value: int | float, number_format: str) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    sections = number_format.split(";")
    code = sections[1] if value < 0 and len(sections) > 1 and sections[1] else sections[0]
    written_negative = value < 0 and len(sections) > 1 and bool(sections[1])
    code = _CONDITION.sub("", _CURRENCY.sub(lambda match: f'"{match[1]}"', code))
    bare = _QUOTED.sub("", code)
    digits = re.search(r"[#0?][#0?,]*(?:\.([#0?]+))?", bare)
    if digits is None or "E" in bare.upper().replace("GENERAL", "") or "/" in bare:
        return _plain(value)
    percent = bare.count("%")
    amount = abs(Decimal(repr(value)) * (Decimal(100) ** percent))
    most = len(digits[1] or "")
    least = (digits[1] or "").count("0")
    rounded = amount.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP) if amount < 10**15 else amount
    text = f"{rounded:,f}" if "," in digits[0] else f"{rounded:f}"
    if "." in text:
        whole, _, fraction = text.partition(".")
        fraction = fraction[:least] + fraction[least:].rstrip("0")
        text = f"{whole}.{fraction}" if fraction else whole
    width = len(re.match(r"[#0?,]*", digits[0])[0].replace(",", "").lstrip("#?"))  # type: ignore[index]
    text = text.rjust(width, "0") if width > 1 and "," not in digits[0] else text
    before, after = _around(code)
    sign = "-" if value < 0 and not written_negative else ""
    return f"{sign}{before}{text}{after}".strip()


def _around(code: str) -> tuple[str, str]:
    """What a format code writes before and after the number."""
    literal = _QUOTED.sub(lambda match: (match[1] or match[2] or "").translate(_HIDDEN), code)
    found = re.search(r"[#0?][#0?,.]*", literal)
    if found is None:
        return "", ""
    before, after = literal[: found.start()], literal[found.end() :]
    return before.translate(_SEEN), after.translate(_SEEN)


#: Digits in quotation marks are text, not places for digits: kept apart while the places are looked for.
_HIDDEN = {ord(sign): 0xE000 + ord(sign) for sign in "#0?,."}
_SEEN = {0xE000 + ord(sign): sign for sign in "#0?,."}


def _plain(value: int | float) -> str:
    """A number without a format: up to eleven digits, as Excel shows it."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.11g}"
