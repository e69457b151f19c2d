"""Confidence: what similarity and reading add to it, and the one threshold for both layers."""

from __future__ import annotations

import pytest

from assistant.confidence import Confidence, Layer
from assistant.evidence import EvidenceSentence
from retrieval.records import Passage


def sentence(similarity: float, answers: float | None = None) -> EvidenceSentence:
    passage = Passage("p", "d", "v", "Leave", "a.md", "Unused days lapse on 31 March.")
    return EvidenceSentence(passage, 0, 30, "", 1.0, similarity, similarity, 0.0, answers)


def test_no_evidence_no_confidence() -> None:
    assert Confidence().probability([]) == 0.0


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (sentence(0.3), sentence(0.6)),
        (sentence(0.3, -1.0), sentence(0.6, -1.0)),
        (sentence(0.5, -3.0), sentence(0.5, 3.0)),
    ],
)
def test_nearer_and_better_read_evidence_is_surer(less: EvidenceSentence, more: EvidenceSentence) -> None:
    assert Confidence().probability([less]) < Confidence().probability([more])


def test_the_reading_of_the_best_sentence_that_was_read_counts() -> None:
    unread, best, other = sentence(0.5), sentence(0.5, 1.0), sentence(0.5, -2.0)
    assert Confidence().probability([best, other]) == Confidence().probability([best])
    assert Confidence().probability([unread, best]) == Confidence().probability([best])
    assert Confidence().probability([other, best]) == Confidence().probability([other])


def test_evidence_that_nothing_read_has_a_layer_of_its_own() -> None:
    layers = Confidence(read=Layer(0.0, 0.0), unread=Layer(5.0, 0.0))
    assert layers.probability([sentence(0.5)]) > 0.9
    assert layers.probability([sentence(0.5, 0.0)]) == 0.5
