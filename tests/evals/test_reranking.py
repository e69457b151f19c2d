"""The speed of reranking: what is timed, and how it is summed up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evals.reranking import PASSAGES, Round, in_rounds, long_passages, time_reranking, to_json
from tests.fakes import WordEncoder


class Listening:
    """A reranker that remembers what it was asked."""

    name = "listening"

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append((question, tuple(texts)))
        return np.zeros(len(texts), np.float32)


def test_each_passage_is_in_one_round_only() -> None:
    texts = [f"passage {number % 50}" for number in range(100)]
    rounds = in_rounds(texts, 9)
    assert [len(group) for group in rounds] == [PASSAGES, PASSAGES]
    assert len({text for group in rounds for text in group}) == 2 * PASSAGES


def test_long_passages_are_filled_with_sentences() -> None:
    texts = [
        f"Rule number {number} says that forms are handed in on the last day of the month." for number in range(900)
    ]
    (group,) = long_passages(texts, WordEncoder(), 1)
    lengths = WordEncoder().count_tokens(group)
    assert len(group) == PASSAGES
    assert all(200 < length <= 256 for length in lengths)


def test_ours_reads_every_passage_twice_with_two_questions_and_the_first_round_does_not_count() -> None:
    ours, theirs = Listening(), Listening()
    rounds = [["a", "b"], ["c", "d"], ["e", "f"]]
    timed = time_reranking(rounds, ["one?", "two?"], ours, WordEncoder(), theirs)
    assert len(timed) == 2
    assert [texts for _, texts in ours.asked] == [tuple(group) for group in rounds for _ in range(2)]
    assert all(first != second for (first, _), (second, _) in zip(ours.asked[::2], ours.asked[1::2], strict=True))
    assert len(theirs.asked) == 3


def test_times_are_compared_with_the_cross_encoder() -> None:
    found = to_json([Round(5000, 500, 50, 1000), Round(5100, 500, 150, 1000)])
    assert (found["unread"]["times_quicker"], found["kept"]["times_quicker"]) == (2.0, 10.0)
    assert (found["kept"]["ms_p50"], found["tokens_p50"]) == (100, 5050)
    assert to_json([]) == {"rounds": 0}
