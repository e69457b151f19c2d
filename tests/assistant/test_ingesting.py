"""``policydesk ingest``: what its options and a catalog say about files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli import main
from retrieval.documents import Document
from retrieval.home import Home
from retrieval.store import Store
from tests.fakes import WordEncoder


def ingested(home: Path, *arguments: str | Path) -> dict[str, Document]:
    """The documents by title after an ingest."""
    with pytest.raises(SystemExit) as end:
        main(["--home", str(home), "ingest", *map(str, arguments)])
    assert end.value.code in (0, None)
    return {document.title: document for document in Store.open(Home(home)).documents()}


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("assistant.commands.ingesting.load_encoder", lambda name: WordEncoder())
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "pay.md").write_text("# Pay bands\n\nBand 6 is paid 90,000 euros a year.\n")
    return tmp_path


def stated(corpus: Path, **more: object) -> Path:
    entry = {"file": "pay.md", "title": "Pay bands", "owner": "HR", "effective_from": "2024-01-01", **more}
    (corpus / "catalog.json").write_text(json.dumps([entry]))
    return corpus / "catalog.json"


def test_what_a_catalog_leaves_out_the_options_say(corpus: Path) -> None:
    options = ("--audience", "board", "--jurisdiction", "DE", "--effective-to", "2030-12-31")
    found = ingested(corpus / "home", corpus / "documents", "--catalog", stated(corpus), *options)["Pay bands"]
    assert (found.audience, found.jurisdiction, found.owner) == (frozenset({"board"}), "DE", "HR")
    assert str(found.versions[0].effective_to) == "2030-12-31"


def test_what_a_catalog_states_stands_over_the_options(corpus: Path) -> None:
    catalog = stated(corpus, audience=["hr"], jurisdiction="GB")
    options = ("--audience", "board", "--jurisdiction", "DE", "--owner", "Legal")
    found = ingested(corpus / "home", corpus / "documents", "--catalog", catalog, *options)["Pay bands"]
    assert (found.audience, found.jurisdiction, found.owner) == (frozenset({"hr"}), "GB", "HR")


def test_a_catalog_says_nothing_of_a_file_that_has_the_same_name_elsewhere(corpus: Path) -> None:
    (corpus / "minutes").mkdir()
    (corpus / "minutes" / "pay.md").write_text("# Minutes\n\nThe company is to be sold to a rival in May.\n")
    paths = (corpus / "documents", corpus / "minutes")
    found = ingested(corpus / "home", *paths, "--audience", "board", "--catalog", stated(corpus, audience=["employee"]))
    assert {title: each.audience for title, each in found.items()} == {"Pay bands": {"employee"}, "Minutes": {"board"}}


@pytest.mark.parametrize("catalog", [{"jurisdiction": "uk"}, {}])
def test_what_is_for_the_uk_answers_questions_about_great_britain(corpus: Path, catalog: dict[str, object]) -> None:
    said = ("--catalog", stated(corpus, **catalog)) if catalog else ("--jurisdiction", "UK")
    assert ingested(corpus / "home", corpus / "documents", *said)["Pay bands"].jurisdiction == "GB"


def test_an_unset_variable_is_not_the_folder_one_is_in(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(corpus / "documents")
    with pytest.raises(SystemExit) as end:
        main(["--home", str(corpus / "home"), "ingest", ""])
    assert (end.value.code, "there is no file or folder ''" in capsys.readouterr().err) == (2, True)
    assert not (corpus / "home").exists()
