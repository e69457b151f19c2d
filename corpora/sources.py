"""The sources of the Word and PDF documents: plain text with the few marks those documents need.

A source starts with ``key: value`` lines up to the first empty line, then holds one block a line::

    # title      ## section      + numbered clause      ++ (a) item      - bullet      | cell | cell |

Everything else is a paragraph. Table rows that follow one another form one table; its first row is the header.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from corpora.errors import CorpusError


class BlockKind(StrEnum):
    """What one block of a source is."""

    TITLE = "title"
    SECTION = "section"
    CLAUSE = "clause"
    ITEM = "item"
    BULLET = "bullet"
    PARAGRAPH = "paragraph"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Block:
    """One block: ``text``, or ``rows`` where it is a table."""

    kind: BlockKind
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One document before it is written as Word or PDF."""

    name: str  #: file name without ending
    format: str  #: "docx" or "pdf"
    title: str
    header: str  #: printed at the top of each page
    footer: str  #: printed at the foot of each page, before the page number
    numbered: bool  #: whether Word numbers sections and clauses itself
    columns: int
    blocks: tuple[Block, ...]

    @property
    def file(self) -> str:
        return f"{self.name}.{self.format}"


# Longer marks first: "## " must not be read as "# ".
_MARKS = (
    ("## ", BlockKind.SECTION),
    ("# ", BlockKind.TITLE),
    ("++ ", BlockKind.ITEM),
    ("+ ", BlockKind.CLAUSE),
    ("- ", BlockKind.BULLET),
)


def read_source(path: Path) -> Source:
    """Read one source file.

    :raises CorpusError: if a head line is missing, the format is unknown, or a table row has another width than its header.
    """
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    missing = {"format", "title", "header", "footer"} - fields.keys()
    if missing:
        raise CorpusError(f"{path.name}: the head lacks {', '.join(sorted(missing))}")
    if fields["format"] not in {"docx", "pdf"}:
        raise CorpusError(f"{path.name}: format is docx or pdf, found {fields['format']}")
    return Source(
        name=path.stem,
        format=fields["format"],
        title=fields["title"],
        header=fields["header"],
        footer=fields["footer"],
        numbered=fields.get("numbering") == "auto",
        columns=int(fields.get("columns", "1")),
        blocks=tuple(_blocks(body, path.name)),
    )


def read_sources(folder: Path) -> tuple[Source, ...]:
    """Every source of a folder, by name."""
    return tuple(read_source(path) for path in sorted(folder.glob("*.txt")))


def _blocks(body: str, name: str) -> list[Block]:
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for line in [*body.splitlines(), ""]:
        if line.startswith("| "):
            rows.append(tuple(cell.strip() for cell in line.strip().strip("|").split("|")))
            if len(rows[-1]) != len(rows[0]):
                raise CorpusError(f"{name}: a row has {len(rows[-1])} cells, its header has {len(rows[0])}: {line}")
            continue
        if rows:
            blocks.append(Block(BlockKind.TABLE, rows=tuple(rows)))
            rows = []
        if line.strip():
            blocks.append(_block(line.strip()))
    return blocks


def _block(line: str) -> Block:
    for mark, kind in _MARKS:
        if line.startswith(mark):
            return Block(kind, line.removeprefix(mark))
    return Block(BlockKind.PARAGRAPH, line)
