"""Any file that is read as blocks: its content says which reader it goes to."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from itertools import chain
from pathlib import PurePath

from ingest import footnotes, markup, media, partition, word
from ingest.frontmatter import mended
from ingest.ocr import Ocr, Without
from ingest.plain import lines_apart, paragraphs, underlined
from ingest.records import Block, BlockKind, Loaded
from retrieval.errors import DocumentRejected

#: A file may lie in a file, as an attachment in a mail, and that one in another; deeper ones are refused.
MAX_DEPTH = 3


def load(name: str, data: bytes, *, ocr: Ocr | None = None, depth: int = 0) -> Loaded:
    """Read a file's bytes into blocks.

    :param name: the file's name; its ending says what the file claims to be, its content decides.
    :param ocr: what reads scanned pages and pictures; without it they are reported as empty.
    :param depth: how many files this one lies in.
    :raises DocumentRejected: if the file is of another type, empty, encrypted, damaged or has no text.
    """
    if depth > MAX_DEPTH:
        raise DocumentRejected(f"it lies in {depth} other files, more than {MAX_DEPTH}; save it by itself")
    kind = media.media_type(name, data)
    loaded = _loaded(kind, name, data, ocr or Without(), depth)
    if not any(_SAYS.search(text) for block in loaded.blocks for text in (block.text, *chain(*block.rows))):
        raise DocumentRejected(_no_text_reason(loaded))
    claimed = media.MEDIA_TYPES[PurePath(name).suffix.lower()]
    if kind != claimed and PurePath(name).suffix:
        warning = f"named {PurePath(name).suffix}, but its content is {media.NAMES[kind]}: read as that"
        return replace(loaded, warnings=(warning, *loaded.warnings))
    return loaded


def _loaded(kind: str, name: str, data: bytes, ocr: Ocr, depth: int) -> Loaded:
    """The file as the reader for its media type gives it. Readers with libraries of their own are imported late."""

    def attached(inner: str, content: bytes) -> Loaded:
        return load(inner, content, ocr=ocr, depth=depth + 1)

    match kind:
        case media.MARKDOWN:
            return _load_markdown(data)
        case media.HTML:
            return _load_html(data)
        case media.DOCX:
            return _load_docx(data)
        case media.PDF:
            from ingest import pdf

            return pdf.load_pdf(data, ocr=ocr)
        case media.PPTX:
            from ingest import slides

            return slides.load_slides(data)
        case media.XLSX:
            from ingest import workbook

            return workbook.load_workbook(name, data)
        case media.CSV:
            from ingest import delimited

            return delimited.load_delimited(name, data)
        case media.EML:
            from ingest import eml

            return eml.load_eml(name, data, attached)
        case media.MSG:
            from ingest import outlook

            return outlook.load_outlook(name, data, attached)
        case media.RTF:
            from ingest import richtext

            return richtext.load_richtext(data)
        case media.EPUB:
            from ingest import book

            return book.load_book(data)
        case media.ODT:
            from ingest import opendocument

            return opendocument.load_opendocument(data)
        case media.PNG | media.JPEG | media.TIFF:
            from ingest import picture

            return picture.load_picture(kind, data, ocr=ocr)
        case _:
            return _load_text(data)


#: A letter or digit: dashes and dots alone say nothing.
_SAYS = re.compile(r"\w")


def _no_text_reason(loaded: Loaded) -> str:
    if not loaded.pages:
        return "no text in the file; look whether it is the right one, and save it again with its text"
    pages = "its only page has no text" if loaded.pages == 1 else f"none of its {loaded.pages} pages has text"
    if loaded.ocr_missing:
        return f"{pages}, it is probably a scan; {loaded.ocr_missing}"
    return f"{pages} that can be read; look whether it is blank, or scan or save it again with its text"


def _load_markdown(data: bytes) -> Loaded:
    properties, body = markup.split_front_matter(mended(media.decode(data)))
    source = markup.markdown_to_html(footnotes.place(markup.strip_template_tags(body)))
    _, page = markup.prepare_html(source)
    blocks = tuple(_without_marks(block) for block in partition.page_blocks(page))
    return Loaded(
        media.MARKDOWN,
        blocks,
        title=_stated_title(properties),
        properties=properties,
        warnings=markup.left_out(source),
    )


def _load_html(data: bytes) -> Loaded:
    properties, body = markup.split_front_matter(mended(media.decode(data)))
    source = markup.strip_template_tags(body)
    title, page = markup.prepare_html(source)
    return Loaded(
        media.HTML,
        tuple(partition.page_blocks(page)),
        title=_stated_title(properties) or title,
        properties=properties,
        warnings=markup.left_out(source),
    )


def _stated_title(properties: dict[str, str]) -> str | None:
    stated = html.unescape(re.sub(r"<[^>]+>", "", markup.strip_template_tags(properties.get("title", "")))).strip()
    return stated or None


_LEFT_OVER = re.compile(
    r"!?\[(?P<text>[^\]\n]+)\]\((?:#|/|https?:|mailto:)[^)\s]*\)|(?P<mark>\*\*|__)(?P<bold>\S[^\n]*?\S)(?P=mark)"
)


def _without_marks(block: Block) -> Block:
    """The block without markdown's own marks, which stay where the page wrote them inside raw HTML."""
    if "](" not in block.text and "**" not in block.text:
        return block
    return replace(block, text=_LEFT_OVER.sub(lambda match: match["text"] or match["bold"], block.text))


def _load_text(data: bytes) -> Loaded:
    properties, body = markup.split_front_matter(mended(media.decode(data)))
    levels = underlined(body)
    blocks = tuple(
        replace(block, kind=BlockKind.HEADING, level=levels[block.text], bold=False) if block.text in levels else block
        for block in partition.text_blocks(list(paragraphs(body)), apart=lines_apart(body))
    )
    return Loaded(media.PLAIN, blocks, title=_stated_title(properties), properties=properties)


def _load_docx(data: bytes) -> Loaded:
    prepared = word.prepare(data)
    blocks = tuple(partition.docx_blocks(prepared.data))
    pages = max((block.page or 0 for block in blocks), default=0) or None
    return Loaded(
        media.DOCX,
        blocks,
        title=prepared.title,
        properties=prepared.properties,
        pages=pages,
        warnings=prepared.warnings,
        furniture=prepared.furniture,
    )
