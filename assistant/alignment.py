"""A claim's facts laid beside those of its span: what stands on what, in order or moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher

from ingest.sayings import Fact, Kind


@dataclass(frozen=True, slots=True)
class Alignment:
    """A claim's facts beside its span's."""

    claimed: Sequence[Fact]
    cited: Sequence[Fact]
    mate: Mapping[int, int]  #: place of the claim -> place of the span that says the same
    unmatched: Sequence[int]  #: places of the claim that stand on nothing in the span
    kept: frozenset[int]  #: places of the span that the claim repeats


def lay_beside(claimed: Sequence[Fact], cited: Sequence[Fact]) -> Alignment:
    """Match runs in order, then runs that were moved, then single facts in order, then single words anywhere. Single facts
    come late: an "after" has rather moved with its "probation" than met another "after"."""
    mine, theirs = [_key(fact) for fact in claimed], [_key(fact) for fact in cited]
    mate: dict[int, int] = {}
    taken: set[int] = set()

    def join(runs: Iterable[Match]) -> None:
        for at, to, size in runs:
            if size and at not in mate and to not in taken:
                mate.update(zip(range(at, at + size), range(to, to + size), strict=True))
                taken.update(range(to, to + size))

    in_order = _runs(mine, theirs)
    join(run for run in in_order if run.size > 1)
    if len(mate) < len(mine) and len(taken) < len(theirs):
        moved = _runs(
            [key if at not in mate else f"<{at}" for at, key in enumerate(mine)],
            [key if to not in taken else f">{to}" for to, key in enumerate(theirs)],
        )
        join(run for run in moved if run.size > 1)
        join(run for run in in_order if run.size == 1)
        words = {
            theirs[to]: to for to in range(len(theirs) - 1, -1, -1) if to not in taken and cited[to].kind is Kind.WORD
        }
        join(Match(at, words[key], 1) for at, key in enumerate(mine) if at not in mate and key in words)
    unmatched = [at for at in range(len(mine)) if at not in mate]
    return Alignment(claimed, cited, mate, unmatched, frozenset(taken))


def _key(fact: Fact) -> str:
    return f"{fact.kind}:{fact.key}"


def _runs(mine: Sequence[str], theirs: Sequence[str]) -> list[Match]:
    """Longest common runs in order; the last one is empty and stands at both ends."""
    return SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
