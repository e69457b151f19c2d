from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from retrieval.lexical import NO_MEAN, LexicalIndex

WORDS = st.sampled_from("leave day sick travel train hotel bonus notice month week pay the".split())
CORPUS = st.lists(st.lists(WORDS, min_size=1, max_size=12), min_size=1, max_size=20)


def rank_bm25_counts_something(corpus: list[list[str]]) -> bool:
    """Whether its inverse document frequencies have a positive mean, as those of every library but the tiniest have."""
    frequency = np.array(list(Counter(word for words in corpus for word in set(words)).values()))
    return bool(np.log((len(corpus) - frequency + 0.5) / (frequency + 0.5)).mean() > NO_MEAN)


@pytest.mark.parametrize("others", [[], [["pay", "month", "bonus"]]])
def test_a_library_of_a_passage_or_two_ranks_forwards(others: list[list[str]]) -> None:
    index = LexicalIndex.build([["leave", "notice", "notice"], *others])
    once, twice = (float(index.scores_of(asked, np.array([0]))[0]) for asked in (["notice"], ["notice", "leave"]))
    assert twice > once > 0
    assert index.coverage_of(["notice"], np.array([0])).tolist() == [1.0]
    assert index.coverage_of(["notice", "leave"], np.array([0])).tolist() == [1.0]


def test_a_mean_that_only_rounding_makes_positive_ranks_alike_in_any_order_of_terms() -> None:
    # Forwards the mean of their inverse document frequencies comes to 3e-17, backwards to -3e-17.
    corpus = [
        ["week", "leave", "bonus", "notice", "sick", "hotel"],
        ["travel", "hotel", "sick"],
        ["sick", "week", "travel"],
        ["travel", "hotel"],
    ]
    of_terms = [LexicalIndex.build([words[::step] for words in corpus[::step]]) for step in (1, -1)]
    forwards, backwards = (index.scores_of(["notice", "sick"], np.arange(4)) for index in of_terms)
    np.testing.assert_allclose(forwards, backwards[::-1], rtol=1e-6)
    assert forwards[0] > 0


@given(corpus=CORPUS, question=st.lists(WORDS, min_size=1, max_size=6))
def test_scores_equal_rank_bm25(corpus: list[list[str]], question: list[str]) -> None:
    expected = BM25Okapi(corpus).get_scores(question)
    index = LexicalIndex.build(corpus)
    assume(rank_bm25_counts_something(corpus))
    np.testing.assert_allclose(index.scores_of(question, np.arange(len(corpus))), expected, rtol=1e-5, atol=1e-6)
    rows, scores = index.search(question, k=len(corpus))
    np.testing.assert_allclose(scores, expected[rows], rtol=1e-5, atol=1e-6)
    assert all(a >= b for a, b in itertools.pairwise(scores))


@given(corpus=CORPUS, added=CORPUS, question=st.lists(WORDS, min_size=1, max_size=4), data=st.data())
def test_changed_equals_built_anew(
    corpus: list[list[str]], added: list[list[str]], question: list[str], data: st.DataObject
) -> None:
    keep = data.draw(st.lists(st.booleans(), min_size=len(corpus), max_size=len(corpus)))
    changed = LexicalIndex.build(corpus).changed(np.array(keep), added)
    anew = LexicalIndex.build([tokens for tokens, kept in zip(corpus, keep, strict=True) if kept] + added)
    for one, other in zip(changed.search(question, k=50), anew.search(question, k=50), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_reordered_moves_rows() -> None:
    index = LexicalIndex.build([["leave"], ["travel"], ["leave", "leave", "travel"], *[["pay"]] * 4])
    index = index.reordered(np.array([2, 0, 1, 3, 4, 5, 6]))
    assert index.search(["travel"], k=3)[0].tolist() == [2, 0]


def test_ties_break_by_row_also_at_the_cut() -> None:
    index = LexicalIndex.build([["travel"], ["leave"], ["leave"], ["leave"]] + [["pay"]] * 4)
    assert index.search(["leave"], k=2)[0].tolist() == [1, 2]


def test_mask_is_applied_before_the_cut() -> None:
    index = LexicalIndex.build([["leave", "leave"], ["leave", "pay"], ["sick"], ["sick"]])
    rows, _ = index.search(["leave"], k=1, mask=np.array([False, True, True, True]))
    assert rows.tolist() == [1]


def test_search_twice_gives_the_same() -> None:
    index = LexicalIndex.build([["leave", "pay"], ["leave"], ["sick"], ["travel"]])
    first, second = index.search(["leave", "pay"], k=4), index.search(["leave", "pay"], k=4)
    assert first[0].tolist() == second[0].tolist() == [0, 1]
    assert first[1].tolist() == second[1].tolist()


@pytest.mark.parametrize("corpus", [[], [[]], [["leave"], []]])
def test_empty_corpus_and_passages_are_allowed(corpus: list[list[str]]) -> None:
    rows, scores = LexicalIndex.build(corpus).search(["travel"], k=3)
    assert rows.tolist() == []
    assert scores.tolist() == []


def test_saved_index_loads_equal(tmp_path: Path) -> None:
    index = LexicalIndex.build([["leave", "über"], ["leave"], ["§"], ["sick"]])
    index.save(tmp_path / "lexical.npz")
    loaded = LexicalIndex.load(tmp_path / "lexical.npz")
    assert loaded.search(["leave", "über"], k=3)[1].tolist() == index.search(["leave", "über"], k=3)[1].tolist()


def test_a_joined_word_holds_the_pieces_of_its_parts() -> None:
    index = LexicalIndex.build([["jahresurlaub"], ["urlaub", "tag"], ["reis"], ["reisekosten", "tag"]])
    whole, reached = index.coverage_of(["urlaub"], np.arange(4)), index.coverage_in_pieces(["urlaub"])
    assert whole.tolist() == [0.0, 1.0, 0.0, 0.0]
    assert reached.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert index.coverage_in_pieces(["ta"]).tolist() == [0.0] * 4  # what is no longer than a piece stands for itself
    assert index.coverage_in_pieces(["tag"]).tolist() == [0.0, 1.0, 0.0, 1.0]
    assert index.coverage_in_pieces([]).tolist() == [0.0] * 4
    partly = index.coverage_in_pieces(["urlaubsreise"])
    assert partly[0] == partly[1] > 0
    assert 0 < partly[2] < 1


def test_rare_pieces_count_more_than_those_that_many_passages_hold() -> None:
    index = LexicalIndex.build([["urlaub"], ["zeit"], ["zeit"], ["zeit"]])
    assert index.coverage_in_pieces(["urlaub", "zeit"])[0] > 0.5


def test_pieces_that_only_others_may_read_are_unknown() -> None:
    index = LexicalIndex.build([["gehaltsband"], ["urlaub"]])
    readable = np.array([False, True])
    assert index.coverage_in_pieces(["gehalt", "urlaub"], mask=readable)[1] == 1.0


@given(CORPUS, st.lists(WORDS, min_size=1, max_size=5))
def test_coverage_in_pieces_is_that_of_an_index_of_pieces(corpus: list[list[str]], question: list[str]) -> None:
    def pieces(words: list[str]) -> set[str]:
        return {word[at : at + 4] for word in words for at in range(max(1, len(word) - 3))}

    worth = {
        piece: np.log1p((len(corpus) - held + 0.5) / (held + 0.5))
        for piece in pieces(question)
        if (held := sum(piece in pieces(words) for words in corpus))
    }
    total = sum(worth.values()) or 1.0
    expected = [sum(worth.get(piece, 0.0) for piece in pieces(words)) / total for words in corpus]
    assert LexicalIndex.build(corpus).coverage_in_pieces(question).tolist() == pytest.approx(expected, abs=1e-6)
