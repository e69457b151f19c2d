"""What a reader or a verifier learns from and is judged on: sheets from collections, and pairs of dev question and passage."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import numpy as np

from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.tuning.calibration import auroc, logistic
from retrieval.tuning.collection import Collection, Question, digest, origins, read_collections
from retrieval.tuning.mining import misleading
from retrieval.tuning.recipe import read_settings
from retrieval.tuning.runs import Run, begin, settled
from retrieval.tuning.sheets import AskedSheets, MadeSheets, SheetSource
from retrieval.weightfolder import write_manifest, write_readable

#: Called with (what is being done, steps done, steps in all).
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class CollectionUse:
    """What a collection is used for.

    ``share``: how often its train questions are drawn, beside the other collections'; 0 for judging only.
    ``complete``: whether a passage that is not judged to answer a question surely doesn't.
    ``across``: whether its questions are about all of its documents, so that what search brings from any of them is a
    look-alike; if not, only what it brings from the documents that answer.
    ``made``: whether questions are made from its passages, those of documents that dev questions ask about aside.
    """

    share: float = 1.0
    complete: bool = True
    across: bool = False
    made: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """How well the log-odds part answering passages from others, on dev pairs of one collection."""

    answered: int
    unanswered: int
    auroc: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A dev question and a passage that answers it or doesn't."""

    source: str
    question: str
    passage: Passage
    answered: bool


def read_uses(path: Path) -> dict[str, CollectionUse]:
    """Read ``{"<collection>": {"<field of CollectionUse>": value, ...}, ...}``.

    :raises WrongUsage: if the file is something else.
    """
    return read_settings(path, CollectionUse())


class Lessons:
    """What one run of training learns from and is judged on.

    :param folders: BEIR-layout folders, or folders of markdown without questions; read in the order of their names.
    :param uses: by collection; one that is not named is used as :class:`CollectionUse` says.
    :param most_pairs: pairs of dev question and passage that each side of a collection gives at most.
    :raises WrongUsage: if the folders hold nothing to calibrate on.
    """

    def __init__(
        self, folders: Sequence[Path], uses: Mapping[str, CollectionUse], *, most_pairs: int, seed: int
    ) -> None:  # fmt: skip
        self._began = perf_counter()
        self._stated = origins(folders)
        self._collections = read_collections(folders)
        self._uses = {one.name: uses.get(one.name, CollectionUse()) for one in self._collections}
        self._seed = seed
        self.pairs = dev_pairs(self._collections, most_pairs, seed)

    def begin(
        self, run: Path, kind: str, start: str, training: Mapping[str, Any], encoder: Encoder, report: Report
    ) -> tuple[MadeSheets, dict[SheetSource, float]]:  # fmt: skip
        """Made questions, and asked ones with how often each source of them is drawn.

        :param run: what the run is begun with is kept here, and what search brings for the questions, so that it is looked for once.
        :param start: tells the weights that training starts from; ``training``: its configuration.
        :raises WrongUsage: if another run was begun there, or no question can be made from the passages.
        """
        uses = {name: asdict(use) for name, use in self._uses.items()}
        begin(run, Run(kind, digest(self._collections), start, settled(training, uses), self._seed))
        asked: dict[SheetSource, float] = {}
        for number, collection in enumerate(self._collections):
            report("searching for look-alikes", number, len(self._collections))
            use = self._uses[collection.name]
            if use.share and (sheets := _asked_sheets(collection, use, encoder, run)):
                asked[sheets] = use.share
        made = MadeSheets(
            [passage for one in self._collections if self._uses[one.name].made for passage in _unasked(one)]
        )
        if not made:
            raise WrongUsage(
                "no passage of thirty words is left to make questions from, those of documents that dev and test questions ask about"
                " aside; give further documents, such as a folder of Markdown files"
            )
        return made, asked

    def finish(
        self, out: Path, weights: bytes, manifest: Mapping[str, Any], read: Callable[[Pair], float], *, about: Sequence[str],
        rank_weight: float, report: Report,
    ) -> dict[str, Judged]:  # fmt: skip
        """Make the output log-odds, judge it, and write the weights, the model card and the manifest into ``out``. What it held
        before stays as it is until then.

        :param weights: of ``weights.safetensors``.
        :param manifest: what it says beside the calibration; ``name``, ``command`` and ``training`` stand on the card too.
        :param read: the log-odds as the weights say them.
        :param about: lines of the card that say what the weights are.
        :returns: by collection with dev questions.
        """
        log_odds = np.empty(len(self.pairs))
        for done, pair in enumerate(self.pairs):
            log_odds[done] = read(pair)
            report("reading dev questions", done + 1, len(self.pairs))
        scale, offset = calibrated(self.pairs, log_odds)
        judged = judge(self.pairs, log_odds)
        hours = (perf_counter() - self._began) / 3600
        facts = Facts(manifest["command"], self._stated, manifest["training"], hours, judged)
        (out / "README.md").write_text(card(manifest["name"], about, facts), encoding="utf-8")
        write_readable(out / "weights.safetensors", weights)
        calibration = {"scale": round(scale, 6), "offset": round(offset, 6), "rank_weight": rank_weight}
        write_manifest(out, {**manifest, "calibration": calibration})
        return judged


def _asked_sheets(collection: Collection, use: CollectionUse, encoder: Encoder, run: Path) -> AskedSheets:
    """The collection's sheets; what search brings for its questions is kept in ``run``, so that it is looked for once."""
    questions = _train_questions(collection)
    brought: Mapping[str, Sequence[str]] = {}
    if use.complete:
        kept = run / "look-alikes.json"
        found = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        if collection.name not in found:
            found[collection.name] = misleading(collection, questions, encoder, across=use.across)
            write_readable(kept, json.dumps(found).encode())
        brought = found[collection.name]
    return AskedSheets(collection, questions, complete=use.complete, misleading=brought)


def _train_questions(collection: Collection) -> list[Question]:
    return [question for question in collection.questions if "train" in question.split]


def _dev_questions(collection: Collection) -> list[Question]:
    return [question for question in collection.questions if "dev" in question.split]


def _unasked(collection: Collection) -> list[Passage]:
    """The passages of documents that no question outside the train splits asks about."""
    document_of = {passage.passage_id: passage.document_id for passage in collection.passages}
    held = {
        document_of[passage_id]
        for question in collection.questions
        if "train" not in question.split
        for passage_id in (*question.positives, *question.against)
        if passage_id in document_of
    }
    return [passage for passage in collection.passages if passage.document_id not in held]


def dev_pairs(collections: Sequence[Collection], most: int, seed: int) -> list[Pair]:
    """Pairs to calibrate and judge on: of each collection at most so many that are answered and as many that are not.

    :raises WrongUsage: if there are none of either.
    """
    pairs = [pair for collection in collections for pair in _dev_pairs(collection, most, seed)]
    if not any(pair.answered for pair in pairs):
        raise WrongUsage("no dev questions to calibrate on; give at least one folder with qrels/dev.tsv")
    if all(pair.answered for pair in pairs):
        raise WrongUsage(
            "no dev question is asked of a passage that does not answer it; give dev questions about other passages, too, or"
            " unanswerable ones with asked_against"
        )
    return pairs


def _dev_pairs(collection: Collection, most: int, seed: int) -> list[Pair]:
    """Dev questions with passages that answer them and passages that they were asked against; where there are none of
    those, with passages that answer other questions."""
    random = Random(f"{seed} dev {collection.name}")
    passages = {passage.passage_id: passage for passage in collection.passages}
    questions = _dev_questions(collection)
    random.shuffle(questions)
    answered = [(q, passages[one]) for q in questions for one in sorted(q.positives & passages.keys())[:2]]
    against = [(q, passages[one]) for q in questions for one in q.against[:4] if one in passages]
    if answered and not against:
        foreign = [(q, random.choice(answered)[1]) for q, _ in answered]
        against = [(q, passage) for q, passage in foreign if passage.passage_id not in q.positives]
    random.shuffle(against)
    return [
        Pair(collection.name, question.text, passage, side)
        for side, drawn in ((True, answered), (False, against))
        for question, passage in drawn[:most]
    ]


def calibrated(pairs: Sequence[Pair], log_odds: np.ndarray) -> tuple[float, float]:
    """Scale and offset that make the output log-odds (Platt), each side of each collection weighing the same."""
    sides = [(pair.source, pair.answered) for pair in pairs]
    weights = np.array([100.0 / sides.count(side) for side in sides])
    offset, scale = logistic(log_odds[:, None], np.array([pair.answered for pair in pairs]), weights)
    return float(max(scale, 0.05)), float(offset)


def judge(pairs: Sequence[Pair], log_odds: np.ndarray) -> dict[str, Judged]:
    """How well log-odds part the pairs, by collection."""
    found = {}
    for source in sorted({pair.source for pair in pairs}):
        sides = [
            log_odds[[pair.source == source and pair.answered is side for pair in pairs]] for side in (True, False)
        ]
        found[source] = Judged(len(sides[0]), len(sides[1]), auroc(*sides))
    return found


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card says of a run."""

    command: str
    data: Mapping[str, str]
    training: Mapping[str, object]
    hours: float
    judged: Mapping[str, Judged]


def card(name: str, about: Sequence[str], facts: Facts) -> str:
    """The model card, in Markdown.

    :param about: lines that say what the weights are.
    """
    rows = [
        f"| {source} | {one.answered} | {one.unanswered} | {one.auroc:.3f} |" for source, one in facts.judged.items()
    ]
    return "\n".join(
        [
            f"# {name}",
            "",
            *about,
            "",
            "## Made by",
            "",
            f"    {facts.command}",
            "",
            f"{facts.training['steps']} steps; the last run of the command took {facts.hours:.1f} hours.",
            "",
            "## Data",
            "",
            *[f"- {source}: {origin}" for source, origin in facts.data.items()],
            "",
            "## Does the passage answer? Dev questions beside passages that do and passages that look as if they did",
            "",
            "| documents | answered | not | AUROC |",
            "|---|---|---|---|",
            *rows,
            "",
            "## Training configuration",
            "",
            "```json",
            json.dumps(dict(facts.training), indent=1),
            "```",
            "",
        ]
    )
