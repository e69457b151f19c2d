"""RTF: what no longer holds is left out, what stands at the foot of the page is kept."""

from __future__ import annotations

import pytest

from ingest.load import load
from ingest.records import Loaded


def rtf(body: str) -> Loaded:
    return load("leave.rtf", rf"{{\rtf1\ansi\deff0{{\fonttbl{{\f0 Arial;}}}}\pard {body}\par}}".encode("latin-1"))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (r"Leave is \strike 20\strike0  25 days.", "struck-out text"),
        (r"Leave is {\strike 20 }25 days.", "struck-out text"),
        (r"Leave is {\b\deleted\revauthdel1 20 }25 days.", "tracked changes"),
    ],
)
def test_what_no_longer_holds_is_left_out_with_a_warning(body: str, said: str) -> None:
    loaded = rtf(body)
    assert [block.text for block in loaded.blocks] == ["Leave is 25 days."]
    assert [said in warning for warning in loaded.warnings] == [True]


def test_a_footnote_stands_where_it_is_called() -> None:
    loaded = rtf(r"Leave{\super\chftn}{\footnote\pard\plain {\super\chftn} Not {\i sick} leave.\par} is paid.")
    assert [block.text for block in loaded.blocks] == ["Leave (Not sick leave.) is paid."]
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    "again", ["", r"\trowd\cellx3000\cellx6000"], ids=["a row said once", "as Word does, before it ends too"]
)
def test_the_paragraphs_of_a_cell_stay_in_it(again: str) -> None:
    def row(*cells: str) -> str:
        said = "".join(cell + r"\cell " for cell in cells)
        return rf"\trowd\cellx3000\cellx6000\pard\plain\intbl {{{said}}}\pard\plain\intbl {{{again}\row }}"

    rows = row("Grade", "Days") + row(r"Managers\par and directors", "28") + row(r"Staff\line and interns", "25")
    loaded = rtf(rf"Rates.\par {rows}\pard After.\par Them.")
    assert [block.text or block.rows for block in loaded.blocks] == [
        "Rates.",
        (("Grade", "Days"), ("Managers and directors", "28"), ("Staff and interns", "25")),
        "After.",
        "Them.",
    ]
