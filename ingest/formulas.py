"""Formulas that a workbook was saved with but never computed: what they come to is not in the file."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import Any

#: The cells of one sheet that a warning names.
_MOST_NAMED = 5


def uncomputed(sheet: bytes, *, computes_on_load: bool) -> list[str]:
    """The cells, as ``B2``, whose formula has no result, in the sheet's order.

    :param sheet: the sheet's part of the archive.
    :param computes_on_load: the workbook asks to be computed when it is opened. Programs that write formulas and compute none put
        a 0 behind each: it counts as no result.
    """
    from lxml import etree

    if b"<f" not in sheet and b":f" not in sheet:  # most sheets have none, and are not gone through for it
        return []
    found: list[str] = []
    for _, cell in etree.iterparse(
        io.BytesIO(sheet), tag="{*}c", resolve_entities=False, no_network=True, load_dtd=False
    ):
        if cell.find("{*}f") is not None and not _has_result(cell, computes_on_load):
            found.append(cell.get("r", "").upper())
        cell.clear(keep_tail=True)
    return [name for name in found if name]


def _has_result(cell: Any, computes_on_load: bool) -> bool:
    value = (cell.findtext("{*}v") or "").strip()
    if cell.get("t") == "str":  # a text, which may be empty
        return True
    return bool(value) and not (computes_on_load and value == "0")


def warning(title: str, cells: Collection[str]) -> str:
    """What a reader of the report must know and do about a sheet's cells without a result."""
    named = ", ".join(list(cells)[:_MOST_NAMED])
    more = f" and {len(cells) - _MOST_NAMED:,} more" if len(cells) > _MOST_NAMED else ""
    which = (
        f"the formula in {named} of sheet {title!r}"
        if len(cells) == 1
        else f"formulas in {named}{more} of sheet {title!r}"
    )
    return f"{which} could not be read, saved without a result; open the file in the spreadsheet program, save it and ingest it again"
