"""OpenDocument texts, as the page they would be in HTML: headings, lists with their numbers, tables."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from ingest import markup, media, partition
from ingest.archive import Archive
from ingest.records import Loaded
from retrieval.errors import DocumentRejected

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
#: What has a text of its own beside the paragraph it is anchored in.
_BOXES = tuple(f"{_DRAW}{name}" for name in ("text-box", "custom-shape", "rect", "ellipse", "circle", "polygon"))
_MANIFEST = "META-INF/manifest.xml"
_MAX_REPEATED = 50


def load_opendocument(data: bytes) -> Loaded:
    """Read a text document into blocks. Tracked changes are read as if they were all accepted, what is struck out is left out.

    :raises DocumentRejected: if it is damaged or encrypted.
    """
    archive = Archive(data, what="odt file")
    if _MANIFEST in archive.names and archive.tree(_MANIFEST).xpath("//*[local-name()='encryption-data']"):
        raise DocumentRejected("the file is encrypted; save it without a password")
    content = archive.tree("content.xml")
    body = content.find(f".//{_OFFICE}text")
    if body is None:
        raise DocumentRejected("the odt file is damaged (it has no text part); save it again")
    for remark in list(body.iter(f"{_OFFICE}annotation")):
        _take_out(remark)
    styles = [content, *([archive.tree("styles.xml")] if "styles.xml" in archive.names else [])]
    page = _Page(styles)
    changed = body.find(f"{_TEXT}tracked-changes")
    source = f"<html><body>{''.join(page.blocks(body))}</body></html>"
    _, prepared = markup.prepare_html(source)
    tracked = ("the file has tracked changes; it was read as if they were all accepted",)
    return Loaded(
        media.ODT,
        tuple(partition.page_blocks(prepared)),
        title=page.title,
        properties=_properties(archive),
        warnings=(*(tracked if changed is not None else ()), *markup.left_out(source)),
    )


def _properties(archive: Archive) -> dict[str, str]:
    if "meta.xml" not in archive.names:
        return {}
    try:
        stated = archive.tree("meta.xml").xpath("//*[local-name()='title']/text()")
    except DocumentRejected:
        # What a file says about itself is not worth losing its text.
        return {}
    return {"title": " ".join(str(stated[0]).split())} if stated else {}


class _Page:
    """Writes HTML for a document's parts; knows the styles that carry meaning."""

    def __init__(self, styles: list[Any]) -> None:
        self.title: str | None = None
        self._bold: set[str] = set()
        self._struck_out: set[str] = set()
        self._raised: set[str] = set()
        self._parents: dict[str, str] = {}
        self._lists: dict[str, dict[int, str]] = {}  # list style -> level -> how it counts, "" for bullets
        self._counted: dict[tuple[str, int], int] = {}
        self._outline: dict[int, str] = {}
        self._headings: list[int] = [0] * 10
        for root in styles:
            for style in root.iter(f"{_STYLE}style"):
                name = style.get(f"{_STYLE}name", "")
                self._parents[name] = style.get(f"{_STYLE}parent-style-name", "")
                if style.xpath("./*[local-name()='text-properties'][@*[local-name()='font-weight']='bold']"):
                    self._bold.add(name)
                if style.xpath(
                    "./*[local-name()='text-properties'][@*[local-name()='text-line-through-style' and . != 'none']]"
                ):
                    self._struck_out.add(name)
                if style.xpath(
                    "./*[local-name()='text-properties'][starts-with(@*[local-name()='text-position'], 'super')]"
                ):
                    self._raised.add(name)
            for listed in root.iter(f"{_TEXT}list-style"):
                self._lists.setdefault(listed.get(f"{_STYLE}name", ""), dict(_levels(listed)))
            for outline in root.iter(f"{_TEXT}outline-style"):
                self._outline.update(_levels(outline))

    def blocks(self, parent: Any) -> Iterator[str]:
        for node in parent:
            if node.tag == f"{_TEXT}h":
                yield self._heading(node)
            elif node.tag == f"{_TEXT}p":
                yield from self._paragraph(node)
            elif node.tag == f"{_TEXT}list":
                yield from self._list(node, node.get(f"{_TEXT}style-name", ""), 1)
            elif node.tag == f"{_TABLE}table":
                yield self._table(node)
            elif node.tag in (f"{_TEXT}section", f"{_TEXT}index-body", f"{_DRAW}frame", f"{_DRAW}g", *_BOXES):
                yield from self.blocks(node)

    def _heading(self, node: Any) -> str:
        level = _number(node.get(f"{_TEXT}outline-level"), 1, most=9)
        self._headings[level] += 1
        self._headings[level + 1 :] = [0] * (9 - level)
        counts = self._outline.get(level)
        number = ".".join(str(count) for count in self._headings[1 : level + 1] if count) + " " if counts else ""
        return f"<h{min(level, 6)}>{number}{self._inline(node)}</h{min(level, 6)}>"

    def _paragraph(self, node: Any) -> Iterator[str]:
        style = node.get(f"{_TEXT}style-name", "")
        text = self._inline(node)
        if "Title" in (style, self._parents.get(style)) and self.title is None:
            self.title = " ".join("".join(node.itertext()).split()) or None
        yield f"<p><b>{text}</b></p>" if style in self._bold else f"<p>{text}</p>"
        for box in node.iter(*_BOXES):
            yield from self.blocks(box)

    def _list(self, node: Any, style: str, level: int) -> Iterator[str]:
        items = [item for item in node if item.tag in (f"{_TEXT}list-item", f"{_TEXT}list-header")]
        if level == 1 and items and all(len(item) and item[0].tag == f"{_TEXT}h" for item in items):
            for item in items:
                yield from self.blocks(item)
            return
        counts = self._lists.get(style, {}).get(level, "")
        goes_on = node.get(f"{_TEXT}continue-numbering") == "true" or node.get(f"{_TEXT}continue-list") is not None
        first = self._counted.get((style, level), 0) + 1 if goes_on else 1
        yield f'<ol type="{escape(counts)}" start="{first}">' if counts else "<ul>"
        for item in items:
            inner: list[str] = []
            for child in item:
                if child.tag == f"{_TEXT}list":
                    inner.extend(self._list(child, child.get(f"{_TEXT}style-name", style), level + 1))
                else:
                    inner.extend(self.blocks([child]))
            yield f"<li>{''.join(inner)}</li>"
        self._counted[style, level] = first + len(items) - 1
        yield "</ol>" if counts else "</ul>"

    def _table(self, node: Any) -> str:
        rows = []
        for row in node.iter(f"{_TABLE}table-row"):
            if next(row.iterancestors(f"{_TABLE}table")) is not node:
                continue
            tag = "th" if row.getparent().tag == f"{_TABLE}table-header-rows" else "td"
            cells = [cell for cell in row if cell.tag == f"{_TABLE}table-cell"]
            rows.append(f"<tr>{''.join(self._cell(cell, tag) for cell in cells)}</tr>")
        return f"<table>{''.join(rows)}</table>"

    def _cell(self, cell: Any, tag: str) -> str:
        lines = (
            line
            for line in cell.iter(f"{_TEXT}p", f"{_TEXT}h")
            if next(line.iterancestors(f"{_TEXT}note"), None) is None
        )
        text = " ".join(self._inline(line) for line in lines)
        across = _number(cell.get(f"{_TABLE}number-columns-spanned"), 1, most=_MAX_REPEATED)
        down = _number(cell.get(f"{_TABLE}number-rows-spanned"), 1, most=_MAX_REPEATED)
        repeated = _number(cell.get(f"{_TABLE}number-columns-repeated"), 1, most=_MAX_REPEATED)
        return f'<{tag} colspan="{across}" rowspan="{down}">{text}</{tag}>' * repeated

    def _inline(self, node: Any) -> str:
        """A paragraph's text with its bold parts, spaces and breaks; notes in brackets where they are called."""
        parts = [escape(node.text or "")]
        for child in node:
            if child.tag == f"{_TEXT}s":
                parts.append(" " * _number(child.get(f"{_TEXT}c"), 1, most=_MAX_REPEATED))
            elif child.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
                parts.append(" ")
            elif child.tag == f"{_TEXT}note":
                said = " ".join(self._inline(line) for line in child.iter(f"{_TEXT}p"))
                parts.append(f" ({said})" if said else "")
            elif child.tag in (f"{_TEXT}span", f"{_TEXT}a") or child.tag == f"{_TEXT}ruby":
                inner, style = self._inline(child), child.get(f"{_TEXT}style-name", "")
                inner = f"<s>{inner}</s>" if style in self._struck_out else inner
                inner = f"<sup>{inner}</sup>" if style in self._raised else inner
                parts.append(f"<b>{inner}</b>" if style in self._bold else inner)
            elif isinstance(child.tag, str) and child.tag.startswith(_TEXT):
                parts.append(self._inline(child))
            parts.append(escape(child.tail or ""))
        return "".join(parts)


def _take_out(node: Any) -> None:
    """Take an element out, leaving the text that follows it."""
    before, above = node.getprevious(), node.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (node.tail or "")
    else:
        above.text = (above.text or "") + (node.tail or "")
    above.remove(node)


def _levels(style: Any) -> Iterator[tuple[int, str]]:
    """Each level of a list style with how it counts: 1, a, A, i or I; "" for bullets."""
    for level in style:
        if isinstance(level.tag, str) and level.get(f"{_TEXT}level"):
            counts = level.get(f"{_STYLE}num-format", "")
            yield _number(level.get(f"{_TEXT}level"), 1, most=10), counts if counts in ("1", "a", "A", "i", "I") else ""


def _number(text: str | None, default: int, *, most: int) -> int:
    return min(int(text), most) if text and text.isdecimal() and len(text) < 9 and int(text) > 0 else default
