"""What the questions promise: enough of each kind, and every quotation word for word in its document."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from corpora.beir import normalised
from corpora.catalog import SAMPLE, SISTER, document_paths, read_catalog
from corpora.errors import CorpusError
from corpora.questions import Question, QuestionKind, read_questions
from tests.corpora.reading import document_text

ROW: dict[str, Any] = {
    "_id": "q1",
    "text": "How long is probation?",
    "kind": "plain",
    "history": [],
    "as_of": None,
    "jurisdiction": None,
    "groups": [],
    "gold": [{"file": "a.md", "quote": "three months"}],
    "answer": "three months",
    "must_hold": ["three"],
    "metadata": {"split": "dev", "tags": []},
}


@cache
def texts(corpus: Path) -> dict[str, str]:
    return {path.name: document_text(path) for path in document_paths(corpus)}


def asked() -> list[tuple[Path, Question]]:
    return [(corpus, question) for corpus in (SAMPLE, SISTER) for question in read_questions(corpus)]


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_there_are_enough_questions_of_each_kind() -> None:
    kinds = Counter(question.kind for question in read_questions())
    assert kinds.total() >= 200
    assert kinds[QuestionKind.UNANSWERABLE] >= 50
    assert kinds[QuestionKind.FOLLOWUP] >= 25
    assert kinds[QuestionKind.DATED] + kinds[QuestionKind.COUNTRY] >= 25


def test_a_third_of_each_kind_is_for_choosing_and_the_rest_for_judging() -> None:
    for kind in QuestionKind:
        splits = Counter(question.split for question in read_questions() if question.kind is kind)
        assert 0.3 < splits["dev"] / splits.total() < 0.4


def test_every_quotation_stands_word_for_word_in_its_document() -> None:
    lost = [
        (question.question_id, gold.file, gold.quote)
        for corpus, question in asked()
        for gold in question.gold
        if normalised(gold.quote) not in texts(corpus)[gold.file]
    ]
    assert lost == []


def test_what_an_answer_must_hold_stands_in_the_answer_and_in_what_is_quoted() -> None:
    for _, question in asked():
        quoted = " ".join(normalised(gold.quote) for gold in question.gold).casefold()
        for token in question.must_hold:
            assert token.casefold() in question.answer.casefold(), question.question_id
            assert token.casefold() in quoted, question.question_id


def test_every_document_of_the_sample_is_asked_about() -> None:
    quoted = {gold.file for question in read_questions() for gold in question.gold}
    assert quoted == {entry.file for entry in read_catalog()}


def test_a_question_quotes_what_was_in_force_where_and_when_it_is_asked() -> None:
    catalog = {entry.file: entry for entry in read_catalog()}
    for question in read_questions():
        for gold in question.gold:
            entry = catalog[gold.file]
            assert entry.in_force(question.as_of) if question.as_of else entry.effective_to is None
            assert entry.jurisdiction in {None, question.jurisdiction}
            assert not entry.audience or question.groups & entry.audience


def test_only_follow_ups_have_a_history() -> None:
    for _, question in asked():
        assert bool(question.history) == (question.kind is QuestionKind.FOLLOWUP)


def test_no_question_is_asked_twice() -> None:
    for corpus in (SAMPLE, SISTER):
        counts = Counter(
            (question.text.casefold(), question.as_of, question.jurisdiction, question.history)
            for question in read_questions(corpus)
        )
        assert max(counts.values()) == 1


def test_the_sister_company_brings_questions_of_its_own() -> None:
    kinds = Counter(question.kind for question in read_questions(SISTER))
    assert len(document_paths(SISTER)) >= 8
    assert kinds.total() >= 100
    assert kinds[QuestionKind.UNANSWERABLE] >= 30


def test_a_malformed_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text(json.dumps(ROW) + "\n{}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"questions\.jsonl:2: not a question"):
        read_questions(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"must_hold": "five"}, "'must_hold' is not a list of texts"),
        ({"groups": "hr"}, "'groups' is not a list of texts"),
        ({"text": None}, "'text' is not a text"),
        ({"text": 5}, "'text' is not a text"),
        ({"gold": [{"file": "a.md", "quote": ""}]}, "'quote' is not a text"),
        ({"history": ["before"]}, "not a question: "),
        ({"metadata": {"tags": []}}, "'split' is missing"),
    ],
)
def test_a_field_of_another_kind_is_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(
        CorpusError, match=rf"questions\.jsonl:1: not a question: .*{said.removeprefix('not a question: ')}"
    ):
        read_questions(written(tmp_path, ROW | wrong))


def test_what_a_question_does_not_need_may_be_left_out(tmp_path: Path) -> None:
    needed = {key: ROW[key] for key in ("_id", "text", "kind", "gold")} | {"metadata": {"split": "dev"}}
    (question,) = read_questions(written(tmp_path, needed))
    assert (question.must_hold, question.history, question.as_of, question.groups) == ((), (), None, frozenset())


def test_a_line_ends_where_its_object_does(tmp_path: Path) -> None:
    text = "How long is\u2028probation?\x85"
    rows = "".join(json.dumps(ROW | {"_id": key, "text": text}, ensure_ascii=False) + "\r\n" for key in ("a", "b"))
    (tmp_path / "questions.jsonl").write_bytes(b"\xef\xbb\xbf" + rows.encode())
    assert [question.text for question in read_questions(tmp_path)] == [text, text]


def test_questions_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"questions\.jsonl is missing"):
        read_questions(tmp_path)
    (tmp_path / "questions.jsonl").write_bytes("Gebühren".encode("latin-1"))
    with pytest.raises(CorpusError, match=r"questions\.jsonl: not UTF-8"):
        read_questions(tmp_path)


def test_an_answerable_question_needs_a_quotation(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="plain with 0 gold quotations"):
        read_questions(written(tmp_path, ROW | {"gold": []}))


def test_an_id_used_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="used twice: q1"):
        read_questions(written(tmp_path, ROW, ROW))
