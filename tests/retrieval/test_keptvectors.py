from __future__ import annotations

import numpy as np
import pytest

from retrieval.errors import PassageTooLong
from retrieval.keptvectors import KeptVectors
from tests.fakes import WordEncoder


def test_a_text_is_read_once_and_comes_back_in_its_place() -> None:
    inner = WordEncoder()
    kept = KeptVectors(inner)
    first = kept.encode(["leave", "pay", "leave"], truncate=True)
    again = kept.encode(["pay", "travel", "leave"], truncate=True)
    assert inner.encoded == ["leave", "pay", "travel"]
    assert np.array_equal(first, WordEncoder().encode(["leave", "pay", "leave"]))
    assert np.array_equal(again, WordEncoder().encode(["pay", "travel", "leave"]))


def test_no_texts_give_no_rows() -> None:
    assert KeptVectors(WordEncoder(dimension=8)).encode([], truncate=True).shape == (0, 8)


def test_what_was_used_longest_ago_is_dropped_first() -> None:
    inner = WordEncoder()
    kept = KeptVectors(inner, most_texts=2)
    for text in ("one", "two", "one", "three"):
        kept.encode([text], truncate=True)
    inner.encoded.clear()
    kept.encode(["one", "two"], truncate=True)
    assert inner.encoded == ["two"]
    assert len(kept) == 2


def test_more_texts_at_once_than_are_kept_all_come_back() -> None:
    texts = [f"word{number}" for number in range(9)]
    kept = KeptVectors(WordEncoder(), most_texts=3)
    assert np.array_equal(kept.encode(texts, truncate=True), WordEncoder().encode(texts))


def test_what_must_be_read_whole_is_still_refused_when_it_is_too_long() -> None:
    kept = KeptVectors(WordEncoder(max_tokens=3))
    kept.encode(["one two three four"], truncate=True)
    with pytest.raises(PassageTooLong):
        kept.encode(["one two three four"])


@pytest.mark.model
def test_kept_one_by_one_or_read_together_texts_are_equally_near() -> None:
    from retrieval.encoder import has_fast_bfloat16, load_encoder

    encoder = load_encoder()
    texts = ["How many days of leave do I get?", "28 days.", "Annual leave is 28 days in a calendar year. " * 6]
    kept = KeptVectors(encoder)
    alone = np.concatenate([kept.encode([text], truncate=True) for text in texts])
    # In bfloat16 the last digits follow the batch.
    cosines = (alone * encoder.encode(texts, truncate=True)).sum(axis=1)
    np.testing.assert_allclose(cosines, 1.0, atol=5e-4 if has_fast_bfloat16() else 1e-6)
    np.testing.assert_array_equal(kept.encode(texts, truncate=True), alone)
