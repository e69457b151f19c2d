"""Confidence: what similarity, reading and the margin add to it, and a layer for hits that nobody has read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.confidence import Confidence, Layer, load_confidence
from assistant.evidence import EvidenceSentence
from retrieval.records import Hit, Passage, Reading

TEN_WORDS = "Unused days of annual leave lapse at the end of March unless a manager agrees otherwise."
PASSAGE = Passage("p", "d", "v", "Leave", "a.md", "Unused days lapse on 31 March.")


def sentence(similarity: float) -> EvidenceSentence:
    return EvidenceSentence(PASSAGE, 0, 30, "", 1.0, similarity)


def passage(number: int) -> Passage:
    return replace(PASSAGE, passage_id=f"p{number}", text=f"Rule {number} is about matter{number} and thing{number}.")


def hits(*read: float | None, apart: float = 0.0) -> list[Hit]:
    """Hits of different passages with these log-odds of the reader, each this much below the one before."""
    return [
        Hit(rank, 1.0 - rank * apart, passage(rank), reading=None if log_odds is None else Reading(log_odds, 0, 6))
        for rank, log_odds in enumerate(read, start=1)
    ]


def sure(found: list[Hit], similarity: float = 0.5) -> float:
    return load_confidence().probability(found, [sentence(similarity)])


def test_no_evidence_no_confidence() -> None:
    assert load_confidence().probability(hits(3.0), []) == 0.0


@pytest.mark.parametrize("read", [(None, None), (-1.0, -2.0)])
def test_nearer_evidence_is_surer(read: tuple[float | None, ...]) -> None:
    assert sure(hits(*read), 0.3) < sure(hits(*read), 0.6)


def test_every_passage_that_reads_as_an_answer_makes_surer() -> None:
    nothing, one, two, three = (sure(hits(*read)) for read in ((-3, -3, -3), (1, -3, -3), (1, 1, -3), (1, 1, 1)))
    assert nothing < one < two < three


def test_odds_are_added_up_whichever_hit_they_are_of() -> None:
    assert sure(hits(1.0, -2.0)) == pytest.approx(sure(hits(-2.0, 1.0)))
    assert sure(hits(1.0, -30.0)) == pytest.approx(sure(hits(1.0)))


def test_a_rule_that_each_office_words_alike_counts_once() -> None:
    alike = [
        replace(hit, passage=replace(PASSAGE, text=f"{TEN_WORDS} Office {hit.rank}.")) for hit in hits(-1.0, -1.0, 0.5)
    ]
    assert sure(alike) == pytest.approx(sure(hits(0.5)))
    assert sure(hits(-1.0, -1.0, 0.5)) > sure(alike)


def test_a_hit_that_stands_out_makes_surer() -> None:
    assert sure(hits(0.0, 0.0, apart=0.3)) > sure(hits(0.0, 0.0, apart=0.1))


def test_the_nearest_sentence_counts() -> None:
    both = load_confidence().probability(hits(0.0), [sentence(0.2), sentence(0.6)])
    assert both == sure(hits(0.0), 0.6)


def test_evidence_that_nothing_read_has_a_layer_of_its_own() -> None:
    layers = Confidence(0.5, read=Layer(0.0, 0.0), unread=Layer(5.0, 0.0))
    assert layers.probability(hits(None), [sentence(0.5)]) > 0.9
    assert layers.probability(hits(None, 0.0), [sentence(0.5)]) == 0.5


def test_what_a_verifier_says_has_a_layer_of_its_own_and_the_highest_counts() -> None:
    def verified(*log_odds: float | None) -> list[Hit]:
        found = hits(0.0, 0.0, 0.0)
        return [
            replace(hit, reading=replace(hit.reading, verified=one)) if hit.reading else hit
            for hit, one in zip(found, log_odds, strict=True)
        ]

    layers = Confidence(0.5, read=Layer(-9.0, 0.0), unread=Layer(0.0, 0.0), verified=Layer(0.0, 0.0, verified=1.0))
    either = layers.probability(verified(-2.0, 2.0, None), [sentence(0.5)])
    assert either == layers.probability(verified(2.0, -3.0, None), [sentence(0.5)]) > 0.8
    assert layers.probability(verified(-2.0, -3.0, None), [sentence(0.5)]) < 0.2
    assert layers.probability(hits(0.0, 0.0), [sentence(0.5)]) < 0.01  # nobody verified: the reader's layer
    without = replace(layers, verified=None)  # fitted before there was a verifier
    assert without.probability(verified(2.0, 2.0, None), [sentence(0.5)]) < 0.01
    assert sure(verified(-3.0, -3.0, None)) < sure(verified(3.0, -3.0, None))
