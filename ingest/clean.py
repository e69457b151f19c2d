"""Text as people would type it: odd characters out, lines joined, contents lists and empty blocks dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

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
_CONTENTS_LINE = re.compile(r"^.{1,160}?(?:\.\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,6})\s*$|^.{1,160}?…{2,}\s*\d{1,4}\s*$")
_BLANKS = re.compile(r"_{4,}|\.{5,}|-{5,}|={4,}")
#: Markdown pasted into a document of another format.
_MARKED_HEADING = re.compile(r"(?P<marks>#{1,6}) +(?P<text>[^\n]{1,120})")
_LONG_LINE = 60


def clean(blocks: Sequence[Block]) -> list[Block]:
    """The blocks worth reading, in order, their text in one line a paragraph; a block that held several becomes several."""
    cleaned: list[Block] = []
    for block in blocks:
        for part in _parts(block):
            if _says_something(part) and not (cleaned and cleaned[-1] == part):
                cleaned.append(part)
    return cleaned


def plain(text: str) -> str:
    """Text without odd characters: one space between words, at most one blank line between lines."""
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").translate(_CHARACTERS))
    text = _BLANKS.sub(lambda match: match[0][0] * 4, text)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _parts(block: Block) -> Iterator[Block]:
    if block.kind is BlockKind.TABLE:
        rows = tuple(tuple(" ".join(plain(cell).split()) for cell in row) for row in block.rows)
        yield replace(block, text=" ".join(plain(block.text).split()), rows=tuple(row for row in rows if any(row)))
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
    return any(letter.isalnum() for letter in block.text) and not _CONTENTS_LINE.match(block.text)
