from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.identify import Kinship, bare_title, identify, overlap
from retrieval.documents import NewPassage, NewVersion
from retrieval.errors import WrongUsage
from retrieval.home import Home
from retrieval.store import Store

TEXT = " ".join(f"Rule {number} says that everybody may take leave number {number} when asked." for number in range(12))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(Home(tmp_path))
    yield store
    store.close()


def version(**changes: Any) -> NewVersion:
    fields: dict[str, Any] = {
        "title": "Travel Policy", "file": "travel.md", "source": "/a/travel.md", "sha256": "a" * 64, "media_type": "text/markdown",
        "size_bytes": 10, "passages": (NewPassage(TEXT),), "effective_from": date(2024, 1, 1),
    }  # fmt: skip
    return NewVersion(**{**fields, **changes})


def later(**changes: Any) -> NewVersion:
    return version(**{"sha256": "b" * 64, "source": "/b/travel-2025.md", "effective_from": date(2025, 1, 1), **changes})


def test_a_file_is_new_to_an_empty_library(store: Store) -> None:
    assert identify(store, version()).kinship is Kinship.NEW


def test_the_same_bytes_are_unchanged_or_from_elsewhere_a_copy(store: Store) -> None:
    added = store.add_version(version())
    same, copy = identify(store, version()), identify(store, version(source="/elsewhere.md"))
    assert (same.kinship, same.version_id) == (Kinship.UNCHANGED, added.version_id)
    assert (copy.kinship, copy.because) == (Kinship.DUPLICATE, "same content as travel.md")


def test_another_file_at_the_same_place_is_a_new_version(store: Store) -> None:
    added = store.add_version(version())
    found = identify(store, version(sha256="b" * 64, title="Something else", effective_from=None))
    assert (found.kinship, found.document_id) == (Kinship.NEW_VERSION, added.document_id)


def test_a_file_that_goes_back_to_an_earlier_text_is_a_new_version(store: Store) -> None:
    first = store.add_version(version())
    store.add_version(version(sha256="b" * 64), document_id=first.document_id)
    back, copy = identify(store, version()), identify(store, version(source="/elsewhere.md"))
    assert (back.kinship, back.document_id) == (Kinship.NEW_VERSION, first.document_id)
    assert copy.kinship is Kinship.DUPLICATE
    third = store.add_version(version(), document_id=first.document_id)
    again = identify(store, version())
    assert (again.kinship, again.version_id) == (Kinship.UNCHANGED, third.version_id)


def test_a_file_put_back_after_its_change_was_withdrawn_is_unchanged(store: Store) -> None:
    first = store.add_version(version())
    store.add_version(version(sha256="b" * 64), document_id=first.document_id)
    store.change(first.document_id, lambda row: setattr(row.versions[-1], "withdrawn", True))
    assert identify(store, version()).version_id == first.version_id


def test_a_document_may_be_superseded_by_name_or_by_version(store: Store) -> None:
    added = store.add_version(version())
    other = later(title="Unlike", passages=(NewPassage("Other text."),))
    for name in (added.document_id, added.version_id):
        assert identify(store, other, supersedes=name).document_id == added.document_id
    with pytest.raises(WrongUsage, match="there is no document d0 to supersede"):
        identify(store, other, supersedes="d0")


def test_the_same_policy_with_another_date_is_a_new_version(store: Store) -> None:
    added = store.add_version(version())
    found = identify(store, later(title="Travel policy (v2, 2025)"))
    assert (found.kinship, found.document_id, found.because) == (
        Kinship.NEW_VERSION, added.document_id, "same policy with another date",
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"effective_from": None},
        {"effective_from": date(2024, 1, 1)},
        {"title": "Expenses Policy"},
        {"jurisdiction": "DE"},
        {"passages": (NewPassage("Wholly different words stand here. " * 20),)},
    ],
)
def test_what_may_be_another_document_is_not_merged(store: Store, changes: dict[str, Any]) -> None:
    store.add_version(version())
    assert identify(store, later(**changes)).kinship is Kinship.NEW


def upload(**changes: Any) -> NewVersion:
    return version(**{"source": "upload:policy.md", "effective_from": None, **changes})


UNRELATED: dict[str, Any] = {
    "sha256": "c" * 64, "title": "Parental Leave", "passages": (NewPassage("Wholly different words stand here. " * 20),),
}  # fmt: skip


def test_an_upload_under_the_name_of_an_unrelated_document_is_new(store: Store) -> None:
    store.add_version(upload())
    assert identify(store, upload(**UNRELATED)).kinship is Kinship.NEW


@pytest.mark.parametrize("changes", [{"title": "Business Trips"}, {"passages": UNRELATED["passages"]}])
def test_an_upload_with_the_title_or_the_text_of_one_before_is_its_next_version(
    store: Store, changes: dict[str, Any]
) -> None:
    first = store.add_version(upload())
    store.add_version(upload(**UNRELATED))
    found = identify(store, upload(sha256="b" * 64, **changes))
    assert (found.kinship, found.document_id) == (Kinship.NEW_VERSION, first.document_id)


def test_uploads_of_one_name_are_unchanged_and_go_back_each_for_itself(store: Store) -> None:
    first = store.add_version(upload())
    other = store.add_version(upload(**UNRELATED))
    assert identify(store, upload()).version_id == first.version_id
    store.add_version(upload(sha256="b" * 64, title="Business Trips"), document_id=first.document_id)
    back, still = identify(store, upload()), identify(store, upload(**UNRELATED))
    assert (back.kinship, back.document_id) == (Kinship.NEW_VERSION, first.document_id)
    assert (still.kinship, still.version_id) == (Kinship.UNCHANGED, other.version_id)


def test_variants_for_two_countries_are_two_documents(store: Store) -> None:
    store.add_version(version(passages=(NewPassage(f"{TEXT} It holds in France, and in France only."),)))
    german = later(passages=(NewPassage(f"{TEXT} It holds in Germany, and in Germany only."),))
    assert identify(store, german).kinship is Kinship.NEW


def test_contracts_from_one_template_are_not_versions(store: Store) -> None:
    store.add_version(version(title="Employment Agreement"))
    assert identify(store, later(title="Employment Agreement")).kinship is Kinship.NEW


def test_titles_are_compared_without_what_tells_versions_apart() -> None:
    titles = ["Travel Policy", "TRAVEL POLICY v2.1", "Travel policy (2024)", "Travel Policy – final"]
    assert {bare_title(title) for title in titles} == {"travel policy"}


def test_short_texts_never_count_as_alike() -> None:
    assert (overlap(TEXT, TEXT), overlap("one two three", "one two three")) == (1.0, 0.0)
