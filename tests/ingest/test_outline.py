from __future__ import annotations

from ingest.outline import outline
from ingest.records import Block, BlockKind


def heading(text: str, level: int | None = None) -> Block:
    return Block(BlockKind.HEADING, text, level=level)


def paragraph(text: str, *, bold: bool = False, size: float | None = None) -> Block:
    return Block(BlockKind.PARAGRAPH, text, bold=bold, size=size)


def paths(*blocks: Block, title: str = "") -> dict[str, tuple[str, ...]]:
    return {placed.block.text: placed.section_path for placed in outline(blocks, title=title) if not placed.is_heading}


def test_levels_make_the_path() -> None:
    found = paths(
        heading("Leave", 1), heading("Annual", 2), paragraph("Thirty."), heading("Pay", 1), paragraph("Monthly.")
    )
    assert found == {"Thirty.": ("Leave", "Annual"), "Monthly.": ("Pay",)}


def test_numbers_are_kept_in_the_path() -> None:
    found = paths(heading("4. Leave", 1), heading("4.2 Carry-over:", 2), paragraph("Five days."))
    assert found == {"Five days.": ("4. Leave", "4.2 Carry-over")}


def test_the_title_is_no_section() -> None:
    found = paths(heading("Leave policy", 1), heading("Scope", 2), paragraph("All staff."), title="Leave Policy")
    assert found == {"All staff.": ("Scope",)}


def test_numbers_say_the_depth_where_styles_do_not() -> None:
    found = paths(
        paragraph("1 Leave", bold=True),
        paragraph("1.1 Annual leave", bold=True),
        paragraph("Thirty days are granted each year."),
        paragraph("2 Pay", bold=True),
        paragraph("Pay comes monthly."),
    )
    assert found == {
        "Thirty days are granted each year.": ("1 Leave", "1.1 Annual leave"),
        "Pay comes monthly.": ("2 Pay",),
    }


def test_larger_print_is_a_heading_and_larger_still_stands_above_it() -> None:
    found = paths(
        paragraph("Handbook", size=20),
        paragraph("Leave", size=14),
        paragraph("Thirty days are granted to everyone.", size=10),
        paragraph("Pay", size=14),
        paragraph("It comes at the end of each month.", size=10),
    )
    assert list(found.values()) == [("Handbook", "Leave"), ("Handbook", "Pay")]


def test_a_bold_sentence_is_no_heading() -> None:
    found = paths(paragraph("You must report this.", bold=True), paragraph("Call the hotline."))
    assert found == {"You must report this.": (), "Call the hotline.": ()}


def test_a_short_number_above_deeper_numbers_heads_them() -> None:
    found = paths(paragraph("5. Data"), paragraph("5.1 Data is kept safe."), paragraph("5.2 Data is deleted."))
    assert found == {"5.1 Data is kept safe.": ("5. Data",), "5.2 Data is deleted.": ("5. Data",)}


def test_the_next_clause_of_the_series_ends_a_section_that_was_a_heading() -> None:
    found = paths(
        paragraph("9. Usage"), paragraph("9.1 Use it well."), paragraph("10. Notices. Notices are sent by email to the address.")
    )  # fmt: skip
    assert found["10. Notices. Notices are sent by email to the address."] == ()


def test_a_list_inside_a_numbered_section_does_not_end_it() -> None:
    found = paths(
        heading("1. Purpose", 1), paragraph("1. To inform everybody."), paragraph("2. To protect everybody."),
    )  # fmt: skip
    assert set(found.values()) == {("1. Purpose",)}


def test_steps_with_steps_of_their_own_are_no_sections() -> None:
    steps = [Block(BlockKind.ITEM, text, level=text.count(".")) for text in ("1. Ask your manager.", "1.1 In writing", "2. Sign the form.")]  # fmt: skip
    assert set(paths(heading("1. Remote work", 1), *steps).values()) == {("1. Remote work",)}
    clauses = [Block(BlockKind.ITEM, text) for text in ("4. Duties of the Employee.", "4.1 Ask first.")]
    assert paths(*clauses) == {"4.1 Ask first.": ("4. Duties of the Employee",)}


def test_schedules_are_headings() -> None:
    found = paths(paragraph("Schedule 2 Fees"), paragraph("The fee is 10 euros."))
    assert found == {"The fee is 10 euros.": ("Schedule 2 Fees",)}


def test_a_number_on_a_line_of_its_own_takes_the_heading_below_it() -> None:
    found = paths(
        paragraph("Clause 12", bold=True), paragraph("Liability", bold=True), paragraph("Each party is liable.")
    )
    assert found == {"Each party is liable.": ("Clause 12 – Liability",)}


def test_clauses_stand_in_sections_though_both_are_set_alike() -> None:
    found = paths(
        paragraph("SECTION I Terms", bold=True, size=11),
        paragraph("Clause 1 Purpose", bold=True, size=11),
        paragraph("It has one.", size=11),
        paragraph("SECTION II Duties", bold=True, size=11),
        paragraph("Clause 2 Care", bold=True, size=11),
        paragraph("Care is taken.", size=11),
    )
    assert list(found.values()) == [("SECTION I Terms", "Clause 1 Purpose"), ("SECTION II Duties", "Clause 2 Care")]


def test_a_heading_right_above_the_first_of_a_count_heads_all_of_it() -> None:
    found = paths(
        paragraph("PROCESSING TERMS", bold=True, size=11.0),
        paragraph("1. DEFINITIONS", bold=True, size=11.0),
        paragraph("A term means what is said here.", size=11.0),
        paragraph("2. SCOPE", bold=True, size=11.0),
        paragraph("All of us are bound by this text.", size=11.0),
        paragraph("SIGNATURES", bold=True, size=11.0),
        paragraph("Both sides sign below the line.", size=11.0),
    )
    assert list(found.values()) == [
        ("PROCESSING TERMS", "1. DEFINITIONS"),
        ("PROCESSING TERMS", "2. SCOPE"),
        ("SIGNATURES",),
    ]
