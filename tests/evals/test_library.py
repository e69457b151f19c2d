from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals import library
from evals.data import DataError
from evals.library import load_any
from tests.fakes import WordEncoder

HANDBOOK = """# Staff Handbook

## 1 Leave

1.1 Up to five unused days of leave may be carried over until 31 March of the following year.

## 2 Expenses

2.1 Expenses are claimed within thirty days of the journey. Receipts are kept for six years.
"""


def question(number: int, quote: str | None, **more: Any) -> dict[str, Any]:
    gold = [{"file": "handbook.md", "quote": quote}] if quote else []
    return {
        "_id": f"q{number}", "text": "How long?", "kind": "plain" if quote else "unanswerable", "history": [], "as_of": None,
        "jurisdiction": None, "groups": [], "gold": gold, "answer": "thirty days" if quote else "", "must_hold": ["thirty"] if quote else [],
        "metadata": {"split": "test", "tags": []}, **more,
    }  # fmt: skip


def write_library(folder: Path, *questions: dict[str, Any]) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "handbook.md").write_text(HANDBOOK)
    entry = {
        "file": "handbook.md",
        "title": "Staff Handbook",
        "owner": "Ann",
        "effective_from": "2025-01-01",
        "jurisdiction": "GB",
    }
    (folder / "catalog.json").write_text(json.dumps([entry]))
    (folder / "questions").mkdir()
    (folder / "questions" / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in questions))
    return folder


@pytest.fixture(autouse=True)
def _kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "default_folder", lambda: tmp_path / "kept")


def test_a_library_is_ingested_and_its_quotations_become_judgements(tmp_path: Path) -> None:
    folder = write_library(
        tmp_path / "firm",
        question(1, "Expenses are claimed within thirty days of the journey."),
        question(2, None),
        question(3, "Up to five unused days of leave may be carried over", as_of="2025-05-01"),
    )
    data = load_any(folder, encoder=WordEncoder())
    texts = {text.text_id: text for text in data.corpus}
    (wanted,) = data.judged[0].wanted
    assert "within thirty days" in texts[wanted].text
    assert data.judged[0].quotes == ("Expenses are claimed within thirty days of the journey.",)
    assert texts[wanted].metadata["jurisdiction"] == "GB"
    assert data.judged[1].metadata["as_of"] == "2025-05-01"
    assert [row.question_id for row in data.unanswerable] == ["q2"]
    assert data.name == "firm"


def test_a_quotation_that_no_passage_holds_is_refused(tmp_path: Path) -> None:
    folder = write_library(tmp_path / "firm", question(1, "Dogs sleep under the desks of their owners all day long."))
    with pytest.raises(DataError, match="q1"):
        load_any(folder, encoder=WordEncoder())


def test_a_split_without_questions_is_said_before_anything_is_read(tmp_path: Path) -> None:
    folder = write_library(tmp_path / "firm", question(1, "Expenses are claimed within thirty days of the journey."))
    with pytest.raises(
        DataError,
        match=r"firm/questions/questions\.jsonl holds no answerable question of split 'dev'; give --split test",
    ):
        load_any(folder, "dev", encoder=WordEncoder())
    folder = write_library(tmp_path / "none", question(1, None))
    with pytest.raises(DataError, match=r"questions\.jsonl holds no answerable question; write some"):
        load_any(folder, encoder=WordEncoder())


def test_lessons_are_questions_of_both_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "leave.md").write_text(
        "# Leave\n\n## Lapse\n\nUnused days lapse on 31 March of the following year.\n", encoding="utf-8"
    )
    rows: list[dict[str, object]] = [
        {"file": "leave.md", "answer": "Unused days lapse on 31 March", "asked": ["when?"], "split": "dev"},
        {"file": "leave.md", "near": "Unused days lapse on 31 March", "asked": ["paid out?", "money?"], "split": "dev"},
    ]
    (folder / "lessons.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    data = load_any(folder)
    (text,) = data.corpus
    assert (data.split, text.metadata["section_path"]) == ("dev", ["Leave", "Lapse"])
    assert [(one.text, one.wanted) for one in data.questions] == [("when?", {text.text_id: 1})]
    assert [(one.text, one.asked_against) for one in data.unanswerable] == [
        ("paid out?", (text.text_id,)), ("money?", (text.text_id,)),
    ]  # fmt: skip
    with pytest.raises(DataError, match="no lessons of the split 'train'"):
        load_any(folder, "train")
