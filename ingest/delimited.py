"""Comma-separated values, whatever separates them."""

from __future__ import annotations

import csv
import re
from itertools import islice
from pathlib import PurePath

from ingest import media
from ingest.records import Loaded
from ingest.sheet import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, sheet_blocks
from ingest.title import title_from_name
from retrieval.errors import DocumentRejected

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50
#: How Excel is told in the first line.
_STATED = re.compile(r"sep=([^\w\s\"]|\t)\r?\n", re.IGNORECASE)


def load_delimited(name: str, data: bytes) -> Loaded:
    """Read rows into blocks, the first row heading the columns where it names them.

    :raises DocumentRejected: if a quotation mark is never closed, or a cell is longer than any text.
    """
    text = media.decode(data).replace("\0", "")
    stated = _STATED.match(text)
    delimiter, text = (stated[1], text[stated.end() :]) if stated else (_delimiter(name, text), text)
    rows: list[list[str]] = []
    cells = 0
    warnings: list[str] = []
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True)
        for row in reader:
            cells += len(row)
            if len(rows) >= MAX_ROWS or cells > MAX_CELLS:
                warnings.append(f"only the first {len(rows):,} rows were read; split the file")
                break
            rows.append([cell.strip() for cell in row[:MAX_COLUMNS]])
    except csv.Error as error:
        raise DocumentRejected(f"the csv file is damaged ({error}); save it again") from error
    return Loaded(media.CSV, tuple(sheet_blocks(rows)), title=title_from_name(name), warnings=tuple(warnings))


def _delimiter(name: str, text: str) -> str:
    """What separates the cells: what parts most lines into the same number of cells, and into most."""
    lines = list(islice((line for line in text.splitlines() if line.strip()), _SAMPLE_LINES))

    def agreement(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths), usual) if usual > 1 else (0.0, 0)

    usual = "\t" if PurePath(name).suffix.lower() == ".tsv" else ","
    return max(_DELIMITERS, key=lambda delimiter: (*agreement(delimiter), delimiter == usual))
