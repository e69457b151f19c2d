from __future__ import annotations

from datetime import date

import pytest

from ingest.frontmatter import mended
from ingest.markup import split_front_matter
from ingest.read import read


def test_a_title_with_a_colon_keeps_the_other_fields() -> None:
    page = "---\ntitle: Travel: what we'll pay\neffective: 2025-03-01\nowner: Finance\n---\n# Travel\n\nTrains first.\n"
    for source in (page, page.replace("\n", "\r\n")):
        about = read("a.md", source.encode()).metadata
        assert (about.title, about.effective_from, about.owner) == (
            "Travel: what we'll pay", date(2025, 3, 1), "Finance",
        )  # fmt: skip


@pytest.mark.parametrize("name", ["effective-date", "Effective date", "effective_date"])
def test_the_words_of_a_name_may_be_joined_in_any_way(name: str) -> None:
    assert read("a.md", f"---\n{name}: 2025-03-01\n---\nLeave is paid.".encode()).metadata.effective_from == date(
        2025, 3, 1
    )


def test_no_is_norway() -> None:
    assert read("a.md", b"---\njurisdiction: NO\n---\nLeave is paid.").metadata.jurisdiction == "NO"


@pytest.mark.parametrize(
    "source",
    [
        "---\ntitle: 'Travel: what we pay'\nlink: https://example.org\ntags: [a, b]\n---\nText: more.",
        "Country: no\n\n---\nText: more: still.",
    ],
)
def test_what_is_plain_stays_as_it_is(source: str) -> None:
    assert mended(source) == source


def test_front_matter_in_toml_is_read() -> None:
    page = '+++\ntitle = "Leave: who and when"\nowner = "People team"\neffective_date = 2025-03-01\ntags = ["a"]\n+++\n\nThirty days.\n'
    found = read("leave.md", page.encode())
    about = found.metadata
    assert (about.title, about.owner, about.effective_from) == ("Leave: who and when", "People team", date(2025, 3, 1))
    assert [clause.text for clause in found.clauses] == ["Thirty days."]


def test_damaged_toml_is_left_out() -> None:
    assert split_front_matter("+++\ntitle = Leave\n+++\nThirty days.") == ({}, "Thirty days.")


@pytest.mark.parametrize("mark", ["", "**"])
def test_what_a_page_says_about_itself_line_by_line_is_read_line_by_line(mark: str) -> None:
    fields = {"Owner": "Ada Korff", "Effective date": "March 1, 2025", "Status": "Active"}
    page = (
        "# Leave\n\n"
        + "\n".join(f"{mark}{name}:{mark} {value}" for name, value in fields.items())
        + "\n\nThirty days.\n"
    )
    found = read("leave.md", page.encode())
    assert (found.metadata.owner, found.metadata.effective_from) == ("Ada Korff", date(2025, 3, 1))
    assert found.clauses[0].text.split("\n") == [f"{name}: {value}" for name, value in fields.items()]
