"""What a reader or a verifier learns from, and what is said where there is nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.tuning.collection import Collection, Question
from retrieval.tuning.lessons import Lessons, dev_pairs
from tests.fakes import WordEncoder
from tests.retrieval.test_tune import RULES, write_beir


def test_documents_that_dev_questions_ask_about_are_kept_for_judging_and_that_is_said(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "rules")
    rows = [
        {"_id": key, "text": " ".join([text] * 3), "metadata": {"document_id": "handbook"}}
        for key, text in RULES.items()
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    lessons = Lessons([folder], {}, most_pairs=120, seed=7)
    with pytest.raises(
        WrongUsage, match="those of documents that dev and test questions ask about aside; give further"
    ):
        lessons.begin(tmp_path / "run", "reader", "start", {}, WordEncoder(), lambda *_: None)


def test_dev_questions_need_passages_that_do_not_answer() -> None:
    questions = tuple(Question(f"q{n}", "How?", "dev", frozenset({"leave"})) for n in range(3))
    passages = (Passage("leave", "d", "d", "Leave", "a.md", RULES["leave"]),)
    with pytest.raises(WrongUsage, match="no dev question is asked of a passage that does not answer it"):
        dev_pairs([Collection("rules", passages, questions)], 120, 7)
    with pytest.raises(WrongUsage, match="no dev questions to calibrate on"):
        dev_pairs([Collection("rules", passages)], 120, 7)
