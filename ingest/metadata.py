"""What a document says about itself: title, dates, country, owner, version. Only what it states plainly; otherwise None."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import PurePosixPath

from ingest.outline import folded, heading_text, label
from ingest.records import Block, BlockKind, Loaded, Metadata

MAX_TITLE_CHARS = 160
#: Only the beginning and the end of a document speak about the document.
_FIRST_BLOCKS, _LAST_BLOCKS = 30, 6

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar", "february feb februar", "march mar märz", "april apr", "may mai", "june jun juni", "july jul juli",
            "august aug", "september sep sept", "october oct oktober okt", "november nov", "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DATE = (
    rf"(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    r"|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4})"
)
#: Only what stands at the beginning of a statement, or has the document for its subject, is about the document itself:
#: "Chapter 3, effective 1 May 2012, is incorporated" is not.
_SUBJECT = (
    r"(?:^(?:this|the|these)\s+(?:[\w’'-]+\s+){0,6}?(?:policy|handbook|agreement|addendum|version|document|terms|notice|guidelines?|procedure|plan|rules|code|"
    r"contract|schedule|programme|program|statement)(?:\s+[\w’'-]+){0,4}?\s+(?:(?:is|are|was|shall\s+be|will\s+be|becomes?|became|has\s+been)\s+)?|^(?:last\s+)?)"
)
_BEGINS = (
    r"(?:effective(?:\s+(?:date|from|as\s+of|on|since))?|(?:valid|in\s+force|in\s+effect|applicable|applies|enters?\s+into\s+force|entered\s+into\s+force)"
    r"\s+(?:from|as\s+of|since|on)|(?:comes?|came)\s+into\s+(?:force|effect)\s+on|(?:takes?|took)\s+effect\s+on|gültig\s+ab|in\s+kraft\s+(?:ab|seit)|gilt\s+ab)"
)
_ENDS = r"(?:(?:effective|valid|in\s+force|in\s+effect|applicable)\s+(?:until|through|to)|expires?(?:\s+on)?|expiry(?:\s+date)?|gültig\s+bis)"
_FROM = re.compile(rf"{_SUBJECT}{_BEGINS}(?:\s+is)?\s*[:*]*\s*(?P<date>{_DATE})", re.IGNORECASE)
_UNTIL = re.compile(rf"{_SUBJECT}{_ENDS}\s*[:*]*\s*(?P<date>{_DATE})", re.IGNORECASE)
_RANGE = re.compile(
    rf"{_SUBJECT}(?:effective|valid|in\s+force|in\s+effect|applicable)\s*:?\s+(?:from\s+)?(?P<date>{_DATE})\s+(?:until|to|through|and\s+expires(?:\s+on)?|–|-)"
    rf"\s+(?P<until>{_DATE})",
    re.IGNORECASE,
)
_STATEMENT_BREAK = re.compile(r"\s*[|•·;\n]\s*|(?<=\w)\s+[–—]\s+|(?<=[a-z0-9)])[.]\s+(?=[A-Z])|,\s+(?=(?:effective|valid|owner|version)\b)", re.IGNORECASE)
_OWNER = re.compile(
    r"^(?:(?:policy|document)\s+)?owner(?:\s+of\s+this\s+(?:policy|document))?\s*[:|]\s*(?P<owner>[^\n|;.]{2,80})",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"\b(?:version|rev(?:ision)?\.?|v)\s*[:.]?\s*(?P<version>\d{1,4}(?:\.\d{1,4}){0,3})(?![\w.]*\d)", re.IGNORECASE
)

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
_COUNTRY = (
    "(?:the\\s+)?(?P<country>"
    + "|".join(re.escape(name) for name in sorted(_COUNTRIES, key=len, reverse=True))
    + r")(?![\w-])"
)
_PEOPLE = r"(?:all\s+)?(?:employees|staff|workers|colleagues|people|team\s+members|contractors|personnel)"
_WHERE = re.compile(
    rf"\b(?:applies|apply|applicable)\s+(?:only\s+)?to\s+{_PEOPLE}\s+(?:(?:who\s+are\s+)?(?:based|employed|located|working|who\s+work)\s+)?in\s+{_COUNTRY}(?!\s*(?:,|and|or)\s+)"
    rf"|^(?:jurisdiction|country|applies\s+(?:in|to)|geltungsbereich)\s*[:|]\s*{_COUNTRY.replace('?P<country>', '?P<stated>')}\s*\.?$",
    re.IGNORECASE | re.MULTILINE,
)
_GENERIC = frozenset({"readme", "index", "license", "licence", "untitled", "document", "policy", "default", "main", "home", "table of contents", "contents", "note", "draft", "confidential"})  # fmt: skip
_MACHINE_TITLE = re.compile(
    r"^(microsoft word|untitled|document\d*|slide \d|page \d|.*\.(docx?|pdf|indd|pages|odt|xlsx?|rtf)$)", re.IGNORECASE
)


def metadata(loaded: Loaded, blocks: Sequence[Block], *, file: str) -> Metadata:
    """Read a document's own statements.

    :param blocks: the cleaned blocks.
    :param file: the path people know the file by; names the document where it has no title of its own.
    """
    speaking = _speaking(blocks)
    stated = loaded.properties
    begins, ends = _dates(speaking)
    return Metadata(
        title=title(loaded, blocks, file=file),
        effective_from=_first_date(
            stated, "effective_from", "effective", "effective_date", "effective date", "valid_from"
        )
        or begins,
        effective_to=_first_date(stated, "effective_to", "valid_until", "expires", "valid_to") or ends,
        jurisdiction=country(stated.get("jurisdiction") or stated.get("country") or "") or _jurisdiction(speaking),
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


def title(loaded: Loaded, blocks: Sequence[Block], *, file: str) -> str:
    """The document's title: as its format states it, else its first heading, else the largest text on the first page, else its name."""
    for candidate in _titles(loaded, blocks):
        squeezed = heading_text(candidate).strip(" *_#")
        if _names_something(squeezed):
            return _cut(squeezed)
    return _title_from_name(file)


def _titles(loaded: Loaded, blocks: Sequence[Block]) -> Iterator[str]:
    first = next((block for block in blocks[:3] if block.kind is BlockKind.HEADING), None)
    if loaded.title:
        yield loaded.title
    if first is not None and first.level in (1, None):
        yield first.text
    ranked = [block for block in blocks[:40] if block.kind is BlockKind.HEADING and block.level == 1]
    if len([block for block in blocks if block.kind is BlockKind.HEADING and block.level == 1]) == 1:
        yield ranked[0].text if ranked else ""
    stated = loaded.properties.get("title", "")
    if stated and not _MACHINE_TITLE.match(stated) and _is_confirmed(stated, blocks):
        yield stated
    yield from _largest(blocks)
    yield from _opening_lines(blocks)
    if first is not None:
        yield first.text
    opening = next((block for block in blocks if block.kind is not BlockKind.TABLE), None)
    if (
        opening is not None
        and opening.kind is BlockKind.PARAGRAPH
        and (opening.bold or opening.text.isupper() or len(opening.text) < 70)
    ):
        yield "" if opening.text.rstrip().endswith((".", ":", ",", ";")) else opening.text
    if stated and not _MACHINE_TITLE.match(stated) and " " in stated:
        yield stated


def _is_confirmed(stated: str, blocks: Sequence[Block]) -> bool:
    """Whether a title from the file's properties, which is often left over from a template, also stands in its text."""
    opening = folded(" ".join(block.text for block in blocks[:8]))
    return bool(folded(stated)) and folded(stated) in opening


def _largest(blocks: Sequence[Block]) -> Iterator[str]:
    """The largest text at the top of a page, where it is larger than the rest; lines of one size are put together."""
    opening = [
        block
        for block in blocks[:10]
        if block.size is not None and block.kind is not BlockKind.TABLE and block.page in (None, 1)
    ]
    if not opening:
        return
    sizes = [block.size or 0.0 for block in blocks if block.size is not None]
    top = max(block.size or 0.0 for block in opening)
    if top <= 1.1 * sorted(sizes)[len(sizes) // 2]:
        return
    start = next(position for position, block in enumerate(opening) if (block.size or 0) >= top - 0.5)
    parts = []
    for block in opening[start:]:
        if (block.size or 0) < top - 0.5:
            break
        parts.append(block.text)
    yield " ".join(parts) if len(" ".join(parts)) <= MAX_TITLE_CHARS else parts[0]


def _opening_lines(blocks: Sequence[Block]) -> Iterator[str]:
    """The bold lines, or those in capitals, before the first paragraph, put together."""
    lines: list[str] = []
    for block in blocks[:8]:
        is_line = block.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING) and len(block.text) <= 100 and not block.text.endswith((":", ";", ","))
        if not is_line or (lines and not (block.bold or block.text.isupper())):
            break
        if block.bold or block.text.isupper():
            lines.append(block.text)
    while lines and len(" ".join(lines)) > MAX_TITLE_CHARS:
        lines.pop()
    yield " ".join(lines)


def _names_something(text: str) -> bool:
    mark = label(text)
    words = folded(text)
    return (
        3 <= len(text) <= 250
        and words not in _GENERIC
        and bool(re.search(r"[^\W\d_]{2}", text))
        and not (mark and not mark.rest)
    )


def _cut(text: str) -> str:
    if len(text) <= MAX_TITLE_CHARS:
        return text
    return text[:MAX_TITLE_CHARS].rsplit(" ", 1)[0] + " …"


def _title_from_name(file: str) -> str:
    """A title made of a file's name; a name that says nothing takes its folder's in front."""
    path = PurePosixPath(file)
    stem = _words(path.stem if path.suffix else path.name)
    if folded(stem) in _GENERIC:
        folder = _words(path.parent.name)
        if folded(stem) == "index" and folder:
            return folder
        return f"{folder} – {stem}" if folder else stem
    return stem


def _words(name: str) -> str:
    spaced = re.sub(r"[_\s]+|(?<=[a-z])-(?=[a-z0-9])|(?<=[a-z])(?=[A-Z][a-z])", " ", name).strip()
    return spaced[:1].upper() + spaced[1:] if spaced else name


# -- dates, country, owner -------------------------------------------------------------------------------------------


def read_date(text: str) -> date | None:
    """The date a text states: ISO, "1 March 2025", "March 1, 2025", "1.3.2025"; "3/25/2025" only where its order is certain."""
    iso = re.search(r"(\d{4})-(\d{2})-(\d{2})", text)
    if iso:
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    named = re.search(rf"(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?({_MONTH}),?\s+(\d{{4}})", text, re.IGNORECASE)
    if named:
        return _date(int(named[3]), _MONTHS[named[2].rstrip(".").lower()], int(named[1]))
    named = re.search(rf"({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})", text, re.IGNORECASE)
    if named:
        return _date(int(named[3]), _MONTHS[named[1].rstrip(".").lower()], int(named[2]))
    dotted = re.search(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    if dotted:
        return _date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    slashed = re.search(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    if slashed:
        first, second, year = (int(part) for part in slashed.groups())
        if first > 12 or first == second:
            return _date(year, second, first)
        if second > 12:
            return _date(year, first, second)
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


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


def country(text: str) -> str | None:
    """The ISO 3166 code of a country's name or code, None where it is neither."""
    bare = text.strip().rstrip(".").removeprefix("the ").casefold()
    if len(bare) == 2 and bare.upper() in set(_COUNTRIES.values()):
        return bare.upper()
    return _COUNTRIES.get(bare)


def _jurisdiction(texts: Sequence[str]) -> str | None:
    """The one country a document says it applies in; None where it names several."""
    named = {country(match["country"] or match["stated"]) for text in texts for match in _WHERE.finditer(text)}
    return named.pop() if len(named) == 1 else None


def _first(pattern: re.Pattern[str], texts: Iterable[str], group: str) -> str | None:
    return next((match[group].strip(" *_") for text in texts if (match := pattern.search(text))), None)


_ANY_COUNTRY = re.compile(r"\b" + _COUNTRY.replace("(?P<country>", "("), re.IGNORECASE)


def countries_named(text: str) -> frozenset[str]:
    """The ISO 3166 codes of the countries a text names at least twice."""
    counts = Counter(country(name) for name in _ANY_COUNTRY.findall(text))
    return frozenset(code for code, count in counts.items() if code is not None and count >= 2)
