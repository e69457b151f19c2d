"""Where a question asks about: the countries that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.countries import COUNTRIES

#: Country names and adjectives as people write them, to ISO 3166 codes; "US" and "Polish" are words of their own without capitals.
_NAMES = {name.lower(): code for code, each in COUNTRIES.items() for name in (each.name, *each.others)} | {"us": "US"}
_ADJECTIVES = {adjective.lower(): code for code, each in COUNTRIES.items() for adjective in each.adjectives}
_IN_CAPITALS = {"us": "(?-i:US)", "polish": "(?-i:Polish)"}


def _unnamed(pattern: re.Pattern[str]) -> str:
    """A pattern without its names, to stand in a larger one."""
    return re.sub(r"\?P<\w+>", "?:", pattern.pattern)


def _any_of(names: Iterable[str]) -> str:
    return "|".join(_IN_CAPITALS.get(name) or re.escape(name) for name in sorted(names, key=len, reverse=True))


#: A name behind these is a person's: "Frau Schweizer".
_NO_PERSON = "".join(
    rf"(?<!\b{re.escape(title)}\s)"
    for title in ("Frau", "Herr", "Herrn", "Mr", "Mr.", "Mrs", "Mrs.", "Ms", "Ms.", "Miss", "Dr", "Dr.")
)
_COUNTRY = re.compile(
    rf"(?<!\w){_NO_PERSON}(?:(?P<name>{_any_of(_NAMES)})"
    # "in German" and "auf Deutsch" name a language.
    rf"|(?!(?<=\bin )(?:{_any_of(_ADJECTIVES)})\s*(?:[?.!,;]|$))(?<!\bauf )(?<!\binto )"
    rf"(?P<adjective>{_any_of(_ADJECTIVES)})(?:e[mnrs]?)?(?! express\b))(?!\w)",
    re.IGNORECASE,
)
_A_COUNTRY = rf"(?:(?:the|der|die|den|dem|das)\s+)?(?:{_unnamed(_COUNTRY)})"
_IN_COUNTRY = re.compile(
    rf"(?:^|,?\s+)(?:in|im|for|für|from|within|aus)\s+{_A_COUNTRY}(?:(?:,|,?\s+(?:or|and|oder|und))\s+{_A_COUNTRY})*",
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
    codes = _CODE.findall(_COUNTRY.sub("", text))  # "in DR Congo" names one country, not two
    return frozenset(named | {code for code in codes if not {code, code.lower()} & {*COUNTRIES, *_NAMES}})


def placed_in(question: str) -> str | None:
    """The code of the country that a question places itself in: "in France", "for the UK"; None where it names none so, or several."""
    codes = countries_in(" ".join(found.group() for found in _IN_COUNTRY.finditer(question)))
    return next(iter(codes)) if len(codes) == 1 else None


def unplaced(text: str) -> str:
    """A question without the countries that it places itself in."""
    return _IN_COUNTRY.sub("", text)


def placed_elsewhere(text: str, code: str) -> str:
    """A question with another country in the place of the one that it names; as it is where it names none, or several."""
    return _COUNTRY.sub(country_name(code), text) if len(countries_in(text)) == 1 else text


def without_names(text: str) -> str:
    """A question with a figure in the place of each country, so that none is taken for its subject."""
    return _COUNTRY.sub("0", text)
