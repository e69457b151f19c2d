"""What a document says about itself: title, dates, country, owner, version. Only what it states plainly; otherwise None."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ingest.countries import COUNTRY, country
from ingest.effective import ambiguous_first_day, first_day, last_day, statements
from ingest.header import are_particulars
from ingest.records import Block, BlockKind, Loaded, Metadata
from ingest.title import title

#: Only the beginning and the end of a document, and what runs over its pages, speak about the document.
_FIRST_BLOCKS, _LAST_BLOCKS = 30, 6

#: What a footer says beside what it says about the document: "Page 3 of 10".
_PAGE = re.compile(r"\b(?:page|seite)\s*\d{1,4}(?:\s*(?:of|von|/)\s*\d{1,4})?", re.IGNORECASE)
#: What front matter calls those who may read a document, and how it names everybody.
_READERS = ("audience", "readers", "groups")
_EVERYBODY = re.compile(
    r"\b(?:all|every\w*|any\w*|employees|staff|public|alle\w*|jede\w*|mitarbeite\w*)\b", re.IGNORECASE
)
#: What a line goes on with behind its owner, where something ran several lines into one.
_NEXT_FIELD = (
    r",?(?:\s|\b)(?:(?:applies|replaces|this|these|audience|read\s+together)\b"
    r"|(?:version|v|rev(?:ision)?|effective|valid|in\s+force|approve[dr]|review(?:ed|er)?|(?:next|last)\s+\w+|date|issued?|updated|gültig"
    r"|stand|freigegeben)\b[^\n:\d]{0,30}[:\d]"
    r"|(?:status|classification|jurisdiction|country|document|policy|author|contact)\b[^\n:\d]{0,30}:)"
)
_OWNER = re.compile(
    r"^(?:(?:policy|document)\s+)?(?:owner(?:\s+of\s+this\s+(?:policy|document))?|owned\s+by)\s*[:|–—]\s*(?P<owner>"
    # A point within a word, as in an address, ends nothing.
    rf"(?:(?!{_NEXT_FIELD})(?:[^\n|;.]|\.(?=\w)|(?<=Dr)\.|(?<=Prof)\.|(?<=\b[A-Z])\.)){{2,80}})",
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
    text = _speaking(blocks)
    running = [_PAGE.sub("|", line) for line in loaded.furniture]
    speaking = [*text, *running]
    stated = loaded.properties
    begins = first_day(stated, speaking)
    named = title(loaded, blocks, file=file)
    return Metadata(
        title=named,
        effective_from=begins,
        effective_to=last_day(stated, speaking, begins=begins),
        jurisdiction=country(stated.get("jurisdiction") or stated.get("country") or "")
        or _jurisdiction(speaking, named),
        owner=stated.get("owner") or _first(_OWNER, statements(speaking), "owner"),
        version=stated.get("version") or _first(_VERSION, [*text[:12], *running], "version"),
        ambiguous_from=None if begins else ambiguous_first_day(stated, speaking),
        audience=next((said for name in _READERS if (said := stated.get(name)) and not _EVERYBODY.search(said)), None),
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
            texts.extend(_stated(block.rows))
        else:
            texts.append(block.text)
    return texts


def _stated(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """What a table says as "label: value": the value stands beside its label, beside each of two in a row, or below it."""
    if len(rows) == 2 and len(rows[0]) > 2 and are_particulars(rows[0]) and not _is_paired(rows[0]):
        yield from (f"{label.rstrip(':')}: {value}" for label, value in zip(*rows, strict=False) if label and value)
        return
    of_document = are_particulars([row[0] for row in rows])
    for row in rows if of_document else rows[:8]:
        if _is_paired(row):
            yield from (f"{label.rstrip(':')}: {value}" for label, value in (row[:2], row[2:]) if label and value)
        elif len(row) <= 4:
            yield ": ".join(cell.rstrip(":") for cell in row if cell)


def _is_paired(row: Sequence[str]) -> bool:
    """Whether a row has two labels, each with its value beside it."""
    return len(row) == 4 and are_particulars(row[::2]) and not are_particulars(row[1::2])


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


def _jurisdiction(texts: Sequence[str], titled: str) -> str | None:
    """The one country a document says it applies in, or its title names as a variant's; None where it names several."""
    named = {country(match["country"] or match["stated"]) for text in texts for match in _WHERE.finditer(text)}
    if not named:
        named = {country(match["country"] or match["first"]) for match in _VARIANT.finditer(titled)}
    return named.pop() if len(named) == 1 else None


def _first(pattern: re.Pattern[str], texts: Iterable[str], group: str) -> str | None:
    return next((match[group].strip(" *_,(–—-") for text in texts if (match := pattern.search(text))), None)
