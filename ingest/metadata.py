"""What a document says about itself: title, dates, country, owner, version. Only what it states plainly; otherwise None."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ingest.countries import COUNTRY, country
from ingest.dates import DATE, read_date
from ingest.records import Block, BlockKind, Loaded, Metadata
from ingest.title import title

#: Only the beginning and the end of a document speak about the document.
_FIRST_BLOCKS, _LAST_BLOCKS = 30, 6

#: Only what stands at the beginning of a statement, or has the document for its subject, is about the document itself:
#: "Chapter 3, effective 1 May 2012, is incorporated" is not.
_SUBJECT = (
    r"(?:^(?:this|the|these)\s+(?:[\w’'-]+\s+){0,6}?(?:policy|handbook|agreement|addendum|version|document|terms|notice|guidelines?|procedure|plan|rules|code|"
    r"contract|schedule|programme|program|statement)(?:\s+[\w’'-]+){0,4}?\s+(?:(?:is|are|was|shall\s+be|will\s+be|becomes?|became|has\s+been)\s+)?|^(?:(?:version|v|revision)\s*[\d.]+,?\s+)?(?:last\s+)?)"
)
_BEGINS = (
    r"(?:effective(?:\s+(?:date|from|as\s+of|on|since))?|(?:valid|in\s+force|in\s+effect|applicable|applies|enters?\s+into\s+force|entered\s+into\s+force)"
    r"\s+(?:from|as\s+of|since|on)|(?:comes?|came)\s+into\s+(?:force|effect)\s+on|(?:takes?|took)\s+effect\s+on|gültig\s+ab|in\s+kraft\s+(?:ab|seit)|gilt\s+ab)"
)
_ENDS = r"(?:(?:effective|valid|in\s+force|in\s+effect|applicable)\s+(?:until|through|to)|expires?(?:\s+on)?|expiry(?:\s+date)?|gültig\s+bis)"
_FROM = re.compile(rf"{_SUBJECT}{_BEGINS}(?:\s+is)?\s*[:*]*\s*(?P<date>{DATE})", re.IGNORECASE)
_UNTIL = re.compile(rf"{_SUBJECT}{_ENDS}\s*[:*]*\s*(?P<date>{DATE})", re.IGNORECASE)
_RANGE = re.compile(
    rf"{_SUBJECT}(?:effective|valid|in\s+force|in\s+effect|applicable)\s*:?\s+(?:from\s+)?(?P<date>{DATE})\s+(?:until|to|through|and\s+expires(?:\s+on)?|–|-)"
    rf"\s+(?P<until>{DATE})",
    re.IGNORECASE,
)
_STATEMENT_BREAK = re.compile(
    r"\s*[|•·;\n]\s*|(?<=\w)\s+[–—]\s+|(?<=[a-z0-9)])(?<!Dr)(?<!Mr)(?<!Ms)(?<!Prof)[.]\s+(?=[A-Z])",
    re.IGNORECASE,
)
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


def metadata(loaded: Loaded, blocks: Sequence[Block], *, file: str) -> Metadata:
    """Read a document's own statements.

    :param blocks: the cleaned blocks.
    :param file: the path people know the file by; names the document where it has no title of its own.
    """
    speaking = _speaking(blocks)
    stated = loaded.properties
    begins, ends = _dates(speaking)
    named = title(loaded, blocks, file=file)
    return Metadata(
        title=named,
        effective_from=_first_date(
            stated, "effective_from", "effective", "effective_date", "effective date", "valid_from"
        )
        or begins,
        effective_to=_first_date(stated, "effective_to", "valid_until", "expires", "valid_to") or ends,
        jurisdiction=country(stated.get("jurisdiction") or stated.get("country") or "")
        or _jurisdiction(speaking, named),
        owner=stated.get("owner") or _first(_OWNER, _statements(speaking), "owner"),
        version=stated.get("version") or _first(_VERSION, speaking[:12], "version"),
    )


def _speaking(blocks: Sequence[Block]) -> list[str]:
    """The texts that may be about the document itself, a table's rows as ``cell: cell``."""
    chosen = (
        blocks if len(blocks) <= _FIRST_BLOCKS + _LAST_BLOCKS else [*blocks[:_FIRST_BLOCKS], *blocks[-_LAST_BLOCKS:]]
    )
    texts: list[str] = []
    for block in chosen:
        if block.kind is BlockKind.TABLE:
            texts.extend(": ".join(cell.rstrip(":") for cell in row if cell) for row in block.rows[:8] if len(row) <= 4)
        else:
            texts.append(block.text)
    return texts


# -- title -----------------------------------------------------------------------------------------------------------


# -- dates, country, owner -------------------------------------------------------------------------------------------


def _dates(texts: Sequence[str]) -> tuple[date | None, date | None]:
    begins = ends = None
    for text in _statements(texts):
        span = _RANGE.search(text)
        if span:
            begins, ends = begins or read_date(span["date"]), ends or read_date(span["until"])
        start, end = _FROM.search(text), _UNTIL.search(text)
        if start and begins is None:
            begins = read_date(start["date"])
        if end and ends is None:
            ends = read_date(end["date"])
    return begins, (ends if begins is None or ends is None or ends >= begins else None)


def _statements(texts: Sequence[str]) -> Iterator[str]:
    """The texts whole, then what they state one after the other: "Version 2 | Effective 1 March 2025 | Owner: People"."""
    for text in texts:
        yield text
        yield from (part.strip(" *_()[]") for part in _STATEMENT_BREAK.split(text))


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
