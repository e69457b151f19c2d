"""The chat's own words, in every language there is."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from assistant import render
from assistant.places import countries_in, country_name
from assistant.records import Citation, Reason, Status
from assistant.starters import _TOPICS
from assistant.wording import languages, wording
from ingest.countries import COUNTRIES
from tests.assistant.answers import passage, refused


@pytest.mark.parametrize("language", languages())
def test_a_language_has_every_sentence_with_the_same_fields(language: str) -> None:
    english, other = wording("en"), wording(language)
    assert other.sentences.keys() == english.sentences.keys()
    for name, text in english.sentences.items():
        assert re.findall(r"\{\w+\}", other.sentences[name]) == re.findall(r"\{\w+\}", text), name


def test_the_reader_s_language_is_used_and_english_where_it_is_not_there() -> None:
    assert [wording(tag).language for tag in ("de-AT", "de", "fr-FR", None, "")] == ["de", "de", "en", "en", "en"]


@pytest.mark.parametrize(
    ("liked", "language"),
    [
        ("de,en-US;q=0.7,en;q=0.3", "de"),
        ("de-CH, fr;q=0.9, en;q=0.8", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("en;q=0.5,de;q=0.8", "de"),
        ("fr,de-AT;q=0.5,en;q=0.3", "de"),
        ("de;q=0", "en"),
        ("den,*", "en"),
        ("de_DE", "de"),
        (",;q=,q=de", "en"),
    ],
)
def test_of_several_languages_the_one_that_is_liked_best_is_used(liked: str, language: str) -> None:
    assert wording(liked).language == language


def test_every_country_that_a_question_may_name_has_a_name() -> None:
    for code, country in COUNTRIES.items():
        assert wording("en").country(code) == country_name(code) == country.name
        assert code == "IS" or countries_in(wording("de").country(code)) == {code}
    assert wording("de").country("XX") == "XX"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.TOO_VAGUE])
def test_every_refusal_is_said_in_the_reader_s_language(reason: Reason) -> None:
    said = render.own_words(refused("Why?", reason=reason), wording("de"))
    assert said is not None
    assert "okumente" in said


def test_a_refusal_above_what_comes_nearest_does_not_say_that_the_documents_are_silent() -> None:
    near = replace(refused("Why?"), nearest=(Citation(1, passage(), 0, 4),))
    assert "no sure answer" in str(render.own_words(near, wording("en")))
    assert "The documents don't say" in str(render.own_words(replace(near, confidence=0.0), wording("en")))


def test_a_vague_question_is_asked_back_in_the_reader_s_language() -> None:
    vague = replace(refused("What?", reason=Reason.TOO_VAGUE), status=Status.CLARIFY)
    assert render.own_words(vague, wording("de")) == "Worüber möchten Sie etwas wissen?"
    near = replace(vague, nearest=tuple(Citation(1, one, 0, 4) for one in (passage(), passage("d1.v1.p0002"))))
    assert str(render.own_words(near, wording("de"))).endswith("Da sind zum Beispiel: Leave.")


def test_a_field_that_is_filled_in_later_stays() -> None:
    assert wording("en").beginning("handoff_", owner="People team")["offer"] == "Send to People team"
    assert wording("en").beginning("handoff_")["offer"] == "Send to {owner}"


def test_an_upload_is_reported_in_the_reader_s_language() -> None:
    german = wording("de")
    reports: list[dict[str, object]] = [{"file": "a.md", "status": "indexed", "title": "Urlaub", "passages": 1, "pages": 2}, {"file": "b.md", "status": "rejected", "reason": "it is empty"}]  # fmt: skip
    assert render.progress_line(1, 2, german) == "2 Dateien werden gelesen: 1 fertig …"
    assert render.outcome_line(reports, german) == "**1 hinzugefügt, 1 nicht hinzugefügt**"
    assert [render.report_markdown(each, german) for each in reports] == [
        "✓ **a.md** — Urlaub, 2 Seiten, 1 Stelle", "✗ **b.md** — nicht hinzugefügt: it is empty",
    ]  # fmt: skip


def test_every_starter_has_a_label_in_every_language() -> None:
    for language in languages():
        assert all(wording(language)(f"starter_{word}") for word, _ in _TOPICS)
