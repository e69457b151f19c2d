from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ingest.countries import COUNTRIES, countries_named, country
from ingest.dates import read_date
from ingest.metadata import metadata
from ingest.read import read
from ingest.records import Block, BlockKind, Loaded, Metadata
from tests.ingest.builders import docx, flowing_pdf


def about(*texts: str, properties: dict[str, str] | None = None, file: str = "leave.md") -> Metadata:
    blocks = [Block(BlockKind.PARAGRAPH, text) for text in texts]
    return metadata(Loaded("text/markdown", tuple(blocks), properties=properties or {}), blocks, file=file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 March 2025", date(2025, 3, 1)),
        ("the 1st of March, 2025", date(2025, 3, 1)),
        ("March 1, 2025", date(2025, 3, 1)),
        ("Sept. 30, 2024", date(2024, 9, 30)),
        ("2025-03-01", date(2025, 3, 1)),
        ("1.3.2025", date(2025, 3, 1)),
        ("1. März 2025", date(2025, 3, 1)),
        ("25/3/2025", date(2025, 3, 25)),
        ("3/25/2025", date(2025, 3, 25)),
        ("3/4/2025", None),
        ("25-03-2025", date(2025, 3, 25)),
        ("01-03-2025", None),
        ("1-Mar-2025", date(2025, 3, 1)),
        ("2025/03/01", date(2025, 3, 1)),
        ("01.03.25", date(2025, 3, 1)),
        ("1 March 98", date(1998, 3, 1)),
        ("25/3/25", date(2025, 3, 25)),
        ("01/03/25", None),
        ("25-03-01", None),
        ("1.3.25.4", None),
        ("31 February 2025", None),
        ("soon", None),
    ],
)
def test_dates_are_read_where_their_order_is_certain(text: str, expected: date | None) -> None:
    assert read_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Effective 1 March 2025",
        "Effective date: @March 1, 2025",
        "Policy owner: People Team Effective date: 1 March 2025 Version: 2",
        "Effective date: 1 March 2025",
        "Version 2.1 | Effective from 1 March 2025 | Owner: People team",
        "This policy is effective from 1 March 2025.",
        "This travel and expenses policy comes into force on 1 March 2025.",
        "Valid from: 2025-03-01",
        "Effective Date – 1 March 2025",
        "Version 2 | Effective date – 1 March 2025",
        "Commencement date: 1-Mar-2025",
        "With effect from 2025/03/01",
        "This policy applies with effect from 1 March 2025.",
        "This policy takes effect from 1 March 2025.",
        "This policy comes into force as of 1 March 2025.",
        "Gültig ab 1. März 2025",
        "In force from 1 March 2025 until 31 December 2025",
        "Date effective: 1 March 2025",
        "Effective 1 March 2025, the travel policy applies to contractors too.",
        "Effective 1 March 2025, superseding version 2 of May 2023",
        "Effective March 1, 2025, Owner: People team",
        "Policy effective date | 1 March 2025",
        "Effective date of this policy: 1 March 2025",
        "This policy becomes effective on Saturday, March 1, 2025.",
        "This policy is effective as from 1 March 2025.",
        "Diese Richtlinie tritt am 1. März 2025 in Kraft.",
        "In Kraft getreten am 01.03.2025",
        "Wirksam ab dem 1. März 2025",
    ],
)
def test_the_day_a_document_begins_is_read(text: str) -> None:
    assert about(text).effective_from == date(2025, 3, 1)


@pytest.mark.parametrize(
    "text",
    [
        "The code of procedure, chapter 3, effective 1 March 2025, is incorporated.",
        "Staff hired on 1 March 2025 are covered.",
        "Last reviewed 1 March 2025",
        "The previous version of this policy was effective from 1 March 2025.",
        "With effect from 1 March 2025 the mileage rate rises.",
        "Effective 1 March 2025, employees must badge in at reception.",
        "Effective March 1, 2025, the mileage rate rises.",
        "Apply from 1 March 2025 in the portal.",
        "These rules apply from 1 March 2025.",  # a section's
        "Die bisherige Regelung tritt am 1. März 2025 in Kraft.",
        "Die Datenschutz-Grundverordnung gilt ab dem 1. März 2025.",
        "Die Neuregelung gilt ab 1. März 2025.",
        "Der Tarifvertrag gilt ab 1. März 2025.",
        "Der Anspruch nach der neuen Regelung gilt ab 1. März 2025.",
        "Drei Tage sind möglich. Diese Regelung gilt ab 1. März 2025.",
        "This policy is superseded with effect from 1 March 2025.",
        "This policy is no longer in force since 1 March 2025.",
        "The corporate terms of service were deprecated effective 30 November 2021, and are no longer used.",
    ],
)
def test_dates_about_something_else_are_not_taken(text: str) -> None:
    assert about(text).effective_from is None


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("Valid from 01.03.25", date(2025, 3, 1), None),
        ("Gilt vom 01.01.25 bis 31.12.25", date(2025, 1, 1), date(2025, 12, 31)),
        ("Effective: March 2025", date(2025, 3, 1), None),
        ("Gültig ab 03/2025", date(2025, 3, 1), None),
        ("This policy is effective March 2025 until November 2025.", date(2025, 3, 1), date(2025, 11, 30)),
        ("Effective March 2025, employees must badge in at reception.", None, None),
        ("With effect from March 2025 the mileage rate rises.", None, None),
    ],
)
def test_a_short_year_and_a_month_alone_are_read_where_a_date_is_stated(
    text: str, begins: date | None, ends: date | None
) -> None:
    found = about(text)
    assert (found.effective_from, found.effective_to) == (begins, ends)


def test_a_range_gives_both_days() -> None:
    found = about("Effective 1 January 2024 to 31 December 2024")
    assert (found.effective_from, found.effective_to) == (date(2024, 1, 1), date(2024, 12, 31))
    assert about("This policy applies from 1 January 2024 to 31 December 2024.").effective_to == date(2024, 12, 31)
    assert about("Gültig vom 1. Januar 2024 bis 31. Dezember 2024").effective_to == date(2024, 12, 31)


def test_the_highest_version_of_a_history_tells_the_day() -> None:
    first, second = "Version 1.9, effective 1 January 2020", "Version 1.10, effective 1 March 2025"
    assert about(first, second).effective_from == about(second, first).effective_from == date(2025, 3, 1)
    assert about("Effective 1 May 2026", first, second).effective_from == date(2026, 5, 1)


def test_a_table_of_versions_tells_the_day() -> None:
    rows = (("Version", "Effective date"), ("v1.0", "1 January 2020"), ("v2.0", "1 March 2025"))
    blocks = [Block(BlockKind.TABLE, "", rows=rows, header_rows=1)]
    assert metadata(Loaded("text/markdown", ()), blocks, file="a.md").effective_from == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Expires on 31 March 2025", date(2025, 3, 31)),
        ("Version 2 | Valid until 31 March 2025", date(2025, 3, 31)),
        ("Effective 1 March 2024. Expires on 31 March 2025.", date(2025, 3, 31)),
        ("Ask HR first. This policy is valid until 31 March 2025.", date(2025, 3, 31)),
        ("Unused leave is lost. Expires on 31 March 2025.", None),
        ("Expiration date: 31 March 2025", date(2025, 3, 31)),
        ("Gilt bis 31. März 2025", date(2025, 3, 31)),
        ("This policy takes effect on 1 January 2025 and expires on 31 March 2025.", date(2025, 3, 31)),
        (
            "This policy comes into effect on 1 January 2025 and remains in force until 31 March 2025.",
            date(2025, 3, 31),
        ),
        ("Diese Vereinbarung tritt am 1. Januar 2025 in Kraft und gilt bis zum 31. März 2025.", date(2025, 3, 31)),
        ("Diese Vereinbarung gilt ab 1. Januar 2025 und bleibt bis zum 31. März 2025 in Kraft.", date(2025, 3, 31)),
        ("This policy is effective from 1 January 2025 and claims are paid until 31 March 2025.", None),
        ("Diese Betriebsvereinbarung gilt bis 31. März 2025", date(2025, 3, 31)),
        ("Dieser Tarifvertrag gilt bis 31. März 2025", date(2025, 3, 31)),
        ("Der Mietvertrag gilt bis 31. März 2025.", None),
        ("Diese Regelung gilt bis 31. März 2025.", date(2025, 3, 31)),
        ("Drei Tage sind möglich. Diese Regelung gilt bis 31. März 2025.", None),
        ("Die Übergangsregelung gilt bis zum 31. März 2025.", None),
    ],
)
def test_the_last_day_is_read_where_the_document_ends(text: str, expected: date | None) -> None:
    assert about(text).effective_to == expected


def test_a_first_day_that_can_be_read_two_ways_is_told() -> None:
    assert about("Effective date: 01/04/2025").ambiguous_from == "01/04/2025"
    assert about("Thirty days.", properties={"effective": "01-04-2025"}).ambiguous_from == "01-04-2025"
    assert about("Effective date: 01/04/2025", "Effective from 1 April 2025").ambiguous_from is None
    assert about("Effective date: 31/02/2025").ambiguous_from is None


def _word() -> bytes:
    def write(document: Any) -> None:
        section = document.sections[0]
        section.header.paragraphs[0].text = "HR-012 Remote Work\tVersion 3.1 - Effective 1 March 2025"
        section.footer.paragraphs[0].text = "Owner: People team\tPage 2 of 9"
        document.add_paragraph("You may work remotely.")

    return docx(write)


def _pdf() -> bytes:
    return flowing_pdf(
        ["You may work remotely.", None, "Ask first."], header="Remote Work v3.1 | Effective 1 March 2025", footer="Owner: People team Page {page}"
    )  # fmt: skip


@pytest.mark.parametrize(("name", "data"), [("a.docx", _word()), ("a.pdf", _pdf())])
def test_running_headers_and_footers_speak_about_the_document_and_are_no_part_of_its_text(
    name: str, data: bytes
) -> None:
    found = read(name, data)
    assert found.metadata.effective_from == date(2025, 3, 1)
    assert (found.metadata.version, found.metadata.owner) == ("3.1", "People team")
    assert found.clauses[0].text == "You may work remotely."


def test_the_text_is_believed_before_a_running_header() -> None:
    blocks = [Block(BlockKind.PARAGRAPH, "Effective 1 March 2025")]
    loaded = Loaded("text/markdown", (), furniture=("Effective 1 January 2020",))
    assert metadata(loaded, blocks, file="a.md").effective_from == date(2025, 3, 1)


def test_front_matter_comes_first() -> None:
    stated = {"effective": "2025-03-01", "owner": "People team", "jurisdiction": "DE", "version": "2"}
    found = about("Effective 1 January 2020", properties=stated)
    assert (found.effective_from, found.owner, found.jurisdiction, found.version) == (
        date(2025, 3, 1), "People team", "DE", "2",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This policy applies to employees in Germany.", "DE"),
        ("It applies to all staff based in the United Kingdom.", "GB"),
        ("Country: France", "FR"),
        ("Country: Jordan", "JO"),
        ("This policy applies to employees in the Democratic Republic of the Congo.", "CD"),
        ("This policy applies to employees in Egypt and Nigeria.", None),
        ("Ask Jordan or Chad.", None),
        ("It applies to employees in Germany and France.", None),
        ("Germany has a works council.", None),
    ],
)
def test_the_country_is_read_where_it_is_said_to_apply(text: str, expected: str | None) -> None:
    assert about(text).jurisdiction == expected


@pytest.mark.parametrize(
    ("titled", "expected"),
    [
        ("Parental Leave (Germany)", "DE"),
        ("Handbook – UK", "GB"),
        ("Parental Leave (Peru)", "PE"),
        ("Germany Addendum to the Employee Handbook", "DE"),
        ("Working in Germany", None),
        ("Germany trip report", None),
    ],
)
def test_the_title_of_a_country_variant_names_its_country(titled: str, expected: str | None) -> None:
    assert about("Thirty days.", properties={}, file=f"{titled}.md").jurisdiction == expected


def test_a_country_is_known_by_its_code_in_front_matter() -> None:
    assert about("Thirty days.", properties={"country": "EG"}).jurisdiction == "EG"


def test_no_name_is_of_two_countries() -> None:
    names = [name.casefold() for each in COUNTRIES.values() for name in (each.name, *each.others)]
    assert len(names) == len(set(names))


def test_the_owner_is_read() -> None:
    assert about("Policy owner: People team").owner == "People team"
    assert about("Version 2 · Owner: Dr. Ada Korff, Legal · Berlin").owner == "Dr. Ada Korff, Legal"
    assert (
        about("Owner: Ada Korff, People Partner UK Applies to employees of Korff Ltd.").owner
        == "Ada Korff, People Partner UK"
    )


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("Owner: people@example.com", "people@example.com"),
        ("Policy owner: Ada Korff (ada.korff@example.com), Berlin", "Ada Korff (ada.korff@example.com), Berlin"),
        ("Owner: People Team Version: 2.1 Effective date: 1 March 2025", "People Team"),
        ("Owner: People Team, version 2.1, effective 1 March 2025", "People Team"),
        ("Owner: Head of People / HR Operations Approved by: the board", "Head of People / HR Operations"),
        ("Owner: Head of Policy and Document Control", "Head of Policy and Document Control"),
        ("Policy owner – People Team", "People Team"),
        ("Owned by: People Team. Ask them.", "People Team"),
        ("Owner: Document Control, 2nd floor", "Document Control, 2nd floor"),
        ("Owner: Effective date: 1 March 2025", None),
    ],
)
def test_the_owner_ends_where_another_field_begins_and_not_in_an_address(line: str, owner: str | None) -> None:
    assert about(line).owner == owner


@pytest.mark.parametrize(
    "rows",
    [
        [("Document owner", "People Team", "Effective date", "1 March 2025"), ("Version", "2.1", "Next review", "1 May 2026")],
        [("Policy owner", "Effective date", "Next review"), ("People Team", "1 March 2025", "1 May 2026")],
        [("Owner", "Version", "Status", "Effective date"), ("People Team", "2.1", "Approved", "1 March 2025")],
        [("Title", "Leave"), ("Number", "12"), ("Version", "2.1"), ("Status", "Approved"), ("Author", "Jo"), ("Approved by", "Board"),
         ("Classification", "Internal"), ("Review", "yearly"), ("Effective date", "1 March 2025"), ("Owner", "People Team")],
    ],
    ids=["two a row", "below each other", "four columns", "ten rows"],
)  # fmt: skip
def test_a_table_of_particulars_is_read_however_it_is_laid_out(rows: list[tuple[str, ...]]) -> None:
    block = Block(BlockKind.TABLE, "", rows=tuple(rows))
    found = metadata(Loaded("text/plain", (block,)), [block], file="a.docx")
    assert (found.owner, found.effective_from) == ("People Team", date(2025, 3, 1))


def test_countries_are_known_by_name_and_code() -> None:
    assert [country(name) for name in ("the Netherlands", "uk", "DE", "Atlantis")] == ["NL", "GB", "DE", None]
    assert [country(name) for name in ("The U.S.", "Österreich", "Großbritannien", "Polish")] == [
        "US",
        "AT",
        "GB",
        None,
    ]
    assert countries_named("Germany, germany; France") == {"DE"}


def test_the_title_is_the_stated_one_else_the_first_heading_else_the_name() -> None:
    assert about("Text.", file="legal/remote-work_policy.md").title == "Remote work policy"
    assert about("Text.", file="legal/README.md").title == "Legal – README"
    assert about("Text.", file="refund/index.md").title == "Refund"
    blocks = [Block(BlockKind.HEADING, "Paid leave", level=1), Block(BlockKind.PARAGRAPH, "Thirty days.")]
    assert metadata(Loaded("text/markdown", ()), blocks, file="a.md").title == "Paid leave"
    assert metadata(Loaded("text/markdown", (), title="Leave policy"), blocks, file="a.md").title == "Leave policy"


def test_the_largest_print_on_the_first_page_is_the_title() -> None:
    blocks = [
        Block(BlockKind.PARAGRAPH, "Example Ltd", page=1, size=10),
        Block(BlockKind.PARAGRAPH, "Code of", page=1, size=24),
        Block(BlockKind.PARAGRAPH, "Conduct", page=1, size=24),
        *[Block(BlockKind.PARAGRAPH, "We treat each other well in all we do.", page=1, size=10)] * 5,
    ]
    loaded = Loaded("application/pdf", (), properties={"title": "Microsoft Word - coc.docx"})
    assert metadata(loaded, blocks, file="coc.pdf").title == "Code of Conduct"


@pytest.mark.parametrize("size", [None, 18.0])
def test_a_numbered_heading_right_below_the_title_is_no_part_of_it(size: float | None) -> None:
    lines = ("EMPLOYEE HANDBOOK", "SECTION 1: WORKING HOURS")
    blocks = [Block(BlockKind.PARAGRAPH, text, bold=True, size=size) for text in lines]
    blocks += [Block(BlockKind.PARAGRAPH, text, size=size and 10.0) for text in ("Nine to five.", "A", "B", "C")]
    assert metadata(Loaded("text/plain", tuple(blocks)), blocks, file="hb.pdf").title == "EMPLOYEE HANDBOOK"
