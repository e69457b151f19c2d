"""Footnotes of a markdown page, put where its reader looks: behind what refers to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

_DEFINED = re.compile(r" {0,3}\[\^(?P<name>[^\]\s]+)\]:[ \t]*(?P<text>.*)")
_MARK = re.compile(r"\[\^(?P<name>[^\]\s]+)\](?!:)")
_ITEM = re.compile(r"\s*(?:[-*+]|\(?\w{1,4}[.)])\s")
_FENCE = ("```", "~~~")


def place(source: str) -> str:
    """A page whose notes stand behind the paragraph, heading or table that refers to them, and in brackets in an item of a list,
    which a paragraph would part. A note that nothing refers to stays, at the end."""
    if "[^" not in source:
        return source
    notes: dict[str, str] = {}
    lines = list(_without_notes(source.splitlines(), notes))
    if not notes:
        return source
    told: set[str] = set()
    placed: list[str] = []
    for block in _blocks(lines):
        is_text = not block[0].lstrip().startswith(_FENCE)
        named = [mark["name"] for mark in _MARK.finditer("\n".join(block)) if mark["name"] in notes] if is_text else []
        told.update(named)
        if named and _ITEM.match(next(line for line in block if line.strip())):
            placed.extend(_MARK.sub(lambda mark: _bracketed(mark, notes), line) for line in block)
        elif named:
            placed.extend(_MARK.sub(lambda mark: "" if mark["name"] in notes else mark[0], line) for line in block)
            for name in dict.fromkeys(named):
                placed.extend(("", notes[name]))
        else:
            placed.extend(block)
    for name, text in notes.items():
        if name not in told:
            placed.extend(("", text))
    return "\n".join(placed) + "\n"


def _bracketed(mark: re.Match[str], notes: Mapping[str, str]) -> str:
    return f" ({notes[mark['name']]})" if mark["name"] in notes else mark[0]


def _without_notes(lines: Sequence[str], notes: dict[str, str]) -> Iterator[str]:
    """The lines outside of notes; the notes go into ``notes`` by their name."""
    fence = name = ""
    blank = False
    for line in lines:
        stripped = line.strip()
        if name:
            goes_on = line.startswith(("    ", "\t")) if blank else bool(stripped) and not _DEFINED.match(line)
            if goes_on or not stripped:
                notes[name] = f"{notes[name]} {stripped}".strip()
                blank = not stripped
                continue
            if blank:
                yield ""
            name = ""
        if stripped.startswith(_FENCE) and (not fence or stripped.startswith(fence)):
            fence = "" if fence else stripped[:3]
        defined = None if fence else _DEFINED.match(line)
        if defined is None:
            yield line
        else:
            name, blank = defined["name"], False
            notes[name] = defined["text"].strip()


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Lines up to each blank one, or to the end of what a fence opens; a heading by itself."""
    block: list[str] = []
    fence = ""
    for line in lines:
        stripped = line.strip()
        opens = not fence and stripped.startswith(_FENCE)
        if block and (opens or (not fence and (not stripped or line.startswith("#") or block[-1].startswith("#")))):
            yield block
            block = []
        block.append(line)
        if opens:
            fence = stripped[:3]
        elif fence and stripped.startswith(fence):
            fence = ""
    if block:
        yield block
