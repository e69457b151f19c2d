"""Markdown documents as passages to learn from: their sections, cut to the size of the passages that ingest makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from retrieval.records import Passage

#: Longer sections are cut to about this many words.
SECTION_WORDS = 150

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"<[^>]+>|\{[:%{].*?[%}]?\}|[*_`]{1,3}|^\s*>\s?", re.M)
_LINES, _SENTENCES = re.compile(r"\n"), re.compile(r"(?<=[.!?;:])\s+|\n")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$", re.M)


def read_markdown(folder: Path) -> Iterator[Passage]:
    """Cut the markdown files under a folder into sections, in the order of their paths."""
    for path in sorted(folder.rglob("*.md")):
        text = path.read_text(encoding="utf-8", errors="replace")
        yield from _sections(str(path.relative_to(folder)), text)


def plain(text: str) -> str:
    """Text without links, tags and emphasis; line breaks stay."""
    return _MARKUP.sub("", _LINK.sub(r"\1", text))


def _sections(file: str, text: str) -> Iterator[Passage]:
    title = Path(file).stem.replace("-", " ").replace("_", " ")
    front = _FRONT_MATTER.match(text)
    if front:
        stated = re.search(r"^title:\s*['\"]?(.+?)['\"]?\s*$", front.group(1), re.M)
        title, text = (stated.group(1) if stated else title), text[front.end() :]
    text = plain(text)
    pieces = _HEADING.split(text)  # text before the first heading, then (level, heading, text) in turn
    if not front and not pieces[0].strip() and pieces[1:2] == ["#"]:
        title = pieces[2]
    path: list[tuple[int, str]] = []
    number = 0
    blocks = [(0, "", pieces[0]), *((len(pieces[i]), pieces[i + 1], pieces[i + 2]) for i in range(1, len(pieces), 3))]
    for level, heading, body in blocks:
        if level:
            path = [(depth, name) for depth, name in path if depth < level] + [(level, heading)]
        for piece in _cut(body):
            number += 1
            yield Passage(
                passage_id=f"{file}#{number:04d}", document_id=file, version_id=file, title=title, file=file, text=piece,
                section_path=tuple(name for _, name in path if name),
            )  # fmt: skip


def _cut(body: str) -> Iterator[str]:
    """Join paragraphs up to about SECTION_WORDS; a last piece of fewer than eight words is dropped."""
    piece: list[str] = []
    size = 0
    for paragraph in re.split(r"\n\s*\n", body):
        for part in _parts(paragraph):
            words = len(part.split())
            if size and size + words > SECTION_WORDS:
                yield "\n".join(piece)
                piece, size = [], 0
            piece.append(part)
            size += words
    if size >= 8:
        yield "\n".join(piece)


def _parts(paragraph: str) -> Iterator[str]:
    """A paragraph on one line; a long one line by line (a list), a long line sentence by sentence."""
    for breaks in (None, _LINES, _SENTENCES):
        parts = [" ".join(part.split()) for part in (breaks.split(paragraph) if breaks else [paragraph])]
        if max(len(part.split()) for part in parts) <= SECTION_WORDS:
            break
    yield from filter(None, parts)
