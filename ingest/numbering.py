"""Numbers in front of clauses: "4.2", "(b)", "iii.", "Article 7", "§ 3", "Schedule 2"."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


def roman(value: int) -> str:
    """A number in small roman letters; nothing for 0 and below."""
    letters = ""
    for size, sign in _ROMAN:
        while value >= size:
            letters += sign
            value -= size
    return letters


def roman_value(letters: str) -> int | None:
    """The value of a roman number in either case, None where it is not one."""
    lowered, value = letters.lower(), 0
    for size, sign in _ROMAN:
        while lowered.startswith(sign):
            value += size
            lowered = lowered[len(sign) :]
    return value if not lowered and value and roman(value) == letters.lower() else None


@dataclass(frozen=True, slots=True)
class Label:
    """The number in front of a block, and where it stands in the document's numbering tree."""

    text: str  #: as written: ``4.2``, ``(b)``, ``Article 7``
    series: str  #: labels of one series count on: ``decimal2``, ``(alpha)``, ``article``
    ordinals: tuple[int, ...]  #: (4, 2) for ``4.2``
    rest: str  #: the block's text behind the label

    @property
    def number(self) -> str:
        """The label without its punctuation, brackets kept: ``4.2``, ``(b)``."""
        return self.text.rstrip(".:) ") if not self.text.startswith("(") else self.text.strip()


_WORD = re.compile(
    r"(?P<word>Article|Section|Clause|Part|Chapter|Schedule|Annex|Appendix|Exhibit|Attachment|Addendum|Title|Artikel|Abschnitt|Anlage|Anhang|§§?)"
    r"\s*(?P<value>\d{1,4}(?:\.\d{1,3})*[a-z]?|[IVXLC]{1,7}|[A-Z])(?![\w])(?P<end>\s*[.:)–—-]?)(?=\s|$)",
    re.IGNORECASE,
)


_DECIMAL = re.compile(r"(?P<value>\d{1,3}(?:\.\d{1,3}){0,5})(?P<end>\.|\)|:)?(?=\s|$)")


_BRACKETED = re.compile(r"\((?P<value>\d{1,3}|[a-zA-Z]{1,5})\)(?=\s|$)")


_LETTERED = re.compile(r"(?P<value>[A-Z]|[a-z]|[ivxIVX]{1,6})(?P<end>[.)])(?=\s|$)")


#: "30 days", "0.45 EUR": a quantity, not a number in front.
_QUANTITY = re.compile(
    r"\d+(?:\.\d+)?\s+(?:(?:calendar|working|business|consecutive|full|more|paid)\s+)?(?:days?|weeks?|months?|years?|hours?|minutes?|percent|per\s?cent|[%€£$]"
    r"|EUR|GBP|USD|CHF|[Ee]uros?|pounds?|dollars?|cents?|km|kilomet(?:re|er)s?|miles?"
    r"|employees|people|times|January|February|March|April|May|June|July|August|September|October|November|December)(?!\w)"
)
#: "28 Days of leave" is one too; "3 Hours of work" is a heading, of which few documents count more than twenty.
_LARGE_QUANTITY = re.compile(
    r"(?:(?:2[1-9]|[3-9]\d)\s+(?:(?:working|business|full|paid)\s+)?|\d{1,2}\s+(?:calendar|consecutive)\s+)(?:days?|weeks?|months?|years?|hours?|minutes?|nights?|points?|miles?)"
    r"\s+(?:of|per)\b",
    re.IGNORECASE,
)


def label(text: str) -> Label | None:
    """The number a text begins with, None where there is none."""
    match = _WORD.match(text)
    if match and (match["word"][0].isupper() or match["word"].startswith("§")):
        value, word = match["value"], match["word"].lower()
        return Label(match[0].strip(), word, _ordinals(value), text[match.end() :].strip())
    match = _BRACKETED.match(text)
    if match:
        kind, ordinals = _letter_kind(match["value"])
        return Label(match[0], f"({kind})", ordinals, text[match.end() :].strip())
    match = _DECIMAL.match(text)
    if match and not _QUANTITY.match(text) and not _LARGE_QUANTITY.match(text):
        value = match["value"]
        depth = value.count(".") + 1
        if depth == 1 and not match["end"] and not re.match(r"\d{1,2}\s+[A-Z(“\"]", text):
            return None
        ordinals = tuple(int(part) for part in value.split("."))
        mark = ")" if match["end"] == ")" else ""
        return Label(match[0], f"decimal{depth}{mark}", ordinals, text[match.end() :].strip())
    match = _LETTERED.match(text)
    if match:
        kind, ordinals = _letter_kind(match["value"])
        return Label(match[0], f"{kind}{match['end']}", ordinals, text[match.end() :].strip())
    return None


def _ordinals(value: str) -> tuple[int, ...]:
    if value[0].isdigit():
        return tuple(int(re.sub(r"\D", "", part) or 0) for part in value.split("."))
    if len(value) == 1 and value.upper() not in "IVX":
        return (ord(value.upper()) - ord("A") + 1,)
    return (roman_value(value) or 0,)


def _letter_kind(value: str) -> tuple[str, tuple[int, ...]]:
    """Whether a letter counts as roman, alphabetic or decimal. "(i)" alone is roman; :func:`settle` looks at what came before."""
    if value.isdigit():
        return "digit", (int(value),)
    case = "upper" if value.isupper() else "lower"
    as_roman = roman_value(value)
    if as_roman and (len(value) > 1 or value.lower() in "ivx"):
        return f"roman-{case}", (as_roman,)
    if len(set(value.lower())) == 1:  # (a) … (z), (aa) …
        return f"alpha-{case}", (26 * (len(value) - 1) + ord(value[0].lower()) - ord("a") + 1,)
    return f"alpha-{case}", (0,)
