"""Signs, formulas and prompts of Word files."""

from __future__ import annotations

import pytest

from ingest.load import load
from tests.ingest.builders import docx_with_body

_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def text(runs: str) -> str:
    (block,) = load("a.docx", docx_with_body(f'<w:p xmlns:m="{_MATH}">{runs}</w:p>')).blocks
    return block.text


def said(words: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


@pytest.mark.parametrize(
    ("font", "place", "sign"),
    [("Symbol", "F0B3", "≥"), ("Symbol", "A3", "≤"), ("Wingdings", "F0FC", "✓"), ("Wingdings", "F0FB", "✗"), ("Webdings", "F021", "")],
)  # fmt: skip
def test_a_sign_of_a_symbol_font_is_read(font: str, place: str, sign: str) -> None:
    drawn = f'<w:r><w:sym w:font="{font}" w:char="{place}"/></w:r>'
    assert text(f"{said('Service ')}{drawn}{said(' 5 years.')}") == f"Service {sign} 5 years."


def test_a_formula_is_read_on_one_line() -> None:
    letters = "<m:r><m:t>{}</m:t></m:r>"
    part = f"<m:f><m:num>{letters.format('salary × days')}</m:num><m:den>{letters.format('260')}</m:den></m:f>"
    formula = f"<m:oMath>{letters.format('2 × ')}{part}</m:oMath>"
    assert text(f"{said('Pay is ')}{formula}{said('.')}") == "Pay is 2 × (salary × days)/260."
    assert text(f"<m:oMathPara>{formula}</m:oMathPara>") == "2 × (salary × days)/260"


def test_a_prompt_to_fill_in_is_no_text() -> None:
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{said('Click here.')}</w:sdtContent></w:sdt>"
    assert text(f"{said('Owner: ')}{prompt}") == "Owner:"


def test_words_that_run_the_other_way_are_read() -> None:
    assert (
        text(f'{said("Leave ")}<w:dir w:val="rtl">{said("is paid")}</w:dir>{said(" in full.")}')
        == "Leave is paid in full."
    )
