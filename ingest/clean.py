"""Text as people would type it: odd characters out, lines joined, contents lists and empty blocks dropped."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import compress, groupby, pairwise
from unicodedata import normalize

from ingest.numbering import label
from ingest.outline import MAX_HEADING_CHARS, folded
from ingest.records import Block, BlockKind

_CHARACTERS = str.maketrans(
    {
        "\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u3000": " ", "\t": " ", "\u2028": "\n", "\u2029": "\n", "\v": "\n", "\f": "\n", "\r": "\n",
        "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st",
        "\u2011": "-", "\u2010": "-", "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\ufffd": "",
    }
)  # fmt: skip
# Control characters, and the private-use area that symbol fonts put their bullets in.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]")
#: Words, dots that lead to the margin, and a number: a line of the contents, or of a list of prices.
_LED = re.compile(r"(?P<words>.{1,160}?)(?:(?:\.\s?){4,}|…{2,})\s*(?P<number>\d{1,4}|[ivxlc]{1,6})(?:\s+|$)")
_CONTENTS = re.compile(
    r"(?:table of )?contents|index|inhalt(?:sverzeichnis)?|sommaire|table des matières", re.IGNORECASE
)
#: So many lines whose numbers rise are a contents list, whatever its headings say.
_MANY_LINES = 8
_BLANKS = re.compile(r"_{4,}|\.{5,}|-{5,}|={4,}")
#: Markdown pasted into a document of another format.
_MARKED_HEADING = re.compile(r"(?P<marks>#{1,6}) +(?P<text>[^\n]{1,120})")
_LONG_LINE = 60


def clean(blocks: Sequence[Block]) -> list[Block]:
    """The blocks worth reading, in order, their text in one line a paragraph; a block that held several becomes several."""
    cleaned: list[Block] = []
    for part in _without_contents([part for block in blocks for part in _parts(block)]):
        if _says_something(part) and not (cleaned and cleaned[-1] == part):
            cleaned.append(part)
    return cleaned


def _without_contents(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks without contents lists: lines that dots lead to a number, other than those of a list of prices."""
    headings = frozenset(_name(block.text) for block in blocks if _could_head(block))
    above = ""
    for led, run in groupby(blocks, key=_is_led):
        lines = list(run)
        if not led or not _are_contents(lines, headings, above):
            yield from lines
        above = lines[-1].text


def _is_led(block: Block) -> bool:
    return block.kind is not BlockKind.TABLE and bool(_entries(block.text))


def _entries(text: str) -> list[tuple[str, str]]:
    """The words and numbers that dots part, where a text is nothing else; a wrapped contents list holds several."""
    entries: list[tuple[str, str]] = []
    end = 0
    while end < len(text):
        entry = _LED.match(text, end)
        if entry is None:
            return []
        entries.append((entry["words"], entry["number"]))
        end = entry.end()
    return entries


def _are_contents(lines: Sequence[Block], headings: Container[str], above: str) -> bool:
    """Whether led lines are a contents list: one is announced above, most of their words head a part of the document, or they are
    many; and their numbers hardly ever fall, as prices do."""
    entries = [entry for line in lines for entry in _entries(line.text)]
    if _CONTENTS.fullmatch(above.strip(" :.")):
        return True
    pages = [int(number) for _, number in entries if number.isdecimal()]
    falls = sum(after < before for before, after in pairwise(pages))
    heading = sum(_name(words) in headings for words, _ in entries)
    return 5 * falls <= len(entries) and (2 * heading >= len(entries) or len(entries) >= _MANY_LINES)


def _could_head(block: Block) -> bool:
    return block.kind is not BlockKind.TABLE and len(block.text) <= MAX_HEADING_CHARS and not _is_led(block)


def _name(heading: str) -> str:
    """A heading's words without its number, for comparing."""
    mark = label(heading)
    return folded(mark.rest if mark and mark.rest else heading)


def plain(text: str) -> str:
    """Text without odd characters: one space between words, at most one blank line between lines."""
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").translate(_CHARACTERS))
    text = normalize("NFC", text)  # a letter and its accent as one character, however they were typed
    text = _BLANKS.sub(lambda match: match[0][0] * 4, text)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _parts(block: Block) -> Iterator[Block]:
    if block.kind is BlockKind.TABLE:
        rows = tuple(tuple(" ".join(plain(cell).split()) for cell in row) for row in block.rows)
        full = [any(row) for row in rows]
        yield replace(
            block,
            text=" ".join(plain(block.text).split()),
            rows=tuple(compress(rows, full)),
            row_pages=tuple(compress(block.row_pages, full)),
        )
        return
    text = plain(block.text)
    if block.kind is BlockKind.HEADING or block.bold:
        yield replace(block, text=" ".join(text.split()))
        return
    for paragraph in text.split("\n\n"):
        marked = _MARKED_HEADING.fullmatch(paragraph)
        if marked:
            yield replace(block, kind=BlockKind.HEADING, text=marked["text"], level=len(marked["marks"]))
            continue
        yield replace(block, text=_unwrapped(paragraph))


def _unwrapped(paragraph: str) -> str:
    """Wrapped lines joined; short lines, as in an address, stay on their own."""
    joined = ""
    for line in paragraph.split("\n"):
        if not joined:
            joined = line
        else:
            joined += (" " if len(joined.rsplit("\n", 1)[-1]) > _LONG_LINE else "\n") + line
    return joined


def _says_something(block: Block) -> bool:
    if block.kind is BlockKind.TABLE:
        return bool(block.rows)
    return any(letter.isalnum() for letter in block.text)
