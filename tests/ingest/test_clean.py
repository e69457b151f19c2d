from __future__ import annotations

from ingest.clean import clean, plain
from ingest.records import Block, BlockKind


def cleaned(*texts: str) -> list[str]:
    return [block.text for block in clean([Block(BlockKind.PARAGRAPH, text) for text in texts])]


def test_odd_characters_become_what_people_type() -> None:
    assert plain("of\ufb01ce\u00a0hours\u200b \uf0b7 9\u20115\x07") == "office hours 9-5"


def test_contents_lines_empty_blocks_and_repeats_are_dropped() -> None:
    assert cleaned("1 Leave ........ 3", "* * *", "Leave is paid.", "Leave is paid.") == ["Leave is paid."]


def test_wrapped_lines_are_joined_and_an_address_keeps_its_lines() -> None:
    wrapped = "Every employee who has worked here for longer than one year may\ntake leave."
    assert cleaned(wrapped, "People team\nHauptstraße 1\nBerlin") == [
        "Every employee who has worked here for longer than one year may take leave.",
        "People team\nHauptstraße 1\nBerlin",
    ]


def test_a_blank_line_parts_paragraphs() -> None:
    assert cleaned("One.\n\nTwo.") == ["One.", "Two."]


def test_lines_to_sign_on_are_kept_short() -> None:
    assert cleaned("Signed: ______________________") == ["Signed: ____"]
