"""Which rows of a table head its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile

from ingest.dates import read_date

Row = Sequence[str]

#: What a document says about itself beside a value, line by line: such a table has labels in its first column and no header.
_PARTICULAR = re.compile(
    r"(?:(?:document|policy)\s+)?(?:owner|author|version|revision|status|title|number|effective(?:\s+(?:date|from))?|valid\s+(?:from|until)"
    r"|(?:(?:next|last)\s+)?review(?:ed)?(?:\s+date)?|last\s+(?:updated|revised)|approved\s+by|approver|date\s+of\s+issue|issue\s+date"
    r"|classification|gültig\s+ab|verantwortlich|stand)$",
    re.IGNORECASE,
)
_LONGEST_NAME = 60


def header_rows(rows: Sequence[Row], marked: Sequence[bool]) -> int:
    """How many of the first rows head the columns: those that are marked as header, else one that looks like it; and one more
    where that one has cells merged over several columns, which the next one names.

    :param rows: with the text of merged cells in every place they cover.
    :param marked: for each row whether its format or its look sets it apart as header.
    """
    stated = sum(
        1 for _ in takewhile(lambda entry: entry[0] and not is_merged(entry[1]), zip(marked, rows, strict=True))
    )
    count = stated or int(looks_like_header(rows))
    return 2 if count == 1 and _names_parts(rows) else count


def is_merged(row: Row) -> bool:
    """Whether a row says one thing across all its columns; the same number in each column is a row of numbers."""
    return len(row) > 1 and all(row) and len(set(row)) == 1 and re.search(r"[^\W\d_]", row[0]) is not None


def looks_like_header(rows: Sequence[Row]) -> bool:
    """Whether an unmarked first row names the columns: short words in every column, above cells that are unlike them."""
    first, body = rows[0], rows[1:]
    if counts_years(rows):
        return True
    if len(body) < 2 or len(set(first)) < 2 or not all(first):
        return False
    if any(len(cell) > _LONGEST_NAME or cell.endswith((":", "?")) or re.search(r"\d|^\W", cell) for cell in first):
        return False
    if pairs_labels(rows):
        return False
    numbers = sum(1 for row in body if any(re.search(r"\d", cell) for cell in row[1:]))
    return len(first) > 2 or numbers >= 0.6 * len(body)


_YEAR = re.compile(r"(?:FY\s?)?(?:19|20)\d\d(?:[/-]\d{1,4}){0,2}")


def counts_years(rows: Sequence[Row]) -> bool:
    """Whether the first row names its columns after years or days, one after the other, and no other row does."""
    return len(rows) > 1 and _is_in_order(rows[0]) and not any(map(_is_in_order, rows[1:]))


def _is_in_order(row: Row) -> bool:
    names = list(row[1:])
    if len(names) < 2 or re.search(r"\d", row[0]) or not all(map(_YEAR.fullmatch, names)):
        return False
    return len(set(names)) == len(names) and names in (sorted(names), sorted(names, reverse=True))


def pairs_labels(rows: Sequence[Row]) -> bool:
    """Whether a table of two columns says what each value is beside it, and has no header: it holds the particulars of a document,
    or its values are of several kinds, as in "Start date | 1 March 2025" above "Salary | EUR 4,000"."""
    if len(rows[0]) != 2:
        return False
    if are_particulars([row[0] for row in rows]) or all(row[0].endswith(":") for row in rows):
        return True
    return len({_kind(row[1]) for row in rows[1:] if len(row) > 1 and re.search(r"\d", row[1])}) > 1


def are_particulars(labels: Sequence[str]) -> bool:
    """Whether most labels name what a document says about itself."""
    return 2 * sum(1 for label in labels if _PARTICULAR.match(label.rstrip(": "))) >= len(labels)


_MONEY = re.compile(r"[$€£¥]|\b[A-Z]{3}\s?(?=\d)|\d\s?[A-Z]{3}\b")


def _kind(value: str) -> str:
    """What a number is: a day, a sum of money, a share, or an amount of something else."""
    if read_date(value):
        return "day"
    if _MONEY.search(value):
        return "money"
    return "share" if "%" in value else "amount"


def _names_parts(rows: Sequence[Row]) -> bool:
    """Whether the second row names the parts of columns that the first has merged, its first cell reaching down from it."""
    if len(rows) < 3 or len(rows[0]) != len(rows[1]) or is_merged(rows[0]) or rows[1][0] not in ("", rows[0][0]):
        return False
    parts = [
        part
        for merged, part in zip(pairwise(rows[0]), pairwise(rows[1]), strict=True)
        if merged[0] and len(set(merged)) == 1
    ]
    return bool(parts) and all(one != other and _is_name(one) and _is_name(other) for one, other in parts)


def _is_name(cell: str) -> bool:
    return re.match(r"\W*[^\W\d_]", cell) is not None
