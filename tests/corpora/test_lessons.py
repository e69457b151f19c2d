"""The lessons: what they quote stands in their documents, and nothing but the text tells the two kinds apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.tuning.collection import read_collection

LESSONS = Path(__file__).parents[2] / "corpora" / "lessons"
FOLDERS = sorted(folder.parent.name for folder in LESSONS.glob("*/lessons.jsonl"))


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LESSONS / name / "lessons.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", FOLDERS)
def test_every_lesson_is_asked_of_a_section(name: str) -> None:
    wordings = sum(len(row["asked"]) for row in rows(name))
    collection = read_collection(LESSONS / name)
    assert len(collection.questions) == wordings
    assert {question.split for question in collection.questions} == {"dev" if name == "choosing" else "train"}
    assert all(question.positives or question.against for question in collection.questions)


@pytest.mark.parametrize("name", FOLDERS)
def test_no_question_is_both_answered_and_not(name: str) -> None:
    kinds: dict[str, set[bool]] = {}
    for row in rows(name):
        assert ("answer" in row) != ("near" in row)
        for text in row["asked"]:
            kinds.setdefault(text.casefold(), set()).add("answer" in row)
    assert [text for text, found in kinds.items() if len(found) > 1] == []


def test_the_manner_of_a_question_does_not_tell_whether_it_is_answered() -> None:
    lengths: dict[bool, list[int]] = {True: [], False: []}
    marks: dict[bool, list[bool]] = {True: [], False: []}
    for name in FOLDERS:
        for row in rows(name):
            for text in row["asked"]:
                lengths["answer" in row].append(len(text.split()))
                marks["answer" in row].append(text.endswith("?"))
    for told in (lengths, marks):
        answered, not_answered = (sum(values) / len(values) for values in (told[True], told[False]))
        assert answered == pytest.approx(not_answered, rel=0.1)
