"""Hand-made pairs of versions with planted changes, and how many of them the diff finds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ingest.diff import Change, diff
from retrieval.records import Passage, PassageKind

PAIRS = Path(__file__).parent / "gold" / "versions.txt"


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted change: ``reworded 6.2 > 6.3: three months → six months``."""

    kind: str
    old: str
    new: str
    facts: tuple[str, ...]

    def found_in(self, change: Change) -> bool:
        """Whether a reported change is this one, with all its facts."""
        kind = "control" if change.is_control else change.kind.value
        wants_old, wants_new = self.kind in ("removed", "moved", "reworded"), self.kind != "removed"
        return (
            kind == self.kind
            and (not wants_old or self.old.startswith('"') or self.old == change.old_number)
            and (not wants_new or _is(self.new, change.new_number, change.new_text))
            and (wants_new or _is(self.old, change.old_number, change.old_text))
            and set(self.facts) <= {str(fact) for fact in change.facts}
        )


def _is(wanted: str, number: str | None, text: str | None) -> bool:
    return wanted.strip('"') in (text or "") if wanted.startswith('"') else wanted == number


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of a small text, and what was changed between them."""

    name: str
    old: tuple[Passage, ...]
    new: tuple[Passage, ...]
    planted: tuple[Planted, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What the diff made of a pair."""

    pair: Pair
    missed: tuple[Planted, ...]
    false: tuple[Change, ...]


def read_pairs(file: Path = PAIRS) -> list[Pair]:
    """The pairs in the order of the file: a name, the old text, the new text and the planted changes."""
    found = []
    for block in re.split(r"(?m)^== ", file.read_text(encoding="utf-8"))[1:]:
        name, rest = block.split("\n", 1)
        old, new, planted = re.split(r"(?m)^--\n", rest)
        changes = tuple(_planted(line) for line in planted.split("\n") if line)
        found.append(Pair(name, tuple(version(old)), tuple(version(new, "d.v2")), changes))
    return found


def compare_pairs(pairs: Sequence[Pair]) -> list[Compared]:
    """The diff of each pair: a reported change pays for one planted change at most."""
    compared = []
    for pair in pairs:
        reported = list(diff(pair.old, pair.new))
        missed = []
        for planted in pair.planted:
            hit = next((change for change in reported if planted.found_in(change)), None)
            if hit is None:
                missed.append(planted)
            else:
                reported.remove(hit)
        compared.append(Compared(pair, tuple(missed), tuple(reported)))
    return compared


def version(text: str, version_id: str = "d.v1") -> list[Passage]:
    """Passages of a small text: ``#`` headings, clauses a line each, table rows between bars; a blank line parts passages."""
    found: list[Passage] = []
    path: tuple[str, ...] = ()
    kinds = {"|": "table", "#": "heading", "": "blank"}
    for kind, lines in groupby(text.strip("\n").split("\n"), key=lambda line: kinds.get(line[:1], "clause")):
        for line in lines if kind == "heading" else ():
            marks, heading = line.split(" ", 1)
            path = (*path[: len(marks) - 1], heading)
        if kind in ("clause", "table"):
            body = "\n".join(line.strip("| ") for line in lines)
            what = PassageKind.TABLE if kind == "table" else PassageKind.CLAUSE
            found.append(
                Passage(f"{version_id}.p{len(found):04d}", "d", version_id, "Policy", "p.md", body, path, None, what)
            )
    return found


def _planted(line: str) -> Planted:
    match = re.fullmatch(r"(\w+) (\".+?\"|[^ :]+)(?: > ([^ :]+))?(?:: (.+))?", line)
    if match is None:
        raise ValueError(f"expected 'kind number: facts', found {line!r}")
    return Planted(match[1], match[2], match[3] or match[2], tuple(match[4].split("; ")) if match[4] else ())
