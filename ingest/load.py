"""The door to ``unstructured``: markdown, HTML, text and Word files as blocks. Nothing else imports it."""

from __future__ import annotations

import html
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import PurePath
from typing import Any

from ingest import markup, media, word
from ingest.records import Block, BlockKind, Loaded
from retrieval.errors import DocumentRejected


def load(name: str, data: bytes) -> Loaded:
    """Read a file's bytes into blocks.

    :param name: the file's name; its ending says what the file claims to be, its content decides.
    :raises DocumentRejected: if the file is of another type, empty, encrypted, damaged or has no text.
    """
    kind = media.media_type(name, data)
    loaded = _LOADERS[kind](data)
    if not any(block.text.strip() or block.rows for block in loaded.blocks):
        raise DocumentRejected(_no_text_reason(loaded))
    claimed = media.MEDIA_TYPES[PurePath(name).suffix.lower()]
    if kind != claimed and PurePath(name).suffix:
        warning = f"named {PurePath(name).suffix}, but its content is {media.NAMES[kind]}: read as that"
        return Loaded(
            kind,
            loaded.blocks,
            loaded.title,
            loaded.properties,
            loaded.pages,
            loaded.empty_pages,
            (warning, *loaded.warnings),
        )
    return loaded


def _no_text_reason(loaded: Loaded) -> str:
    if loaded.pages:
        pages = "its only page has no text" if loaded.pages == 1 else f"none of its {loaded.pages} pages has text"
        return f"no text layer: {pages} that can be read; it is probably a scan, run it through OCR first"
    return "no text in the file"


def _load_markdown(data: bytes) -> Loaded:
    properties, body = markup.split_front_matter(media.decode(data))
    _, page = markup.prepare_html(markup.markdown_to_html(markup.strip_template_tags(body)))
    blocks = tuple(_without_marks(block) for block in _page_blocks(page))
    return Loaded(media.MARKDOWN, blocks, title=_stated_title(properties), properties=properties)


def _load_html(data: bytes) -> Loaded:
    properties, body = markup.split_front_matter(media.decode(data))
    title, page = markup.prepare_html(markup.strip_template_tags(body))
    return Loaded(
        media.HTML, tuple(_page_blocks(page)), title=_stated_title(properties) or title, properties=properties
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


def _page_blocks(page: str) -> Iterator[Block]:
    if not page.strip():
        return
    partition_html = _partitioner("unstructured.partition.html", "partition_html")
    yield from _blocks(partition_html(text=page, languages=[""]))


def _load_text(data: bytes) -> Loaded:
    properties, body = markup.split_front_matter(media.decode(data))
    paragraphs = "\n\n".join(_paragraphs(body))
    if not paragraphs:
        return Loaded(media.PLAIN, ())
    partition_text = _partitioner("unstructured.partition.text", "partition_text")
    elements = partition_text(text=paragraphs, paragraph_grouper=False, languages=[""])
    return Loaded(media.PLAIN, tuple(_blocks(elements)), title=_stated_title(properties), properties=properties)


_LINE_OF_ITS_OWN = re.compile(
    r"\s*(?:[-*•·–▪◦]\s|\(?\d{1,3}[.)]\s|\d{1,3}(?:\.\d{1,3})+\.?\s|\([a-z]{1,4}\)\s|[a-z][.)]\s|(?:Article|Section|Schedule|Annex|Appendix|§)\s*[\dIVXA-Z])"
)
_RULE = re.compile(r"\s*([-=_*~#])\1{2,}\s*")


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of plain text: wrapped lines joined, a line that begins with a number or bullet on its own."""
    gathered: list[str] = []
    for line in [*text.replace("\f", "\n\n").splitlines(), ""]:
        stops = (
            not line.strip()
            or _RULE.fullmatch(line)
            or _LINE_OF_ITS_OWN.match(line)
            or (gathered and _is_short(gathered[-1], line))
        )
        if stops and gathered:
            yield " ".join(gathered)
            gathered = []
        if line.strip() and not _RULE.fullmatch(line):
            gathered.append(line.strip())


def _is_short(line: str, following: str) -> bool:
    """Whether a line stops well before the margin, so that the next one begins something new."""
    return (len(line) < 60 and len(line) < 0.6 * len(following.strip())) or line.endswith(":")


def _load_docx(data: bytes) -> Loaded:
    from docx.exceptions import PythonDocxError
    from lxml.etree import LxmlError

    prepared = word.prepare(data)
    partition_docx = _partitioner("unstructured.partition.docx", "partition_docx")
    try:
        elements = partition_docx(file=io.BytesIO(prepared.data), languages=[""])
    except (LxmlError, PythonDocxError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
        # python-docx trusts the parts of the archive to be there and to be well-formed.
        raise DocumentRejected(
            f"the Word file is damaged ({type(error).__name__}: {_one_line(error)}); save it again"
        ) from error
    blocks = tuple(_blocks(elements))
    pages = max((block.page or 0 for block in blocks), default=0) or None
    return Loaded(
        media.DOCX,
        blocks,
        title=prepared.title,
        properties=prepared.properties,
        pages=pages,
        warnings=prepared.warnings,
    )


def _load_pdf(data: bytes) -> Loaded:
    from ingest import pdf

    return pdf.load_pdf(data)


_LOADERS: dict[str, Callable[[bytes], Loaded]] = {
    media.MARKDOWN: _load_markdown,
    media.HTML: _load_html,
    media.PLAIN: _load_text,
    media.DOCX: _load_docx,
    media.PDF: _load_pdf,
}


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


# -- elements to blocks ----------------------------------------------------------------------------------------------


def _blocks(elements: Iterable[Any]) -> Iterator[Block]:
    for element in elements:
        kind, meta = element.category, element.metadata
        if kind in ("Header", "Footer", "PageBreak", "PageNumber", "Image"):
            continue
        text = element.text.strip()
        if kind == "Table":
            yield from _table(meta.text_as_html, text, meta.page_number)
        elif kind == "Title" and meta.category_depth is not None:
            yield Block(BlockKind.HEADING, text, level=meta.category_depth + 1, page=meta.page_number)
        elif kind == "ListItem":
            yield Block(
                BlockKind.ITEM,
                text,
                level=(meta.category_depth or 0) + 1,
                page=meta.page_number,
                bold=_is_bold(text, meta),
            )
        elif text:
            yield Block(BlockKind.PARAGRAPH, text, page=meta.page_number, bold=_is_bold(text, meta) or kind == "Title")


def _is_bold(text: str, meta: Any) -> bool:
    """Whether all of a block's letters are set in bold."""
    runs = zip(meta.emphasized_text_contents or [], meta.emphasized_text_tags or [], strict=False)
    bold = "".join(content for content, tag in runs if tag in ("b", "strong"))
    return bool(bold) and len(re.sub(r"\W", "", bold)) >= 0.95 * len(re.sub(r"\W", "", text))


def _table(source: str | None, text: str, page: int | None) -> Iterator[Block]:
    """A table as a block; one of a single column, which only frames its text, as the paragraphs in it."""
    if not source:
        if text:
            yield Block(BlockKind.PARAGRAPH, text, page=page)
        return
    from lxml.html import fragment_fromstring

    root = fragment_fromstring(source)
    for line_break in root.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    rows: list[tuple[str, ...]] = []
    heads: list[bool] = []
    for row in root.iter("tr"):
        cells: list[str] = []
        for cell in row:
            if cell.tag in ("td", "th"):
                span = cell.get("colspan", "1")
                cells.extend([cell.text_content().strip()] * (min(int(span), 50) if span.isdecimal() else 1))
        if any(cells):
            rows.append(tuple(cells))
            heads.append(
                (row[0].tag == "th" and all(cell.tag == "th" for cell in row)) or row.getparent().tag == "thead"
            )
    if not rows:
        return
    if rows[0][0].startswith(word.HEADER_MARK):
        rows[0] = (rows[0][0].removeprefix(word.HEADER_MARK), *rows[0][1:])
        heads[0] = True
    elif not any(heads):
        heads[0] = _looks_like_header(rows)
    caption = " ".join((root.findtext(".//caption") or "").split())
    if all(len({cell for cell in row if cell}) == 1 for row in rows):
        lines = [line for row in rows for line in next(cell for cell in row if cell).split("\n")]
        yield from (Block(BlockKind.PARAGRAPH, line, page=page) for line in [caption, *lines] if line.strip())
        return
    header_rows = next((position for position, head in enumerate(heads) if not head), len(heads))
    yield Block(BlockKind.TABLE, caption, page=page, rows=tuple(rows), header_rows=header_rows)


def _looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether an unmarked first row names the columns: short words in every column, above cells that are unlike them."""
    first, body = rows[0], rows[1:]
    if len(body) < 2 or len(set(first)) < 2 or not all(first):
        return False
    if any(len(cell) > 40 or cell.endswith(":") or re.search(r"\d|^\W", cell) for cell in first):
        return False
    numbers = sum(1 for row in body if any(re.search(r"\d", cell) for cell in row[1:]))
    return len(first) > 2 or numbers >= 0.6 * len(body)


# -- unstructured without a network ----------------------------------------------------------------------------------


@cache
def _partitioner(module: str, name: str) -> Callable[..., list[Any]]:
    """One of unstructured's partitioners, prepared to work offline."""
    # Both are read while unstructured is imported; without them it reports each call to its makers.
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["UNSTRUCTURED_DISABLE_NOTICE"] = "1"
    from importlib import import_module

    from unstructured.nlp import tokenize

    tokenize._get_nlp = _language_pipeline
    partitioner: Callable[..., list[Any]] = getattr(import_module(module), name)
    return partitioner


@cache
def _language_pipeline() -> Any:
    """The spaCy pipeline unstructured classifies text with: its own model where installed, else rules.

    unstructured asks it two things only: how many sentences, and whether there is a verb.
    """
    import spacy
    from spacy.language import Language

    if spacy.util.is_package("en_core_web_sm"):
        return spacy.load("en_core_web_sm", exclude=["ner", "lemmatizer", "attribute_ruler"])

    Language.component("policydesk_verbs", func=_tag_verbs)
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    pipeline.add_pipe("policydesk_verbs")
    return pipeline


def _tag_verbs(document: Any) -> Any:
    for token in document:
        token.tag_ = "VB" if is_verb(token.lower_) else "NN"
    return document


_VERBS = frozenset(
    """is are was were be been being am has have had do does did may must shall should will would can could might need needs
    apply applies include includes contain contains require requires receive receives provide provides take takes make makes get gets
    give gives pay pays work works use uses keep keeps ask asks tell tells see sees contact submit submits send sends read reads follow
    follows mean means remain remains become becomes begin begins end ends cover covers allow allows agree agrees accrue accrues expire
    expires enter enters report reports request requests complete completes ensure ensures notify notifies return returns let lets go goes
    come comes call calls help helps want wants say says know knows find finds know please""".split()
)  # fmt: skip


def is_verb(word: str) -> bool:
    """Whether a small-letter word is likely a finite verb or participle: a short list, and the endings -ed and -ing."""
    return word in _VERBS or (
        len(word) > 4 and word.endswith(("ed", "ing")) and not word.endswith(("eed", "hing", "king "))
    )
