"""Which statement of a new version is which of the old one, wherever it stands now and whatever its number."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

import numpy as np

from ingest.numbering import label
from ingest.statements import Statement

_MOST_MEETINGS = 2_500


@dataclass(frozen=True, slots=True)
class AlignmentConfig:
    """How alike two statements have to be (0 to 1) to be one, by how much else says that they are."""

    same_anchor: float = 0.2  #: same number, defined term or row, in the same section
    same_gap: float = 0.4  #: between the same unchanged neighbours
    same_section: float = 0.5
    anywhere: float = 0.6
    contained: float = 0.85  #: what it is worth that all of the shorter one stands in the longer one
    least_terms: int = (
        4  #: shorter statements are found again by place or number only, unless they stayed word for word
    )


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairs of one statement in two versions, in the order of the new version, and what is left of each."""

    pairs: tuple[tuple[Statement, Statement], ...]
    removed: tuple[Statement, ...]
    added: tuple[Statement, ...]


def align(old: Sequence[Statement], new: Sequence[Statement], config: AlignmentConfig | None = None) -> Alignment:
    """Find each statement again: first those that stayed word for word, then the likest, best first.

    Ties go to the one with the same number, then to the one that stands nearest. Each statement is in at most one pair.
    """
    aligner = _Aligner(old, new, config or AlignmentConfig())
    aligner.match_unchanged()
    aligner.match_alike()
    pairs = [(old[before], new[after]) for before, after in sorted(aligner.partner.items(), key=lambda pair: pair[1])]
    removed, added = aligner.free()
    pairs, removed = _rejoined(pairs, removed)
    turned, added = _rejoined([(other, one) for one, other in pairs], added)
    return Alignment(tuple((one, other) for other, one in turned), tuple(_runs(removed)), tuple(_runs(added)))


def _rejoined(
    pairs: list[tuple[Statement, Statement]], left: list[Statement]
) -> tuple[list[tuple[Statement, Statement]], list[Statement]]:
    """Sentences that became part of their neighbour on the other side are put together with it: two sentences that are one now."""
    still: list[Statement] = []
    for statement in left:
        at = next((at for at, (one, other) in enumerate(pairs) if _became_part(statement, one, other)), None)
        if at is None:
            still.append(statement)
        else:
            pairs[at] = (pairs[at][0].joined(statement), pairs[at][1])
    return pairs, still


def _became_part(statement: Statement, one: Statement, other: Statement) -> bool:
    if statement.number or one.paragraph != statement.paragraph or abs(one.place - statement.place) > 1:
        return False
    gained = Counter(other.words) - Counter(one.words)
    return (Counter(statement.words) & gained).total() >= 0.8 * len(statement.words)


def _runs(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Neighbouring sentences of one paragraph as one."""
    run: Statement | None = None
    last = -1
    for statement in statements:
        if run is not None and run.paragraph == statement.paragraph and statement.place == last + 1:
            run = run.joined(statement)
        else:
            if run is not None:
                yield run
            run = statement
        last = statement.place
    if run is not None:
        yield run


@lru_cache(maxsize=4096)
def heading_words(path: tuple[str, ...]) -> tuple[str, ...]:
    """A section path without numbers, case and punctuation."""
    return tuple(" ".join(_bare(heading).casefold().split()).strip(" .:") for heading in path)


def _bare(heading: str) -> str:
    mark = label(heading)
    return mark.rest if mark and mark.rest else heading


@dataclass(slots=True)
class _Aligner:
    old: Sequence[Statement]
    new: Sequence[Statement]
    config: AlignmentConfig
    partner: dict[int, int] = field(default_factory=dict)  #: place in the old version -> place in the new one
    _taken: set[int] = field(default_factory=set)

    def match_unchanged(self) -> None:
        """Pair what stayed word for word; of several alike, those in one section and under one number first."""
        known, wanted = _by_words(self.old), _by_words(self.new)
        candidates = [pair for words in known.keys() & wanted.keys() for pair in _meetings(known[words], wanted[words])]
        candidates.sort(
            key=lambda pair: (-_closeness(*pair), abs(pair[0].place - pair[1].place), pair[1].place, pair[0].place)
        )
        for one, other in candidates:
            # A few words that stand in many places, such as "Not applicable.", are found again only where they stood.
            if len(one.terms) >= self.config.least_terms or len(known[one.words]) == 1 or _closeness(one, other) > 0:
                self._pair(one.place, other.place)

    def match_alike(self) -> None:
        gaps = self._gaps()
        scored = []
        for one, other, likeness in self._likenesses():
            in_gap = gaps[0].get(one.place) == gaps[1].get(other.place)
            if likeness >= self._needed(one, other, in_gap=in_gap):
                order = likeness + 0.2 * _closeness(one, other) + (0.1 if in_gap else 0.0)
                scored.append((-order, abs(one.place - other.place), one.place, other.place))
        for _, _, before, after in sorted(scored):
            self._pair(before, after)

    def _pair(self, before: int, after: int) -> None:
        if before not in self.partner and after not in self._taken:
            self.partner[before] = after
            self._taken.add(after)

    def free(self) -> tuple[list[Statement], list[Statement]]:
        """The statements of each version that have no partner."""
        return (
            [statement for statement in self.old if statement.place not in self.partner],
            [statement for statement in self.new if statement.place not in self._taken],
        )

    def _likenesses(self) -> Iterator[tuple[Statement, Statement, float]]:
        """Free statements that are somewhat alike, and how much: the share of the terms they have in common, 0 to 1; a
        statement that only grew or shrank is alike too."""
        from scipy.sparse import csr_array

        olds, news = self.free()
        columns: dict[str, int] = {}
        rows = [_incidence(statements, columns) for statements in (olds, news)]
        if not columns:
            return
        before, after = (csr_array((np.ones(len(at)), (of, at)), shape=(count, len(columns))) for of, at, count in rows)
        shared = (before @ after.T).tocoo()
        old_sizes, new_sizes = before.sum(axis=1)[shared.row], after.sum(axis=1)[shared.col]
        shorter = np.minimum(old_sizes, new_sizes)
        is_contained = (shared.data >= 0.8 * shorter) & (shorter >= self.config.least_terms)
        likeness = np.maximum(
            2 * shared.data / (old_sizes + new_sizes),
            np.where(is_contained, self.config.contained * shared.data / shorter, 0.0),
        )
        for at in np.flatnonzero(likeness >= self.config.same_anchor):
            yield olds[shared.row[at]], news[shared.col[at]], float(likeness[at])

    def _gaps(self) -> tuple[dict[int, int], dict[int, int]]:
        """For each free place the number of the run of free statements it stands in, the same on both sides."""
        mainstay = in_order([(before, after) for before, after in sorted(self.partner.items())])
        bounds = [(-1, -1), *mainstay]
        gaps: tuple[dict[int, int], dict[int, int]] = ({}, {})
        for side, statements in enumerate((self.old, self.new)):
            edges = [bound[side] for bound in bounds]
            at = 0
            for statement in statements:
                while at + 1 < len(edges) and edges[at + 1] <= statement.place:
                    at += 1
                gaps[side][statement.place] = at
        return gaps

    def _needed(self, one: Statement, other: Statement, *, in_gap: bool) -> float:
        alike_sections = heading_words(one.section_path) == heading_words(other.section_path)
        if one.is_control != other.is_control:
            return 2.0
        if one.anchor is not None and one.anchor == other.anchor and alike_sections:
            return self.config.same_anchor
        if in_gap and (alike_sections or one.number == other.number):
            return self.config.same_gap
        if min(len(one.terms), len(other.terms)) < self.config.least_terms:
            return 2.0 if not alike_sections else self.config.anywhere
        return self.config.same_section if alike_sections else self.config.anywhere


def _by_words(statements: Sequence[Statement]) -> dict[tuple[str, ...], list[Statement]]:
    found: dict[tuple[str, ...], list[Statement]] = defaultdict(list)
    for statement in statements:
        found[statement.words].append(statement)
    return found


def _meetings(olds: list[Statement], news: list[Statement]) -> Iterable[tuple[Statement, Statement]]:
    """Who may meet whom among statements of the same words: everyone, or where they are very many, each its like in order."""
    return product(olds, news) if len(olds) * len(news) <= _MOST_MEETINGS else zip(olds, news, strict=False)


def _incidence(statements: Sequence[Statement], columns: dict[str, int]) -> tuple[list[int], list[int], int]:
    """Which statement holds which term, as rows and columns of a matrix, and its number of rows."""
    held = [
        (row, columns.setdefault(term, len(columns))) for row, each in enumerate(statements) for term in set(each.terms)
    ]
    return [row for row, _ in held], [column for _, column in held], len(statements)


def _closeness(one: Statement, other: Statement) -> int:
    """2 for the same anchor in the same section, 1 for either."""
    return (one.anchor is not None and one.anchor == other.anchor) + (
        heading_words(one.section_path) == heading_words(other.section_path)
    )


def in_order(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs that stand in the same order on both sides (patience sorting).

    :param pairs: sorted by their first number.
    """
    piles: list[tuple[int, int]] = []
    below: dict[tuple[int, int], tuple[int, int] | None] = {}
    for pair in pairs:
        low, high = 0, len(piles)
        while low < high:
            middle = (low + high) // 2
            if piles[middle][1] < pair[1]:
                low = middle + 1
            else:
                high = middle
        below[pair] = piles[low - 1] if low else None
        piles[low : low + 1] = [pair]
    run: list[tuple[int, int]] = []
    at = piles[-1] if piles else None
    while at is not None:
        run.append(at)
        at = below[at]
    return run[::-1]
