"""Word files made ready for the partitioner: what its reader would skip is put where it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Any

from ingest import diagram, nested, wordmarks
from ingest.archive import Archive
from ingest.notes import place_notes
from ingest.tracked import accept, unwrap
from ingest.wordstyles import Styles, read_styles
from retrieval.errors import DocumentRejected

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A Word file whose visible text lies in plain paragraphs and tables."""

    data: bytes
    title: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    furniture: tuple[str, ...] = ()  #: what the pages' headers and footers say, each line once


def prepare(data: bytes) -> Prepared:
    """Unwrap content controls and accepted insertions, drop deletions, struck-out text and tables of contents, keep the rest as it is.

    :raises DocumentRejected: if the archive or its main part cannot be read.
    """
    from lxml import etree

    archive = Archive(data, what="Word file")
    main = _main_part(archive.names)
    root = archive.tree(main)
    properties = _properties(archive)
    styles = read_styles(archive)
    _with_diagrams(root, archive, main)
    warnings = [*_flatten(root, styles), *_with_notes(root, archive)]
    written = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return Prepared(
        archive.repacked({main: written}),
        _title(root, styles),
        properties,
        tuple(dict.fromkeys(warnings)),
        tuple(dict.fromkeys(_furniture(archive))),
    )


def _main_part(names: Sequence[str]) -> str:
    if "word/document.xml" in names:
        return "word/document.xml"
    return next(name for name in names if re.fullmatch(r"word/document\d*\.xml", name))


_RUNNING = re.compile(r"word/(?:header|footer)\d*\.xml")


def _furniture(archive: Archive) -> Iterator[str]:
    """The lines and table rows of headers and footers, a bar where a tab or a cell parts them; damaged ones say nothing."""
    for name in filter(_RUNNING.fullmatch, archive.names):
        try:
            root = archive.tree(name)
        except DocumentRejected:
            continue
        _flatten(root)
        for row in root.xpath("//*[local-name()='tr'] | //*[local-name()='p'][not(ancestor::*[local-name()='tr'])]"):
            words = (
                "|" if node.tag in _PARTS else " " if node.tag == f"{_W}br" else node.text or ""
                for node in row.iterdescendants(f"{_W}t", f"{_W}br", *_PARTS)
            )
            if said := " | ".join(" ".join(part.split()) for part in "".join(words).split("|") if part.strip()):
                yield said


#: What parts the words of a line.
_PARTS = (f"{_W}tab", f"{_W}ptab", f"{_W}p")


def _with_diagrams(root: Any, archive: Archive, main: str) -> None:
    """Put the texts of each diagram behind the paragraph it stands in; damaged ones say nothing."""
    folder, _, name = main.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in archive.names:
        return
    parts = {node.get("Id"): node.get("Target", "") for node in archive.tree(relations)}
    for drawing in list(root.iter(f"{_W}drawing")):
        anchor = next(drawing.iterancestors(f"{_W}p"), None)
        for reference in diagram.references(drawing):
            target = parts.get(reference, "")
            part = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
            if anchor is None or part not in archive.names:
                continue
            try:
                said = list(diagram.texts(archive.tree(part)))
            except DocumentRejected:
                continue
            for text in reversed(said):
                paragraph, run, words = (anchor.makeelement(f"{_W}{tag}") for tag in ("p", "r", "t"))
                words.text = text
                run.append(words)
                paragraph.append(run)
                anchor.addnext(paragraph)


def _with_notes(root: Any, archive: Archive) -> list[str]:
    """Put footnotes and endnotes into the text; warnings of what there was in them or what was damaged."""
    warnings: list[str] = []
    notes: dict[str, Any] = {}
    for kind in ("footnote", "endnote"):
        if (part := f"word/{kind}s.xml") not in archive.names:
            continue
        try:
            notes[kind] = archive.tree(part)
        except DocumentRejected as error:
            # The text stands without its notes, and whoever reads the warning knows that they are missing.
            warnings.append(f"the {kind}s could not be read: {error}")
        else:
            warnings.extend(_flatten(notes[kind]))
    place_notes(root, notes)
    return warnings


def _flatten(root: Any, styles: Styles | None = None) -> list[str]:
    styles = styles or Styles()
    warnings: list[str] = []
    if accept(root):
        warnings.append("the file has tracked changes; it was read as if they were all accepted")
    if _without_struck_out(root):
        warnings.append("the file has struck-out text; it was left out")
    for node in list(root.iter(f"{_MC}Fallback")):
        node.getparent().remove(node)
    wordmarks.settle(root)
    for control in list(root.iter(f"{_W}sdt")):
        if control.findall(f".//{_W}docPartGallery[@{_W}val='Table of Contents']"):
            control.getparent().remove(control)
    for wrapper in list(root.iter(*_WRAPPERS)):
        unwrap(wrapper)
    for box in list(root.iter(f"{_W}txbxContent")):
        _move_out(box)
    for page_break in list(root.iter(f"{_W}lastRenderedPageBreak")):
        _move_behind(page_break)
    for style in list(root.iter(f"{_W}pStyle")):
        paragraph = style.getparent().getparent()
        named = style.get(f"{_W}val", "")
        is_contents = named in styles.contents or re.fullmatch(r"(TOC|Verzeichnis)\d", named)
        if is_contents and paragraph.getparent() is not None:
            paragraph.getparent().remove(paragraph)
    nested.settle(root)
    for table in root.iter(f"{_W}tbl"):
        _mark_header(table, styles)
    return warnings


#: What stands around words without saying anything itself.
_WRAPPERS = (
    *(f"{_W}{name}" for name in ("sdt", "sdtContent", "smartTag", "fldSimple", "customXml", "dir", "bdo")),
    f"{_M}oMathPara",
)


#: What a run says, beside marks of pages, pictures and fields, which stay where they are.
_WORDS = tuple(f"{_W}{name}" for name in ("t", "tab", "sym", "noBreakHyphen", "footnoteReference", "endnoteReference"))


def _without_struck_out(root: Any) -> bool:
    """Take out what is struck out; whether there was any."""
    struck = [node for run in root.iter(f"{_W}r") if _is_struck_out(run) for node in run.iterchildren(*_WORDS)]
    for node in struck:
        node.getparent().remove(node)
    return bool(struck)


def _is_struck_out(run: Any) -> bool:
    return _is_set(run, "strike") or _is_set(run, "dstrike")


#: Put in front of the first words of a table's rows that head the columns; the partitioner doesn't say.
HEADER_MARK = "\ue0f0"


def _mark_header(table: Any, styles: Styles) -> None:
    rows = table.findall(f"{_W}tr")
    by_style = [row for row in rows[:1] if styles.head(table) and row.find(f".//{_W}t") is not None]
    for is_set_apart in (_is_stated_header, partial(_is_bold, styles=styles), _is_shaded, by_style.__contains__):
        heads = list(takewhile(is_set_apart, rows))
        if 0 < len(heads) < len(rows):
            for row in heads:
                first = next(row.iter(f"{_W}t"))
                first.text = HEADER_MARK + (first.text or "")
            return


def _is_stated_header(row: Any) -> bool:
    return row.find(f"{_W}trPr/{_W}tblHeader") is not None and row.find(f".//{_W}t") is not None


def _is_bold(row: Any, styles: Styles) -> bool:
    """Whether all of a row's text is bold, by its own runs or by their styles."""
    runs = [run for run in row.iter(f"{_W}r") if "".join(node.text or "" for node in run.iter(f"{_W}t")).strip()]
    return bool(runs) and all(
        _is_set(run, "b") if run.find(f"{_W}rPr/{_W}b") is not None else styles.embolden(run) for run in runs
    )


def _is_set(run: Any, name: str) -> bool:
    """Whether a run's own properties switch a mark on."""
    mark = run.find(f"{_W}rPr/{_W}{name}")
    return mark is not None and mark.get(f"{_W}val", "1") not in ("0", "false", "off")


def _is_shaded(row: Any) -> bool:
    fills = [node.get(f"{_W}fill", "auto") for node in row.iter(f"{_W}shd")]
    return row.find(f".//{_W}t") is not None and any(fill.lower() not in ("auto", "ffffff", "") for fill in fills)


def _move_out(box: Any) -> None:
    """Put a text box's paragraphs behind the paragraph it is anchored in."""
    anchor = next((node for node in box.iterancestors(f"{_W}p")), None)
    if anchor is None:
        return
    for child in reversed(list(box)):
        anchor.addnext(child)


def _move_behind(page_break: Any) -> None:
    """Put the mark of a page's end behind the paragraph's last text, so that a paragraph on two pages stays one."""
    paragraph = next((node for node in page_break.iterancestors(f"{_W}p")), None)
    if paragraph is None:
        return
    runs = [run for run in paragraph.iter(f"{_W}r") if "".join(node.text or "" for node in run.iter(f"{_W}t")).strip()]
    own = next((node for node in page_break.iterancestors(f"{_W}r")), None)
    if (
        runs
        and own is not None
        and own.getparent() is paragraph
        and runs[-1].getparent() is paragraph
        and own is not runs[0]
    ):
        runs[-1].append(page_break)


def _title(root: Any, styles: Styles) -> str | None:
    """The text of the first paragraph in the style "Title"."""
    for style in root.iter(f"{_W}pStyle"):
        named = style.get(f"{_W}val", "")
        if named in styles.titles or named.lower() in ("title", "titel", "titre"):
            parts = style.getparent().getparent().iter(f"{_W}t", f"{_W}tab", f"{_W}br")
            text = "".join(node.text or "" if node.tag == f"{_W}t" else " " for node in parts)
            if text.strip():
                return " ".join(text.split())
    return None


def _properties(archive: Archive) -> dict[str, str]:
    from lxml import etree

    if "docProps/core.xml" not in archive.names:
        return {}
    try:
        root = archive.tree("docProps/core.xml")
    except DocumentRejected:
        # What a file says about itself is not worth losing its text.
        return {}
    found = {
        etree.QName(node).localname.lower(): (node.text or "").strip() for node in root if isinstance(node.tag, str)
    }
    return {key: value for key, value in found.items() if value and key in ("title", "subject", "version")}
