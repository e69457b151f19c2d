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
