"""Two versions in the library compared: by id or number, in JSON and on the terminal, with the answers they touch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assistant.audit import Audit
from assistant.changes import affected_answers, compare, comparison_json, find_version
from assistant.commands import diffing
from assistant.config import Settings
from assistant.records import Citation
from retrieval.documents import NewPassage, NewVersion
from retrieval.errors import WrongUsage
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.answers import answered

SCOPE = "1.1 This policy applies to everybody."
LEAVE = "2.1 Staff receive 28 days [bold]of leave[/bold]."
NOTICE = "2.2 Leave is requested two weeks ahead."


def version(digest: str, *texts: tuple[str, str], since: date) -> NewVersion:
    return NewVersion(
        title="Leave [policy]", file="leave.md", source="leave.md", sha256=digest * 64, media_type="text/markdown", size_bytes=1,
        passages=tuple(NewPassage(text, (heading,)) for heading, text in texts), effective_from=since,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(Home(tmp_path))
    first = opened.add_version(
        version("a", ("1 Scope", SCOPE), ("2 Leave", f"{LEAVE}\n{NOTICE}"), since=date(2024, 1, 1))
    )
    raised = LEAVE.replace("28", "30")
    opened.add_version(
        version("b", ("1 Scope", SCOPE), ("2 Leave", f"{raised}\n2.2 New.\n2.3{NOTICE[3:]}"), since=date(2025, 1, 1)),
        document_id=first.document_id,
    )
    yield opened
    opened.close()


@pytest.fixture
def document_id(store: Store) -> str:
    return store.documents()[0].document_id


@pytest.mark.parametrize("name", ["2", "v2", "daaaaaaaaaa.v2"])
def test_version_is_named_by_id_or_number(store: Store, document_id: str, name: str) -> None:
    assert find_version(store.document(document_id), name).number == 2


def test_unknown_version_is_said_with_those_there_are(store: Store, document_id: str) -> None:
    with pytest.raises(WrongUsage, match="has no version 3, it has 1, 2"):
        compare(store, document_id, "1", "3")


def test_json_names_both_versions_and_every_change(store: Store, document_id: str) -> None:
    found = comparison_json(compare(store, document_id, "1", "2"))
    assert (found["from"], found["to"]) == (f"{document_id}.v1", f"{document_id}.v2")
    old, new = found["versions"]
    assert (old["effective_to"], new["effective_from"]) == ("2024-12-31", "2025-01-01")
    assert [(change["kind"], change["new"]["number"]) for change in found["changes"]] == [
        ("reworded", "2.1"),
        ("added", "2.2"),
        ("moved", "2.3"),
    ]


def test_answers_that_rested_on_a_changed_clause_are_named(store: Store, document_id: str) -> None:
    """Both answers cite one passage; only the clause of the first has changed."""
    audit, comparison = Audit(store), compare(store, document_id, "1", "2")
    passage = store.passages(f"{document_id}.v1")[1]
    ids = []
    for clause in (LEAVE, NOTICE):
        start = passage.text.index(clause)
        cited = Citation(1, passage, start, start + len(clause))
        ids.append(audit.record_answer(replace(answered(f"about {clause}"), citations=(cited,))))
    assert [entry.payload["answer_id"] for entry in affected_answers(store, comparison, audit)] == ids[:1]


def run(tmp_path: Path, *arguments: str) -> str:
    app = typer.Typer()

    @app.command()
    def diff(context: typer.Context, document_id: str, old: str, new: str, as_json: bool = False) -> None:
        diffing.diff(context, document_id, old, new, as_json)

    result = CliRunner().invoke(app, list(arguments), obj=Settings(Home(tmp_path)))
    assert result.exit_code == 0, result.output
    return result.output


def test_terminal_shows_clauses_with_their_facts(tmp_path: Path, store: Store, document_id: str) -> None:
    shown = run(tmp_path, document_id, "1", "2")
    assert "Leave [policy]" in shown
    assert "~ 2.1  Staff receive [-28-]{+30+} days [bold]of leave[/bold]." in shown
    assert "28 days → 30 days" in shown
    assert "+ 2.2  New." in shown
    assert "Only renumbered: 2.2 → 2.3" in shown
    assert "1 added, 1 moved, 1 reworded" in shown


def test_command_prints_json_alone(tmp_path: Path, store: Store, document_id: str) -> None:
    found = json.loads(run(tmp_path, document_id, "1", "2", "--as-json"))
    assert found["document_id"] == document_id
    assert found["affected_answers"] == []


def test_version_beside_itself_says_that_nothing_changed(tmp_path: Path, store: Store, document_id: str) -> None:
    assert "Nothing changed" in run(tmp_path, document_id, "2", "2")
