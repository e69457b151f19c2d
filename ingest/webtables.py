"""Tables of a web page: those that lay out the page, those inside another's cells, and those that hold data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: A cell covers no more rows or columns, whatever it claims.
_MAX_SPAN = 50
#: What stands on lines of its own inside a cell.
_BLOCKS = frozenset(
    "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul".split()
)
_PARTS = ("thead", "tbody", "tfoot", "tr", "td", "th", "caption")


def settle(root: Any) -> None:
    """Make each table of a page one that can be read row by row.

    One that only lays out the page becomes the text in it; one inside a cell of another becomes a line of that cell, "Grade: Junior,
    Days: 25; Grade: Senior, Days: 28"; merged cells of the others are repeated in every place they cover.
    """
    tables = list(root.iter("table"))
    layouts = {table for table in tables if _lays_out(table)}
    for table in reversed(tables):  # the inner ones first
        if table in layouts:
            _unwrap(table)
        elif any(outer not in layouts for outer in table.iterancestors("table")):
            _write_out(table)
        else:
            _fill_spans(table)


def _lays_out(table: Any) -> bool:
    """Whether a table only puts things beside or below each other: it says so, has but one column, or titles or tables in one row."""
    if table.get("role") in ("presentation", "none"):
        return True
    rows = [_cells(row) for row in _own(table, "tr")]
    if next(_own(table, "th", "caption"), None) is not None or not any(rows):
        return False
    if all(len(cells) < 2 for cells in rows):
        return True
    holds = [cell for cells in rows for cell in cells if cell.xpath(".//h1 | .//h2 | .//table")]
    return bool(holds) and (len(rows) == 1 or any(cell.xpath(".//h1 | .//h2") for cell in holds))


def _own(table: Any, *names: str) -> Iterator[Any]:
    """A table's parts without those of the tables in it."""
    return (node for node in table.iter(*names) if next(node.iterancestors("table")) is table)


def _cells(row: Any) -> list[Any]:
    return [child for child in row if child.tag in ("td", "th")]


def _unwrap(table: Any) -> None:
    for part in list(_own(table, *_PARTS)):
        part.tag = "div"
    for part in list(table.iterchildren("colgroup", "col")):
        part.drop_tree()
    table.tag = "div"


def _write_out(table: Any) -> None:
    rows = [[(cell.tag, one_line(cell)) for cell in _cells(row)] for row in _own(table, "tr")]
    named = len(rows) > 1 and all(tag == "th" for tag, _ in rows[0])
    names = [text for _, text in rows[0]] if named else []
    lines = []
    for row in rows[1:] if named else rows:
        said = [
            f"{names[at]}: {text}" if at < len(names) and names[at] else text
            for at, (_, text) in enumerate(row)
            if text
        ]
        lines.append(", ".join(said))
    written = "; ".join(line for line in lines if line)
    for child in list(table):
        table.remove(child)
    table.tag, table.text = "div", written


def one_line(cell: Any) -> str:
    """A cell's words on one line, those of different lines apart; of a cell that only has pictures, such as a tick, what they show."""
    for block in cell.iterdescendants(*_BLOCKS):
        block.text, block.tail = f" {block.text or ''}", f" {block.tail or ''}"
    return (
        " ".join(cell.text_content().split())
        or " ".join(picture.get("alt", "") for picture in cell.iter("img")).strip()
    )


def _fill_spans(table: Any) -> None:
    """Repeat merged cells in every place they cover, so that each row has all its columns."""
    pending: dict[int, tuple[int, str, str]] = {}
    # Two columns whose first is bold throughout are labels and their values, whatever else is bold.
    written = map(_cells, table.iter("tr"))
    is_paired = all(len(found) < 2 or (len(found) == 2 and _names(found[0])) for found in written)
    for row in table.iter("tr"):
        cells: list[tuple[str, str]] = []
        column = 0
        for cell in [child for child in row if child.tag in ("td", "th")]:
            while column in pending:
                left, tag, text = pending.pop(column)
                cells.append((tag, text))
                if left > 1:
                    pending[-column - 1] = (left - 1, tag, text)
                column += 1
            named, text = "th" if not is_paired and _names(cell) else cell.tag, one_line(cell)
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            for _ in range(across):
                cells.append((named, text))
                if down > 1:
                    pending[-column - 1] = (down - 1, named, text)
                column += 1
        while column in pending:
            left, tag, text = pending.pop(column)
            cells.append((tag, text))
            if left > 1:
                pending[-column - 1] = (left - 1, tag, text)
            column += 1
        # Spans opened or carried by this row count from the next one on.
        pending = {(-key - 1 if key < 0 else key): value for key, value in pending.items()}
        for child in list(row):
            row.remove(child)
        for tag, text in cells:
            cell = row.makeelement(tag)
            cell.text = text
            row.append(cell)


def _names(cell: Any) -> bool:
    """Whether a cell looks like a name of its column or row: all its text is bold, or it says so."""
    if cell.get("role") in ("columnheader", "rowheader"):
        return True
    bold = "".join(part.text_content() for part in cell.xpath(".//b | .//strong"))
    return bool(bold.strip()) and "".join(bold.split()) == "".join(cell.text_content().split())


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1")
    return min(int(value), _MAX_SPAN) if value.isdecimal() and int(value) > 0 else 1
