"""Countries as policies name them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """A country as people call it, in English and German; "the" in front is left out."""

    name: str
    others: tuple[str, ...]
    adjectives: tuple[str, ...]  #: German ones without their endings


def _country(names: str, adjectives: str = "") -> Country:
    name, *others = names.split(", ")
    return Country(name, tuple(others), tuple(adjectives.split(", ")) if adjectives else ())


#: By ISO 3166 code: the name in English, further names, adjectives. "Island", German for Iceland, is an English word.
COUNTRIES = {
    "AE": _country("United Arab Emirates, UAE, Vereinigte Arabische Emirate, Vereinigten Arabischen Emiraten", "Emirati"),
    "AR": _country("Argentina, Argentinien", "Argentine, Argentinian, argentinisch"),
    "AT": _country("Austria, Österreich, Oesterreich", "Austrian, österreichisch"),
    "AU": _country("Australia, Australien", "Australian, australisch"),
    "BE": _country("Belgium, Belgien", "Belgian, belgisch"),
    "BG": _country("Bulgaria, Bulgarien", "Bulgarian, bulgarisch"),
    "BR": _country("Brazil, Brasilien", "Brazilian, brasilianisch"),
    "CA": _country("Canada, Kanada", "Canadian, kanadisch"),
    "CH": _country("Switzerland, Schweiz", "Swiss, schweizerisch, Schweizer"),
    "CL": _country("Chile", "Chilean, chilenisch"),
    "CN": _country("China", "Chinese, chinesisch"),
    "CO": _country("Colombia, Kolumbien", "Colombian, kolumbianisch"),
    "CY": _country("Cyprus, Zypern", "Cypriot, zyprisch"),
    "CZ": _country("Czechia, Czech Republic, Tschechien, Tschechische Republik, Tschechischen Republik", "Czech, tschechisch"),
    "DE": _country("Germany, Deutschland", "German, deutsch"),
    "DK": _country("Denmark, Dänemark", "Danish, dänisch"),
    "EE": _country("Estonia, Estland", "Estonian, estnisch"),
    "ES": _country("Spain, Spanien", "Spanish, spanisch"),
    "FI": _country("Finland, Finnland", "Finnish, finnisch"),
    "FR": _country("France, Frankreich", "French, französisch"),
    "GB": _country(
        "United Kingdom, UK, U.K., Great Britain, Britain, England, Northern Ireland, Großbritannien, Nordirland, Vereinigtes Königreich, Vereinigten Königreich",
        "British, britisch",
    ),
    "GR": _country("Greece, Griechenland", "Greek, griechisch"),
    "HK": _country("Hong Kong, Hongkong"),
    "HR": _country("Croatia, Kroatien", "Croatian, kroatisch"),
    "HU": _country("Hungary, Ungarn", "Hungarian, ungarisch"),
    "ID": _country("Indonesia, Indonesien", "Indonesian, indonesisch"),
    "IE": _country("Ireland, Irland", "Irish, irisch"),
    "IL": _country("Israel", "Israeli, israelisch"),
    "IN": _country("India, Indien", "Indian, indisch"),
    "IS": _country("Iceland", "Icelandic, isländisch"),
    "IT": _country("Italy, Italien", "Italian, italienisch"),
    "JP": _country("Japan", "Japanese, japanisch"),
    "KR": _country("South Korea, Südkorea", "Korean, koreanisch, südkoreanisch"),
    "LI": _country("Liechtenstein"),
    "LT": _country("Lithuania, Litauen", "Lithuanian, litauisch"),
    "LU": _country("Luxembourg, Luxemburg", "Luxembourgish, luxemburgisch"),
    "LV": _country("Latvia, Lettland", "Latvian, lettisch"),
    "MT": _country("Malta", "Maltese, maltesisch"),
    "MX": _country("Mexico, Mexiko", "Mexican, mexikanisch"),
    "MY": _country("Malaysia", "Malaysian, malaysisch"),
    "NL": _country("Netherlands, Niederlande, Niederlanden", "Dutch, niederländisch"),
    "NO": _country("Norway, Norwegen", "Norwegian, norwegisch"),
    "NZ": _country("New Zealand, Neuseeland", "neuseeländisch"),
    "PH": _country("Philippines, Philippinen", "Philippine, Filipino, philippinisch"),
    "PL": _country("Poland, Polen", "Polish, polnisch"),
    "PT": _country("Portugal", "Portuguese, portugiesisch"),
    "RO": _country("Romania, Rumänien", "Romanian, rumänisch"),
    "RS": _country("Serbia, Serbien", "Serbian, serbisch"),
    "SA": _country("Saudi Arabia, Saudi-Arabien", "Saudi, saudi-arabisch"),
    "SE": _country("Sweden, Schweden", "Swedish, schwedisch"),
    "SG": _country("Singapore, Singapur", "Singaporean"),
    "SI": _country("Slovenia, Slowenien", "Slovenian, slowenisch"),
    "SK": _country("Slovakia, Slowakei", "Slovak, Slovakian, slowakisch"),
    "TH": _country("Thailand", "Thai, thailändisch"),
    "TR": _country("Türkiye, Turkey, Turkiye, Türkei", "Turkish, türkisch"),
    "TW": _country("Taiwan", "Taiwanese, taiwanisch"),
    "UA": _country("Ukraine", "Ukrainian, ukrainisch"),
    "US": _country(
        "United States, United States of America, USA, U.S., U.S.A., Vereinigte Staaten, Vereinigten Staaten", "American, amerikanisch"
    ),
    "VN": _country("Vietnam", "Vietnamese, vietnamesisch"),
    "ZA": _country("South Africa, Südafrika", "South African, südafrikanisch"),
}  # fmt: skip
_CODES = {name.lower(): code for code, each in COUNTRIES.items() for name in (each.name, *each.others)}


COUNTRY = (
    "(?:the\\s+)?(?P<country>"
    + "|".join(re.escape(name) for name in sorted(_CODES, key=len, reverse=True))
    + r")(?![\w-])"
)


def country(text: str) -> str | None:
    """The ISO 3166 code of a country's name or code, None where it is neither."""
    named = text.strip().lower().removeprefix("the ")
    bare = named.rstrip(".")
    if bare.upper() in COUNTRIES:
        return bare.upper()
    return _CODES.get(named) or _CODES.get(bare)


_ANY_COUNTRY = re.compile(r"\b" + COUNTRY.replace("(?P<country>", "("), re.IGNORECASE)


def countries_named(text: str, *, times: int = 2) -> frozenset[str]:
    """The ISO 3166 codes of the countries a text names at least so many times."""
    counts = Counter(country(name) for name in _ANY_COUNTRY.findall(text))
    return frozenset(code for code, count in counts.items() if code is not None and count >= times)
