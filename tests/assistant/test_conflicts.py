"""Contradictions among the evidence of one answer."""

from __future__ import annotations

from dataclasses import replace

from assistant.conflicts import find
from assistant.evidence import EvidenceSentence
from retrieval.records import Passage
from tests.fakes import WordEncoder


def sentence(document: str, text: str) -> EvidenceSentence:
    passage = Passage(f"{document}.v1.p0001", document, f"{document}.v1", document, f"{document}.md", text)
    return EvidenceSentence(passage, 0, len(text), "", 1.0)


def test_a_sentence_that_leans_on_the_one_before_contradicts_nothing() -> None:
    rule = sentence("grievance", "The line manager extends the hearing by five working days.")
    other = sentence("leave", "The line manager extends the hearing by ten working days.")
    assert find([rule, other], encoder=WordEncoder()) == [(rule, other)]
    leaning = sentence("leave", "It is the line manager who extends the hearing by ten working days.")
    assert find([rule, leaning], encoder=WordEncoder()) == []


def test_a_dispute_that_leaves_the_best_sentence_aside_is_about_something_else() -> None:
    best = sentence("leave", "Employees receive 30 days of annual leave.")
    lower = [
        replace(sentence(document, f"Unused days may be carried over until {day} March."), score=0.6)
        for document, day in (("handbook", "31"), ("faq", "15"))
    ]
    assert find(lower, encoder=WordEncoder()) == [(lower[0], lower[1])]
    assert find([best, *lower], encoder=WordEncoder()) == []


def test_what_would_not_be_quoted_contradicts_nothing() -> None:
    rule = replace(sentence("grievance", "The manager extends the hearing by five working days."), answers=2.0)
    other = replace(sentence("leave", "The manager extends the hearing by ten working days."), answers=1.0, score=0.7)
    assert find([rule, other], encoder=WordEncoder()) == [(rule, other)]
    # The reader does not take its passage for an answer.
    assert find([rule, replace(other, answers=-1.0)], encoder=WordEncoder()) == []


def test_rules_for_different_people_do_not_contradict_each_other() -> None:
    rules = {
        who: sentence(who, f"{who} receive {days} days of annual leave a year.")
        for who, days in (("Employees", 25), ("Managers", 30), ("Interns", 15), ("Staff", 26))
    }
    assert find([rules["Managers"], rules["Interns"]], encoder=WordEncoder()) == []
    assert find([rules["Employees"], rules["Managers"]], encoder=WordEncoder()) == []
    assert find([rules["Employees"], rules["Staff"]], encoder=WordEncoder()) == [(rules["Employees"], rules["Staff"])]


def test_rules_for_different_times_do_not_contradict_each_other() -> None:
    one = sentence("contract", "During probation the notice period is two weeks.")
    other = sentence("handbook", "After probation the notice period is four weeks.")
    assert find([one, other], encoder=WordEncoder()) == []
