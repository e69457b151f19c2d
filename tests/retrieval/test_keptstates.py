from __future__ import annotations

import pytest
import torch

from retrieval.interaction import States
from retrieval.keptstates import KeptStates


def states(*lengths: int) -> States:
    width = max(lengths) + 2
    tokens = torch.arange(len(lengths) * width * 2, dtype=torch.float32).reshape(len(lengths), width, 2)
    return States(tokens, torch.ones(len(lengths), width, dtype=torch.bool))


def test_a_kept_text_comes_back_without_marks_and_padding() -> None:
    kept, read = KeptStates(), states(3, 1)
    kept.add([(1, 2, 3), (4,)], read)
    batch = kept.batch([(4,), (1, 2, 3)])
    assert batch.mask.tolist() == [[True, False, False], [True, True, True]]
    assert torch.equal(batch.tokens[1], read.tokens[0, 1:4])
    assert torch.equal(batch.tokens[0, :1], read.tokens[1, 1:2])


def test_texts_without_tokens_alone_are_padded_as_beside_others() -> None:
    kept = KeptStates()
    kept.add([(), (1, 2)], states(0, 2))
    alone, beside = kept.batch([(), ()]), kept.batch([(), (1, 2)])
    assert alone.mask.tolist() == [[False], [False]]
    assert torch.equal(alone.tokens[0], beside.tokens[0, :1])


def test_what_was_used_longest_ago_is_dropped_first() -> None:
    kept = KeptStates(most_tokens=4)
    kept.add([(1, 2), (3, 4), (5, 6)], states(2, 2, 2))
    kept.batch([(1, 2)])
    kept.shrink()
    assert [ids in kept for ids in ((1, 2), (3, 4), (5, 6))] == [True, False, True]


def test_a_text_that_is_not_kept_is_an_error() -> None:
    with pytest.raises(KeyError):
        KeptStates().batch([(9,)])
