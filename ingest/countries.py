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


#: By ISO 3166 code: the name in English, further names, adjectives. "Island", German for Iceland, is an English word. "Jordan", "Chad"
#: and "Georgia" are also what people are called, and stand here all the same: a question about a country that is not known is
#: answered with another country's rules, which is worse than a person taken for a country.
COUNTRIES = {
    "AD": _country("Andorra"),
    "AE": _country("United Arab Emirates, UAE, Vereinigte Arabische Emirate, Vereinigten Arabischen Emiraten", "Emirati"),
    "AF": _country("Afghanistan", "Afghan, afghanisch"),
    "AG": _country("Antigua and Barbuda, Antigua und Barbuda"),
    "AL": _country("Albania, Albanien", "Albanian, albanisch"),
    "AM": _country("Armenia, Armenien", "Armenian, armenisch"),
    "AO": _country("Angola", "Angolan, angolanisch"),
    "AR": _country("Argentina, Argentinien", "Argentine, Argentinian, argentinisch"),
    "AT": _country("Austria, Österreich, Oesterreich", "Austrian, österreichisch"),
    "AU": _country("Australia, Australien", "Australian, australisch"),
    "AZ": _country("Azerbaijan, Aserbaidschan", "Azerbaijani, aserbaidschanisch"),
    "BA": _country("Bosnia and Herzegovina, Bosnia, Bosnien und Herzegowina, Bosnien-Herzegowina, Bosnien", "Bosnian, bosnisch"),
    "BB": _country("Barbados"),
    "BD": _country("Bangladesh, Bangladesch", "Bangladeshi"),
    "BE": _country("Belgium, Belgien", "Belgian, belgisch"),
    "BF": _country("Burkina Faso"),
    "BG": _country("Bulgaria, Bulgarien", "Bulgarian, bulgarisch"),
    "BH": _country("Bahrain", "Bahraini, bahrainisch"),
    "BI": _country("Burundi"),
    "BJ": _country("Benin"),
    "BN": _country("Brunei"),
    "BO": _country("Bolivia, Bolivien", "Bolivian, bolivianisch"),
    "BR": _country("Brazil, Brasilien", "Brazilian, brasilianisch"),
    "BS": _country("Bahamas"),
    "BT": _country("Bhutan"),
    "BW": _country("Botswana"),
    "BY": _country("Belarus, Weißrussland", "Belarusian, belarussisch"),
    "BZ": _country("Belize"),
    "CA": _country("Canada, Kanada", "Canadian, kanadisch"),
    "CD": _country("Democratic Republic of the Congo, DR Congo, DRC, Demokratische Republik Kongo, DR Kongo"),
    "CF": _country("Central African Republic, Zentralafrikanische Republik, Zentralafrikanischen Republik"),
    "CG": _country("Republic of the Congo, Congo, Republik Kongo, Kongo", "Congolese, kongolesisch"),
    "CH": _country("Switzerland, Schweiz", "Swiss, schweizerisch, Schweizer"),
    "CI": _country("Ivory Coast, Côte d'Ivoire, Côte d’Ivoire, Elfenbeinküste", "Ivorian"),
    "CL": _country("Chile", "Chilean, chilenisch"),
    "CM": _country("Cameroon, Kamerun", "Cameroonian, kamerunisch"),
    "CN": _country("China, People's Republic of China, People’s Republic of China, PRC, Volksrepublik China", "Chinese, chinesisch"),
    "CO": _country("Colombia, Kolumbien", "Colombian, kolumbianisch"),
    "CR": _country("Costa Rica", "Costa Rican, costa-ricanisch"),
    "CU": _country("Cuba, Kuba", "Cuban, kubanisch"),
    "CV": _country("Cape Verde, Cabo Verde, Kap Verde"),
    "CY": _country("Cyprus, Zypern", "Cypriot, zyprisch"),
    "CZ": _country("Czechia, Czech Republic, Tschechien, Tschechische Republik, Tschechischen Republik", "Czech, tschechisch"),
    "DE": _country("Germany, Deutschland", "German, deutsch"),
    "DJ": _country("Djibouti, Dschibuti"),
    "DK": _country("Denmark, Dänemark", "Danish, dänisch"),
    "DM": _country("Dominica"),
    "DO": _country("Dominican Republic, Dominikanische Republik, Dominikanischen Republik"),
    "DZ": _country("Algeria, Algerien", "Algerian, algerisch"),
    "EC": _country("Ecuador", "Ecuadorian, ecuadorianisch"),
    "EE": _country("Estonia, Estland", "Estonian, estnisch"),
    "EG": _country("Egypt, Ägypten", "Egyptian, ägyptisch"),
    "ER": _country("Eritrea", "Eritrean, eritreisch"),
    "ES": _country("Spain, Spanien", "Spanish, spanisch"),
    "ET": _country("Ethiopia, Äthiopien", "Ethiopian, äthiopisch"),
    "FI": _country("Finland, Finnland", "Finnish, finnisch"),
    "FJ": _country("Fiji, Fidschi"),
    "FM": _country("Micronesia, Mikronesien"),
    "FR": _country("France, Frankreich", "French, französisch"),
    "GA": _country("Gabon, Gabun"),
    "GB": _country(
        "United Kingdom, UK, U.K., Great Britain, Britain, England, Northern Ireland, Großbritannien, Nordirland, Vereinigtes Königreich, Vereinigten Königreich",
        "British, britisch",
    ),
    "GD": _country("Grenada"),
    "GE": _country("Georgia, Georgien", "Georgian, georgisch"),
    "GH": _country("Ghana", "Ghanaian, ghanaisch"),
    "GM": _country("Gambia"),
    "GN": _country("Guinea"),
    "GQ": _country("Equatorial Guinea, Äquatorialguinea"),
    "GR": _country("Greece, Griechenland", "Greek, griechisch"),
    "GT": _country("Guatemala", "Guatemalan, guatemaltekisch"),
    "GW": _country("Guinea-Bissau"),
    "GY": _country("Guyana"),
    "HK": _country("Hong Kong, Hongkong"),
    "HN": _country("Honduras", "Honduran, honduranisch"),
    "HR": _country("Croatia, Kroatien", "Croatian, kroatisch"),
    "HT": _country("Haiti", "Haitian, haitianisch"),
    "HU": _country("Hungary, Ungarn", "Hungarian, ungarisch"),
    "ID": _country("Indonesia, Indonesien", "Indonesian, indonesisch"),
    "IE": _country("Ireland, Irland", "Irish, irisch"),
    "IL": _country("Israel", "Israeli, israelisch"),
    "IN": _country("India, Indien", "Indian, indisch"),
    "IQ": _country("Iraq, Irak", "Iraqi, irakisch"),
    "IR": _country("Iran", "Iranian, iranisch"),
    "IS": _country("Iceland", "Icelandic, isländisch"),
    "IT": _country("Italy, Italien", "Italian, italienisch"),
    "JM": _country("Jamaica, Jamaika", "Jamaican, jamaikanisch"),
    "JO": _country("Jordan, Jordanien", "Jordanian, jordanisch"),
    "JP": _country("Japan", "Japanese, japanisch"),
    "KE": _country("Kenya, Kenia", "Kenyan, kenianisch"),
    "KG": _country("Kyrgyzstan, Kirgisistan, Kirgistan", "Kyrgyz, kirgisisch"),
    "KH": _country("Cambodia, Kambodscha", "Cambodian, kambodschanisch"),
    "KI": _country("Kiribati"),
    "KM": _country("Comoros, Komoren"),
    "KN": _country("Saint Kitts and Nevis, St. Kitts und Nevis"),
    "KP": _country("North Korea, Nordkorea", "North Korean, nordkoreanisch"),
    "KR": _country("South Korea, Südkorea", "Korean, koreanisch, südkoreanisch"),
    "KW": _country("Kuwait", "Kuwaiti, kuwaitisch"),
    "KZ": _country("Kazakhstan, Kasachstan", "Kazakh, kasachisch"),
    "LA": _country("Laos", "Laotian, laotisch"),
    "LB": _country("Lebanon, Libanon", "Lebanese, libanesisch"),
    "LC": _country("Saint Lucia, St. Lucia"),
    "LI": _country("Liechtenstein"),
    "LK": _country("Sri Lanka", "Sri Lankan, sri-lankisch"),
    "LR": _country("Liberia", "Liberian, liberianisch"),
    "LS": _country("Lesotho"),
    "LT": _country("Lithuania, Litauen", "Lithuanian, litauisch"),
    "LU": _country("Luxembourg, Luxemburg", "Luxembourgish, luxemburgisch"),
    "LV": _country("Latvia, Lettland", "Latvian, lettisch"),
    "LY": _country("Libya, Libyen", "Libyan, libysch"),
    "MA": _country("Morocco, Marokko", "Moroccan, marokkanisch"),
    "MC": _country("Monaco"),
    "MD": _country("Moldova, Moldau, Moldawien", "Moldovan, moldauisch"),
    "ME": _country("Montenegro", "Montenegrin, montenegrinisch"),
    "MG": _country("Madagascar, Madagaskar"),
    "MH": _country("Marshall Islands, Marshallinseln"),
    "MK": _country("North Macedonia, Macedonia, Nordmazedonien, Mazedonien", "Macedonian, mazedonisch"),
    "ML": _country("Mali", "Malian, malisch"),
    "MM": _country("Myanmar, Burma"),
    "MN": _country("Mongolia, Mongolei", "Mongolian, mongolisch"),
    "MO": _country("Macau, Macao"),
    "MR": _country("Mauritania, Mauretanien", "Mauritanian, mauretanisch"),
    "MT": _country("Malta", "Maltese, maltesisch"),
    "MU": _country("Mauritius", "Mauritian, mauritisch"),
    "MV": _country("Maldives, Malediven"),
    "MW": _country("Malawi"),
    "MX": _country("Mexico, Mexiko", "Mexican, mexikanisch"),
    "MY": _country("Malaysia", "Malaysian, malaysisch"),
    "MZ": _country("Mozambique, Mosambik", "Mozambican, mosambikanisch"),
    "NA": _country("Namibia", "Namibian, namibisch"),
    "NE": _country("Niger"),
    "NG": _country("Nigeria", "Nigerian, nigerianisch"),
    "NI": _country("Nicaragua", "Nicaraguan, nicaraguanisch"),
    "NL": _country("Netherlands, Niederlande, Niederlanden", "Dutch, niederländisch"),
    "NO": _country("Norway, Norwegen", "Norwegian, norwegisch"),
    "NP": _country("Nepal", "Nepalese, Nepali, nepalesisch"),
    "NR": _country("Nauru"),
    "NZ": _country("New Zealand, Neuseeland", "neuseeländisch"),
    "OM": _country("Oman", "Omani, omanisch"),
    "PA": _country("Panama", "Panamanian, panamaisch"),
    "PE": _country("Peru", "Peruvian, peruanisch"),
    "PG": _country("Papua New Guinea, Papua-Neuguinea"),
    "PH": _country("Philippines, Philippinen", "Philippine, Filipino, philippinisch"),
    "PK": _country("Pakistan", "Pakistani, pakistanisch"),
    "PL": _country("Poland, Polen", "Polish, polnisch"),
    "PR": _country("Puerto Rico", "Puerto Rican, puerto-ricanisch"),
    "PS": _country("Palestine, Palästina", "Palestinian, palästinensisch"),
    "PT": _country("Portugal", "Portuguese, portugiesisch"),
    "PW": _country("Palau"),
    "PY": _country("Paraguay", "Paraguayan, paraguayisch"),
    "QA": _country("Qatar, Katar", "Qatari, katarisch"),
    "RO": _country("Romania, Rumänien", "Romanian, rumänisch"),
    "RS": _country("Serbia, Serbien", "Serbian, serbisch"),
    "RU": _country("Russia, Russian Federation, Russland, Russische Föderation, Russischen Föderation", "Russian, russisch"),
    "RW": _country("Rwanda, Ruanda", "Rwandan, ruandisch"),
    "SA": _country("Saudi Arabia, Saudi-Arabien", "Saudi, saudi-arabisch"),
    "SB": _country("Solomon Islands, Salomonen"),
    "SC": _country("Seychelles, Seychellen"),
    "SD": _country("Sudan", "Sudanese, sudanesisch"),
    "SE": _country("Sweden, Schweden", "Swedish, schwedisch"),
    "SG": _country("Singapore, Singapur", "Singaporean"),
    "SI": _country("Slovenia, Slowenien", "Slovenian, slowenisch"),
    "SK": _country("Slovakia, Slowakei", "Slovak, Slovakian, slowakisch"),
    "SL": _country("Sierra Leone"),
    "SM": _country("San Marino"),
    "SN": _country("Senegal", "Senegalese, senegalesisch"),
    "SO": _country("Somalia", "Somali, somalisch"),
    "SR": _country("Suriname, Surinam"),
    "SS": _country("South Sudan, Südsudan"),
    "ST": _country("São Tomé and Príncipe, São Tomé und Príncipe"),
    "SV": _country("El Salvador", "Salvadoran, salvadorianisch"),
    "SY": _country("Syria, Syrien", "Syrian, syrisch"),
    "SZ": _country("Eswatini, Swaziland, Swasiland"),
    "TD": _country("Chad, Tschad", "Chadian, tschadisch"),
    "TG": _country("Togo", "Togolese, togoisch"),
    "TH": _country("Thailand", "Thai, thailändisch"),
    "TJ": _country("Tajikistan, Tadschikistan", "Tajik, tadschikisch"),
    "TL": _country("Timor-Leste, East Timor, Osttimor"),
    "TM": _country("Turkmenistan", "Turkmen, turkmenisch"),
    "TN": _country("Tunisia, Tunesien", "Tunisian, tunesisch"),
    "TO": _country("Tonga"),
    "TR": _country("Türkiye, Turkey, Turkiye, Türkei", "Turkish, türkisch"),
    "TT": _country("Trinidad and Tobago, Trinidad und Tobago"),
    "TV": _country("Tuvalu"),
    "TW": _country("Taiwan", "Taiwanese, taiwanisch"),
    "TZ": _country("Tanzania, Tansania", "Tanzanian, tansanisch"),
    "UA": _country("Ukraine", "Ukrainian, ukrainisch"),
    "UG": _country("Uganda", "Ugandan, ugandisch"),
    "US": _country(
        "United States, United States of America, USA, U.S., U.S.A., Vereinigte Staaten, Vereinigten Staaten", "American, amerikanisch"
    ),
    "UY": _country("Uruguay", "Uruguayan, uruguayisch"),
    "UZ": _country("Uzbekistan, Usbekistan", "Uzbek, usbekisch"),
    "VA": _country("Vatican City, Vatican, Vatikanstadt, Vatikan"),
    "VC": _country("Saint Vincent and the Grenadines, St. Vincent und die Grenadinen"),
    "VE": _country("Venezuela", "Venezuelan, venezolanisch"),
    "VN": _country("Vietnam", "Vietnamese, vietnamesisch"),
    "VU": _country("Vanuatu"),
    "WS": _country("Samoa"),
    "XK": _country("Kosovo"),
    "YE": _country("Yemen, Jemen", "Yemeni, jemenitisch"),
    "ZA": _country("South Africa, Südafrika", "South African, südafrikanisch"),
    "ZM": _country("Zambia, Sambia", "Zambian, sambisch"),
    "ZW": _country("Zimbabwe, Simbabwe", "Zimbabwean, simbabwisch"),
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


def country_code(said: str | None) -> str | None:
    """The ISO 3166 code for what somebody gave as one: "uk" is GB, as questions about it are; what is no country's stays, in capitals."""
    return (country(said) or said.upper()) if said else None


_ANY_COUNTRY = re.compile(r"\b" + COUNTRY.replace("(?P<country>", "("), re.IGNORECASE)


def countries_named(text: str, *, times: int = 2) -> frozenset[str]:
    """The ISO 3166 codes of the countries a text names at least so many times."""
    counts = Counter(country(name) for name in _ANY_COUNTRY.findall(text))
    return frozenset(code for code, count in counts.items() if code is not None and count >= times)
