"""Review in the terminal: what waits, the report about it, and what is done with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant.answer import Assistant
from assistant.cli import build_app
from ingest.pipeline import IngestOptions, ingest
from retrieval.errors import WrongUsage
from retrieval.generations import CurrentIndex
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.test_review import HANDBOOK, LEAVE
from tests.fakes import WordEncoder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A handbook in force and a draft that contradicts it; the command line finds small stand-ins for the models."""
    monkeypatch.setattr("assistant.commands.reviewing.load_encoder", lambda name: WordEncoder())
    monkeypatch.setattr(
        "assistant.opening.open_assistant",
        lambda settings, model: Assistant(CurrentIndex(settings.home, encoder="words"), WordEncoder()),
    )
    monkeypatch.setenv("POLICYDESK_ENCODER", "words")
    home = Home(tmp_path / "home")
    store = Store.open(home)
    for name, text, draft in (("handbook.md", HANDBOOK, False), ("leave.md", LEAVE, True)):
        path = tmp_path / name
        path.write_text(text)
        ingest([path], home=home, store=store, encoder=WordEncoder(), options=IngestOptions(draft=draft, workers=1))
    store.close()
    return home.root


def documents(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(build_app(), ["--home", str(home), "documents", *arguments], catch_exceptions=False)


def printed(home: Path, *arguments: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(documents(home, *arguments, "--json").stdout)
    return result


def test_a_draft_goes_from_review_to_publication_and_back(home: Path) -> None:
    (draft,) = printed(home, "review")["drafts"]
    shown = documents(home, "review", draft["version_id"]).stdout
    assert "Contradiction: five unused days  ≠  ten unused days" in shown
    assert "2025-03-01, from “Effective 1 March 2025" in " ".join(shown.split())
    report = printed(home, "review", draft["document_id"])
    assert (report["version_id"], len(report["conflicts"])) == (draft["version_id"], 1)
    documents(home, "confirm", draft["version_id"], "--jurisdiction", "de", "--owner", "none")
    assert printed(home, "review")["drafts"][0]["particulars"]["jurisdiction"] == "DE"
    assert "undo" in documents(home, "undo").stdout.casefold()
    assert "is published" in documents(home, "publish", draft["document_id"]).stdout
    assert documents(home, "conflicts").exit_code == 1
    (conflict,) = printed(home, "conflicts")["conflicts"]
    assert set(conflict["differs"]) == {"ten unused days", "five unused days"}
    documents(home, "undo")
    assert [act["act"] for act in printed(home, "history")["actions"]] == ["publish", "confirm"]
    documents(home, "reject", draft["version_id"])
    assert "Nothing waits" in documents(home, "review").stdout


def test_a_removal_can_be_taken_back_where_it_was_asked_for(home: Path) -> None:
    document = printed(home, "list")["documents"][0]["document_id"]
    assert "undo with" in documents(home, "remove", document, "--yes", "--undoable").stdout
    assert "withdrawn" in [each["status"] for each in printed(home, "list")["documents"]]
    documents(home, "undo")
    assert "withdrawn" not in [each["status"] for each in printed(home, "list")["documents"]]
    documents(home, "remove", document, "--yes")
    assert document not in [each["document_id"] for each in printed(home, "list")["documents"]]


def test_acts_are_printed_as_json_where_scripts_ask_for_it(home: Path) -> None:
    (draft,) = printed(home, "review")["drafts"]
    document = draft["document_id"]
    published = printed(home, "publish", document)
    assert (published["act"], published["document_id"], published["status"]) == ("publish", document, "in_force")
    (act,) = printed(home, "history")["actions"]
    assert {key: value for key, value in published.items() if key != "status"} == act
    undone = printed(home, "undo", published["action_id"])
    assert (undone["action_id"], undone["status"]) == (published["action_id"], "draft")
    assert undone["undone_at"]
    removed = printed(home, "remove", document, "--yes", "--undoable")
    assert (removed["act"], removed["status"], removed["can_be_undone"]) == ("remove", "withdrawn", True)
    printed(home, "undo")
    gone = printed(home, "remove", document, "--yes")
    assert (gone["title"], gone["status"], gone["can_be_undone"]) == (removed["title"], "withdrawn", False)
    assert gone["versions"] == [draft["version_id"]]
    assert document not in [each["document_id"] for each in printed(home, "list")["documents"]]


def test_none_takes_away_what_was_said_however_it_is_written(home: Path) -> None:
    (draft,) = printed(home, "review")["drafts"]
    name = draft["version_id"]

    def said() -> tuple[list[str], str | None, str | None]:
        now = printed(home, "review")["drafts"][0]["particulars"]
        return now["audience"], now["jurisdiction"], now["owner"]

    documents(home, "confirm", name, "--audience", "board", "--jurisdiction", "uk", "--owner", "Kim")
    assert said() == (["board"], "GB", "Kim")
    with pytest.raises(WrongUsage, match="names groups and none"):
        documents(home, "confirm", name, "--audience", "none,hr")
    documents(home, "confirm", name, "--audience", "None", "--jurisdiction", "", "--owner", "")
    assert said() == ([], None, None)
