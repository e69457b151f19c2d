"""The plain text of a corpus document, read as simply as can be: what quotations are checked against.

It is not how the product reads files (that is ``ingest``); it is a second, independent reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from corpora.beir import normalised
from corpora.errors import CorpusError

_DIGITS = re.compile(r"\d+")
_MARKDOWN = re.compile(r"\*\*|^#+ |^- |^\|[-| ]+\|$", re.MULTILINE)


def document_text(path: Path) -> str:
    """The normalised text of a md, html, docx or pdf file, without what is printed on every page.

    Word's automatic numbers are not part of the text.

    :raises CorpusError: if the file has another ending.
    """
    read = _READERS.get(path.suffix)
    if read is None:
        raise CorpusError(f"{path.name}: expected md, html, docx or pdf")
    return normalised(read(path))


def _markdown(path: Path) -> str:
    return _MARKDOWN.sub("", path.read_text(encoding="utf-8"))


class _Text(HTMLParser):
    """Collects text outside the head; block elements end with a space."""

    _INLINE = frozenset({"b", "strong", "i", "em", "a", "span"})

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_head = self._in_head or tag == "head"

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            self._in_head = False
        if tag not in self._INLINE:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._in_head:
            self.pieces.append(data)


def _html(path: Path) -> str:
    parser = _Text()
    parser.feed(path.read_text(encoding="utf-8"))
    return "".join(parser.pieces)


def _word(path: Path) -> str:
    import docx
    from docx.table import Table

    def lines(block: Any) -> list[str]:
        if isinstance(block, Table):
            return [" ".join(cell.text for cell in row.cells) for row in block.rows]
        return [block.text]

    return "\n".join(line for block in docx.Document(str(path)).iter_inner_content() for line in lines(block))


def _pdf(path: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        pages = [page.get_textpage().get_text_bounded().splitlines() for page in document]
    finally:
        document.close()
    # A line that stands on every page, but for its page number, is page furniture.
    seen = Counter(shape for page in pages for shape in {_DIGITS.sub("0", line) for line in page})
    return "\n".join(line for page in pages for line in page if seen[_DIGITS.sub("0", line)] < max(2, len(pages)))


_READERS: dict[str, Callable[[Path], str]] = {".md": _markdown, ".html": _html, ".docx": _word, ".pdf": _pdf}
