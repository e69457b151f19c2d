"""Leave one kind of documents out: train the reranker on all others, and rank the questions about that kind with it.

What ships was trained on most of the data that we measure on; this says what to expect of documents of a kind that was
not there. Only the reranker is trained anew: the reader, which read those documents, takes no part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.data import BenchData
from evals.ranking import Progress, Scored, score
from evals.significance import Difference, Estimate, paired
from evals.systems import our_systems, passages_of
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.index import PassageIndex
from retrieval.rerank import Reranker

_MEASURE = "nDCG@10"
_FIRST_STAGE = ("bm25", "dense", "hybrid")


@dataclass(frozen=True, slots=True)
class Kind:
    """Folders that belong together: ``judged`` ones have questions, the others only documents to leave out."""

    left_out: tuple[Path, ...]
    judged: tuple[Path, ...]
    rest: tuple[Path, ...]  #: what is trained on

    @property
    def name(self) -> str:
        return "+".join(folder.name for folder in self.left_out)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """nDCG@10 on the questions of one folder, by system; ``in service`` is the reranker of the settings."""

    data: str
    split: str
    systems: Mapping[str, Estimate]
    best: str  #: the best of BM25, dense and hybrid search
    gained: Difference  #: reranked over it

    def to_json(self) -> dict[str, Any]:
        return {
            "data": self.data,
            "split": self.split,
            "questions": self.gained.n,
            _MEASURE: {name: found.to_json() for name, found in self.systems.items()},
            "best_first_stage": self.best,
            "gained": {"mean": self.gained.mean, "ci95": [self.gained.low, self.gained.high], "p": self.gained.p},
        }


def kinds_of(folders: Sequence[Path], named: Sequence[str]) -> list[Kind]:
    """What is left out together.

    :param named: names of folders, comma-separated, one entry a kind; where there is none, each folder with questions is
        a kind of its own.
    :raises WrongUsage: if no folder has questions, two folders have one name, a name is none of the folders', or a kind or what is left without it
        has no questions.
    """
    by_name = {folder.name: folder for folder in dict.fromkeys(folder.resolve() for folder in folders)}
    if len(by_name) < len({folder.resolve() for folder in folders}):
        raise WrongUsage("two folders have the same name; kinds are told apart by the names of their folders")
    groups = [[part.strip() for part in one.split(",") if part.strip()] for one in named]
    groups = groups or [[name] for name, folder in by_name.items() if _has_questions(folder)]
    if not groups:
        raise WrongUsage("none of the folders has questions; give at least two that do")
    found = []
    for group in groups:
        if unknown := [name for name in group if name not in by_name]:
            raise WrongUsage(f"there is no folder {unknown[0]!r} among {', '.join(by_name)}")
        left_out = tuple(by_name[name] for name in dict.fromkeys(group))
        rest = tuple(folder for folder in by_name.values() if folder not in left_out)
        judged = tuple(folder for folder in left_out if _has_questions(folder))
        if not judged:
            raise WrongUsage(f"nothing can be measured on {', '.join(group)}: give at least one folder with questions")
        if not any(_has_questions(folder) for folder in rest):
            raise WrongUsage(f"without {', '.join(group)} no questions are left to train and calibrate on")
        found.append(Kind(left_out, judged, rest))
    return found


def begin(weights: Path, settings: Mapping[str, Any]) -> bool:
    """Whether a run with these settings has yet to be completed in the folder, which is made.

    :raises WrongUsage: if another run was begun there.
    """
    file = weights / "left-out.json"
    if file.exists():
        try:
            begun = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:  # of a run that was killed while it began
            begun = None
        if begun != settings:
            raise WrongUsage(f"{weights} holds a run on other folders, steps, seed or recipe; choose another --out")
    else:
        weights.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    return not all((weights / name).exists() for name in ("fusion.json", "manifest.json"))  # what a run writes last


def rank_left_out(
    data: BenchData, encoder: Encoder, reranker: Reranker, in_service: Reranker | None, progress: Progress | None = None
) -> LeftOut:
    """Rank the questions about what ``reranker`` was not trained on.

    :param in_service: measured beside it; None for nothing.
    """
    index = PassageIndex.build(passages_of(data.corpus), encoder, windows=True)
    encoder.encode([question.text for question in data.judged], truncate=True)
    scored: dict[str, Scored] = {
        system.name: score(system, data, inside=False, progress=progress)
        for system in our_systems([*_FIRST_STAGE, "reranked"], index, encoder, reranker, None)
    }
    if in_service:
        [system] = our_systems(["reranked"], index, encoder, in_service, None)
        scored["in service"] = score(system, data, inside=False, progress=progress)
    means = {name: one.means()[_MEASURE] for name, one in scored.items()}
    best = max(_FIRST_STAGE, key=lambda name: means[name].mean or 0.0)
    first, reranked = scored[best].values, scored["reranked"].values
    gained = paired([first[q][_MEASURE] for q in first], [reranked[q][_MEASURE] for q in first])
    return LeftOut(data.name, data.split, means, best, gained)


def _has_questions(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("qrels", "questions", "questions.jsonl", "lessons.jsonl"))
