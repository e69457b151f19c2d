"""Excel workbooks: a sheet is a section."""

from __future__ import annotations

import io
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

from ingest import media
from ingest.archive import Archive
from ingest.cellformat import shown
from ingest.formulas import uncomputed, warning
from ingest.records import Block, BlockKind, Loaded
from ingest.sheet import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, sheet_blocks
from ingest.title import title_from_name
from retrieval.errors import DocumentRejected

#: What openpyxl raises for parts that are missing or not what they say.
_DAMAGE = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError, NotImplementedError, OSError, OverflowError,
    SyntaxError, BadZipFile, EOFError,
)  # fmt: skip
_MAX_SHEETS = 200
#: Names that a program gave.
_UNNAMED = re.compile(r"(sheet|tabelle|feuil|hoja|foglio|blad)\s*\d*", re.IGNORECASE)


def load_workbook(name: str, data: bytes) -> Loaded:
    """Read a workbook's visible sheets, rows and columns into blocks, numbers and dates as people see them.

    Of huge sheets the beginning is read, with a warning. Formulas show the result that was saved with
    them; those without one are named in a warning.

    :raises DocumentRejected: if it is damaged.
    """
    archive = Archive(data, what="Excel file")
    clean = archive.repacked()  # first of all: a bomb is refused before anything is imported
    import warnings as python_warnings

    from lxml.etree import LxmlError
    from openpyxl import load_workbook as open_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    blocks: list[Block] = []
    warnings: list[str] = []
    try:
        # It warns of every part it doesn't know, such as fonts and validations.
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore")
            book = open_workbook(io.BytesIO(clean), read_only=True, data_only=True, keep_links=False)
            sheets = book.worksheets[:_MAX_SHEETS]
            named = len(sheets) > 1 or (bool(sheets) and not _UNNAMED.fullmatch(sheets[0].title))
            left = MAX_CELLS
            for sheet in sheets:
                if sheet.sheet_state != "visible":
                    warnings.append(f"the hidden sheet {sheet.title!r} was passed over")
                    continue
                part = _part(archive, sheet)
                unknown = uncomputed(part, computes_on_load=bool(book.calculation and book.calculation.fullCalcOnLoad))
                if unknown:
                    warnings.append(warning(sheet.title, unknown))
                hidden = _hidden(part)
                if hidden:
                    warnings.append(f"hidden {hidden} of sheet {sheet.title!r} were passed over")
                rows, cut = _rows(sheet, _merged(part), left, frozenset(unknown), hidden)
                left -= sum(map(len, rows))
                found = sheet_blocks(rows)
                if found and named:
                    blocks.append(Block(BlockKind.HEADING, sheet.title.strip() or "Sheet", level=1))
                blocks.extend(found)
                if cut:
                    warnings.append(
                        f"of sheet {sheet.title!r} only {len(rows):,} rows and {MAX_COLUMNS} columns were read; split it"
                    )
            stated = (book.properties.title or "").strip()
    except (LxmlError, InvalidFileException, *_DAMAGE) as error:
        reason = " ".join(str(error).split())[:160]
        raise DocumentRejected(
            f"the Excel file is damaged ({type(error).__name__}: {reason}); save it again"
        ) from error
    return Loaded(media.XLSX, tuple(blocks), title=stated or title_from_name(name), warnings=tuple(warnings))


Place = tuple[int, int]  #: row and column, from 1


def _part(archive: Archive, sheet: Any) -> bytes:
    name = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
    return archive.read(name) if name in archive.names else b""


def _rows(
    sheet: Any, merged: Mapping[Place, Place], most_cells: int, unknown: Container[str], hidden: _Hidden
) -> tuple[list[list[str]], bool]:
    """A sheet's rows as people see them, and whether more follow. What a file says about its own size is not believed.

    :param unknown: cells, as ``B2``, whose value is none.
    :param hidden: what nobody sees; a merged cell that reaches out of it is seen.
    """
    sheet.reset_dimensions()
    rows: list[list[str]] = []
    seen: dict[Place, str] = {}
    anchors = set(merged.values())
    cells = 0
    is_cut = False
    for number, row in enumerate(sheet.iter_rows(), start=1):
        is_cut = is_cut or any(cell.value is not None for cell in row[MAX_COLUMNS:])
        written = [
            shown(cell.value, cell.number_format or "")
            if cell.value is not None and cell.coordinate not in unknown
            else ""
            for cell in row
        ]
        for column, text in enumerate(written[:MAX_COLUMNS], start=1):
            if (number, column) in anchors:
                seen[number, column] = text
            elif not text and (number, column) in merged:
                written[column - 1] = seen.get(merged[number, column], "")
        if number in hidden.rows:
            continue
        del written[MAX_COLUMNS:]
        written = ["" if column in hidden.columns else text for column, text in enumerate(written, start=1)]
        while written and not written[-1]:
            written.pop()
        if written and (len(rows) >= MAX_ROWS or cells + len(row) > most_cells):
            return rows, True
        cells += len(row)
        # One empty row parts as well as a million.
        if written or (rows and rows[-1]):
            rows.append(written)
    return rows, is_cut


_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\bhidden=\"(?:1|true)\"[^>]*>")
_COL = re.compile(rb"<(?:\w+:)?col\s[^>]*?\bhidden=\"(?:1|true)\"[^>]*>")
_NUMBERED = re.compile(rb"\b(r|min|max|outlineLevel)=\"(\d{1,7})\"")


@dataclass(frozen=True, slots=True)
class _Hidden:
    """The rows and columns of a sheet that are not shown, from 1; those of a folded group are a click away and count as shown."""

    rows: frozenset[int]
    columns: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.rows or self.columns)

    def __str__(self) -> str:
        return " and ".join(kind for kind, found in (("rows", self.rows), ("columns", self.columns)) if found)


def _hidden(part: bytes) -> _Hidden:
    rows, columns = ([dict(_NUMBERED.findall(tag)) for tag in pattern.findall(part)] for pattern in (_ROW, _COL))
    return _Hidden(
        frozenset(int(row[b"r"]) for row in rows if b"r" in row and not int(row.get(b"outlineLevel", 0))),
        frozenset(
            number
            for column in columns
            if b"min" in column and not int(column.get(b"outlineLevel", 0))
            for number in range(int(column[b"min"]), min(int(column.get(b"max", column[b"min"])), MAX_COLUMNS) + 1)
        ),
    )


_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s+ref=\"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})\"")
_MAX_MERGED_PLACES = 50_000


def _merged(part: bytes) -> dict[Place, Place]:
    """Places that merged cells cover, and the place that holds their text. openpyxl doesn't say while it reads row by row."""
    covered: dict[Place, Place] = {}
    for match in _MERGED.finditer(part):
        first, last = (int(match[2]), _column(match[1])), (int(match[4]), _column(match[3]))
        if (last[0] - first[0] + 1) * (last[1] - first[1] + 1) + len(covered) > _MAX_MERGED_PLACES:
            break
        covered.update(dict.fromkeys(_places(first, last), first))
    return covered


def _places(first: Place, last: Place) -> Iterator[Place]:
    for row in range(first[0], last[0] + 1):
        for column in range(first[1], last[1] + 1):
            yield row, column


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
