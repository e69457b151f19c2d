"""Tables in the cells of a Word file's tables, which its reader would run together into one text."""

from __future__ import annotations

from typing import Any

from ingest.header import header_rows

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def settle(root: Any) -> None:
    """Take tables out of the cells they stand in.

    A table of one row or one column around others only lays out the page: its cells' content takes its place. In any other table the
    inner one becomes a line of its cell: "Grade: Junior, Days: 25; Grade: Senior, Days: 28".
    """
    inner = [table for table in root.iter(f"{_W}tbl") if _outer(table) is not None]
    around = dict.fromkeys(outer for table in inner if (outer := _outer(table)) is not None)
    for table in around:
        if _lays_out(table):
            _unwrap(table)
    for table in reversed(inner):  # the innermost first
        if _outer(table) is not None:
            _write_out(table)


def _outer(table: Any) -> Any | None:
    return next(table.iterancestors(f"{_W}tbl"), None)


def _lays_out(table: Any) -> bool:
    rows = table.findall(f"{_W}tr")
    return len(rows) == 1 or all(len(row.findall(f"{_W}tc")) < 2 for row in rows)


def _unwrap(table: Any) -> None:
    for cell in table.findall(f"{_W}tr/{_W}tc"):
        for node in cell.findall("*"):
            if node.tag != f"{_W}tcPr":
                table.addprevious(node)
    table.getparent().remove(table)


def _write_out(table: Any) -> None:
    rows = [tuple(_text(cell) for cell in row.findall(f"{_W}tc")) for row in table.findall(f"{_W}tr")]
    rows = [row for row in rows if any(row)]
    named = bool(rows) and header_rows(rows, [False] * len(rows)) > 0
    names = rows[0] if named else ()
    lines = [
        ", ".join(
            f"{names[at]}: {text}" if at < len(names) and names[at] else text for at, text in enumerate(row) if text
        )
        for row in (rows[1:] if named else rows)
    ]
    paragraph, run, words = (table.makeelement(f"{_W}{name}") for name in ("p", "r", "t"))
    words.text = "; ".join(lines)
    run.append(words)
    paragraph.append(run)
    table.getparent().replace(table, paragraph)


def _text(cell: Any) -> str:
    """A cell's words on one line, those of different paragraphs apart."""
    words = cell.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}p")
    return " ".join("".join(node.text or " " for node in words).split())
