"""Questions as people type them."""

from random import Random

from retrieval.tuning.typed import as_typed

QUESTION = "How many days of paid holiday may I carry over into January?"


def test_a_question_typed_is_the_same_question_in_other_dress() -> None:
    typed = {as_typed(QUESTION, Random(seed)) for seed in range(200)}
    assert len(typed) > 80
    for text in typed:
        left = [word for word in QUESTION.lower().rstrip("?").split() if word in text.lower().split()]
        assert len(left) >= 9, text  # a slip in one word, and the mark of the last


def test_the_same_chance_types_the_same() -> None:
    assert as_typed(QUESTION, Random(3)) == as_typed(QUESTION, Random(3))


def test_short_and_odd_questions_are_typed_too() -> None:
    for text in ("", "?", "IR35", "{name}", "Überstunden: wie viele?"):
        for seed in range(30):
            as_typed(text, Random(seed))
