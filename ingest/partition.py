"""The door to ``unstructured``: HTML, text and Word files as blocks. Nothing else imports it."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from ingest import markup, word
from ingest.header import header_rows, is_merged
from ingest.records import Block, BlockKind
from retrieval.errors import DocumentRejected


def page_blocks(page: str) -> list[Block]:
    """The blocks of an HTML page that ``markup.prepare_html`` made ready; none for an empty one."""
    if not page.strip():
        return []
    partition_html = _partitioner("unstructured.partition.html", "partition_html")
    return [
        replace(block, text=re.sub(rf" *{markup.LINE_BREAK} *", "\n", block.text))
        for block in _blocks(partition_html(text=page, languages=[""]))
    ]


def text_blocks(paragraphs: Sequence[str], *, apart: Container[str] = ()) -> list[Block]:
    """The blocks of plain text, given paragraph by paragraph.

    :param apart: the paragraphs that may head what follows; those that read like a heading come back as bold.
    """
    if not paragraphs:
        return []
    partition_text = _partitioner("unstructured.partition.text", "partition_text")
    blocks = _blocks(partition_text(text="\n\n".join(paragraphs), paragraph_grouper=False, languages=[""]))
    return [replace(block, bold=block.bold and block.text in apart) for block in blocks]


def docx_blocks(data: bytes) -> list[Block]:
    """The blocks of a Word file that ``word.prepare`` made ready.

    :raises DocumentRejected: if it is damaged.
    """
    from docx.exceptions import PythonDocxError
    from lxml.etree import LxmlError

    partition_docx = _partitioner("unstructured.partition.docx", "partition_docx")
    try:
        return list(_blocks(partition_docx(file=io.BytesIO(data), languages=[""])))
    except (LxmlError, PythonDocxError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
        # python-docx trusts the parts of the archive to be there and to be well-formed.
        reason = " ".join(str(error).split())[:160]
        raise DocumentRejected(f"the Word file is damaged ({type(error).__name__}: {reason}); save it again") from error


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


#: A cell covers no more columns, whatever it claims.
_MAX_COLUMNS = 50


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
    rows, heads = _rows(root)
    if not rows:
        return
    heads = [
        head or any(cell.startswith(word.HEADER_MARK) for cell in row) for row, head in zip(rows, heads, strict=True)
    ]
    rows = [tuple(cell.removeprefix(word.HEADER_MARK) for cell in row) for row in rows]
    caption = " ".join((root.findtext(".//caption") or "").split())
    if all(len({cell for cell in row if cell}) == 1 for row in rows):
        lines = [line for row in rows for line in next(cell for cell in row if cell).split("\n")]
        yield from (Block(BlockKind.PARAGRAPH, line, page=page) for line in [caption, *lines] if line.strip())
        return
    while is_merged(rows[0]):
        caption = f"{caption} {' '.join(rows.pop(0)[0].split())}".strip()
        heads.pop(0)
    yield Block(BlockKind.TABLE, caption, page=page, rows=tuple(rows), header_rows=header_rows(rows, heads))


def _rows(root: Any) -> tuple[list[tuple[str, ...]], list[bool]]:
    """A table's rows that say something, merged cells repeated in every place they cover, and which of them are marked as header."""
    rows: list[tuple[str, ...]] = []
    heads: list[bool] = []
    above: dict[int, tuple[str, int]] = {}
    for row in root.iter("tr"):
        cells = _cells(row, above)
        # A row that all comes from above says nothing of its own.
        if any(cells) and len(row):
            rows.append(cells)
            heads.append(
                (row[0].tag == "th" and all(cell.tag == "th" for cell in row)) or row.getparent().tag == "thead"
            )
    return rows, heads


def _cells(row: Any, above: dict[int, tuple[str, int]]) -> tuple[str, ...]:
    """A row's cells, those that reach down to it among them.

    :param above: by column, the text that reaches down and for how many rows; left ready for the next row.
    """
    cells: list[str] = []
    for cell in row:
        if cell.tag in ("td", "th"):
            _reach_down(above, cells)
            text, rows_below = cell.text_content().strip(), _span(cell, "rowspan") - 1
            for _ in range(min(_span(cell, "colspan"), _MAX_COLUMNS)):
                if rows_below:
                    above[len(cells)] = (text, rows_below)
                cells.append(text)
    _reach_down(above, cells)
    return tuple(cells)


def _reach_down(above: dict[int, tuple[str, int]], cells: list[str]) -> None:
    """Put what reaches down from above behind the cells, as far as it goes without a gap."""
    while (column := len(cells)) in above:
        text, rows_below = above.pop(column)
        if rows_below > 1:
            above[column] = (text, rows_below - 1)
        cells.append(text)


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1")
    return int(value) if value.isdecimal() and int(value) > 0 else 1


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
        return _bounded(spacy.load("en_core_web_sm", exclude=["ner", "lemmatizer", "attribute_ruler"]))

    Language.component("policydesk_verbs", func=_tag_verbs)
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    pipeline.add_pipe("policydesk_verbs")
    return _bounded(pipeline)


#: More letters in a row without a space are no word of any language.
_NO_WORD = re.compile(r"\S{400}")


def _bounded(pipeline: Any) -> Any:
    """The pipeline, for texts of any length and words of any length: spaCy takes the square of a word's length to part it."""
    from spacy.tokens import Doc

    tokenizer = pipeline.tokenizer
    pipeline.tokenizer = lambda text: Doc(pipeline.vocab, text.split()) if _NO_WORD.search(text) else tokenizer(text)
    pipeline.max_length = sys.maxsize
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
