"""Notes of a web page, put where its reader looks: behind what refers to them. What reviewers remarked is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from ingest.webtables import one_line

_MARK = re.compile(r"[\[(]?(?P<mark>\d{1,3}|[a-z]{1,2}|[ivxlc]{1,6}|[*†‡§]{1,3})[\])]?[.:]?", re.IGNORECASE)
#: What Google Docs and Word call the remarks in a margin.
_REMARK = re.compile(r"cmnt\d|_msocom_")
_HOLDS = frozenset({"p", "li", "dd", "div", "aside", "section", "ol", "ul"})
_ITEMS = ("li", "dd", "dt")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_PARAGRAPHS = ("p", "div", "blockquote", *_HEADINGS)


@dataclass(frozen=True, slots=True)
class _Note:
    mark: Any  #: the link that refers to it
    names: frozenset[str]  #: by which the note leads back to the link
    node: Any
    is_remark: bool


def settle(root: Any) -> None:
    """Put each note behind the paragraph or table that refers to it, and in an item of a list in brackets in place of its mark."""
    told: set[Any] = set()
    last: dict[Any, Any] = {}
    for note in list(_notes(root)):
        said = "" if note.is_remark or note.node in told else _text(note)
        told.add(note.node)
        _place(note.mark, said, last)
    for node in told:
        node.drop_tree()


def _notes(root: Any) -> Iterator[_Note]:
    """The notes that a mark leads to and that lead back to it, in the order of their marks."""
    links = root.xpath("//a[starts-with(@href, '#')]")
    order = {node: at for at, node in enumerate(root.iter())}
    named = {name: node for node in order for name in _names(node)}
    targets = {named[link.get("href")[1:]] for link in links if link.get("href")[1:] in named}
    known: dict[Any, Any] = {}
    for link in links:
        aim = link.get("href")[1:]
        target = named.get(aim)
        is_remark = _REMARK.match(aim) is not None
        if target is None or order[target] < order[link] or not (is_remark or _MARK.fullmatch(_squeezed(link))):
            continue
        names = frozenset(name for node in (link, *link.iterancestors("sup", "span")) for name in _names(node))
        node = known.get(target)
        if node is None:
            node = _whole(target, link, targets)
            if node is None or not any(back.get("href", "")[1:] in names for back in node.iter("a")):
                continue
            known[target] = node
        yield _Note(link, names, node, is_remark)


def _names(node: Any) -> tuple[str, ...]:
    if not isinstance(node.tag, str):
        return ()
    return tuple(name for name in (node.get("id"), node.get("name") if node.tag == "a" else None) if name)


def _whole(target: Any, mark: Any, targets: Set[Any]) -> Any | None:
    """What holds a note, all of it and nothing else; None where nothing does."""
    above_mark = set(mark.iterancestors())
    node = next((each for each in (target, *target.iterancestors()) if each.tag in _HOLDS), None)
    if node is None or node in above_mark or next(node.iter(*_HEADINGS), None) is not None:
        return None
    while (above := node.getparent()) is not None and above.tag in _HOLDS and above not in above_mark:
        inside = set(node.iter())
        if any(each in targets and each not in inside for each in above.iter()):
            break
        node = above
    return node


def _text(note: _Note) -> str:
    """What a note says, without its own mark and the links that lead back."""
    for back in list(note.node.iter("a")):
        if back.get("href", "").removeprefix("#") in note.names:
            back[:], back.text = [], ""
    said = one_line(note.node)
    own = _MARK.fullmatch(_squeezed(note.mark))
    return re.sub(rf"^[\[(]?{re.escape(own['mark'])}[\])]?[.:]?\s+", "", said) if own else said


def _place(mark: Any, said: str, last: dict[Any, Any]) -> None:
    """Take a mark out, and put what its note says behind what it stands in."""
    tables = list(mark.iterancestors("table"))
    around = next(mark.iterancestors(*_ITEMS, *_PARAGRAPHS), None)
    while (
        mark.getparent() is not None
        and mark.getparent().tag in ("sup", "span")
        and _squeezed(mark.getparent()) == _squeezed(mark)
    ):
        mark = mark.getparent()
    place = tables[-1] if tables else around
    if said and not tables and next(mark.iterancestors(*_ITEMS), None) is not None:
        mark.tail = f" ({said}){mark.tail or ''}"
    elif said and place is not None:
        written = place.makeelement("p")
        written.text = said
        behind = last.get(place, place)
        written.tail, behind.tail = behind.tail, None
        behind.addnext(written)
        last[place] = written
    mark.drop_tree()


def _squeezed(node: Any) -> str:
    return " ".join(node.text_content().split())
