"""Rewordings that keep the sense of a sentence: what a faithful claim may look like. Shares no code with the checker."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

#: A sentence reworded, or None where this way of rewording does not apply to it.
Reword = Callable[[str, Random], str | None]

MONTHS = "January February March April May June July August September October November December".split()
NUMERALS = "zero one two three four five six seven eight nine ten eleven twelve".split()
MONTH = "|".join(MONTHS)
#: Words that make a part of a sentence more than an aside.
WEIGHTY = re.compile(
    r"\b(?:if|unless|except|only|provided|subject|not|no|never|without|until|before|after|when|where|within|must|shall|may"
    r"|should|can|will|other than|excluding|at least|up to|more|less)\b|\d",
    re.IGNORECASE,
)


def unchanged(text: str, chance: Random) -> str | None:
    return text


def without_number(text: str, chance: Random) -> str | None:
    """ "4.2 Leave is ..." -> "Leave is ..."; an opening such as "However," goes as well."""
    rest = re.sub(r"^(?:\(?(?:\d+(?:\.\d+)*|[a-zA-Z]|[ivx]+)[.)]\s+|\d+(?:\.\d+)+\s+)+", "", text)
    rest = re.sub(
        r"^(?:However|In addition|Additionally|Furthermore|Moreover|Therefore|Accordingly|For the avoidance of doubt|Please note that|"
        r"Note that|Also),? ",
        "",
        rest,
    )
    return _capitalised(rest) if rest != text and len(rest.split()) > 4 else None


def moved(text: str, chance: Random) -> str | None:
    """ "If X, Y." -> "Y if X."; only with a single comma, so that it is sure where X ends."""
    found = re.fullmatch(
        r"((?:If|When|Where|After|Before|During|On|In|For|At|Unless|Upon|Until) [^,;:()]+), (?:then )?([^,;:]+)\.", text
    )
    if not found or len(found[1].split()) > 14:
        return None
    return f"{_capitalised(found[2])} {found[1][0].lower()}{found[1][1:]}."


def numbers_restyled(text: str, chance: Random) -> str | None:
    """ "five" <-> "5", "three (3)" -> "three", "1,000" <-> "1000"."""
    if found := re.search(rf"(?<![-\w])({'|'.join(NUMERALS)}) ?\((\d+)\)", text, re.IGNORECASE):
        return text.replace(found[0], found[chance.choice((1, 2))], 1)
    if found := re.search(r"(?<![\d.,])(\d{1,3}),(\d{3})(?![\d,])", text):
        return text.replace(found[0], found[1] + found[2], 1)
    if found := re.search(
        rf"(?<![a-z]ty[ -])(?<!-)\b({'|'.join(NUMERALS[2:])})\b(?! \(|-| of (?:the|which)| and )", text
    ):
        return text.replace(found[0], str(NUMERALS.index(found[0])), 1)
    if (found := re.search(r"(?<![\d.,:/$€£-])\b([2-9]|1[0-2])\b (?=[a-z]{3,})", text)) and not re.search(
        rf"(?:{MONTH}|[Ss]ections?|[Aa]rticles?|[Cc]lauses?|[Cc]hapters?|[Rr]ules?|[Pp]aragraphs?|[A-Z]\w+),? {re.escape(found[0])}",
        text,
    ):
        return f"{text[: found.start()]}{NUMERALS[int(found[1])]} {text[found.end() :]}"
    return None


def dates_restyled(text: str, chance: Random) -> str | None:
    """ "31 March 2020" <-> "March 31, 2020"."""
    if found := re.search(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({MONTH})(?: (\d{{4}}))?\b", text):
        return text.replace(found[0], f"{found[2]} {found[1]}" + (f", {found[3]}" if found[3] else ""), 1)
    if found := re.search(rf"\b({MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?(?:, ?(\d{{4}}))?\b(?!,\d)", text):
        return text.replace(found[0], f"{found[2]} {found[1]}" + (f" {found[3]}" if found[3] else ""), 1)
    return None


def amounts_restyled(text: str, chance: Random) -> str | None:
    """ "€140" -> "140 euros", "20%" -> "20 percent"."""
    if found := re.search(r"(?<!\w)([€£$])(\d[\d,]*(?:\.\d+)?)(?! ?(?:million|billion|thousand|[\d,mk]))", text):
        names = {"€": "euros", "£": "pounds", "$": "dollars"}
        return text.replace(found[0], f"{found[2]} {names[found[1]]}", 1)
    if found := re.search(r"(\d) ?(?:%|per cent\b)", text):
        return text.replace(found[0], f"{found[1]} percent", 1)
    return None


_SAME_SENSE = (
    (r"\bmay\b(?! (?:not|have|be (?:held|found|deemed)))", "can"), (r"\bshall\b(?! not)", "must"), (r"\bshall not\b", "must not"),
    (r"\b(is|are) entitled to\b", r"\1 allowed to have"), (r"\bis required to\b", "must"), (r"\bare required to\b", "must"),
    (r"\bmay not\b(?! (?:be able|have))", "must not"), (r"\b(?:is|are) not (?:permitted|allowed) to\b", "may not"), (r"\bcannot\b", "can't"),
    (r"\b(is|are|does|do|did) not\b", r"\1n't"), (r"\bneeds to\b", "must"), (r"\bhas to\b", "must"), (r"\bmust\b(?! not)", "shall"),
    (r"\bcan\b(?! not|['’])", "may"), (r"\b(?:is|are) (?:permitted|allowed) to\b", "may"),
)  # fmt: skip


def modals_restyled(text: str, chance: Random) -> str | None:
    """One modal in other words of the same sense."""
    found = [(old, new) for old, new in _SAME_SENSE if re.search(old, text)]
    if not found:
        return None
    old, new = chance.choice(found)
    return re.sub(old, new, text, count=1)


def addressed(text: str, chance: Random) -> str | None:
    """ "Employees may ..." -> "You may ..."."""
    subject = r"(?:(?:All|Every|Each|An?|The) )?(?:[Ee]mployees?|[Ss]taff(?: members?)?|[Ww]orkers?|[Dd]rivers?|[Cc]onsultants?|[Cc]ontractors?)"
    found = re.match(rf"{subject} (?=(?:may|must|can|should|shall|will|cannot)\b)", text)
    return f"You {text[found.end() :]}" if found else None


def without_examples(text: str, chance: Random) -> str | None:
    """Without "(e.g. ...)", ", for example ..." and ", such as ...": what is left still holds."""
    rest = re.sub(r" \((?:e\.g\.|for example|such as|including)[^()]*\)", "", text, count=1)
    if rest == text:
        rest = re.sub(r",? (?:for example|such as|including, but not limited to|including)\b[^.;]*(?=\.$)", "", text)
    gone = len(text) - len(rest)
    start = next((at for at, (old, new) in enumerate(zip(text, rest, strict=False)) if old != new), 0)
    conditional = _CONDITION.search(text[start : start + gone])
    return rest if gone and not conditional and len(rest.split()) > 6 and not _lone(rest) else None


_CONDITION = re.compile(
    r"\b(?:if|unless|except|only|other than|subject to|provided|in the event|when|where)\b", re.IGNORECASE
)


def shortened(text: str, chance: Random) -> str | None:
    """Without an aside in brackets or what follows a semicolon, where neither holds a condition, number or modal."""
    for found in re.finditer(r" \([^()]*\)|; [^;]+(?=\.$)", text):
        rest = text[: found.start()] + text[found.end() :]
        if not WEIGHTY.search(found[0]) and len(rest.split()) > 6 and not _lone(rest):
            return rest
    return None


def affirmed(text: str, chance: Random) -> str | None:
    """ "Yes, ..." before a sentence that denies nothing."""
    if re.search(r"\b(?:not|no|never|cannot|nor|neither|without)\b|n't\b", text) or not re.match(r"[A-Z][a-z]+ ", text):
        return None
    first = text.split()[0]
    return f"Yes, {text[0].lower() if first in _OPENINGS else text[0]}{text[1:]}"


def reworded_twice(text: str, chance: Random) -> str | None:
    """Two ways of rewording, one on top of the other."""
    ways = [
        without_number,
        moved,
        numbers_restyled,
        dates_restyled,
        amounts_restyled,
        modals_restyled,
        without_examples,
        shortened,
        affirmed,
    ]
    first, second = chance.sample(ways, 2)
    once = first(text, chance)
    return second(once, chance) if once else None


_OPENINGS = frozenset(
    "You The A An Any All Each If When Employees This These Your In On For It Every Where Such".split()
)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lone(text: str) -> bool:
    """Whether a bracket or comma was left without its partner."""
    return text.count("(") != text.count(")") or bool(
        re.search(r"[,;:]\.?$|\b(?:and|or|of|to|the|a|in|by|for)\.?$", text)
    )


#: Every way of rewording, by the name it is reported under.
FAITHFUL: Mapping[str, Reword] = {
    "exact": unchanged,
    "clause number dropped": without_number,
    "part moved": moved,
    "number restyled": numbers_restyled,
    "date restyled": dates_restyled,
    "amount restyled": amounts_restyled,
    "modal restyled": modals_restyled,
    "addressed as you": addressed,
    "examples dropped": without_examples,
    "shortened": shortened,
    "yes in front": affirmed,
    "reworded twice": reworded_twice,
}
