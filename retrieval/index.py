"""One searchable snapshot of passages, in memory: what a generation holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from retrieval.dense import DenseIndex, LaterWindows
from retrieval.encoder import Encoder
from retrieval.lexical import LexicalIndex
from retrieval.records import Passage, heading_line, passage_order
from retrieval.scope import Scope
from retrieval.terms import terms
from retrieval.windows import later_windows

T = TypeVar("T")


class PassageIndex:
    """Immutable. A row is a passage's position in :attr:`passages`, which are in the order of their ids.

    :param generation: its number in the home; 0 for an index that was never saved.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        lexical: LexicalIndex,
        dense: DenseIndex,
        *,
        encoder: str,
        generation: int = 0,
    ) -> None:
        self.passages = tuple(passages)
        self.lexical = lexical
        self.dense = dense
        self.encoder = encoder
        self.generation = generation
        self.rows = {passage.passage_id: row for row, passage in enumerate(self.passages)}
        self._dates = _Column((p.effective_from, p.effective_to) for p in self.passages)
        self._audiences = _Column(p.audience for p in self.passages)
        self._jurisdictions = _Column(p.jurisdiction for p in self.passages)

    def __len__(self) -> int:
        return len(self.passages)

    @classmethod
    def build(
        cls,
        passages: Sequence[Passage],
        encoder: Encoder,
        *,
        previous: PassageIndex | None = None,
        windows: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> PassageIndex:
        """Index passages; what ``previous`` already holds with the same searchable text is not read or encoded again.

        :param passages: any order; they are put in the order of their ids.
        :param windows: read passages that are too long for the encoder in windows. Without, they are embedded without their title,
            if they still do not fit without their section path, and then as far as the encoder reads.
        :param progress: called with (texts encoded, texts to encode), windows among them.
        """
        passages = sorted(passages, key=lambda passage: passage_order(passage.passage_id))
        if previous is None or previous.encoder != encoder.name:
            known: dict[str, int] = {}
        else:
            known = {p.passage_id: row for row, p in enumerate(previous.passages)}
        kept_rows = {
            p.passage_id: known[p.passage_id]
            for p in passages
            if p.passage_id in known and previous is not None
            and previous.passages[known[p.passage_id]].searchable == p.searchable
        }  # fmt: skip
        added = [p for p in passages if p.passage_id not in kept_rows]
        texts, owners = later_windows(added, encoder) if windows else ([], [])
        everything = [*((p.searchable for p in added) if windows else _fitting(added, encoder)), *texts]
        report = (lambda done: progress(done, len(everything))) if progress else None
        encoded = encoder.encode(everything, truncate=True, progress=report)
        vectors = encoded[: len(added)]
        later = LaterWindows(encoded[len(added) :], np.array(owners, np.int64)) if texts else None
        if previous is None or not kept_rows:
            return cls(passages, lexical_of(added), DenseIndex.build(vectors, later), encoder=encoder.name)
        keep = np.zeros(len(previous), np.bool_)
        keep[list(kept_rows.values())] = True
        # Kept passages first, new ones behind them; then one permutation puts both in the order of their ids.
        merged = [p for p in previous.passages if p.passage_id in kept_rows] + added
        place = {p.passage_id: row for row, p in enumerate(merged)}
        order = np.array([place[p.passage_id] for p in passages], np.int64)
        lexical = previous.lexical.changed(keep, (terms(p.searchable) for p in added)).reordered(order)
        row_of = np.argsort(order)
        moved = np.full(len(previous), -1, np.int64)
        moved[keep] = row_of[: len(kept_rows)]
        both = LaterWindows.joined([(previous.dense.later, moved), (later, row_of[len(kept_rows) :])])
        dense = DenseIndex.build(np.concatenate([previous.dense.vectors[keep], vectors])[order], both)
        return cls(passages, lexical, dense, encoder=encoder.name)

    @property
    def jurisdictions(self) -> frozenset[str]:
        """The countries that some passage is for."""
        return frozenset(code for code in self._jurisdictions.values if code)

    @property
    def audiences(self) -> frozenset[str]:
        """Every group that some passage is kept for."""
        return frozenset(group for audience in self._audiences.values for group in audience)

    def mask(self, scope: Scope) -> NDArray[np.bool_] | None:
        """Which rows the scope allows, shape ``(n_passages,)``; None where it allows them all."""
        mask = self._dates.where(lambda dates: scope.in_force(*dates))
        mask &= self._audiences.where(scope.may_read)
        mask &= self._jurisdictions.where(scope.applies)
        return None if mask.all() else mask

    def readable(self, scope: Scope) -> NDArray[np.bool_] | None:
        """Which rows the asker may read on some day and in some country, shape ``(n_passages,)``; None where it is all of them."""
        mask = self._audiences.where(scope.may_read)
        return None if mask.all() else mask


def _fitting(passages: Sequence[Passage], encoder: Encoder) -> list[str]:
    """What the encoder reads of each passage. A passage is cut to fit under the title that its file had; a longer one, given to it
    later, must not push its text out of reach, let alone keep the library from being published."""
    texts = [passage.searchable for passage in passages]
    for with_sections in (True, False):
        for at, length in enumerate(encoder.count_tokens(texts)):
            if length > encoder.max_tokens:
                heading = heading_line("", passages[at].section_path) if with_sections else ""
                texts[at] = f"{heading}\n{passages[at].text}" if heading else passages[at].text
    return texts


def lexical_of(passages: Iterable[Passage]) -> LexicalIndex:
    """The words of passages, counted."""
    return LexicalIndex.build(terms(passage.searchable) for passage in passages)


class _Column(Generic[T]):
    """A column with few distinct values: a condition is tried once a value, not once a row."""

    def __init__(self, values: Iterable[T]) -> None:
        codes: dict[T, int] = {}
        self._codes = np.array([codes.setdefault(value, len(codes)) for value in values], np.int32)
        self.values = list(codes)

    def where(self, allowed: Callable[[T], bool]) -> NDArray[np.bool_]:
        """Shape ``(n_rows,)``: whether each row's value is allowed."""
        verdicts = np.array([allowed(value) for value in self.values], np.bool_)
        rows: NDArray[np.bool_] = verdicts[self._codes]
        return rows
