"""Questions and documents in languages that confidence was not fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from assistant import render
from assistant.answer import Assistant
from assistant.confidence import Confidence, Layer, load_confidence
from assistant.contract import answer_json
from assistant.records import AnswerDone, Reason, Status
from assistant.refusal import to_look_at
from assistant.wording import wording
from retrieval.index import PassageIndex
from retrieval.records import Passage
from tests.fakes import OverlapReader, OverlapReranker, WordEncoder

ENCODER = WordEncoder()
SURE = Confidence(0.3, Layer(0.0, 0.0), Layer(0.0, 0.0), languages=frozenset({"en"}))


class Counting(OverlapReader):
    """Counts the questions that it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(self, question: str, passages: Sequence[Passage]) -> list:  # type: ignore[type-arg]
        self.asked.append(question)
        return super().read(question, passages)


def passage(number: int, title: str, text: str, **fields: object) -> Passage:
    base = Passage(
        f"d{number}.v1.p0001", f"d{number}", f"d{number}.v1", title, f"{number}.md", text, owner="Personalabteilung"
    )
    return replace(base, **fields)  # type: ignore[arg-type]


GERMAN = [
    passage(1, "Urlaub", "Der Jahresurlaub beträgt 30 Tage. Er wird im Portal beantragt."),
    passage(2, "Reisen", "Reisekosten werden nach der Reise im Portal abgerechnet."),
    passage(3, "Führung", "Der Urlaub der Führungskräfte beträgt 35 Tage.", audience=frozenset({"managers"})),
    passage(4, "Urlaub bis 2024", "Der Urlaub betrug 28 Tage.", effective_to=date(2024, 12, 31)),
]
ENGLISH = [passage(5, "Leave", "Annual leave is 25 days."), passage(6, "Travel", "Trains are booked second class.")]


def assistant(passages: list[Passage], confidence: Confidence = SURE, reader: OverlapReader | None = None) -> Assistant:
    index = PassageIndex.build(passages, ENCODER)

    class InService:
        def get(self) -> PassageIndex:
            return index

    return Assistant(
        InService(), ENCODER, reranker=OverlapReranker(), reader=reader or OverlapReader(), confidence=confidence
    )


def test_what_confidence_cannot_judge_is_shown_and_not_answered() -> None:
    reader = Counting()
    answer = assistant(GERMAN, reader=reader).answer("Wie viel Urlaub habe ich?")
    assert (answer.status, answer.reason, answer.citations) == (Status.ABSTAINED, Reason.OTHER_LANGUAGE, ())
    assert [one.passage.title for one in to_look_at(answer)] == ["Urlaub", "Reisen"]  # neither restricted nor over
    assert to_look_at(answer)[0].quote == GERMAN[0].text
    assert answer_json(answer)["nearest"][0]["title"] == "Urlaub"
    assert answer_json(answer)["reason"] == "not_covered", "scripts know no other name for it"
    assert reader.asked == [], "it reads English only"


def test_questions_of_languages_that_confidence_was_fitted_to_are_answered() -> None:
    both = replace(SURE, languages=frozenset({"de", "en"}))
    for confidence in (both, replace(SURE, languages=frozenset())):
        answer = assistant(GERMAN, confidence).answer("Wie viel Urlaub habe ich?")
        assert answer.status is Status.ANSWERED
    assert assistant(ENGLISH).answer("How many days is annual leave?").citations[0].passage.title == "Leave"


def test_an_english_question_is_not_answered_from_german_words() -> None:
    answer = assistant(GERMAN).answer("Urlaub Portal?")
    assert answer.reason is Reason.OTHER_LANGUAGE
    assert "I read English best" in answer.text
    mixed = assistant([*GERMAN, *ENGLISH])
    assert mixed.answer("How many days is annual leave?").status is Status.ANSWERED


def test_a_german_question_is_refused_in_german_wherever_it_is_asked() -> None:
    answer = assistant(ENGLISH).answer("Wie viel Urlaub habe ich?")
    assert answer.text.startswith("Ich verstehe Englisch am besten")
    assert "Personalabteilung" not in answer.text
    assert (answer.contact, answer.text.endswith("sonst könnten Sie HR fragen.")) == (None, True)
    assert to_look_at(answer) == (), "English words that look like German ones tell nothing"
    over_german = assistant(GERMAN).answer("Wie viel Urlaub habe ich?").text
    assert "Personalabteilung" in over_german
    assert over_german.endswith("ob eine dieser Stellen hilft:")
    for liked in ("en", "de"):
        assert render.own_words(answer, wording(liked)) == answer.text


@pytest.mark.parametrize(
    ("question", "liked", "begins"),
    [
        ("Combien de jours de congé ?", "de", "Ich verstehe"),
        ("Combien de jours de congé ?", "en", "I read"),
        ("leave?", "de", "Ich verstehe"),
    ],
)
def test_who_asks_in_a_language_that_is_not_spoken_hears_that_of_the_page(
    question: str, liked: str, begins: str
) -> None:
    answer = replace(assistant(ENGLISH).answer("Wie viel Urlaub habe ich?"), question=question)
    assert str(render.own_words(answer, wording(liked))).startswith(begins)


def test_where_nothing_at_all_is_found_the_language_is_no_reason() -> None:
    nothing = assistant([GERMAN[2]]).answer("Wie viel Urlaub habe ich?")
    assert nothing.reason is Reason.NOT_COVERED


def test_two_questions_in_one_are_refused_as_one() -> None:
    answer = assistant(GERMAN).answer("Wie viel Urlaub habe ich und wie werden Reisekosten abgerechnet?")
    assert answer.reason is Reason.OTHER_LANGUAGE


def test_it_is_said_at_once_when_it_is_asked_again() -> None:
    one = assistant(GERMAN)
    first, again = (list(one.stream("Wie viel Urlaub habe ich?")) for _ in range(2))
    assert [type(event) for event in first] == [type(event) for event in again] == [AnswerDone]


def test_the_shipped_confidence_was_fitted_to_english() -> None:
    shipped = load_confidence()
    assert shipped.languages == {"en"}
    assert shipped.knows("How many days?", "leave")
    assert not shipped.knows("How many days?", "Der Urlaub ist lang")
