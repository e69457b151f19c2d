"""How true clauses are cut: boundaries, numbers and section paths against documents marked by hand."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.machine import provenance
from evals.significance import RESAMPLES, SEED, estimate
from ingest.numbering import label
from ingest.read import read
from ingest.records import Clause
from retrieval.records import PassageKind

GOLD = Path(__file__).parent / "gold"
SAMPLE = Path(__file__).parent.parent / "corpora" / "sample" / "documents"


@dataclass(frozen=True, slots=True)
class Marked:
    """One clause as a person marked it; see ``evals/gold/README.md``."""

    opening: str
    letters: int  #: how many of the clause's letters ``opening`` is the digest of
    path: tuple[str, ...]
    number: str | None = None
    is_table: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Gold:
    """A marked document."""

    name: str
    file: str
    is_sample: bool
    is_held_out: bool
    sha256: str
    clauses: tuple[Marked, ...]
    pages: tuple[int, int] | None = None  #: only these were marked
    stops: tuple[str, int] | None = None  #: opening and letters of the first line that was not

    @property
    def format(self) -> str:
        return self.file.rpartition(".")[2].lower()


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where the program begins a clause."""

    clause: Clause
    is_table: bool

    def opens(self, opening: str, letters: int) -> bool:
        """Whether its first letters, with or without its number, are those of an opening."""
        return any(len(text) >= letters and digest(text[:letters]) == opening for text in _beginnings(self.clause))

    def is_below(self, opening: str, letters: int) -> bool:
        """Whether a heading above it has these first letters."""
        return any(digest(folded(heading)[:letters]) == opening for heading in self.clause.section_path)

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(digest(folded(heading)) for heading in self.clause.section_path)


@dataclass(frozen=True, slots=True)
class Score:
    """One document: what was found, missed and too many, and of the found how many stand in their place."""

    gold: Gold
    found: int
    missed: int
    extra: int
    right_paths: int
    right_numbers: int
    numbered: int  #: found clauses that have a number
    faults: tuple[str, ...]  #: where it differs, for a person to read


def measure_structure(
    documents: Path | None = None, *, on_difference: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Cut every marked document and compare.

    :param documents: the folder of the real documents; where None or without a document, that one is listed as skipped.
    :param on_difference: called with each difference in documents that are not held out, for a person to read.
    :returns: ``formats`` with precision, recall and F1 of the boundaries and the share of right section paths and
        numbers, each with a 95 % interval; the same for ``held_out`` and ``faults``; ``documents`` one by one.
    """
    scores: list[Score] = []
    skipped: list[dict[str, str]] = []
    for gold in read_gold():
        file = (SAMPLE if gold.is_sample else documents or Path()) / gold.file
        if not gold.is_sample and documents is None:
            skipped.append({"document": gold.name, "reason": "it is read from --documents, which was not given"})
        elif not file.is_file():
            skipped.append({"document": gold.name, "reason": "its file is not in the folder"})
        elif (data := file.read_bytes()) and hashlib.sha256(data).hexdigest() != gold.sha256:
            skipped.append({"document": gold.name, "reason": "its file is another than was marked"})
        else:
            scores.append(compare(gold, read(gold.file, data).clauses))
            if on_difference is not None and not gold.is_held_out:
                for fault in scores[-1].faults:
                    on_difference(f"{gold.name}: {fault}")
    return {
        **provenance(),
        "formats": {name: _summary([s for s in scores if s.gold.format == name]) for name in ("md", "docx", "html", "pdf")},
        "all": _summary(scores),
        "held_out": _summary([score for score in scores if score.gold.is_held_out]),
        "faults": _summary([score for score in scores if not score.gold.is_held_out]),
        "documents": [
            {"document": s.gold.name, "use": "held-out" if s.gold.is_held_out else "faults", "clauses": s.found + s.missed,
             "found": s.found, "extra": s.extra, "right_paths": s.right_paths, "right_numbers": s.right_numbers,
             "numbered": s.numbered}
            for s in scores
        ],
        "skipped": skipped,
    }  # fmt: skip


def read_gold(folder: Path = GOLD) -> list[Gold]:
    """All marked documents, by name."""
    return [_gold(file) for file in sorted(folder.glob("*.json"))]


def _gold(file: Path) -> Gold:
    stated = json.loads(file.read_text(encoding="utf-8"))
    clauses = tuple(
        Marked(
            entry["opening"], entry["letters"], tuple(entry["path"]), entry.get("number"),
            entry.get("kind") == "table", entry.get("kind") == "optional",
        )
        for entry in stated["clauses"]
    )  # fmt: skip
    stretch, stops = stated.get("stretch"), stated.get("stops")
    return Gold(
        file.stem, stated["file"], stated["from"] == "sample", stated["use"] == "held-out", stated["sha256"], clauses,
        (stretch[0], stretch[1]) if isinstance(stretch, list) else None,
        (stops["opening"], stops["letters"]) if stops else None,
    )  # fmt: skip


def compare(gold: Gold, clauses: Sequence[Clause]) -> Score:
    """The program's clauses beside the marked ones, both in the order of the document."""
    cuts = _stretch(gold, list(boundaries(clauses)))
    pairs = _aligned(gold.clauses, cuts, lambda marked, cut: cut.opens(marked.opening, marked.letters))
    found = [(gold.clauses[one], cuts[other]) for one, other in pairs]
    counted = [(marked, cut) for marked, cut in found if not marked.is_optional]
    matched = {other for _, other in pairs}
    reached = {one for one, _ in pairs}
    missed = [marked for at, marked in enumerate(gold.clauses) if at not in reached and not marked.is_optional]
    extra = [cut for at, cut in enumerate(cuts) if at not in matched]
    numbered = [(marked, cut) for marked, cut in counted if marked.number is not None]
    wrong_paths = [cut for marked, cut in counted if cut.path != marked.path]
    wrong_numbers = [(marked, cut) for marked, cut in numbered if not _same_number(marked.number, cut.clause.number)]
    return Score(
        gold, len(counted), len(missed), len(extra), len(counted) - len(wrong_paths),
        len(numbered) - len(wrong_numbers), len(numbered),
        (
            *(f"missed: clause {gold.clauses.index(one) + 1}, number {one.number}" for one in missed),
            *(f"too many: {cut.clause.number} {cut.clause.text[:70]!r}" for cut in extra),
            *(f"path of {cut.clause.number} {cut.clause.text[:30]!r}: {cut.clause.section_path}" for cut in wrong_paths),
            *(f"number {cut.clause.number}, marked {one.number}: {cut.clause.text[:40]!r}" for one, cut in wrong_numbers),
        ),
    )  # fmt: skip


def boundaries(clauses: Sequence[Clause]) -> Iterator[Cut]:
    """Where clauses begin: at each clause, and below it at whatever has a number or defines a term."""
    for clause in clauses:
        yield Cut(clause, clause.kind is PassageKind.TABLE)
        yield from _below(clause)


def _below(clause: Clause) -> Iterator[Cut]:
    for child in clause.children:
        if child.number is not None or child.kind is PassageKind.DEFINITION:
            yield Cut(child, False)
        yield from _below(child)


def folded(text: str) -> str:
    """The letters and digits of a text, small, without Markdown's link targets."""
    return re.sub(r"[\W_]+", "", re.sub(r"\]\([^)]*\)", "", text)).casefold()


def digest(letters: str) -> str:
    """The first twelve hex digits of the sha256."""
    return hashlib.sha256(letters.encode()).hexdigest()[:12]


def _beginnings(clause: Clause) -> Iterator[str]:
    below = "".join(folded(text) for child in clause.children for text in _texts(child))
    yield folded(clause.text) + below
    mark = label(clause.text)
    if mark is not None:
        yield folded(mark.rest) + below
    if clause.kind is PassageKind.TABLE:
        yield below


def _texts(clause: Clause) -> Iterator[str]:
    yield clause.text
    for child in clause.children:
        yield from _texts(child)


def _same_number(marked: str | None, found: str | None) -> bool:
    return found is not None and marked is not None and _bare(found) == _bare(marked)


def _bare(number: str) -> str:
    """A number without its punctuation, which documents set as they like: ``a.``, ``(a)`` and ``a)`` are one."""
    return re.sub(r"[^\w.]+", "/", number.strip(" .():")).casefold()


def _stretch(gold: Gold, cuts: list[Cut]) -> list[Cut]:
    """The cuts within what was marked."""
    if gold.pages is not None:
        low, high = gold.pages
        cuts = [cut for cut in cuts if cut.clause.page is not None and low <= cut.clause.page <= high]
    if gold.stops is not None:
        opening, letters = gold.stops
        last = next(
            (at for at, cut in enumerate(cuts) if cut.opens(opening, letters) or cut.is_below(opening, letters)),
            len(cuts),
        )
        first = next(
            (at for at, cut in enumerate(cuts) if cut.opens(gold.clauses[0].opening, gold.clauses[0].letters)), 0
        )
        cuts = cuts[first:last]
    return cuts


def _aligned(one: Sequence[Marked], other: Sequence[Cut], same: Callable[[Marked, Cut], bool]) -> list[tuple[int, int]]:
    """The longest run of pairs in the order of both (longest common subsequence)."""
    matches = np.array([[same(a, b) for b in other] for a in one], dtype=bool).reshape(len(one), len(other))
    longest = np.zeros((len(one) + 1, len(other) + 1), dtype=np.int32)
    for i in range(len(one) - 1, -1, -1):
        for j in range(len(other) - 1, -1, -1):
            longest[i, j] = longest[i + 1, j + 1] + 1 if matches[i, j] else max(longest[i + 1, j], longest[i, j + 1])
    pairs, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        if matches[i, j] and longest[i, j] == longest[i + 1, j + 1] + 1:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif longest[i + 1, j] >= longest[i, j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _summary(scores: Sequence[Score]) -> dict[str, Any]:
    """Figures over some documents. Intervals of precision, recall and F1 come from resampling boundaries."""
    found, missed, extra = (sum(getattr(s, name) for s in scores) for name in ("found", "missed", "extra"))
    if not found + missed + extra:
        return {"documents": len(scores), "clauses": 0}
    paths = sum(score.right_paths for score in scores)
    numbered, right = sum(score.numbered for score in scores), sum(score.right_numbers for score in scores)
    drawn = np.random.default_rng(SEED).multinomial(
        found + missed + extra, np.array([found, missed, extra]) / (found + missed + extra), RESAMPLES
    )
    f1 = 2 * drawn[:, 0] / np.maximum(1, 2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2])
    low, high = np.quantile(f1, [0.025, 0.975])
    if not missed + extra:  # resampling finds no spread and would promise certainty
        low = estimate([1.0] * found).low or 0.0
    return {
        "documents": len(scores),
        "clauses": found + missed,
        "f1": {"mean": round(2 * found / (2 * found + missed + extra), 4), "ci95": [round(float(low), 4), round(float(high), 4)], "n": found + missed},
        "precision": _share(found, extra),
        "recall": _share(found, missed),
        "right_paths": _share(paths, found - paths),
        "right_numbers": _share(right, numbered - right),
    }  # fmt: skip


def _share(right: int, wrong: int) -> dict[str, object]:
    one = estimate([1.0] * right + [0.0] * wrong)
    rounded = [None if value is None else round(value, 4) for value in (one.mean, one.low, one.high)]
    return {"mean": rounded[0], "ci95": rounded[1:], "n": one.n}
