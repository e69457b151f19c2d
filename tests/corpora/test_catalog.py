"""What the sample corpus promises about its documents."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from corpora.beir import normalised
from corpora.catalog import SAMPLE, SISTER, CatalogEntry, document_paths, read_catalog
from corpora.errors import CorpusError
from tests.corpora.reading import document_text


def entry(file: str) -> CatalogEntry:
    return next(entry for entry in read_catalog() if entry.file == file)


def spoken(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def test_there_are_at_least_thirty_documents_and_five_of_each_format() -> None:
    formats = Counter(path.suffix for path in document_paths())
    assert formats.keys() == {".md", ".html", ".docx", ".pdf"}
    assert min(formats.values()) >= 5
    assert formats.total() >= 30


@pytest.mark.parametrize("entry", read_catalog(), ids=lambda entry: entry.file)
def test_a_document_states_its_title_owner_and_date_itself(entry: CatalogEntry) -> None:
    text = document_text(SAMPLE / "documents" / entry.file)
    assert entry.title in text
    assert f"Effective {spoken(entry.effective_from)} · Owner: {entry.owner}" in text


def test_three_documents_have_two_versions_whose_dates_follow_without_a_gap() -> None:
    newer = [entry for entry in read_catalog() if entry.supersedes]
    assert len(newer) == 3
    for new in newer:
        assert new.supersedes is not None
        old = entry(new.supersedes)
        assert old.title == new.title
        assert old.effective_to is not None
        assert (new.effective_from - old.effective_to).days == 1
        assert spoken(old.effective_from) in document_text(SAMPLE / "documents" / new.file)


def test_the_old_version_is_in_force_until_its_last_day() -> None:
    old, new = entry("annual-leave-policy-2023.md"), entry("annual-leave-policy-2025.md")
    assert old.in_force(date(2025, 2, 28))
    assert not new.in_force(date(2025, 2, 28))
    assert not old.in_force(date(2025, 3, 1))
    assert new.in_force(date(2025, 3, 1))


def test_both_sides_of_each_planted_contradiction_stand_in_documents_in_force() -> None:
    planted = json.loads((SAMPLE / "planted.json").read_text(encoding="utf-8"))
    assert len(planted) == 2
    for contradiction in planted:
        first, second = contradiction["sides"]
        assert first["file"] != second["file"]
        for side in (first, second):
            assert entry(side["file"]).effective_to is None
            assert normalised(side["quote"]) in document_text(SAMPLE / "documents" / side["file"])


def test_restricted_and_national_documents_are_marked() -> None:
    entries = read_catalog()
    assert {entry.file: set(entry.audience) for entry in entries if entry.audience} == {
        "managers-pay-review-guide.docx": {"managers"},
        "hr-investigations-guide.pdf": {"hr"},
    }
    assert {entry.jurisdiction for entry in entries} == {None, "DE", "GB"}
    assert entry("germany-addendum.md").jurisdiction == "DE"


def test_a_file_outside_the_catalog_is_reported(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "stray.md").write_text("# Stray", encoding="utf-8")
    (tmp_path / "catalog.json").write_text("[]", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"stray\.md"):
        read_catalog(tmp_path)


def test_a_malformed_entry_is_reported(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "catalog.json").write_text('[{"file": "a.md"}]', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"entry 1: \w+ is missing; file, title, owner and effective_from are needed"):
        read_catalog(tmp_path)


def written(folder: Path, **fields: object) -> Path:
    """A corpus of one document, and what its catalog says of it."""
    (folder / "documents").mkdir()
    (folder / "documents" / "a.md").write_text("# A", encoding="utf-8")
    entry = {"file": "a.md", "title": "A", "owner": "Ann", "effective_from": "2025-01-01", **fields}
    (folder / "catalog.json").write_text(json.dumps([entry]), encoding="utf-8-sig")
    return folder


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"audience": "hr"}, "audience is 'hr', expected a list of texts"), ({"title": 5}, "title is 5, expected a text")],
)
def test_a_field_of_another_kind_is_reported(tmp_path: Path, wrong: dict[str, object], said: str) -> None:
    with pytest.raises(CorpusError, match=f"entry 1: {said}"):
        read_catalog(written(tmp_path, **wrong))


def test_what_a_file_manager_leaves_is_no_document(tmp_path: Path) -> None:
    (written(tmp_path) / "documents" / ".DS_Store").touch()
    assert [entry.file for entry in read_catalog(tmp_path)] == ["a.md"]


def test_a_corpus_without_documents_is_reported(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text("[]", encoding="utf-8")
    with pytest.raises(CorpusError, match="documents is missing"):
        read_catalog(tmp_path)


def test_the_sister_company_has_a_catalog_too() -> None:
    assert len(read_catalog(SISTER)) == len(document_paths(SISTER))
