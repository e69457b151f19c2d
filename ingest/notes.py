"""Footnotes and endnotes of a Word file, put where its reader looks: behind what refers to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: "(a) ask first": an item whose number somebody typed.
_TYPED_ITEM = re.compile(r"\(?\w{1,4}\)\s")


def place_notes(root: Any, notes: Mapping[str, Any]) -> None:
    """Put the words of each note behind what refers to it, notes of one place in their order.

    That is behind the paragraph; behind the whole table, which a paragraph would break; behind the list that a paragraph opens. In
    an item of a list the note stands in brackets at its end: between two items it would part the list.

    :param notes: the trees of the notes by their kind, ``footnote`` or ``endnote``.
    """
    said = {
        (kind, note.get(f"{_W}id")): [text for text in map(_text, note.iter(f"{_W}p")) if text]
        for kind, tree in notes.items()
        for note in tree.iter(f"{_W}{kind}")
    }
    last: dict[Any, Any] = {}
    # Without any kind every node would be gone through, comments too.
    for mark in list(root.iter(*(f"{_W}{kind}Reference" for kind in notes))) if notes else ():
        kind = mark.tag.removeprefix(_W).removesuffix("Reference")
        paragraph = next(mark.iterancestors(f"{_W}p"), None)
        texts = said.get((kind, mark.get(f"{_W}id")), [])
        if paragraph is None or not texts:
            continue
        place = _place(paragraph)
        if place is paragraph and _is_item(paragraph):
            paragraph.append(_run(paragraph, f" ({' '.join(texts)})"))
            continue
        for text in texts:
            written = paragraph.makeelement(f"{_W}p")
            written.append(_run(paragraph, text))
            last.get(place, place).addnext(written)
            last[place] = written


def _place(paragraph: Any) -> Any:
    """What a paragraph's notes stand behind: the outermost table around it, the last item of the list that it opens, or itself."""
    tables = list(paragraph.iterancestors(f"{_W}tbl"))
    if tables:
        return tables[-1]
    if _text(paragraph).endswith(":"):
        return [paragraph, *_items_below(paragraph)][-1]
    return paragraph


def _items_below(paragraph: Any) -> Iterator[Any]:
    level = _level(paragraph)
    for following in paragraph.itersiblings():
        if following.tag != f"{_W}p" or not _is_item(following) or _level(following) <= level:
            return
        yield following


def _is_item(paragraph: Any) -> bool:
    """Whether a paragraph is an item of a list: by its own numbering or bullet, its style or the number typed in front."""
    return _level(paragraph) >= 0 and not _style(paragraph).startswith(("heading", "berschrift", "titre"))


def _level(paragraph: Any) -> int:
    """How deep a paragraph stands in a list, from 0; -1 for one that is in none."""
    numbering = paragraph.find(f"{_W}pPr/{_W}numPr")
    if numbering is None:
        return 0 if _style(paragraph).startswith("list") or _TYPED_ITEM.match(_text(paragraph)) else -1
    stated = numbering.find(f"{_W}ilvl")
    value = stated.get(f"{_W}val", "0") if stated is not None else "0"
    return int(value) if value.isdecimal() else 0


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return style.get(f"{_W}val", "").lower() if style is not None else ""


def _text(paragraph: Any) -> str:
    """A paragraph's words on one line."""
    words = paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br")
    return " ".join("".join(node.text or " " for node in words).split())


def _run(paragraph: Any, text: str) -> Any:
    run, words = paragraph.makeelement(f"{_W}r"), paragraph.makeelement(f"{_W}t")
    words.text = text
    run.append(words)
    return run
