"""EPUB books: a zip of pages, read in the order of the book's spine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ingest import markup, media, partition
from ingest.archive import Archive
from ingest.records import Block, Loaded
from retrieval.errors import DocumentRejected

_CONTAINER = "META-INF/container.xml"
_PAGES = ("application/xhtml+xml", "text/html")
#: Fonts may be scrambled so that nobody takes them out of a book; its text is free all the same.
_FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def load_book(data: bytes) -> Loaded:
    """Read a book's pages into blocks.

    :raises DocumentRejected: if it is damaged, or its publisher locked it.
    """
    archive = Archive(data, what="epub file")
    if _is_locked(archive):
        raise DocumentRejected("the book is locked by its publisher (DRM) and cannot be read; get a copy without")
    package_name = _package_name(archive)
    package = archive.tree(package_name)
    folder = posixpath.dirname(package_name)
    blocks: list[Block] = []
    missing: list[str] = []
    left_out: list[str] = []
    for reference in _spine(package):
        name = posixpath.normpath(posixpath.join(folder, unquote(reference)))
        if name not in archive.names:
            missing.append(name)
            continue
        source = media.decode(archive.markup(name))
        _, page = markup.prepare_html(source)
        blocks.extend(partition.page_blocks(page))
        left_out.extend(markup.left_out(source))
    title = next((" ".join(text.split()) for text in package.xpath("//*[local-name()='title']/text()")), None)
    return Loaded(
        media.EPUB,
        tuple(blocks),
        title=None if not title or title.lower().startswith("untitled") else title,
        warnings=(
            *(f"chapter {name[:80]!r} could not be read: it is not in the file" for name in missing[:5]),
            *dict.fromkeys(left_out),
        ),
    )


def _is_locked(archive: Archive) -> bool:
    if "META-INF/encryption.xml" not in archive.names:
        return False
    methods = archive.tree("META-INF/encryption.xml").xpath("//*[local-name()='EncryptionMethod']/@Algorithm")
    return any(str(method) not in _FONT_SCRAMBLING for method in methods)


def _package_name(archive: Archive) -> str:
    found = archive.tree(_CONTAINER).xpath("//*[local-name()='rootfile']/@full-path")
    if not found:
        raise DocumentRejected("the epub file is damaged (it names no contents); save it again")
    return str(found[0])


def _spine(package: Any) -> Iterator[str]:
    """Where the pages lie, in reading order, without the table of contents."""
    pages = {
        item.get("id"): item.get("href")
        for item in package.xpath("//*[local-name()='manifest']/*[local-name()='item']")
        if item.get("media-type") in _PAGES and "nav" not in (item.get("properties") or "").split()
    }
    for item in package.xpath("//*[local-name()='spine']/*[local-name()='itemref']"):
        reference = pages.get(item.get("idref"))
        if reference and item.get("linear") != "no":
            yield reference
