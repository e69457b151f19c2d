"""What a document is called: as its format states it, else as it looks, else as its file is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from unicodedata import normalize

from ingest.numbering import label
from ingest.outline import folded, heading_text
from ingest.records import Block, BlockKind, Loaded

MAX_TITLE_CHARS = 160


_GENERIC = frozenset({"readme", "index", "license", "licence", "untitled", "document", "policy", "default", "main", "home", "table of contents", "contents", "note", "draft", "confidential"})  # fmt: skip


_MACHINE_TITLE = re.compile(
    r"^(microsoft word|untitled|document\d*|slide \d|page \d|.*\.(docx?|pdf|indd|pages|odt|xlsx?|rtf)$)", re.IGNORECASE
)


def title(loaded: Loaded, blocks: Sequence[Block], *, file: str) -> str:
    """The document's title: as its format states it, else its first heading, else the largest text on the first page, else its name."""
    for candidate in _titles(loaded, blocks, file):
        squeezed = normalize("NFC", heading_text(candidate)).strip(" *_#")
        if _names_something(squeezed):
            return _cut(squeezed)
    return title_from_name(file)


def _titles(loaded: Loaded, blocks: Sequence[Block], file: str) -> Iterator[str]:
    first = next((block for block in blocks[:3] if block.kind is BlockKind.HEADING), None)
    outermost = len({block.text for block in blocks if block.kind is BlockKind.HEADING and block.level == 1})
    # Of several headings of the first level the first names only a part, unless the file's name says nothing better.
    names_all = outermost <= 1 or folded(_words(PurePosixPath(file).stem)) in _GENERIC
    if loaded.title:
        yield loaded.title
    if first is not None and first.level in (1, None) and names_all:
        yield first.text
    stated = loaded.properties.get("title", "")
    if stated and not _MACHINE_TITLE.match(stated) and _is_confirmed(stated, blocks):
        yield stated
    yield from _largest(blocks)
    yield from _opening_lines(blocks)
    if first is not None and names_all:
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
    """The largest text at the top of a page, where it is larger than the rest; lines of one size are put together, but for a
    numbered one, which is the first heading."""
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
    parts: list[str] = []
    for block in opening[start:]:
        if (block.size or 0) < top - 0.5 or (parts and label(block.text)):
            break
        parts.append(block.text)
    yield " ".join(parts) if len(" ".join(parts)) <= MAX_TITLE_CHARS else parts[0]


def _opening_lines(blocks: Sequence[Block]) -> Iterator[str]:
    """The bold lines, or those in capitals, before the first paragraph, put together."""
    lines: list[str] = []
    for block in blocks[:8]:
        is_line = (
            block.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING)
            and len(block.text) <= 100
            and not block.text.endswith((":", ";", ","))
        )
        if not is_line or (lines and (label(block.text) or not (block.bold or block.text.isupper()))):
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


def title_from_name(file: str) -> str:
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
    spaced = re.sub(r"[_\s]+|(?<=[a-z])-(?=[a-z0-9])|(?<=[a-z])(?=[A-Z][a-z])", " ", normalize("NFC", name)).strip()
    return spaced[:1].upper() + spaced[1:] if spaced else name
