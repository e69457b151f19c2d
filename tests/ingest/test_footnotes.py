from __future__ import annotations

import pytest

from ingest.footnotes import place
from ingest.load import load
from ingest.records import BlockKind


def test_a_note_stands_behind_the_paragraph_and_the_table_that_refer_to_it() -> None:
    page = (
        "Leave is thirty days.[^1] It is paid.\n\nAsk first.\n\n| Grade | Days |\n|---|---|\n| Junior[^pay] | 25 |\n\nThe end.\n\n"
        "[^1]: Part-time staff have a share of it,\n    by their hours.\n\n    It is rounded up.\n[^pay]: Prorated.\n"
    )
    found = load("a.md", page.encode()).blocks
    assert [block.text or block.rows[1] for block in found] == [
        "Leave is thirty days. It is paid.",
        "Part-time staff have a share of it, by their hours. It is rounded up.",
        "Ask first.",
        ("Junior", "25"),
        "Prorated.",
        "The end.",
    ]


def test_a_note_of_an_item_stands_in_it() -> None:
    found = load("a.md", b"Leave:\n\n- Sick leave[^1]\n- Care leave\n\n[^1]: From the first day.\n").blocks
    assert [(block.kind, block.text) for block in found[1:]] == [
        (BlockKind.ITEM, "Sick leave (From the first day.)"),
        (BlockKind.ITEM, "Care leave"),
    ]


def test_a_note_that_nothing_refers_to_is_kept() -> None:
    assert place("Ask first.\n\n[^1]: Or later.\n\nThe end.\n").splitlines()[-1] == "Or later."


@pytest.mark.parametrize("page", ["Ask first[^1].\n", "```\n[^1]: x\n```\n[^1]\n", "No notes.\n"])
def test_marks_without_a_note_and_code_are_left_as_they_are(page: str) -> None:
    assert place(page) == page
