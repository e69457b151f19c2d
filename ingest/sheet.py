"""A sheet's rows as blocks: tables apart from the lines around them, each with its header row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, takewhile

from ingest.header import counts_years, pairs_labels
from ingest.records import Block, BlockKind

#: More of a sheet is a database, not a policy; what is left out is said.
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_CELLS = 400_000

Row = tuple[str, ...]


def sheet_blocks(rows: Iterable[Sequence[str]]) -> list[Block]:
    """Rows from the top down as blocks. An empty row ends a table; a row with one cell alone is a line of text, and where it only
    parts a table ("Germany" above some rows, "France" above others), the header above it heads what is below too.

    :param rows: cells as people see them; a merged cell's text stands in each place it covers.
    """
    blocks: list[Block] = []
    gathered: list[Row] = []
    header: Sequence[Row] = ()
    for row in [*rows, ()]:
        cells = _trimmed(row)
        filled = {cell for cell in cells if cell}
        if len(filled) > 1 or (gathered and filled and not _is_line(cells)):
            gathered.append(cells)
            continue
        table = _below(header, gathered)
        blocks.extend(_table(table))
        if table:
            header = _header(table)
        if not filled:
            header = ()
        gathered = []
        blocks.extend(Block(BlockKind.PARAGRAPH, " ".join(cell.split())) for cell in filled)
    return _with_single_columns(blocks)


def _trimmed(row: Sequence[str]) -> Row:
    cells = list(row)
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _is_line(cells: Row) -> bool:
    """Whether a row with one text only is a line over or under a table, not a row with empty cells: it is all in the first column,
    or merged over all. The same number in each column is a row."""
    return bool(cells[0]) and (len(cells) == 1 or (len(set(cells)) == 1 and not _NUMERIC.fullmatch(cells[0])))


def _below(header: Sequence[Row], rows: Sequence[Row]) -> Sequence[Row]:
    """Rows with the header of the table that they go on, where they have none of their own and fit below it."""
    if not rows or not header or max(map(len, rows)) > max(map(len, header)) or _header_rows(rows):
        return rows
    headed = [*header, *rows]
    return headed if _header_rows(headed) else rows


def _header(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that head a table, or a row alone that would head what follows."""
    if len(rows) == 1 and _names_columns(rows[0]):
        return rows
    return rows[: _header_rows(rows)]


def _table(rows: Sequence[Row]) -> Iterator[Block]:
    if not rows:
        return
    width = max(map(len, rows))
    full = [row + ("",) * (width - len(row)) for row in rows]
    # Columns that are empty throughout only keep things apart.
    runs = [list(run) for filled, run in groupby(range(width), key=lambda at: any(row[at] for row in full)) if filled]
    beside = [_columns(full, run) for run in runs]
    if not _are_apart(beside):
        beside = [_columns(full, [column for run in runs for column in run])]
    for table in beside:
        kept = tuple(row for row in table if any(row))
        yield Block(BlockKind.TABLE, "", rows=kept, header_rows=_header_rows(kept))


def _columns(rows: Sequence[Row], columns: Sequence[int]) -> list[Row]:
    return [tuple(row[column] for column in columns) for row in rows]


def _are_apart(tables: Sequence[Sequence[Row]]) -> bool:
    """Whether columns with white between them are tables of their own: each has a header, and they end in different rows."""
    lengths = [len(list(takewhile(any, table))) for table in tables]
    return len(set(lengths)) > 1 and all(
        len(table[0]) > 1 and _header_rows(table[:length]) > 0 and not any(map(any, table[length:]))
        for table, length in zip(tables, lengths, strict=True)
    )


_NUMBER = re.compile(r"\d[\d.,]*")
_NUMERIC = re.compile(r"[-+(]?[$€£]?\s?\d[\d.,:/ %-]*\)?%?")


def _header_rows(rows: Sequence[Row]) -> int:
    """How many rows name the columns: one, where it is words or years throughout and something stands below; two below merged
    words."""
    if counts_years(rows):
        return 1
    if len(rows) < 2 or not _names_columns(rows[0]) or _is_like_below(rows) or pairs_labels(rows):
        return 0
    merged = any(cell and cell == following for cell, following in zip(rows[0], rows[0][1:], strict=False))
    return 2 if merged and len(rows) > 2 and _names_columns(rows[1]) else 1


def _is_like_below(rows: Sequence[Row]) -> bool:
    """Whether the first row states an amount as a row below does, "25 days" above "10 days": then it names no column."""
    return any(
        _amount(cell) == _amount(row[column])
        for column, cell in enumerate(rows[0])
        if _NUMBER.search(cell)
        for row in rows[1:]
        if column < len(row)
    )


def _amount(cell: str) -> str:
    """What a cell says apart from how many: "25 days" and "10 days" are alike."""
    return _NUMBER.sub("0", cell)


def _names_columns(row: Row) -> bool:
    filled = [cell for cell in row if cell]
    is_named = len(filled) >= max(2, 0.5 * len(row))
    return is_named and all(len(cell) <= 80 and not _NUMERIC.fullmatch(cell) for cell in filled)


def _with_single_columns(blocks: Sequence[Block]) -> list[Block]:
    """Tables of one column as the lines they are."""
    found: list[Block] = []
    for block in blocks:
        if block.kind is BlockKind.TABLE and len(block.rows[0]) == 1:
            found.extend(Block(BlockKind.PARAGRAPH, row[0]) for row in block.rows if row[0])
        else:
            found.append(block)
    return found
