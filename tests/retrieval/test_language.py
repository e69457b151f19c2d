from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.language import language_of

CORPORA = Path(__file__).parent.parent.parent / "corpora"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wie viele Urlaubstage hab ich im Jahr", "de"),
        ("KÖNNEN WIR DAS ÜBERTRAGEN?", "de"),
        ("was ist in Dublin so erlaubt?", "de"),  # "was", "in" and "so" are English as well
        ("combien de jours de congé ai-je ?", "fr"),
        ("¿puedo trabajar desde casa?", "es"),
        ("posso lavorare da casa?", "it"),
        ("hoeveel vakantiedagen heb ik", "nl"),
        ("ile mam dni urlopu", "pl"),
        ("quantos dias de férias tenho?", "pt"),
        ("how many days of Urlaub do I have", "en"),
        ("notice period probation", "en"),
        ("Kündigungsfrist Probezeit", "en"),
        ("§ 4.2", "en"),
        ("", "en"),
    ],
)
def test_the_small_words_tell_the_language(text: str, language: str) -> None:
    assert language_of(text) == language


def test_no_english_question_of_ours_passes_for_another_language() -> None:
    asked = [
        json.loads(line)["text"]
        for name in ("sample/questions/questions.jsonl", "sister/questions.jsonl")
        for line in (CORPORA / name).read_text("utf-8").splitlines()
    ]
    asked += [
        question
        for line in (CORPORA / "lessons/choosing/lessons.jsonl").read_text("utf-8").splitlines()
        for question in json.loads(line)["asked"]
    ]
    assert [question for question in asked if language_of(question) != "en"] == []
