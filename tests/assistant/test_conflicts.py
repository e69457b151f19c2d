"""Contradictions among the evidence of one answer."""

from __future__ import annotations

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
