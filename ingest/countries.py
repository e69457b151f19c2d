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
#: The other countries of the world, as documents name them; nothing is known yet of how questions do. "Jordan", "Chad" and "Georgia" are
#: also what people are called: a document speaks of the country where it says that it applies there.
FURTHER = {
    "AD": _country("Andorra"),
    "AF": _country("Afghanistan", "Afghan, afghanisch"),
    "AG": _country("Antigua and Barbuda, Antigua und Barbuda"),
    "AL": _country("Albania, Albanien", "Albanian, albanisch"),
    "AM": _country("Armenia, Armenien", "Armenian, armenisch"),
    "AO": _country("Angola", "Angolan, angolanisch"),
    "AZ": _country("Azerbaijan, Aserbaidschan", "Azerbaijani, aserbaidschanisch"),
    "BA": _country("Bosnia and Herzegovina, Bosnia, Bosnien und Herzegowina, Bosnien-Herzegowina, Bosnien", "Bosnian, bosnisch"),
    "BB": _country("Barbados"),
    "BD": _country("Bangladesh, Bangladesch", "Bangladeshi"),
    "BF": _country("Burkina Faso"),
    "BH": _country("Bahrain", "Bahraini, bahrainisch"),
    "BI": _country("Burundi"),
    "BJ": _country("Benin"),
    "BN": _country("Brunei"),
    "BO": _country("Bolivia, Bolivien", "Bolivian, bolivianisch"),
    "BS": _country("Bahamas"),
    "BT": _country("Bhutan"),
    "BW": _country("Botswana"),
    "BY": _country("Belarus, Weißrussland", "Belarusian, belarussisch"),
    "BZ": _country("Belize"),
    "CD": _country("Democratic Republic of the Congo, DR Congo, DRC, Demokratische Republik Kongo, DR Kongo"),
    "CF": _country("Central African Republic, Zentralafrikanische Republik, Zentralafrikanischen Republik"),
    "CG": _country("Republic of the Congo, Congo, Republik Kongo, Kongo", "Congolese, kongolesisch"),
    "CI": _country("Ivory Coast, Côte d'Ivoire, Côte d’Ivoire, Elfenbeinküste", "Ivorian"),
    "CM": _country("Cameroon, Kamerun", "Cameroonian, kamerunisch"),
    "CR": _country("Costa Rica", "Costa Rican, costa-ricanisch"),
    "CU": _country("Cuba, Kuba", "Cuban, kubanisch"),
    "CV": _country("Cape Verde, Cabo Verde, Kap Verde"),
    "DJ": _country("Djibouti, Dschibuti"),
    "DM": _country("Dominica"),
    "DO": _country("Dominican Republic, Dominikanische Republik, Dominikanischen Republik"),
    "DZ": _country("Algeria, Algerien", "Algerian, algerisch"),
    "EC": _country("Ecuador", "Ecuadorian, ecuadorianisch"),
    "EG": _country("Egypt, Ägypten", "Egyptian, ägyptisch"),
    "ER": _country("Eritrea", "Eritrean, eritreisch"),
    "ET": _country("Ethiopia, Äthiopien", "Ethiopian, äthiopisch"),
    "FJ": _country("Fiji, Fidschi"),
    "FM": _country("Micronesia, Mikronesien"),
    "GA": _country("Gabon, Gabun"),
    "GD": _country("Grenada"),
    "GE": _country("Georgia, Georgien", "Georgian, georgisch"),
    "GH": _country("Ghana", "Ghanaian, ghanaisch"),
    "GM": _country("Gambia"),
    "GN": _country("Guinea"),
    "GQ": _country("Equatorial Guinea, Äquatorialguinea"),
    "GT": _country("Guatemala", "Guatemalan, guatemaltekisch"),
    "GW": _country("Guinea-Bissau"),
    "GY": _country("Guyana"),
    "HN": _country("Honduras", "Honduran, honduranisch"),
    "HT": _country("Haiti", "Haitian, haitianisch"),
    "IQ": _country("Iraq, Irak", "Iraqi, irakisch"),
    "IR": _country("Iran", "Iranian, iranisch"),
    "JM": _country("Jamaica, Jamaika", "Jamaican, jamaikanisch"),
    "JO": _country("Jordan, Jordanien", "Jordanian, jordanisch"),
    "KE": _country("Kenya, Kenia", "Kenyan, kenianisch"),
    "KG": _country("Kyrgyzstan, Kirgisistan, Kirgistan", "Kyrgyz, kirgisisch"),
    "KH": _country("Cambodia, Kambodscha", "Cambodian, kambodschanisch"),
    "KI": _country("Kiribati"),
    "KM": _country("Comoros, Komoren"),
    "KN": _country("Saint Kitts and Nevis, St. Kitts und Nevis"),
    "KP": _country("North Korea, Nordkorea", "North Korean, nordkoreanisch"),
    "KW": _country("Kuwait", "Kuwaiti, kuwaitisch"),
    "KZ": _country("Kazakhstan, Kasachstan", "Kazakh, kasachisch"),
    "LA": _country("Laos", "Laotian, laotisch"),
    "LB": _country("Lebanon, Libanon", "Lebanese, libanesisch"),
    "LC": _country("Saint Lucia, St. Lucia"),
    "LK": _country("Sri Lanka", "Sri Lankan, sri-lankisch"),
    "LR": _country("Liberia", "Liberian, liberianisch"),
    "LS": _country("Lesotho"),
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
    "MU": _country("Mauritius", "Mauritian, mauritisch"),
    "MV": _country("Maldives, Malediven"),
    "MW": _country("Malawi"),
    "MZ": _country("Mozambique, Mosambik", "Mozambican, mosambikanisch"),
    "NA": _country("Namibia", "Namibian, namibisch"),
    "NE": _country("Niger"),
    "NG": _country("Nigeria", "Nigerian, nigerianisch"),
    "NI": _country("Nicaragua", "Nicaraguan, nicaraguanisch"),
    "NP": _country("Nepal", "Nepalese, Nepali, nepalesisch"),
    "NR": _country("Nauru"),
    "OM": _country("Oman", "Omani, omanisch"),
    "PA": _country("Panama", "Panamanian, panamaisch"),
    "PE": _country("Peru", "Peruvian, peruanisch"),
    "PG": _country("Papua New Guinea, Papua-Neuguinea"),
    "PK": _country("Pakistan", "Pakistani, pakistanisch"),
    "PR": _country("Puerto Rico", "Puerto Rican, puerto-ricanisch"),
    "PS": _country("Palestine, Palästina", "Palestinian, palästinensisch"),
    "PW": _country("Palau"),
    "PY": _country("Paraguay", "Paraguayan, paraguayisch"),
    "QA": _country("Qatar, Katar", "Qatari, katarisch"),
    "RU": _country("Russia, Russian Federation, Russland, Russische Föderation, Russischen Föderation", "Russian, russisch"),
    "RW": _country("Rwanda, Ruanda", "Rwandan, ruandisch"),
    "SB": _country("Solomon Islands, Salomonen"),
    "SC": _country("Seychelles, Seychellen"),
    "SD": _country("Sudan", "Sudanese, sudanesisch"),
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
    "TJ": _country("Tajikistan, Tadschikistan", "Tajik, tadschikisch"),
    "TL": _country("Timor-Leste, East Timor, Osttimor"),
    "TM": _country("Turkmenistan", "Turkmen, turkmenisch"),
    "TN": _country("Tunisia, Tunesien", "Tunisian, tunesisch"),
    "TO": _country("Tonga"),
    "TT": _country("Trinidad and Tobago, Trinidad und Tobago"),
    "TV": _country("Tuvalu"),
    "TZ": _country("Tanzania, Tansania", "Tanzanian, tansanisch"),
    "UG": _country("Uganda", "Ugandan, ugandisch"),
    "UY": _country("Uruguay", "Uruguayan, uruguayisch"),
    "UZ": _country("Uzbekistan, Usbekistan", "Uzbek, usbekisch"),
    "VA": _country("Vatican City, Vatican, Vatikanstadt, Vatikan"),
    "VC": _country("Saint Vincent and the Grenadines, St. Vincent und die Grenadinen"),
    "VE": _country("Venezuela", "Venezuelan, venezolanisch"),
    "VU": _country("Vanuatu"),
    "WS": _country("Samoa"),
    "XK": _country("Kosovo"),
    "YE": _country("Yemen, Jemen", "Yemeni, jemenitisch"),
    "ZM": _country("Zambia, Sambia", "Zambian, sambisch"),
    "ZW": _country("Zimbabwe, Simbabwe", "Zimbabwean, simbabwisch"),
}  # fmt: skip
_ALL = COUNTRIES | FURTHER
_CODES = {name.lower(): code for code, each in _ALL.items() for name in (each.name, *each.others)}


COUNTRY = (
    "(?:the\\s+)?(?P<country>"
    + "|".join(re.escape(name) for name in sorted(_CODES, key=len, reverse=True))
    + r")(?![\w-])"
)


def country(text: str) -> str | None:
    """The ISO 3166 code of a country's name or code, None where it is neither."""
    named = text.strip().lower().removeprefix("the ")
    bare = named.rstrip(".")
    if bare.upper() in _ALL:
        return bare.upper()
    return _CODES.get(named) or _CODES.get(bare)


_ANY_COUNTRY = re.compile(r"\b" + COUNTRY.replace("(?P<country>", "("), re.IGNORECASE)


def countries_named(text: str, *, times: int = 2) -> frozenset[str]:
    """The ISO 3166 codes of the countries a text names at least so many times."""
    counts = Counter(country(name) for name in _ANY_COUNTRY.findall(text))
    return frozenset(code for code, count in counts.items() if code is not None and count >= times)
