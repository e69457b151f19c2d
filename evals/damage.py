"""Damage to a sentence: what a false claim may look like. Each kind really changes the sense, by how it is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from evals.rewordings import MONTH, MONTHS, NUMERALS


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What damage may be drawn from: the sentence's document and others."""

    title: str
    siblings: Sequence[str]  #: sentences of other passages of the same document
    strangers: Sequence[str]  #: sentences of other documents


#: (sentence, its surroundings, chance) -> the sentence damaged, or None where this kind does not apply.
Damage = Callable[[str, Surroundings, Random], str | None]

_UNITS = ("minute", "hour", "day", "week", "month", "year")
_NUMERAL = "|".join(NUMERALS[1:])
_NEGATION = re.compile(r"\b(?:not|no|never|cannot|nor|neither|without|none|nothing)\b|n['’]t\b", re.IGNORECASE)
#: Digits that are no quantity: list marks, citations, addresses and parts of names, times and fractions.
_QUANTITY = re.compile(r"(?<![\w.,:/$€£§#(-])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w:/)-]|[.,]\d)")


def number_changed(text: str, around: Surroundings, chance: Random) -> str | None:
    """Another count, in figures or words; amounts and dates have kinds of their own."""
    places = [found.span() for found in _QUANTITY.finditer(_without_dates(text)) if found.start() > 3]
    places += [found.span() for found in re.finditer(rf"\b(?:{'|'.join(NUMERALS[2:])})\b", text)]
    if not places:
        return None
    start, end = chance.choice(places)
    other = _other_number(text[start:end], text, chance)
    damaged = text[:start] + other + text[end:]
    # "three (3)" is changed as a whole, or it would contradict itself.
    return re.sub(rf"\b{other} \(\d+\)", other, damaged) if other.isalpha() else damaged


def date_changed(text: str, around: Surroundings, chance: Random) -> str | None:
    """Another day, month or year."""
    places = [
        (found.start(group), found.end(group))
        for found in _DATES.finditer(text)
        for group in range(1, 7)
        if found[group]
    ]
    places += [found.span() for found in re.finditer(r"\b(?:19|20)\d\d\b(?!/)", text)]
    if not places:
        return None
    start, end = chance.choice(sorted(set(places)))
    old = text[start:end]
    if old in MONTHS:
        others = [month for month in MONTHS if month not in text]
        return text[:start] + chance.choice(others) + text[end:] if others else None
    largest = 28 if len(old) < 3 else 2035
    others = [str(value) for value in range(largest - 27, largest + 1) if not re.search(rf"(?<!\d){value}(?!\d)", text)]
    return text[:start] + chance.choice(others) + text[end:]


def amount_changed(text: str, around: Surroundings, chance: Random) -> str | None:
    """Another sum of money or share, or the same in another currency."""
    places = list(
        re.finditer(
            r"([€£$] ?)(\d[\d,]*(?:\.\d+)?)|(\d+(?:\.\d+)?)(?= ?(?:%|per ?cent\b|euros?\b|pounds\b|dollars\b))", text
        )
    )
    if not places:
        return None
    found = chance.choice(places)
    if found[1] and chance.random() < 0.3:
        others = [sign for sign in "€£$" if sign not in text]
        return text[: found.start(1)] + chance.choice(others) + text[found.start(2) :] if others else None
    group = 2 if found[1] else 3
    other = _other_number(found[group].rstrip(","), text, chance)
    return text[: found.start(group)] + other + text[found.start(group) + len(found[group].rstrip(",")) :]


def unit_changed(text: str, around: Surroundings, chance: Random) -> str | None:
    """ "five days" -> "five weeks"; the new unit stands nowhere in the sentence."""
    places = list(re.finditer(rf"(?:\d\)?|\b(?:{_NUMERAL})) (?:\w+ )?({'|'.join(_UNITS)})(s?)\b", text))
    others = [unit for unit in _UNITS if not re.search(rf"\b{unit}", text)]
    if not places or not others:
        return None
    found = chance.choice(places)
    return text[: found.start(1)] + chance.choice(others) + text[found.end(1) :]


_BOUNDS = (
    (r"\b[Uu]p to (?=[\d€£$]|a maximum|{n})", ("at least ", "more than ", "")),
    (r"\b(?:no|not) more than (?=[\d€£$]|{n})", ("at least ", "more than ", "")),
    (r"\b(?:no|not) less than (?=[\d€£$]|{n})", ("less than ", "at most ", "")),
    (r"\b[Aa]t least (?=[\d€£$]|{n})", ("at most ", "up to ", "")),
    (r"(?<!no )(?<!not )\bmore than (?=[\d€£$]|{n})", ("less than ", "at most ", "")),
    (r"(?<!no )(?<!not )\bless than (?=[\d€£$]|{n})", ("more than ", "at least ", "")),
    (r"\b(?:a )?maximum of (?=[\d€£$]|{n})", ("a minimum of ", "")),
    (r"\b(?:a )?minimum of (?=[\d€£$]|{n})", ("a maximum of ", "")),
    (r"\b[Ww]ithin (?=[\d]|{n})", ("after ", "at the earliest after ")),
    (r"\b(?:no|not) later than (?=[\d]|{n})", ("after ", "no earlier than ")),
    (r"\bexceeding (?=[\d€£$]|{n})", ("below ",)),
    (r"\bprior to (?=[\d]|{n}|the\b)", ("after ",)),
)  # fmt: skip


def bound_changed(text: str, around: Surroundings, chance: Random) -> str | None:
    """ "Up to five" -> "at least five" or "five"."""
    patterns = [(re.compile(old.replace("{n}", rf"(?:{_NUMERAL})\b")), new) for old, new in _BOUNDS]
    found = [(match, chance.choice(new)) for pattern, new in patterns for match in pattern.finditer(text)]
    if not found:
        return None
    match, other = chance.choice(found)
    return _capitalised(text[: match.start()] + other + text[match.end() :])


_FLIPS = {
    "may": ("must", "should"), "can": ("must",), "must": ("may", "should"), "shall": ("may", "should"), "should": ("must", "may"),
    "is required to": ("may",), "are required to": ("may",), "is entitled to": ("must",), "are entitled to": ("must",),
}  # fmt: skip


def modal_flipped(text: str, around: Surroundings, chance: Random) -> str | None:
    """Duty, leave and advice exchanged; denied modals are left alone ("may not" is "must not")."""
    places = [
        found
        for found in re.finditer(
            rf"\b(?:{'|'.join(sorted(_FLIPS, key=len, reverse=True))})\b(?! (?:not|only|neither|no|have)\b)", text
        )
        if not _NEGATION.search(text[: found.start()]) and not text[: found.start()].endswith((" the ", " a ", "as "))
    ]
    if not places:
        return None
    found = chance.choice(places)
    return text[: found.start()] + chance.choice(_FLIPS[found[0]]) + text[found.end() :]


def negation_added(text: str, around: Surroundings, chance: Random) -> str | None:
    """ "May" -> "may not", "is" -> "is not", in a sentence that denies nothing."""
    if _NEGATION.search(text):
        return None
    places = list(
        re.finditer(
            r"\b(?:may|must|shall|should|will|can|is|are|was|has been|have been)\b(?! (?:be )?only\b)(?=[ ,])", text
        )
    )
    places = [found for found in places if not re.search(r"\b(?:that|which|who|as) $", text[: found.start()])]
    if not places:
        return None
    at = chance.choice(places).end()
    return f"{text[:at]} not{text[at:]}"


def negation_removed(text: str, around: Surroundings, chance: Random) -> str | None:
    """ "Must not" -> "must"; never "not only", "whether or not" or "not limited to"."""
    places = list(
        re.finditer(
            r"\b(?:may|must|shall|should|will|can|is|are|was|does|do|has|have) not(?! (?:only|more|less|later|limited|exceed)\b)\b|\bcannot\b|\bwithout(?= )|\bnever ",
            text,
        )
    )
    if not places:
        return None
    found = chance.choice(places)
    kept = {"cannot": "can", "without": "with", "never ": ""}.get(found[0], found[0].removesuffix(" not"))
    return text[: found.start()] + kept + text[found.end() :]


def condition_dropped(text: str, around: Surroundings, chance: Random) -> str | None:
    """Without its "if", "unless", "except" or "only"."""
    tail = re.search(
        r"(?<! as)(?<! even)(?<! example)(?<! something)(?<! anything)(?<! and)(?<! or)(?<! but),? (?:unless|except(?: that| where| as| with| for| in)?|only if|only where|if(?! any\b| applicable| so\b| not\b)|provided(?: that)|other than)\b [^.;:]+(?=\.$)",
        text,
    )
    head = re.match(r"(?:If|Unless|Except|Only if|Provided that|Subject to) [^,;:()]+, (?:then )?(?=\w)", text)
    only = re.search(r"\b(?:may|can|must|shall|will|is|are) only(?= )", text)
    choices = [
        text[: found.start()] + text[found.end() :] for found in (tail, head) if found and len(found[0].split()) > 2
    ]
    choices += [text[: only.end() - 5] + text[only.end() :]] if only else []
    # What is left may still hold a condition of its own: another one is missing all the same.
    choices = [choice for choice in choices if len(choice.split()) > 5]
    return _capitalised(chance.choice(choices)) if choices else None


_NAME = re.compile(r"(?<=[a-z,] )(?:[A-Z][a-z]+(?: [A-Z][a-z]+)*|[A-Z]{3,})\b(?!’s|'s)")


def name_swapped(text: str, around: Surroundings, chance: Random) -> str | None:
    """A name or party replaced by another of the same document."""
    names = [found for found in _NAME.finditer(text) if not _is_calendar(found[0])]
    known = f"{text} {around.title}".lower()
    others: list[str] = sorted(
        {name for sentence in around.siblings for name in _NAME.findall(sentence) if not _is_calendar(name)}
    )
    others = [other for other in others if not any(word in known for word in other.lower().split())]
    if not names or not others:
        return None
    found = chance.choice(names)
    return text[: found.start()] + chance.choice(others) + text[found.end() :]


def parties_exchanged(text: str, around: Surroundings, chance: Random) -> str | None:
    """ "The Supplier shall pay the Customer" -> "The Customer shall pay the Supplier"."""
    found = re.match(
        r"((?:The |Each )?)([A-Z]\w+)( (?:shall|must|may|will|can|should)(?: not)? [^,;:]*?\b(?:the )?)([A-Z][a-z]{3,})\b(?!’s|'s| [A-Z])",
        text,
    )
    if not found or _is_calendar(found[4]) or found[2].lower().rstrip("s") == found[4].lower().rstrip("s"):
        return None
    # "A shall meet B" says the same either way round.
    if re.search(r"\b(?:and|or|with|between|be)\b", found[3]) or found[2] in (
        "You",
        "It",
        "This",
        "That",
        "They",
        "He",
        "She",
    ):
        return None
    return f"{found[1]}{found[4]}{found[3]}{found[2]}{text[found.end() :]}"


def other_fact(text: str, around: Surroundings, chance: Random) -> str | None:
    """A sentence of another passage of the same document: true there, not said here."""
    own = _words(text)
    others = [other for other in around.siblings if len(_words(other) & own) < 0.5 * len(_words(other))]
    return chance.choice(others) if others else None


def addition(text: str, around: Surroundings, chance: Random) -> str | None:
    """The sentence with the last phrase of another document's sentence behind it."""
    own = _words(text)
    tails = [
        found[0]
        for other in around.strangers
        if (
            found := re.search(
                r" (?:with|by|in|on|at|through|before|after|within|under|because of) (?:[\w-]+ ){2,6}[\w-]+(?=\.$)",
                other,
            )
        )
        and len(_words(found[0]) & own) <= len(_words(found[0])) / 3
    ]
    return f"{text.rstrip('.')}{chance.choice(tails)}." if tails and text.endswith(".") else None


_DATES = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({MONTH})\b(?: (\d{{4}}))?|\b({MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?\b(?:, ?(\d{{4}}))?"
)


def _without_dates(text: str) -> str:
    """The text with every date blanked out, at the same length; also citations ("section 4") and percentages."""
    cited = r"(?i:\b(?:sections?|articles?|clauses?|rules?|chapters?|exhibits?|regulations?|appendix|parts?|figures?|tables?|form|pages?|p|no|§)\.? \d[\w.()]*)"
    for pattern in (_DATES.pattern, r"\b(?:19|20)\d\d\b", cited, r"\d+(?:\.\d+)? ?(?:%|per ?cent)", r"[€£$] ?[\d,.]+"):
        text = re.sub(pattern, lambda found: "_" * len(found[0]), text)
    return text


def _other_number(old: str, text: str, chance: Random) -> str:
    """Another number in the style of the old one, which the sentence does not hold in figures or words."""
    if old in NUMERALS:
        taken = {word for word in NUMERALS if re.search(rf"\b{word}\b", text, re.IGNORECASE)} | {
            NUMERALS[int(found)] for found in re.findall(r"\b\d+\b", text) if int(found) < len(NUMERALS)
        }
        return chance.choice([word for word in NUMERALS[2:] if word not in taken])
    value = float(old.replace(",", ""))
    decimals = len(old.partition(".")[2])
    factors = [2, 3, 0.5, 10, 1.5, 0.1]
    options = [value + 1, value + 2, value - 1, *(value * factor for factor in factors)]
    styled = [
        f"{option:,.{decimals}f}" if "," in old else f"{option:.{decimals}f}" for option in options if option >= 1
    ]
    held = {re.sub(r",", "", found) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
    words = {word.lower() for word in re.findall(r"[A-Za-z]+", text)}
    free = [
        option
        for option in styled
        if option.replace(",", "") not in held
        and float(option.replace(",", "")) != value
        and not (option.isdigit() and int(option) < len(NUMERALS) and NUMERALS[int(option)] in words)
    ]
    return chance.choice(free or [f"{value + 137:.{decimals}f}"])


def _is_calendar(name: str) -> bool:
    return any(word in MONTHS or word.endswith("day") for word in name.split())


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.lower()))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


#: Every kind of damage, by the name it is reported under.
DAMAGE: Mapping[str, Damage] = {
    "number changed": number_changed,
    "date changed": date_changed,
    "amount changed": amount_changed,
    "unit changed": unit_changed,
    "bound changed": bound_changed,
    "modal flipped": modal_flipped,
    "negation added": negation_added,
    "negation removed": negation_removed,
    "condition dropped": condition_dropped,
    "name swapped": name_swapped,
    "parties exchanged": parties_exchanged,
    "other fact": other_fact,
    "addition": addition,
}
