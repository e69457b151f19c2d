"""Countries as policies name them."""

from __future__ import annotations

import re
from collections import Counter

#: Countries policies speak of, as ISO 3166 codes; "the" in front is left out.
_COUNTRIES = {
    "argentina": "AR", "australia": "AU", "austria": "AT", "belgium": "BE", "brazil": "BR", "bulgaria": "BG", "canada": "CA", "chile": "CL",
    "china": "CN", "colombia": "CO", "croatia": "HR", "czech republic": "CZ", "czechia": "CZ", "denmark": "DK", "estonia": "EE", "finland": "FI",
    "france": "FR", "germany": "DE", "deutschland": "DE", "greece": "GR", "hong kong": "HK", "hungary": "HU", "india": "IN", "indonesia": "ID",
    "ireland": "IE", "israel": "IL", "italy": "IT", "japan": "JP", "latvia": "LV", "lithuania": "LT", "luxembourg": "LU", "malaysia": "MY",
    "mexico": "MX", "netherlands": "NL", "new zealand": "NZ", "norway": "NO", "philippines": "PH", "poland": "PL", "portugal": "PT",
    "romania": "RO", "saudi arabia": "SA", "serbia": "RS", "singapore": "SG", "slovakia": "SK", "slovenia": "SI", "south africa": "ZA",
    "south korea": "KR", "spain": "ES", "sweden": "SE", "switzerland": "CH", "taiwan": "TW", "thailand": "TH", "turkey": "TR", "ukraine": "UA",
    "united arab emirates": "AE", "united kingdom": "GB", "great britain": "GB", "uk": "GB", "united states": "US",
    "united states of america": "US", "usa": "US", "u.s.": "US", "vietnam": "VN",
}  # fmt: skip


COUNTRY = (
    "(?:the\\s+)?(?P<country>"
    + "|".join(re.escape(name) for name in sorted(_COUNTRIES, key=len, reverse=True))
    + r")(?![\w-])"
)


def country(text: str) -> str | None:
    """The ISO 3166 code of a country's name or code, None where it is neither."""
    bare = text.strip().rstrip(".").removeprefix("the ").casefold()
    if len(bare) == 2 and bare.upper() in set(_COUNTRIES.values()):
        return bare.upper()
    return _COUNTRIES.get(bare)


_ANY_COUNTRY = re.compile(r"\b" + COUNTRY.replace("(?P<country>", "("), re.IGNORECASE)


def countries_named(text: str, *, times: int = 2) -> frozenset[str]:
    """The ISO 3166 codes of the countries a text names at least so many times."""
    counts = Counter(country(name) for name in _ANY_COUNTRY.findall(text))
    return frozenset(code for code, count in counts.items() if code is not None and count >= times)
