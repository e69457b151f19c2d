"""One small policy in every format that people send, written by the libraries that programs use: for tests and for measures.

Each function gives the same bytes each time.
"""

from __future__ import annotations

import io
import re
import struct
import time
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from corpora.compound import Tree, compound_file

TITLE = "Bicycle Leasing Policy"
SECTIONS = (
    ("1. Purpose", ("1.1 Every employee may lease one bicycle through the company.", "1.2 Trainees are included.")),
    ("2. Limits", ("2.1 The list price must not exceed 6,500 euros.", "2.2 A lease runs for 36 months.")),
)
TABLE = (("Country", "Monthly rate", "Since"), ("Germany", "62.50 €", "2025-03-01"), ("Spain", "48.00 €", "2024-10-01"))
MONEY = '#,##0.00 "€"'


def every_format() -> dict[str, bytes]:
    """The policy by file name, a file a format."""
    return {
        "bicycle-leasing.md": markdown().encode(),
        "bicycle-leasing.html": page().encode(),
        "bicycle-leasing.txt": plain().encode(),
        "bicycle-leasing.csv": delimited().encode(),
        "bicycle-leasing.docx": document(),
        "bicycle-leasing.pptx": slides(),
        "bicycle-leasing.xlsx": workbook(),
        "bicycle-leasing.eml": mail(),
        "bicycle-leasing.msg": outlook_mail(),
        "bicycle-leasing.rtf": rich_text().encode(),
        "bicycle-leasing.odt": open_document(),
        "bicycle-leasing.epub": book(),
        "bicycle-leasing.png": picture("PNG"),
        "bicycle-leasing.jpg": picture("JPEG"),
        "bicycle-leasing.tiff": picture("TIFF"),
        "scan.pdf": picture("PDF"),
    }


def markdown() -> str:
    sections = "".join(f"\n## {heading}\n\n" + "\n\n".join(clauses) + "\n" for heading, clauses in SECTIONS)
    rows = "\n".join("| " + " | ".join(row) + " |" for row in (TABLE[0], ("---",) * 3, *TABLE[1:]))
    return f"# {TITLE}\n{sections}\n## Rates\n\n{rows}\n"


def page() -> str:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE[1:])
    heads = "".join(f"<th>{cell}</th>" for cell in TABLE[0])
    return (
        f"<html><body><h1>{TITLE}</h1>{_headed('h2')}<h2>Rates</h2><table><tr>{heads}</tr>{rows}</table></body></html>"
    )


def _headed(tag: str) -> str:
    return "".join(
        f"<{tag}>{heading}</{tag}>" + "".join(f"<p>{clause}</p>" for clause in clauses) for heading, clauses in SECTIONS
    )


def plain() -> str:
    return f"{TITLE}\n\n" + "\n\n".join("\n\n".join((heading, *clauses)) for heading, clauses in SECTIONS) + "\n"


def delimited() -> str:
    return "\n".join(";".join(row) for row in TABLE) + "\n"


def document() -> bytes:
    import docx

    written = docx.Document()
    written.add_heading(TITLE, level=0)
    for heading, clauses in SECTIONS:
        written.add_heading(heading, level=1)
        for clause in clauses:
            written.add_paragraph(clause)
    written.add_heading("Rates", level=1)
    table = written.add_table(rows=0, cols=3)
    for row in TABLE:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    return _saved(written)


def slides() -> bytes:
    """Two slides of clauses, the first with speaker notes, and one with the table."""
    from pptx import Presentation
    from pptx.util import Inches

    show = Presentation()
    show.slides.add_slide(show.slide_layouts[0]).shapes.title.text = TITLE
    for heading, clauses in SECTIONS:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = heading
        slide.placeholders[1].text_frame.text = "\n".join(clauses)
    show.slides[1].notes_slide.notes_text_frame.text = "Mention that trainees asked for this."
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Rates"
    table = slide.shapes.add_table(len(TABLE), 3, Inches(1), Inches(2), Inches(6), Inches(2)).table
    for row, cells in enumerate(TABLE):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    return _saved(show)


def workbook() -> bytes:
    """A sheet of rates with numbers and dates as cells, and one of rules."""
    from datetime import date

    from openpyxl import Workbook

    book = Workbook()
    rates = book.active
    rates.title = "Rates"
    rates.append(TABLE[0])
    for country, amount, since in TABLE[1:]:
        rates.append((country, float(amount.split()[0]), date.fromisoformat(since)))
        rates.cell(rates.max_row, 2).number_format = MONEY
    rules = book.create_sheet("Rules")
    rules.append(("Clause", "Rule"))
    for _, clauses in SECTIONS:
        for clause in clauses:
            rules.append(clause.split(" ", 1))
    return _saved(book)


def mail(*attachments: tuple[str, bytes]) -> bytes:
    """A mail with an answer and a quotation, and the policy attached as markdown unless others are given."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = TITLE, "Ada Berg <ada@example.com>", "all@example.com"
    message["Date"] = "Mon, 03 Mar 2025 09:00:00 +0100"
    message.set_content(
        "The policy is in force from today.\n\nA lease runs for 36 months.\n\nOn Sunday Ben wrote:\n> When does it start?\n"
    )
    for name, content in attachments or (("policy.md", markdown().encode()),):
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    message.set_boundary("-" * 20 + TITLE.replace(" ", "-") + str(sum(len(content) for _, content in attachments)))
    return message.as_bytes()


def outlook_mail() -> bytes:
    body = "The policy is in force from today.\r\n\r\nA lease runs for 36 months.\r\n"
    # Subject, sender's name and address, body, class of the message.
    texts = {0x0037: TITLE, 0x0C1A: "Ada Berg", 0x0C1F: "ada@example.com", 0x1000: body, 0x001A: "IPM.Note"}
    root = _properties(texts, {}, header=struct.pack("<8x4I8x", 0, 1, 0, 1))
    attached = _properties({0x3707: "policy.md"}, {0x3701: markdown().encode()}, header=bytes(8))
    return compound_file({**root, "__attach_version1.0_#00000000": attached})


_UNICODE, _BINARY = 0x001F, 0x0102


def _properties(texts: dict[int, str], blobs: dict[int, bytes], *, header: bytes) -> Tree:
    """Streams of Outlook's properties, and the list of them."""
    streams: Tree = {}
    listed = header
    for kind, held in ((_UNICODE, {key: text.encode("utf-16-le") for key, text in texts.items()}), (_BINARY, blobs)):
        for key, content in held.items():
            streams[f"__substg1.0_{key:04X}{kind:04X}"] = content
            listed += struct.pack("<HHIII", kind, key, 6, len(content), 0)
    return {**streams, "__properties_version1.0": listed}


def rich_text() -> str:
    styles = r"{\stylesheet{\s0 Normal;}{\s1\b\fs40 heading 1;}{\s2\b\fs32 heading 2;}}"
    body = "".join(
        rf"\pard\plain\s2 {heading}\par" + "".join(rf"\pard\plain\s0 {clause}\par" for clause in clauses)
        for heading, clauses in SECTIONS
    )
    title = rf"\pard\plain\s1 {TITLE}\par"
    rows = "".join(r"\trowd\pard\intbl " + "".join(rf"{cell}\cell " for cell in row) + r"\row" for row in TABLE)
    return (
        r"{\rtf1\ansi\ansicpg1252\deff0" + styles + r"{\info{\title " + TITLE + "}}" + title + body + rows + "}"
    ).replace("€", r"\'80")


def open_document() -> bytes:
    names = {
        name: f"urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"
        for name, urn in (("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"))
    }
    declared = " ".join(f'xmlns:{name}="{urn}"' for name, urn in names.items())
    body = f'<text:h text:outline-level="1">{TITLE}</text:h>'
    for heading, clauses in SECTIONS:
        body += f'<text:h text:outline-level="2">{heading}</text:h>'
        body += "".join(f"<text:p>{clause}</text:p>" for clause in clauses)
    body += '<text:h text:outline-level="2">Rates</text:h><table:table>'
    for number, row in enumerate(TABLE):
        cells = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        line = f"<table:table-row>{cells}</table:table-row>"
        body += line if number else f"<table:table-header-rows>{line}</table:table-header-rows>"
    content = f"<office:document-content {declared}><office:body><office:text>{body}</table:table></office:text></office:body></office:document-content>"
    return packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def book() -> bytes:
    """Two chapters, a page each."""
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    listed = "".join(
        f'<item id="c{number}" href="c{number}.xhtml" media-type="application/xhtml+xml"/>'
        for number in range(len(SECTIONS))
    )
    order = "".join(f'<itemref idref="c{number}"/>' for number in range(len(SECTIONS)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{TITLE}</dc:title></metadata><manifest>{listed}</manifest><spine>{order}</spine></package>"
    )
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OPS/book.opf": package,
    }
    for number, (heading, clauses) in enumerate(SECTIONS):
        text = f"<h2>{heading}</h2>" + "".join(f"<p>{clause}</p>" for clause in clauses)
        parts[f"OPS/c{number}.xhtml"] = (
            f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{text}</body></html>'
        )
    return packed(parts)


def picture(kind: str, *, size: tuple[int, int] = (1654, 1200)) -> bytes:
    """The policy as it looks on paper at 200 dpi: PNG, JPEG, TIFF or, as a scan, PDF."""
    from PIL import Image, ImageDraw, ImageFont

    paper = Image.new("L", size, 250)
    draw = ImageDraw.Draw(paper)
    draw.text((150, 100), TITLE, font=ImageFont.load_default(60), fill=20)
    height = 260
    for heading, clauses in SECTIONS:
        draw.text((150, height), heading, font=ImageFont.load_default(44), fill=20)
        height += 110
        for clause in clauses:
            draw.text((150, height), clause, font=ImageFont.load_default(34), fill=20)
            height += 80
        height += 40
    saved = io.BytesIO()
    if kind == "PDF":
        then = time.gmtime(0)
        paper.save(saved, "PDF", resolution=200, creationDate=then, modDate=then)
    else:
        paper.save(saved, kind, dpi=(200, 200))
    return saved.getvalue()


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Parts as a zip archive; the first is stored as it is, as formats want it that say there what they are."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            # A fixed time: the same parts give the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), content, how)
    return written.getvalue()


def _saved(written: Any) -> bytes:
    buffer = io.BytesIO()
    written.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return packed({**parts, _ABOUT: re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2025-01-01T00:00:00Z", parts[_ABOUT])})


#: Where office programs keep the time of saving.
_ABOUT = "docProps/core.xml"
