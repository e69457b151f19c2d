"""Which sentences are quoted beside the best one."""

from __future__ import annotations

from assistant.evidence import EvidenceSentence
from assistant.quoting import EVERY_SIDE, choose
from retrieval.records import Passage

LEAVE = Passage("leave", "d1", "v1", "Leave", "leave.md", "Leave lapses in March. It may be sold. Nobody is told.")
PARKING = Passage("parking", "d2", "v2", "Parking", "parking.md", "Spaces lapse in May.")


def sentence(passage: Passage, text: str, score: float, answers: float | None) -> EvidenceSentence:
    start = passage.text.index(text)
    return EvidenceSentence(passage, start, start + len(text), "", score, answers=answers)


def quoted(*evidence: EvidenceSentence) -> list[str]:
    return [citation.quote for citation in choose(evidence)]


def test_no_evidence_no_quotation() -> None:
    assert choose([]) == []


def test_a_sentence_far_below_the_best_is_not_quoted() -> None:
    best, low = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0), sentence(LEAVE, "Nobody is told.", 1.3, 1.0)
    assert quoted(best, low) == ["Leave lapses in March."]


def test_neighbours_become_one_quotation() -> None:
    first, second = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0), sentence(LEAVE, "It may be sold.", 1.8, 1.0)
    assert quoted(first, second) == ["Leave lapses in March. It may be sold."]


def test_beside_the_best_stands_what_is_read_as_surely() -> None:
    best = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0)
    assert quoted(best, sentence(PARKING, PARKING.text, 1.5, 1.5)) == ["Leave lapses in March.", "Spaces lapse in May."]
    assert quoted(best, sentence(PARKING, PARKING.text, 1.5, 0.5)) == ["Leave lapses in March."]


def test_what_is_read_as_an_answer_less_surely_must_score_closer() -> None:
    best = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0)
    assert len(quoted(best, sentence(PARKING, PARKING.text, 1.9, 0.5))) == 2
    assert len(quoted(best, sentence(PARKING, PARKING.text, 1.9, -0.5))) == 1
    assert [len(quoted(best, sentence(PARKING, PARKING.text, score, 0.5))) for score in (1.65, 1.55)] == [2, 1]


def test_all_sides_are_quoted_where_that_is_wanted() -> None:
    best, other = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0), sentence(PARKING, PARKING.text, 0.2, -3.0)
    assert len(choose([best, other], EVERY_SIDE)) == 2


def test_where_nobody_has_read_the_score_alone_decides() -> None:
    best, other = sentence(LEAVE, "Leave lapses in March.", 2.0, None), sentence(PARKING, PARKING.text, 1.9, None)
    assert len(quoted(best, other)) == 2
