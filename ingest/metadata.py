"""What a document says about itself: title, dates, country, owner, version. Only what it states plainly; otherwise None."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ingest.countries import COUNTRY, country
from ingest.dates import DATE, is_ambiguous, read_date
from ingest.records import Block, BlockKind, Loaded, Metadata
from ingest.title import title

#: Only the beginning and the end of a document speak about the document.
_FIRST_BLOCKS, _LAST_BLOCKS = 30, 6

#: Only what stands at the beginning of a statement, or has the document for its subject, is about the document itself:
#: "Chapter 3, effective 1 May 2012, is incorporated" is not.
_DOCUMENT = (
    r"^(?:this|the|these)\s+(?!(?:previous|prior|former|earlier|last|old|superseded)\b)(?:[\w’'-]+\s+){0,6}?(?:policy|handbook|agreement|addendum|version|"
    r"document|terms|notice|guidelines?|procedure|plan|rules|code|contract|schedule|programme|program|statement)(?:\s+[\w’'-]+){0,4}?\s+"
    r"(?:(?:is|are|was|shall\s+be|will\s+be|becomes?|became|has\s+been)\s+)?"
)
_SUBJECT = rf"(?:(?P<document>{_DOCUMENT})|^(?:(?:version|v|revision)\s*[\d.]+,?\s+)?(?:last\s+)?)"
_BEGINS = (
    r"(?:effective(?:\s+(?:date|from|as\s+of|on|since))?|(?:valid|in\s+force|in\s+effect|applicable|applies|enters?\s+into\s+force|entered\s+into\s+force)"
    r"\s+(?:from|as\s+of|since|on)|(?:(?:comes?|came)\s+into\s+(?:force|effect)|(?:takes?|took)\s+effect)\s+(?:on|from|as\s+of)|with\s+effect\s+from"
    r"|commencement\s+date|gültig\s+ab|in\s+kraft\s+(?:ab|seit)|gilt\s+ab)"
)
_ENDS = r"(?:(?:effective|valid|in\s+force|in\s+effect|applicable)\s+(?:until|through|to)|expires?(?:\s+on)?|expiry(?:\s+date)?|gültig\s+bis)"
#: "With effect from 1 April 2025 the rate rises" says when the rate does.
_OF_A_RULE = rf"(?!with\s+effect\s+from\s+{DATE},?\s+(?!th(?:is|ese)\b)\w)"
_FROM = re.compile(rf"{_OF_A_RULE}{_SUBJECT}{_BEGINS}(?:\s+is)?\s*[:*–—-]*\s*(?P<date>{DATE})", re.IGNORECASE)
_UNTIL = re.compile(rf"{_SUBJECT}{_ENDS}\s*[:*–—-]*\s*(?P<until>{DATE})", re.IGNORECASE)
_RANGE = re.compile(
    rf"{_SUBJECT}(?:effective|valid|in\s+force|in\s+effect|applicable)\s*:?\s+(?:from\s+)?(?P<date>{DATE})\s+(?:until|to|through|and\s+expires(?:\s+on)?|–|-)"
    rf"\s+(?P<until>{DATE})",
    re.IGNORECASE,
)
#: A dash parts two statements, unless a day stands behind it: "Effective date – 1 March 2025".
_FIELD_BREAK = re.compile(rf"\s*[|•·;\n]\s*|(?<=\w)\s+[–—]\s+(?!{DATE})", re.IGNORECASE)
_SENTENCE_BREAK = re.compile(r"(?<=[a-z0-9)])(?<!Dr)(?<!Mr)(?<!Ms)(?<!Prof)[.]\s+(?=[A-Z])", re.IGNORECASE)
_OWNER = re.compile(
    r"^(?:(?:policy|document)\s+)?owner(?:\s+of\s+this\s+(?:policy|document))?\s*[:|]\s*(?P<owner>"
    # A line that a PDF ran on into what the document says next.
    r"(?:(?!\s(?:applies|replaces|this|these|audience|read\s+together)\b)(?:[^\n|;.]|(?<=Dr)\.|(?<=Prof)\.|(?<=\b[A-Z])\.)){2,80})",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"\b(?:version|rev(?:ision)?\.?|v)\s*[:.]?\s*(?P<version>\d{1,4}(?:\.\d{1,4}){0,3})(?![\w.]*\d)", re.IGNORECASE
)

_PEOPLE = r"(?:all\s+)?(?:employees|staff|workers|colleagues|people|team\s+members|contractors|personnel)"
_WHERE = re.compile(
    rf"\b(?:applies|apply|applicable)\s+(?:only\s+)?to\s+{_PEOPLE}\s+(?:(?:who\s+are\s+)?(?:based|employed|located|working|who\s+work)\s+)?in\s+{COUNTRY}(?!\s*(?:,|and|or)\s+)"
    rf"|^(?:jurisdiction|country|applies\s+(?:in|to)|geltungsbereich)\s*[:|]\s*{COUNTRY.replace('?P<country>', '?P<stated>')}\s*\.?$",
    re.IGNORECASE | re.MULTILINE,
)


#: "Parental leave (Germany)", "Handbook – UK", "Germany Addendum": a title that ends or begins with its country.
_VARIANT = re.compile(
    rf"(?:\(|\s[–—-]\s|:\s){COUNTRY}\)?\s*$|^{COUNTRY.replace('?P<country>', '?P<first>')}\s+(?:addendum|supplement|annex|appendix|variant)\b",
    re.IGNORECASE,
)


#: What front matter calls them.
_FIRST_DAY = ("effective_from", "effective", "effective_date", "effective date", "valid_from")
_LAST_DAY = ("effective_to", "valid_until", "expires", "valid_to")


def metadata(loaded: Loaded, blocks: Sequence[Block], *, file: str) -> Metadata:
    """Read a document's own statements.

    :param blocks: the cleaned blocks.
    :param file: the path people know the file by; names the document where it has no title of its own.
    """
    speaking = _speaking(blocks)
    stated = loaded.properties
    begins = _first_date(stated, *_FIRST_DAY) or _first_day(speaking)
    ends = _last_day(speaking)
    if begins and ends and ends < begins:
        ends = None
    named = title(loaded, blocks, file=file)
    return Metadata(
        title=named,
        effective_from=begins,
        effective_to=_first_date(stated, *_LAST_DAY) or ends,
        jurisdiction=country(stated.get("jurisdiction") or stated.get("country") or "")
        or _jurisdiction(speaking, named),
        owner=stated.get("owner") or _first(_OWNER, _statements(speaking), "owner"),
        version=stated.get("version") or _first(_VERSION, speaking[:12], "version"),
        ambiguous_from=None if begins else _ambiguous_day(stated, speaking),
    )


def _speaking(blocks: Sequence[Block]) -> list[str]:
    """The texts that may be about the document itself, a table's rows as ``cell: cell``."""
    chosen = (
        blocks if len(blocks) <= _FIRST_BLOCKS + _LAST_BLOCKS else [*blocks[:_FIRST_BLOCKS], *blocks[-_LAST_BLOCKS:]]
    )
    texts: list[str] = []
    for block in chosen:
        if block.kind is BlockKind.TABLE:
            texts.extend(_history(block.rows))
            texts.extend(": ".join(cell.rstrip(":") for cell in row if cell) for row in block.rows[:8] if len(row) <= 4)
        else:
            texts.append(block.text)
    return texts


def _history(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows of a table of versions as sentences: "Version 2.0 effective 1 March 2025"."""
    head = [cell.casefold() for cell in rows[0]] if rows else []
    version = next((at for at, cell in enumerate(head) if re.match(r"version|revision|rev\b|issue", cell)), None)
    begins = next((at for at, cell in enumerate(head) if re.match(r"effective|valid from|in force", cell)), None)
    if version is None or begins is None:
        return
    for row in rows[1:]:
        if len(row) == len(head):
            number = re.sub(r"^\D+", "", row[version])
            yield f"Version {number} effective {row[begins]}"


# -- title -----------------------------------------------------------------------------------------------------------


# -- dates, country, owner -------------------------------------------------------------------------------------------


def _first_day(texts: Sequence[str]) -> date | None:
    """The day stated first; in a history of versions, that of the highest."""
    begins: date | None = None
    held: tuple[int, ...] = ()
    for text, written in _first_days(texts):
        if begins is None or (held and _numbers(text) > held):
            begins, held = read_date(written), _numbers(text)
    return begins


def _ambiguous_day(stated: dict[str, str], texts: Sequence[str]) -> str | None:
    """The first day as it is written, where it can be read two ways; in a history of versions, that of the highest."""
    in_front = next((stated[name] for name in _FIRST_DAY if is_ambiguous(stated.get(name, ""))), None)
    if in_front:
        return in_front
    doubtful = [(_numbers(text), written) for text, written in _first_days(texts) if is_ambiguous(written)]
    return max(doubtful, key=lambda each: each[0])[1] if doubtful else None


def _first_days(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The statements that name a first day, each with the day as it is written."""
    for text in _statements(texts):
        start = _FROM.search(text) or _RANGE.search(text)
        if start:
            yield text, start["date"]


def _numbers(text: str) -> tuple[int, ...]:
    """The version that a statement begins with."""
    found = _VERSION.match(text)
    return tuple(int(part) for part in found["version"].split(".")) if found else ()


def _last_day(texts: Sequence[str]) -> date | None:
    ends = (_end_stated(field) for text in texts for field in (text, *_fields(text)))
    return next((day for day in ends if day), None)


def _end_stated(field: str) -> date | None:
    """The last day that a field names. A sentence without a subject is about the document only at the beginning or behind the
    day it begins: in "Unused leave is lost. Expires on 31 March 2025." it is about the leave."""
    before = None
    for sentence in _sentences(field):
        span, end = _RANGE.search(sentence), _UNTIL.search(sentence)
        if end and not (end["document"] or before is None or _FROM.search(before)):
            end = None
        if found := span or end:
            return read_date(found["until"])
        before = sentence
    return None


def _statements(texts: Sequence[str]) -> Iterator[str]:
    """The texts whole, then what they state one after the other: "Version 2 | Effective 1 March 2025 | Owner: People"."""
    for text in texts:
        yield text
        for field in _fields(text):
            yield from _sentences(field)


def _fields(text: str) -> Iterator[str]:
    yield from _FIELD_BREAK.split(text)


def _sentences(field: str) -> Iterator[str]:
    yield from (part.strip(" *_()[]") for part in _SENTENCE_BREAK.split(field))


def _first_date(properties: dict[str, str], *names: str) -> date | None:
    return next((found for name in names if name in properties and (found := read_date(properties[name]))), None)


def _jurisdiction(texts: Sequence[str], titled: str) -> str | None:
    """The one country a document says it applies in, or its title names as a variant's; None where it names several."""
    named = {country(match["country"] or match["stated"]) for text in texts for match in _WHERE.finditer(text)}
    if not named:
        named = {country(match["country"] or match["first"]) for match in _VARIANT.finditer(titled)}
    return named.pop() if len(named) == 1 else None


def _first(pattern: re.Pattern[str], texts: Iterable[str], group: str) -> str | None:
    return next((match[group].strip(" *_") for text in texts if (match := pattern.search(text))), None)
