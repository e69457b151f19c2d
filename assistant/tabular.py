"""Rows that read by themselves, "Country: Germany; Days: 30", as the table that they come from.

Tables are indexed row by row, each value behind its column's name, so that a row can be found and quoted alone. Several
rows below each other are easier to read as a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FIELD = re.compile(r"(?:^|; )([^;:|\n]{1,60}): ")


@dataclass(frozen=True, slots=True)
class Table:
    """Column names, and of each row as many cells."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def parts(text: str) -> Iterator[str | Table]:
    """The lines of a text in order, rows that share the names of at least two columns as a table.

    A row that has a column more than the first, names one twice, or has them in another order stays a line.
    """
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        heads = tuple(_FIELD.findall(lines[at]))
        rows: list[tuple[str, ...]] = []
        while at + len(rows) < len(lines) and (row := _cells(lines[at + len(rows)], heads)):
            rows.append(row)
        if len(rows) > 1:
            yield Table(heads, tuple(rows))
            at += len(rows)
        else:
            yield lines[at]
            at += 1


def _cells(line: str, heads: tuple[str, ...]) -> tuple[str, ...] | None:
    """One cell a column, empty where the row has no such field; None where it has others, or names them in another order."""
    if len(set(heads)) < max(2, len(heads)):
        return None
    fields = list(_FIELD.finditer(line))
    if not fields or fields[0].start():
        return None
    ends = [*(field.start() for field in fields[1:]), len(line)]
    named = {field[1]: line[field.end() : end] for field, end in zip(fields, ends, strict=True)}
    in_order = [head for head in heads if head in named]
    if len(named) < len(fields) or in_order != list(named):
        return None
    return tuple(named.get(head, "") for head in heads)
