"""What is measured on the commands that users run, where those end otherwise than well."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.config import read_settings
from evals import load, operation, serving
from retrieval.errors import NotReady, WrongUsage
from retrieval.home import Home
from retrieval.index import PassageIndex
from retrieval.records import Passage
from retrieval.search import Searcher
from retrieval.store import Store
from tests.fakes import WordEncoder


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the child process end with this exit code and these words."""

    def end(code: int, stdout: str = "", stderr: str = "") -> None:
        done = subprocess.CompletedProcess([], code, stdout, stderr)
        monkeypatch.setattr("evals.serving.subprocess.run", lambda *_, **__: done)

    return end


def test_a_rejected_file_is_a_line_of_the_report(ends: Callable[..., None], tmp_path: Path) -> None:
    rejected, summary = {"file": "a.pdf", "status": "rejected"}, {"indexed": 1, "rejected": 1, "passages": 3}
    ends(1, f"{json.dumps(rejected)}\n{json.dumps({'summary': summary})}\n")
    assert serving.ingest(tmp_path, [tmp_path]) == ([rejected], summary)


def test_an_ingest_that_does_not_begin_is_said_in_one_line(ends: Callable[..., None], tmp_path: Path) -> None:
    ends(3, stderr="policydesk: weights are missing; run: policydesk models pull\n")
    with pytest.raises(NotReady, match=r"^the folders cannot be ingested: weights are missing; run: policydesk models"):
        serving.ingest(tmp_path, [tmp_path])


def test_a_server_that_ends_at_once_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "command", lambda *_: ["true"])
    with pytest.raises(NotReady, match="ended without naming its address"), serving.serving(tmp_path):
        pass


def test_a_server_that_is_never_ready_is_not_waited_for_without_end() -> None:
    with pytest.raises(NotReady, match="not ready within 0 s: it did not answer"):
        serving.Server("http://127.0.0.1:9", 0, 0.0).until_ready(0.0)


def test_few_questions_are_timed_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passages = [Passage(f"p{n}", "d", "v", "Leave", "d", f"rule {n} on leave") for n in range(3)]
    index = PassageIndex.build(passages, WordEncoder())
    monkeypatch.setattr(operation, "load_encoder", lambda _name: WordEncoder())
    monkeypatch.setattr(operation, "open_index", lambda _home: index)
    asked: list[str] = []
    search = Searcher.search

    def noted(self: Searcher, question: str, **options: Any) -> Any:
        asked.append(question)
        return search(self, question, **options)

    monkeypatch.setattr(Searcher, "search", noted)
    settings = read_settings(tmp_path, {})
    found = operation._search(settings, ["what of leave?", "and rule 2?"])
    assert found["searches"] == 2
    assert len(asked) == 4, "each once before it is timed"
    assert np.isfinite(found["search_ms"]["total"]["p95"])


def test_documents_without_headings_leave_nothing_to_ask(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    Store.open(home).close()
    with pytest.raises(WrongUsage, match="nothing to ask about"):
        operation._questions(read_settings(home.root, {}), 5)
    with pytest.raises(WrongUsage, match="nothing to ask about"):
        load._furnish(home.root, load.LoadConfig(people=1))
