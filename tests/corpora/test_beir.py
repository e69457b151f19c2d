"""Questions judge passages by what they quote."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpora.beir import BeirPassage, passages_of, write_beir
from corpora.errors import GoldNotFound
from corpora.questions import Gold, Question, QuestionKind


def passage(passage_id: str, text: str, file: str = "policies/leave.md") -> BeirPassage:
    return BeirPassage(passage_id, "Leave", text, file, {"page": 1})


def question(question_id: str, quote: str, *, split: str = "dev") -> Question:
    return Question(
        question_id,
        "How many days?",
        QuestionKind.PLAIN,
        split,
        gold=(Gold("leave.md", quote),),
        answer="30 days",
        must_hold=("30",),
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_quotation_is_held_by_every_passage_that_contains_it_whatever_the_white_space() -> None:
    passages = [
        passage("a", "You get 30\n days."),
        passage("b", "Other."),
        passage("c", "Again: you get 30 days. You get  30 days."),
    ]
    assert passages_of(Gold("leave.md", "get 30 days"), passages) == ("a", "c")


def test_another_file_does_not_hold_it() -> None:
    assert passages_of(Gold("leave.md", "30 days"), [passage("a", "30 days", file="sick.md")]) == ()


def test_a_quotation_cut_in_two_is_held_by_the_piece_with_half_of_it_or_more() -> None:
    passages = [passage("a", "x one two three"), passage("b", "four five six y"), passage("c", "six alone")]
    assert passages_of(Gold("leave.md", "one two three four five six"), passages) == ("a", "b")
    assert passages_of(Gold("leave.md", "two three four five six"), passages) == ("b",)


def test_a_table_row_is_held_with_its_headers_between_the_cells() -> None:
    row = Gold("leave.md", "G4 to G6 | €2,000 | £1,700")
    plain = passage("a", "Grade | Germany | UK\nG4 to G6 | €2,000 | £1,700")
    labelled = passage("b", "Grade: G4 to G6; Germany: €2,000; UK: £1,700")
    other = passage("c", "Grade: G4 to G6; Germany: €3,000; UK: £1,700")
    assert passages_of(row, [plain]) == ("a",)
    assert passages_of(row, [labelled, other]) == ("b",)


def test_the_files_are_those_of_the_beir_layout(tmp_path: Path) -> None:
    unanswerable = Question("u1", "Is there a pool?", QuestionKind.UNANSWERABLE, "test")
    passages = [passage("a", "You get 30 days."), passage("b", "Ask early.")]
    write_beir(
        passages, [question("q1", "30 days"), question("q2", "Ask early.", split="test"), unanswerable], tmp_path
    )
    assert lines(tmp_path / "corpus.jsonl")[0] == {
        "_id": "a",
        "title": "Leave",
        "text": "You get 30 days.",
        "metadata": {"page": 1, "file": "policies/leave.md"},
    }
    assert [row["_id"] for row in lines(tmp_path / "queries.jsonl")] == ["q1", "q2"]
    assert (tmp_path / "qrels" / "dev.tsv").read_text() == "query-id\tcorpus-id\tscore\nq1\ta\t1\n"
    assert (tmp_path / "qrels" / "test.tsv").read_text() == "query-id\tcorpus-id\tscore\nq2\tb\t1\n"
    assert lines(tmp_path / "answers.jsonl")[0] == {
        "query_id": "q1",
        "answers": ["30 days"],
        "must_hold": ["30"],
        "quotes": ["30 days"],
    }
    (none,) = lines(tmp_path / "unanswerable.jsonl")
    assert (none["_id"], none["split"], none["asked_against"]) == ("u1", "test", [])


def test_a_question_without_a_gold_answer_has_none_not_an_empty_one(tmp_path: Path) -> None:
    write_beir([passage("a", "You get 30 days.")], [replace(question("q1", "30 days"), answer="")], tmp_path)
    assert lines(tmp_path / "answers.jsonl")[0]["answers"] == []


def test_a_quotation_that_stands_nowhere_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(GoldNotFound, match=r"q1: leave\.md: 'forty days of sun'"):
        write_beir([passage("a", "You get 30 days.")], [question("q1", "forty days of sun")], tmp_path / "out")
    assert not (tmp_path / "out").exists()
