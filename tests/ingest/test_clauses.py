from __future__ import annotations

from ingest.clauses import clauses
from ingest.outline import outline
from ingest.records import Block, BlockKind, Clause
from retrieval.records import PassageKind


def paragraph(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


def item(text: str, level: int = 1) -> Block:
    return Block(BlockKind.ITEM, text, level=level)


def found(*blocks: Block) -> list[Clause]:
    return clauses(outline(blocks))


def tree(clause: Clause) -> tuple[str | None, list[object]] | str:
    return (
        (clause.number, [tree(child) for child in clause.children])
        if clause.children
        else (clause.number or clause.text)
    )


def test_a_numbering_tree_is_read_in_full() -> None:
    clause = found(
        paragraph("4.2 The employee shall:"),
        paragraph("(a) ask;"),
        paragraph("(b) where leave is refused,"),
        paragraph("(i) ask again; or"),
        paragraph("(ii) complain."),
        paragraph("(c) wait."),
    )[0]
    assert tree(clause) == ("4.2", ["4.2(a)", ("4.2(b)", ["4.2(b)(i)", "4.2(b)(ii)"]), "4.2(c)"])


def test_i_after_h_is_a_letter() -> None:
    letters = [paragraph(f"({letter}) rule {letter};") for letter in "abcdefghij"]
    clause = found(paragraph("3.1 It shall:"), *letters)[0]
    assert [child.number for child in clause.children][-3:] == ["3.1(h)", "3.1(i)", "3.1(j)"]


def test_a_list_stays_with_its_lead_in() -> None:
    clause = found(paragraph("You may claim:"), item("trains"), item("hotels"))[0]
    assert (clause.text, [child.text for child in clause.children], clause.kind) == (
        "You may claim:",
        ["- trains", "- hotels"],
        PassageKind.LIST,
    )


def test_nested_items_hang_below_their_item() -> None:
    clause = found(paragraph("Bring:"), item("papers:", 1), item("passport", 2), item("money", 1))[0]
    assert tree(clause) == (None, [(None, ["- passport"]), "- money"])


def test_a_definition_is_one() -> None:
    kinds = [
        clause.kind
        for clause in found(
            paragraph("Managers mean well."),
            paragraph("1.3 “Week” shall mean seven days."),
            paragraph("“Manager” means the person an employee reports to."),
        )
    ]
    assert kinds == [PassageKind.CLAUSE, PassageKind.DEFINITION, PassageKind.DEFINITION]


def test_rows_of_a_table_carry_its_header_and_its_lead_in_stands_above() -> None:
    table = Block(BlockKind.TABLE, "", rows=(("Country", "Days"), ("Germany", "30"), ("France", "")), header_rows=1)
    clause = found(paragraph("Leave a year:"), table)[0]
    assert (clause.kind, clause.text, [row.text for row in clause.children]) == (
        PassageKind.TABLE,
        "Leave a year:",
        ["Country: Germany; Days: 30", "Country: France"],
    )


def test_a_numbered_lead_in_gives_its_number_to_the_table() -> None:
    clause = found(paragraph("2.2 The rates are:"), Block(BlockKind.TABLE, "", rows=(("Car", "5"), ("Bike", "3"))))[0]
    assert (clause.number, clause.text, len(clause.children)) == ("2.2", "2.2 The rates are:", 2)


def test_a_table_without_header_reads_label_and_value() -> None:
    table = Block(BlockKind.TABLE, "", rows=(("Owner:", "People team"), ("Days", "30")))
    assert [row.text for row in found(table)[0].children] == ["Owner: People team", "Days | 30"]


def test_a_table_without_header_keeps_amounts_that_repeat_and_merged_words_once() -> None:
    after = "after 6 months in the grade"
    rows = (
        ("Junior", "5", "5", "7"),
        ("Senior", "not paid", "not paid", "9"),
        ("Lead", after, after, "9"),
        ("From 2025",) * 4,
    )
    assert [row.text for row in found(Block(BlockKind.TABLE, "", rows=rows))[0].children] == [
        "Junior | 5 | 5 | 7",
        "Senior | not paid | 9",
        f"Lead | {after} | 9",
        "From 2025",
    ]


def test_a_row_merged_throughout_is_said_once_and_equal_numbers_are_not() -> None:
    rows = (("Grade", "Days"), ("1", "1"), ("See the travel desk for 2026",) * 2)
    table = Block(BlockKind.TABLE, "", rows=rows, header_rows=1)
    assert [row.text for row in found(table)[0].children] == ["Grade: 1; Days: 1", "See the travel desk for 2026"]


def test_rows_below_a_long_header_keep_every_column() -> None:
    years = tuple(f"Annual leave in the calendar year {year} for full-time staff (days)" for year in (2023, 2024, 2025))
    rows = (("Grade", *years), ("Junior", "25", "25", "26"), ("Senior", "28", "", "30"), ("Pro rata",) * 4)
    clause = found(Block(BlockKind.TABLE, "", rows=rows, header_rows=1))[0]
    assert clause.text == " | ".join(("Grade", *years))
    assert [row.text for row in clause.children] == ["Junior | 25 | 25 | 26", "Senior | 28 | – | 30", "Pro rata"]


def test_a_heading_without_text_below_is_not_lost() -> None:
    blocks = [
        Block(BlockKind.HEADING, "Annex", level=1),
        Block(BlockKind.HEADING, "Forms", level=1),
        paragraph("None yet."),
    ]
    assert [(clause.text, clause.section_path) for clause in found(*blocks)] == [
        ("Annex", ()),
        ("None yet.", ("Forms",)),
    ]


def test_an_unnumbered_paragraph_belongs_to_the_clause_above_it() -> None:
    clause = found(paragraph("4.1 Leave is paid."), paragraph("This includes sick leave."))[0]
    assert [child.text for child in clause.children] == ["This includes sick leave."]
