"""Small documents for the tests, written when they are needed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle


def docx(write: Callable[[Any], None]) -> bytes:
    """A Word file that ``write`` fills."""
    document = Document()
    write(document)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx_with_body(body: str, *, footnotes: str = "", endnotes: str = "", styles: str = "") -> bytes:
    """A Word file whose body and notes are the given WordprocessingML, as are styles beside those of the program."""
    source = docx(lambda document: document.add_paragraph("x"))
    main = f'<?xml version="1.0"?><w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            part = main.encode() if name == "word/document.xml" else old.read(name)
            new.writestr(name, part.replace(b"</w:styles>", styles.encode() + b"</w:styles>"))
        for kind, notes in (("footnotes", footnotes), ("endnotes", endnotes)):
            if notes:
                new.writestr(f"word/{kind}.xml", f'<w:{kind} xmlns:w="{_WORD}">{notes}</w:{kind}>')
    return packed.getvalue()


def pdf(draw: Callable[[Canvas], None], **options: Any) -> bytes:
    """A PDF that ``draw`` draws on A4 pages."""
    packed = io.BytesIO()
    canvas = Canvas(packed, pagesize=A4, **options)
    draw(canvas)
    canvas.save()
    return packed.getvalue()


def flowing_pdf(parts: Sequence[Any], *, header: str = "", footer: str = "") -> bytes:
    """A PDF of paragraphs as a word processor sets them: strings are paragraphs, ``("h1", text)`` headings, lists of rows tables,
    None a new page. ``footer`` may hold ``{page}``."""
    styles = getSampleStyleSheet()
    story: list[Any] = []
    for part in parts:
        if part is None:
            story.append(PageBreak())
        elif isinstance(part, str):
            story.append(Paragraph(part, styles["BodyText"]))
        elif isinstance(part, tuple):
            story.append(Paragraph(part[1], styles[{"h1": "Heading1", "h2": "Heading2", "h3": "Heading3"}[part[0]]]))
        else:
            story.append(Table(part, style=TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")])))

    def furnish(canvas: Canvas, document: Any) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.drawString(60, 810, header)
        canvas.drawString(280, 30, footer.format(page=document.page))

    packed = io.BytesIO()
    SimpleDocTemplate(packed, pagesize=A4).build(story, onFirstPage=furnish, onLaterPages=furnish)
    return packed.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def diagram_data(*boxes: str) -> bytes:
    """The data part of a diagram with these boxes, and an arrow between them that says nothing."""
    point = f'<dgm:pt{{}}><dgm:t><a:p xmlns:a="{_DRAWING}"><a:r><a:t>{{}}</a:t></a:r></a:p></dgm:t></dgm:pt>'
    points = "".join(point.format("", box) for box in boxes) + point.format(' type="parTrans"', "arrow")
    return f'<dgm:dataModel xmlns:dgm="{_DIAGRAM}"><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>'.encode()


def diagram_drawing(relation: str) -> str:
    """What a slide or a paragraph draws of a diagram."""
    named = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    refers = f'<dgm:relIds xmlns:dgm="{_DIAGRAM}" xmlns:r="{named}" r:dm="{relation}"/>'
    return f'<a:graphic xmlns:a="{_DRAWING}"><a:graphicData uri="{_DIAGRAM}">{refers}</a:graphicData></a:graphic>'
