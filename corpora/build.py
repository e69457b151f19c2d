"""``python -m corpora.build``: write the sample corpus's Word and PDF documents from their sources."""

from __future__ import annotations

from pathlib import Path

from corpora.catalog import SAMPLE
from corpora.paper import write_pdf
from corpora.sources import Source, read_sources
from corpora.word import write_word


def build(sources: Path, documents: Path) -> tuple[Path, ...]:
    """Write every source of a folder into another, replacing what is there.

    :returns: the files written, by name.
    :raises CorpusError: if a source is malformed; nothing is written then.
    """
    parsed = read_sources(sources)
    documents.mkdir(parents=True, exist_ok=True)
    return tuple(_write(source, documents / source.file) for source in parsed)


def _write(source: Source, path: Path) -> Path:
    if source.format == "docx":
        write_word(source, path)
    else:
        write_pdf(source, path)
    return path


def main() -> None:
    from rich.console import Console

    written = build(SAMPLE / "sources", SAMPLE / "documents")
    Console().print(f"{len(written)} documents written to {SAMPLE / 'documents'}")


if __name__ == "__main__":
    main()
