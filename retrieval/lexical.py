"""BM25 over an inverted index: the scores of ``rank_bm25.BM25Okapi``, at a cost that follows the question's own terms.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. ``BM25Okapi`` floors negative
inverse document frequencies at ``epsilon`` times their mean, and so do we; ``tests/retrieval/test_lexical.py`` holds the
two equal, apart from libraries so small that this mean is not positive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import local

import numpy as np
from numpy.typing import NDArray

from retrieval.ranking import best_first

K1 = 1.5
B = 0.75
EPSILON = 0.25
# A mean of inverse document frequencies below this is 0 but for rounding, which follows the order of the terms.
NO_MEAN = 1e-9
#: Characters of a piece of a word: McNamee & Mayfield, "Character N-Gram Tokenization for European Language Text Retrieval", 2004.
PIECE = 4


@dataclass(frozen=True, slots=True)
class Postings:
    """The inverted index as arrays: for term ``t``, ``rows[starts[t]:starts[t + 1]]`` are the passages that hold it,
    in order, and ``counts`` how often. ``lengths`` is the number of terms of each passage."""

    vocabulary: dict[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.int32]
    lengths: NDArray[np.int32]


class LexicalIndex:
    """Immutable. Rows are positions in the list of passages it was built from."""

    def __init__(self, postings: Postings) -> None:
        self.postings = postings
        self._idf = _inverse_document_frequencies(postings)
        self._weights = _weights(postings)
        self._scratch = local()

    def __len__(self) -> int:
        return len(self.postings.lengths)

    @classmethod
    def build(cls, token_lists: Iterable[Sequence[str]]) -> LexicalIndex:
        """Index passages given as lists of terms; an empty corpus and empty passages are allowed."""
        vocabulary: dict[str, int] = {}
        term_ids: list[int] = []
        rows: list[int] = []
        counts: list[int] = []
        lengths: list[int] = []
        for row, tokens in enumerate(token_lists):
            lengths.append(len(tokens))
            for token, count in Counter(tokens).items():
                term_ids.append(vocabulary.setdefault(token, len(vocabulary)))
                rows.append(row)
                counts.append(count)
        return cls(_group(vocabulary, np.array(term_ids, np.int64), _int32(rows), _int32(counts), _int32(lengths)))

    def changed(self, keep: NDArray[np.bool_], added: Iterable[Sequence[str]]) -> LexicalIndex:
        """The index after dropping the rows where ``keep`` is false and appending passages. Kept passages move up, keep
        their order and are not read again."""
        old = self.postings
        new = LexicalIndex.build(added).postings
        moved = np.cumsum(keep, dtype=np.int64) - 1
        old_ids = np.repeat(np.arange(len(old.starts) - 1), np.diff(old.starts))
        stays = keep[old.rows]
        vocabulary = dict(old.vocabulary)
        renamed = np.array([vocabulary.setdefault(term, len(vocabulary)) for term in new.vocabulary], np.int64)
        new_ids = np.repeat(renamed, np.diff(new.starts))
        return LexicalIndex(
            _group(
                vocabulary,
                np.concatenate([old_ids[stays], new_ids]),
                np.concatenate([moved[old.rows[stays]].astype(np.int32), new.rows + np.int32(keep.sum())]),
                np.concatenate([old.counts[stays], new.counts]),
                np.concatenate([old.lengths[keep], new.lengths]),
            )
        )

    def reordered(self, order: NDArray[np.int64]) -> LexicalIndex:
        """The same passages in another order: new row ``i`` is old row ``order[i]``."""
        p = self.postings
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        term_ids = np.repeat(np.arange(len(p.starts) - 1), np.diff(p.starts))
        rows = place[p.rows]
        by_row = np.lexsort((rows, term_ids))
        return LexicalIndex(Postings(p.vocabulary, p.starts, rows[by_row], p.counts[by_row], p.lengths[order]))

    def search(
        self, tokens: Sequence[str], *, k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k passages that score highest, best first, ties by row.

        :param tokens: the question's terms; a repeated term counts twice, as in ``BM25Okapi``.
        :param mask: shape ``(n_passages,)``, true where a passage may be found.
        :returns: rows and scores. Only passages holding a term of the question are returned, so maybe fewer than k.
        """
        scores = self._accumulator()
        touched = [self._add(scores, term, times) for term, times in self._known(tokens)]
        if not touched:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows = np.concatenate(touched)
        if len(touched) > 1:
            rows = np.unique(rows)
        found = scores[rows]
        scores[rows] = 0.0
        if mask is not None:
            allowed = mask[rows]
            rows, found = rows[allowed], found[allowed]
        return best_first(rows.astype(np.int64), found, k)

    def scores_of(self, tokens: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """BM25 score of each row, in the given order; 0 where a passage holds no term of the question."""
        result = np.zeros(len(rows), np.float32)
        for term, times in self._known(tokens):
            begin, end = self.postings.starts[term], self.postings.starts[term + 1]
            holders = self.postings.rows[begin:end]
            at = np.searchsorted(holders, rows)
            at[at == len(holders)] = 0
            held = holders[at] == rows
            result[held] += np.float32(times * self._idf[term]) * self._weights[begin:end][at[held]]
        return result

    def coverage_of(
        self, tokens: Sequence[str], rows: NDArray[np.int64], *, mask: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """How much of the question each row holds, in the given order: the share, weighted by inverse document frequency,
        of the question's known terms that occur in it at all. 0 to 1; how often a term occurs makes no difference.

        :param mask: shape ``(n_passages,)``, true where a passage may be read. A term that only others hold counts as
            unknown: the score must not tell what stands in them.
        """
        covered = np.zeros(len(rows), np.float64)
        total = 0.0
        for term, _ in self._known(tokens):
            holders = self.postings.rows[self.postings.starts[term] : self.postings.starts[term + 1]]
            if mask is not None and not mask[holders].any():
                continue
            at = np.searchsorted(holders, rows)
            at[at == len(holders)] = 0
            worth = max(float(self._idf[term]), 0.0)
            covered += worth * (holders[at] == rows)
            total += worth
        return np.asarray(covered / total if total > 0 else covered, np.float32)

    def coverage_in_pieces(
        self, tokens: Sequence[str], *, mask: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """How much of the question each passage holds in pieces of words: as :meth:`coverage_of`, counting pieces of four letters
        that any of its words holds. "Urlaubstage" has most of its pieces in "Jahresurlaub".

        :returns: shape ``(n_passages,)``, 0 to 1.
        """
        covered = np.zeros(len(self), np.float64)
        total = 0.0
        for piece in dict.fromkeys(piece for token in tokens for piece in _pieces(token)):
            holders = self._holders(piece)
            if not len(holders) or (mask is not None and not mask[holders].any()):
                continue
            worth = float(np.log1p((len(self) - len(holders) + 0.5) / (len(holders) + 0.5)))
            covered[holders] += worth
            total += worth
        return np.asarray(covered / total if total > 0 else covered, np.float32)

    def ideal(self, tokens: Sequence[str]) -> float:
        """The score of a passage that held every known term of the question endlessly often: what a score is compared
        with to tell how much of the question is covered. 0 if no term is known."""
        return float(sum(max(self._idf[term], 0.0) * times * (K1 + 1) for term, times in self._known(tokens)))

    def save(self, path: Path) -> None:
        """Write the postings as a plain ``.npz`` (no pickle)."""
        words = "\n".join(self.postings.vocabulary).encode()
        p = self.postings
        with path.open("wb") as stream:
            np.savez(
                stream,
                vocabulary=np.frombuffer(words, np.uint8),
                starts=p.starts,
                rows=p.rows,
                counts=p.counts,
                lengths=p.lengths,
            )

    @classmethod
    def load(cls, path: Path) -> LexicalIndex:
        with np.load(path, allow_pickle=False) as saved:
            words = saved["vocabulary"].tobytes().decode()
            vocabulary = {word: number for number, word in enumerate(words.split("\n"))} if words else {}
            return cls(Postings(vocabulary, saved["starts"], saved["rows"], saved["counts"], saved["lengths"]))

    @cached_property
    def _words(self) -> tuple[str, NDArray[np.int64]]:
        """The vocabulary as one text, a term a line, and where each begins."""
        lengths = np.array([len(word) + 1 for word in self.postings.vocabulary], np.int64)
        return "\n".join(self.postings.vocabulary), np.cumsum(lengths) - lengths

    def _holders(self, piece: str) -> NDArray[np.int32]:
        """The rows that hold a piece in any of their words, or a shorter one as a word, in order."""
        p = self.postings
        if len(piece) < PIECE:
            found = [p.vocabulary[piece]] if piece in p.vocabulary else []
        else:
            words, begins = self._words
            at = [match.start() for match in re.finditer(re.escape(piece), words)]
            found = np.unique(np.searchsorted(begins, at, side="right") - 1).tolist()
        rows = [p.rows[p.starts[term] : p.starts[term + 1]] for term in found]
        return np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int32)

    def _known(self, tokens: Sequence[str]) -> list[tuple[int, int]]:
        known = ((self.postings.vocabulary.get(token), times) for token, times in Counter(tokens).items())
        return [(term, times) for term, times in known if term is not None]

    def _add(self, scores: NDArray[np.float32], term: int, times: int) -> NDArray[np.int32]:
        begin, end = self.postings.starts[term], self.postings.starts[term + 1]
        rows = self.postings.rows[begin:end]
        scores[rows] += np.float32(times * self._idf[term]) * self._weights[begin:end]
        return rows

    def _accumulator(self) -> NDArray[np.float32]:
        # One zeroed array per thread, wiped only where a query wrote: no cost for passages without the query's terms.
        if not hasattr(self._scratch, "scores"):
            self._scratch.scores = np.zeros(len(self), np.float32)
        scores: NDArray[np.float32] = self._scratch.scores
        return scores


def _pieces(word: str) -> list[str]:
    return [word[at : at + PIECE] for at in range(max(1, len(word) - PIECE + 1))]


def _group(
    vocabulary: dict[str, int],
    term_ids: NDArray[np.int64],
    rows: NDArray[np.int32],
    counts: NDArray[np.int32],
    lengths: NDArray[np.int32],
) -> Postings:
    """Order postings by term, then row, and drop terms that no passage holds any more."""
    frequency = np.bincount(term_ids, minlength=len(vocabulary))
    alive = frequency > 0
    if not alive.all():
        vocabulary = {word: 0 for word, lives in zip(vocabulary, alive, strict=True) if lives}
        vocabulary = {word: number for number, word in enumerate(vocabulary)}
        term_ids = (np.cumsum(alive) - 1)[term_ids]
        frequency = frequency[alive]
    order = np.argsort(term_ids, kind="stable")  # rows come in ascending order within a term, and stay so
    starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
    return Postings(vocabulary, starts, rows[order], counts[order], lengths)


def _inverse_document_frequencies(postings: Postings) -> NDArray[np.float64]:
    frequency = np.diff(postings.starts).astype(np.float64)
    idf = np.log(len(postings.lengths) - frequency + 0.5) - np.log(frequency + 0.5)
    if not len(idf):
        return idf
    if (mean := idf.mean()) > NO_MEAN:
        idf[idf < 0] = EPSILON * mean
        return idf
    # In a library of a passage or two every term is in half of them. BM25Okapi then counts them nothing, or less than nothing,
    # and ranks backwards; this is the formula of Lucene's BM25Similarity, which never falls to 0.
    return np.asarray(np.log1p((len(postings.lengths) - frequency + 0.5) / (frequency + 0.5)), np.float64)


def _weights(postings: Postings) -> NDArray[np.float32]:
    """The part of a posting's score that does not depend on the question: saturated, length-normalised frequency."""
    if not len(postings.lengths):
        return np.empty(0, np.float32)
    mean = postings.lengths.mean() or 1.0
    norm = K1 * (1 - B + B * postings.lengths / mean)
    counts = postings.counts.astype(np.float64)
    return (counts * (K1 + 1) / (counts + norm[postings.rows])).astype(np.float32)


def _int32(values: list[int]) -> NDArray[np.int32]:
    return np.array(values, np.int32)
