"""Word documents from sources: real heading styles, real tables, and numbering by Word itself where the source asks.

The same source gives the same bytes: the time stamps of the archive and of the properties are fixed.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpora.sources import Block, BlockKind, Source

_FIXED = datetime(2025, 1, 1, tzinfo=UTC)
_NUMBERING_ID = 90  # above every id in python-docx's default template

#: Word's numbering by level: "1", "1.1", "(a)".
_LEVELS = (("decimal", "%1", 0, 567), ("decimal", "%1.%2", 567, 567), ("lowerLetter", "(%3)", 1134, 567))


def write_word(source: Source, path: Path) -> None:
    """Write a source as a docx file, replacing what is there."""
    import docx

    document = docx.Document()
    _properties(document, source)
    document.sections[0].header.paragraphs[0].text = source.header
    document.sections[0].footer.paragraphs[0].text = source.footer
    if source.numbered:
        _add_numbering(document)
    for block in source.blocks:
        _write_block(document, block, numbered=source.numbered)
    buffer = io.BytesIO()
    document.save(buffer)
    path.write_bytes(_with_fixed_times(buffer.getvalue()))


def _write_block(document: Any, block: Block, *, numbered: bool) -> None:
    match block.kind:
        case BlockKind.TITLE:
            document.add_heading(block.text, level=0)
        case BlockKind.SECTION:
            heading = document.add_heading(block.text, level=1)
            # Schedules and annexes stand outside the running numbers.
            if numbered and not block.text.startswith(("Schedule", "Annex")):
                _number(heading, level=0)
        case BlockKind.CLAUSE:
            _number(document.add_paragraph(block.text), level=1)
        case BlockKind.ITEM:
            _number(document.add_paragraph(block.text), level=2)
        case BlockKind.BULLET:
            document.add_paragraph(block.text, style="List Bullet")
        case BlockKind.TABLE:
            _write_table(document, block.rows)
        case BlockKind.PARAGRAPH:
            document.add_paragraph(block.text)


def _write_table(document: Any, rows: tuple[tuple[str, ...], ...]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True


def _number(paragraph: Any, *, level: int) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = paragraph._p.get_or_add_pPr()
    numbering = OxmlElement("w:numPr")
    for tag, value in (("w:ilvl", level), ("w:numId", _NUMBERING_ID)):
        element = OxmlElement(tag)
        element.set(qn("w:val"), str(value))
        numbering.append(element)
    properties.append(numbering)


def _add_numbering(document: Any) -> None:
    """Add one multi-level list; python-docx has no call for it."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{left + hanging}" w:hanging="{hanging}"/></w:pPr></w:lvl>'
        for level, (kind, text, left, hanging) in enumerate(_LEVELS)
    )
    numbering = document.part.numbering_part.element
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{_NUMBERING_ID}">'
        f'<w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
    )
    # The schema wants every abstractNum before the first num.
    numbering.insert(0, abstract)
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="{_NUMBERING_ID}"><w:abstractNumId w:val="{_NUMBERING_ID}"/></w:num>')
    )


def _properties(document: Any, source: Source) -> None:
    properties = document.core_properties
    properties.title = source.title
    properties.author = "Maravel Hydrometrics"
    properties.comments = ""
    properties.created = properties.modified = _FIXED
    properties.last_modified_by = ""


def _with_fixed_times(content: bytes) -> bytes:
    """The same archive with every entry dated 1 January 1980, the zip format's earliest day."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return result.getvalue()
