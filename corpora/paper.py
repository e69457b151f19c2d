"""PDF documents from sources: headings by size, drawn tables, a header and a page number on every page.

The same source gives the same bytes (reportlab's ``invariant``).
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from corpora.sources import Block, BlockKind, Source

_MARGIN = 68.0  # points; 2.4 cm
_GAP = 20.0  # points between two columns


def write_pdf(source: Source, path: Path) -> None:
    """Write a source as a PDF file, replacing what is there."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    width, height = A4
    column = (width - 2 * _MARGIN - _GAP * (source.columns - 1)) / source.columns
    frames = [
        Frame(_MARGIN + number * (column + _GAP), _MARGIN, column, height - 2 * _MARGIN, 0, 0, 0, 0)
        for number in range(source.columns)
    ]
    document = BaseDocTemplate(
        str(path), pagesize=A4, title=source.title, author="Maravel Hydrometrics", lang="en", invariant=1
    )
    document.addPageTemplates(PageTemplate(frames=frames, onPage=_furniture(source, width, height)))
    document.build([_flowable(block, column) for block in source.blocks])


def _furniture(source: Source, width: float, height: float) -> Any:
    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.setFillGray(0.35)
        canvas.drawString(_MARGIN, height - _MARGIN / 2, source.header)
        canvas.line(_MARGIN, height - _MARGIN / 2 - 4, width - _MARGIN, height - _MARGIN / 2 - 4)
        canvas.drawString(_MARGIN, _MARGIN / 2, source.footer)
        canvas.drawRightString(width - _MARGIN, _MARGIN / 2, f"Page {document.page}")
        canvas.restoreState()

    return draw


def _flowable(block: Block, width: float) -> Any:
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Table, TableStyle

    body = ParagraphStyle("body", fontName="Helvetica", fontSize=10.5, leading=15, spaceAfter=6)
    styles = {
        BlockKind.TITLE: ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=19, leading=24, spaceAfter=10),
        BlockKind.SECTION: ParagraphStyle(
            "section", fontName="Helvetica-Bold", fontSize=13, leading=17, spaceBefore=12, spaceAfter=5, keepWithNext=1
        ),
        BlockKind.ITEM: ParagraphStyle("item", parent=body, leftIndent=24),
        BlockKind.BULLET: ParagraphStyle("bullet", parent=body, leftIndent=14, bulletIndent=2),
    }
    if block.kind is BlockKind.TABLE:
        small = ParagraphStyle("cell", fontName="Helvetica", fontSize=9, leading=12)
        head = ParagraphStyle("head", parent=small, fontName="Helvetica-Bold")
        cells = [
            [Paragraph(escape(text), head if number == 0 else small) for text in row]
            for number, row in enumerate(block.rows)
        ]
        grid = [
            ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
            ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
        columns = len(block.rows[0])
        return Table(
            cells,
            colWidths=[width / columns] * columns,
            repeatRows=1,
            style=TableStyle(grid),
            spaceBefore=4,
            spaceAfter=10,
        )
    if block.kind is BlockKind.BULLET:
        return Paragraph(escape(block.text), styles[block.kind], bulletText="•")
    return Paragraph(escape(block.text), styles.get(block.kind, body))
