"""From which day to which a document says that it applies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from ingest.dates import MONTH, STATED_DATE, is_ambiguous, read_first_day, read_last_day

#: Only what stands at the beginning of a statement, or has the document for its subject, is about the document itself:
#: "Chapter 3, effective 1 May 2012, is incorporated" is not.
_KIND = (
    r"(?:policy|handbook|agreement|addendum|version|document|terms|notice|guidelines?|procedure|plan|rules|code|contract|schedule|"
    r"programme|program|statement)"
)
#: What says that a document ends or does not apply.
_OVER = r"(?:superseded|replaced|withdrawn|deprecated|discontinued|retired|archived|repealed|revoked|cancell?ed|suspended|rescinded|not|never|longer|ceases?|ceased|expires?|expired|ends?|ended)\b"
_DOCUMENT = (
    rf"^(?:this|the|these)\s+(?!(?:previous|prior|former|earlier|last|old|superseded)\b)(?:[\w’'-]+\s+){{0,6}}?{_KIND}(?:\s+(?!{_OVER})[\w’'-]+){{0,4}}?\s+"
    r"(?:(?:is|are|was|shall\s+be|will\s+be|becomes?|became|has\s+been)\s+)?"
)
#: Laws, rules for a while or a few, and contracts with others, which German documents speak of.
_KEIN_DOKUMENT = (
    r"(?![\w-]*ver(?:kehrs)?ordnung|(?:übergangs|ausnahme|sonder|neu|alt|härtefall|stichtags)-?(?:regel|bestimmung)"
    r"|(?<!dieser\s)(?!(?:arbeits|dienst)vertrag)[\w-]+vertrag)"
)
_DOKUMENT = (
    r"^(?:diese[rs]?|der|die|das)\s+(?!(?:bisherige|frühere|vorherige|alte)\w*\b)"
    r"(?:(?!(?:nach|aus|in|im|zu[mr]?|von|vom|für|bei|mit|auf|gemäß|laut|de[mnrs]|die|das|dieser)\b)[\w-]+\s+){0,4}?"
    rf"{_KEIN_DOKUMENT}[\w-]*?(?:richtlinie|regelung|fassung|vereinbarung|"
    r"ordnung|anweisung|leitlinie|handbuch|vertrag|dokument|bestimmungen|regeln|version)\s+(?:ist\s+)?"
)
_SUBJECT = rf"(?:(?P<document>{_DOCUMENT}|{_DOKUMENT})|^(?:(?:version|v|revision)\s*[\d.]+,?\s+)?(?:last\s+|(?:policy|document)\s+)?)"
_HOLDS = r"(?:valid|in\s+force|in\s+effect|applicable|applies|enters?\s+into\s+force|entered\s+into\s+force)"
_SINCE = r"(?:as\s+from|as\s+of|on\s+and\s+after|from|since|on|starting|beginning)"
_BEGINS = (
    rf"(?:effective(?:\s+date(?:\s+of\s+th(?:is|e)\s+{_KIND})?|\s+{_SINCE})?|{_HOLDS}\s+{_SINCE}"
    rf"|(?:(?:comes?|came)\s+into\s+(?:force|effect)|(?:takes?|took)\s+effect)\s+{_SINCE}|with\s+effect\s+from"
    r"|(?:commencement|implementation)\s+date|date\s+(?:effective|of\s+(?:effect|commencement|implementation|entry\s+into\s+force))"
    r"|(?:gültig|wirksam|gilt|in\s+kraft)\s+(?:ab|seit|vom)(?:\s+dem)?|in\s+kraft\s+getreten\s+(?:am|zum)|(?:inkrafttreten|gültigkeitsbeginn))"
)
_UNTIL_THEN = r"(?:until|to|through|and\s+expires(?:\s+on)?|bis(?:\s+zum)?|–|-)"
_ENDS = (
    r"(?:(?:effective|valid|in\s+force|in\s+effect|applicable)\s+(?:until|through|to)|expires?(?:\s+on)?|(?:expiry|expiration)(?:\s+date)?"
    r"|(?:gültig|gilt)\s+bis(?:\s+zum)?)"
)
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+|(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag),?\s+(?:dem\s+|den\s+)?)?"
#: An editor that links days to a calendar writes "@" in front of them.
_COLON = r"\s*[:|*–—-]*\s*@?"
#: "With effect from 1 April 2025 the rate rises" and "Effective 1 April 2025, employees must …" say when a rule begins.
_OF_A_RULE = (
    rf"(?!with\s+effect\s+from\s+{STATED_DATE},?\s+(?!th(?:is|ese)\b)\w)"
    rf"(?!effective(?:\s+{_SINCE})?\s+{_WEEKDAY}{STATED_DATE},\s+"
    rf"(?!(?:this|these|(?:the|our)\s+(?:[\w-]+\s+){{0,3}}?{_KIND}|version|until|through|and|replac\w+|supersed\w+|owner|approved|last|next)\b)(?-i:[a-z]))"
)
_FROM = re.compile(
    rf"{_OF_A_RULE}{_SUBJECT}{_BEGINS}(?:\s+is)?{_COLON}{_WEEKDAY}(?P<date>{STATED_DATE})"
    rf"|{_DOKUMENT}tritt\s+(?:am|zum|mit\s+wirkung\s+(?:vom|zum))\s+{_WEEKDAY}(?P<am>{STATED_DATE})\s+in\s+kraft",
    re.IGNORECASE,
)
_UNTIL = re.compile(rf"{_SUBJECT}{_ENDS}{_COLON}{_WEEKDAY}(?P<until>{STATED_DATE})", re.IGNORECASE)
#: How a sentence goes on behind the day it names first: "… and remains in force until 31 December 2025".
_THEN_UNTIL = re.compile(
    rf",?\s+(?:in\s+kraft\s+)?(?:and|und)\s+(?:(?:is|remains?|ist|bleibt)\s+)?(?:{_ENDS}|bis(?:\s+zum)?){_COLON}{_WEEKDAY}(?P<until>{STATED_DATE})",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"{_SUBJECT}(?:effective|{_HOLDS}|gültig|gilt)\s*:?\s+(?:from\s+|vom\s+)?(?P<date>{STATED_DATE})\s+{_UNTIL_THEN}\s+(?P<until>{STATED_DATE})",
    re.IGNORECASE,
)
#: A dash parts two statements, unless a day stands behind it: "Effective date – 1 March 2025". Where lines were run into one, or
#: stood side by side, a name in capitals with a colon begins the next.
_FIELD_BREAK = re.compile(
    rf"\s*[|•·;\n]\s*|(?<=\w)\s+[–—-]\s+(?!{STATED_DATE})"
    r"|(?<=[\w).])\s+(?=(?-i:(?:Policy\s|Document\s)?(?:Effective|Valid|In force|Commencement|Gültig)\b)[\w ]{0,20}:)",
    re.IGNORECASE,
)
#: The point of "1. März" ends nothing.
_SENTENCE_BREAK = re.compile(
    rf"(?<=[a-z0-9)])(?<!Dr)(?<!Mr)(?<!Ms)(?<!Prof)[.]\s+(?=[A-Z])(?!{MONTH}\s)", re.IGNORECASE
)
_OF_THE_RULE_BEFORE = re.compile(r"diese\s+regelung\s+(?:gilt|ist\s+(?:gültig|wirksam))\b", re.IGNORECASE)
_VERSION = re.compile(r"(?:version|rev(?:ision)?\.?|v)\s*[:.]?\s*(?P<version>\d{1,4}(?:\.\d{1,4}){0,3})", re.IGNORECASE)
#: What front matter calls them.
_FIRST_DAY = ("effective_from", "effective", "effective_date", "valid_from")
_LAST_DAY = ("effective_to", "effective_until", "valid_until", "expires", "valid_to")


def first_day(stated: Mapping[str, str], texts: Sequence[str]) -> date | None:
    """The day stated in front matter, else first in the texts; in a history of versions, that of the highest.

    :param stated: front matter and properties of the file, by name.
    :param texts: what may be about the document, in order.
    """
    if day := _stated(stated, _FIRST_DAY, read_first_day):
        return day
    begins: date | None = None
    held: tuple[int, ...] = ()
    for text, written in _first_days(texts):
        if begins is None or (held and _numbers(text) > held):
            begins, held = read_first_day(written), _numbers(text)
    return begins


def ambiguous_first_day(stated: Mapping[str, str], texts: Sequence[str]) -> str | None:
    """The first day as it is written, where it can be read two ways; in a history of versions, that of the highest."""
    in_front = next((stated[name] for name in _FIRST_DAY if is_ambiguous(stated.get(name, ""))), None)
    if in_front:
        return in_front
    doubtful = [(_numbers(text), written) for text, written in _first_days(texts) if is_ambiguous(written)]
    return max(doubtful, key=lambda each: each[0])[1] if doubtful else None


def _first_days(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The statements that name a first day, each with the day as it is written."""
    for text in statements(texts):
        if start := _FROM.search(text):
            yield text, start["date"] or start["am"]
        elif start := _RANGE.search(text):
            yield text, start["date"]


def _numbers(text: str) -> tuple[int, ...]:
    """The version that a statement begins with."""
    found = _VERSION.match(text)
    return tuple(int(part) for part in found["version"].split(".")) if found else ()


def last_day(stated: Mapping[str, str], texts: Sequence[str], *, begins: date | None) -> date | None:
    """The day stated in front matter, else in the texts; no day before ``begins`` is taken from these."""
    if day := _stated(stated, _LAST_DAY, read_last_day):
        return day
    ends = (_end_stated(field) for text in texts for field in (text, *_fields(text)))
    found = next((day for day in ends if day), None)
    return None if found and begins and found < begins else found


def _end_stated(field: str) -> date | None:
    """The last day that a field names. A sentence without a subject is about the document only at the beginning or behind the
    day it begins: in "Unused leave is lost. Expires on 31 March 2025." it is about the leave."""
    before = None
    for sentence in _sentences(field):
        span, end, start = _RANGE.search(sentence), _UNTIL.search(sentence), _FROM.search(sentence)
        if end and not (end["document"] or before is None or _FROM.search(before)):
            end = None
        if found := span or end or (start and _THEN_UNTIL.match(sentence, start.end())):
            return read_last_day(found["until"])
        before = sentence
    return None


def statements(texts: Sequence[str]) -> Iterator[str]:
    """The texts whole, then what they state one after the other: "Version 2 | Effective 1 March 2025 | Owner: People"."""
    for text in texts:
        yield text
        for field in _fields(text):
            yield from _sentences(field)


def _fields(text: str) -> Iterator[str]:
    yield from _FIELD_BREAK.split(text)


def _sentences(field: str) -> Iterator[str]:
    """Its sentences, but for those that speak of the rule right before them."""
    for at, part in enumerate(_SENTENCE_BREAK.split(field)):
        sentence = part.strip(" *_()[]")
        if at == 0 or not _OF_THE_RULE_BEFORE.match(sentence):
            yield sentence


def _stated(stated: Mapping[str, str], names: Sequence[str], read: Callable[[str], date | None]) -> date | None:
    return next((found for name in names if name in stated and (found := read(stated[name]))), None)
