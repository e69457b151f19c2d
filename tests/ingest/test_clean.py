from __future__ import annotations

from ingest.clean import clean, plain
from ingest.records import Block, BlockKind


def cleaned(*texts: str) -> list[str]:
    return [block.text for block in clean([Block(BlockKind.PARAGRAPH, text) for text in texts])]


def test_odd_characters_become_what_people_type() -> None:
    assert plain("of\ufb01ce\u00a0hours\u200b \uf0b7 9\u20115\x07") == "office hours 9-5"


def test_an_accent_typed_apart_joins_its_letter() -> None:
    assert plain("U\u0308ber\u200bstunden, ½") == "Überstunden, ½"
    assert plain("u\u200b\u0308ber") == "über"


def test_contents_lines_empty_blocks_and_repeats_are_dropped() -> None:
    assert cleaned("1 Leave ........ 3", "* * *", "1 Leave", "Leave is paid.", "Leave is paid.") == [
        "1 Leave",
        "Leave is paid.",
    ]


def test_a_contents_list_is_dropped_where_its_words_head_the_parts() -> None:
    contents = ("1. Leave . . . . . . 3", "2. Sick pay ……… 7", "Annex A ........ iv")
    assert cleaned(*contents, "Leave", "It is paid.", "2. Sick pay", "Annex A") == [
        "Leave",
        "It is paid.",
        "2. Sick pay",
        "Annex A",
    ]


def test_a_contents_list_is_dropped_where_it_is_announced_or_long() -> None:
    assert cleaned("Contents", "About leaves .... 3", "About pay .... 2", "It is paid.") == ["Contents", "It is paid."]
    wrapped = "About pay ........ 3 About travel ........ 4 About work at home ........ 7"
    assert cleaned("Contents", wrapped, "It is paid.") == ["Contents", "It is paid."]
    assert cleaned(*(f"Part about {page} .... {page}" for page in range(3, 12)), "It is paid.") == ["It is paid."]


def test_prices_that_dots_lead_to_are_kept() -> None:
    prices = ("Breakfast ........ 12", "Lunch ........ 20", "Dinner ........ 30")
    assert cleaned("Meals", *prices, "Amounts are in euros per day.") == [
        "Meals",
        "Breakfast .... 12",
        "Lunch .... 20",
        "Dinner .... 30",
        "Amounts are in euros per day.",
    ]


def test_prices_are_kept_where_their_words_are_headings_too() -> None:
    prices = ("Germany ........ 50", "France ........ 40", "Spain ........ 45")
    assert cleaned(*prices, "Germany", "France", "Spain")[:3] == ["Germany .... 50", "France .... 40", "Spain .... 45"]


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
