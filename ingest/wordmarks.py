"""What a Word file says by marks in place of letters: signs of symbol fonts, formulas, small raised numbers, prompts to fill in."""

from __future__ import annotations

import re
from typing import Any

from ingest.raised import raised

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
#: The signs of fonts that have them in place of letters, by the low byte of their place.
_SIGNS = {
    "symbol": {0xA0: "€", 0xA3: "≤", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xD7: "·"},
    "wingdings": {0x6F: "☐", 0x71: "☐", 0x72: "☐", 0xA8: "☐", 0xE0: "→", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"},
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0xA3: "☐"},
}  # fmt: skip


def settle(root: Any) -> None:
    """Write the marks as letters; what only asks to be filled in goes."""
    for control in root.iter(f"{_W}sdt"):
        if control.find(f"{_W}sdtPr/{_W}showingPlcHdr") is not None:
            for words in control.iterfind(f"{_W}sdtContent//{_W}t"):
                words.text = ""
    for run in root.iter(f"{_W}r"):
        _raise(run)
    for sign in list(root.iter(f"{_W}sym")):
        sign.getparent().replace(sign, _words(sign, _sign(sign)))
    for formula in list(root.iter(f"{_M}oMath")):
        run = formula.makeelement(f"{_W}r")
        run.append(_words(formula, _said(formula)))
        formula.getparent().replace(formula, run)


def _words(node: Any, text: str) -> Any:
    words = node.makeelement(f"{_W}t")
    words.text, words.tail = text, node.tail
    return words


def _raise(run: Any) -> None:
    """Write a small raised number as such."""
    height = run.find(f"{_W}rPr/{_W}vertAlign")
    if height is not None and height.get(f"{_W}val") == "superscript":
        for words in run.iterchildren(f"{_W}t"):
            if (number := (words.text or "").strip()).isdecimal():
                words.text = raised(number)


def _sign(sign: Any) -> str:
    place = sign.get(f"{_W}char", "")
    known = _SIGNS.get(sign.get(f"{_W}font", "").lower(), {})
    return known.get(int(place, 16) & 0xFF, "") if re.fullmatch(r"[0-9a-fA-F]{2,4}", place) else ""


#: What stands between two parts of a formula that are not written side by side.
_BETWEEN = {f"{_M}f": "/", f"{_M}sSup": "^"}


def _said(part: Any) -> str:
    """A formula on one line: "(days × salary)/260"."""
    if part.tag == f"{_M}t":
        return part.text or ""
    said = [text for child in part if (text := _said(child))]
    between = _BETWEEN.get(part.tag)
    if between is None:
        return "".join(said)
    return between.join(f"({text})" if re.search(r"\W", text) else text for text in said)
