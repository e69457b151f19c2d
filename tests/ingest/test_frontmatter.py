from __future__ import annotations

from datetime import date

import pytest

from ingest.frontmatter import mended
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
