"""Planted contradictions among look-alikes, and false alarms among real documents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from evals.significance import estimate
from ingest.conflicts import Contradiction, find_conflicts
from retrieval.encoder import Encoder
from retrieval.records import Passage

CASES = Path(__file__).parent / "gold" / "contradictions.txt"
#: The day on which the planted contradictions are looked for.
TODAY = date(2025, 11, 3)


@dataclass(frozen=True, slots=True)
class Case:
    """Two clauses of one company, and whether they contradict each other."""

    number: int  #: from 1, in the order of the file; even ones are held out from those who mend the program
    kind: str  #: what differs, or why it is no contradiction
    is_conflict: bool
    one: Passage
    other: Passage

    @property
    def is_held_out(self) -> bool:
        return self.number % 2 == 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in a library of all cases."""

    cases: tuple[Case, ...]
    found: frozenset[int]  #: numbers of the cases whose two clauses were reported as contradicting each other
    across: int  #: contradictions reported between clauses of different cases: all false

    def summary(self, *, held_out: bool | None = None) -> dict[str, Any]:
        """Recall and precision with 95 % intervals; contradictions across cases count against the whole only."""
        cases = [case for case in self.cases if held_out is None or case.is_held_out is held_out]
        hits = [float(case.number in self.found) for case in cases if case.is_conflict]
        false = sum(case.number in self.found for case in cases if not case.is_conflict)
        false += self.across if held_out is None else 0
        alarms = [1.0] * int(sum(hits)) + [0.0] * false
        return {
            "contradictions": len(hits),
            "look_alikes": len(cases) - len(hits),
            "found": _rounded(hits),
            "precision": _rounded(alarms),
        }


def read_cases(file: Path = CASES) -> list[Case]:
    """The cases of the file; see its first lines.

    :raises ValueError: if a case is not written as they say.
    """
    found = []
    text = re.sub(r"(?m)^#.*\n", "", file.read_text(encoding="utf-8"))
    for number, block in enumerate(re.split(r"(?m)^== ", text)[1:], start=1):
        head, one, other = block.strip().split("\n")
        verdict, _, rest = head.partition(": ")
        if verdict not in ("conflict", "none"):
            raise ValueError(f"{file.name}: expected 'conflict' or 'none', found {verdict!r} in case {number}")
        sides = _side(number, "A", one), _side(number, "B", other)
        if "document same" in head:
            sides = sides[0], replace(sides[1], document_id=sides[0].document_id)
        first, second = (_stated(side, name, rest) for side, name in zip(sides, "AB", strict=True))
        kind = re.split(r",? (?:country|from|until|audience|document) ", rest)[0].rstrip(",")
        found.append(Case(number, kind, verdict == "conflict", first, second))
    return found


def judge_cases(cases: Sequence[Case], encoder: Encoder) -> Judged:
    """Look for contradictions in one library that holds the clauses of all cases."""
    passages = [passage for case in cases for passage in (case.one, case.other)]
    places = {passage.passage_id: case.number for case in cases for passage in (case.one, case.other)}
    pairs = [_ids(found) for found in find_conflicts(passages, encoder, today=TODAY)]
    within = frozenset(places[one] for one, other in pairs if places[one] == places[other])
    return Judged(tuple(cases), within, sum(places[one] != places[other] for one, other in pairs))


def alarms(passages: Sequence[Passage], encoder: Encoder) -> dict[str, Any]:
    """Contradictions reported in a library of real documents, as counts; what is said stays out.

    :returns: documents, passages, alarms, alarms per 100 documents, and how many there are of each kind.
    """
    found = find_conflicts(passages, encoder)
    documents = len({passage.document_id for passage in passages})
    kinds: dict[str, int] = defaultdict(int)
    for one in found:
        kinds[one.kind.value] += 1
    return {
        "documents": documents,
        "passages": len(passages),
        "alarms": len(found),
        "per_100_documents": round(100 * len(found) / max(1, documents), 1),
        "kinds": dict(kinds),
    }


def _ids(found: Contradiction) -> tuple[str, str]:
    return found.one.passage.passage_id, found.other.passage.passage_id


def _side(number: int, name: str, line: str) -> Passage:
    match = re.fullmatch(rf"{name}: (?P<title>[^>]+) > (?P<section>[^:]+): (?P<text>.+)", line)
    if match is None:
        raise ValueError(f"expected '{name}: title > section: text', found {line!r}")
    document = f"c{number:03d}{name.lower()}"
    return Passage(
        f"{document}.v1.p0001", document, f"{document}.v1", match["title"], f"{document}.md", match["text"], (match["section"],)
    )  # fmt: skip


def _stated(passage: Passage, name: str, rest: str) -> Passage:
    """The passage with what its case states about its side: ``country B GB, until A 2024-12-31``."""
    facts = dict(re.findall(rf"(country|from|until|audience) {name} (\S+?)(?:,|$)", rest))
    return replace(
        passage,
        jurisdiction=facts.get("country"),
        effective_from=date.fromisoformat(facts["from"]) if "from" in facts else None,
        effective_to=date.fromisoformat(facts["until"]) if "until" in facts else None,
        audience=frozenset({facts["audience"]} if "audience" in facts else ()),
    )


def _rounded(values: Sequence[float]) -> dict[str, object]:
    one = estimate(values)
    figures = [None if value is None else round(value, 4) for value in (one.mean, one.low, one.high)]
    return {"mean": figures[0], "ci95": figures[1:], "n": one.n}
