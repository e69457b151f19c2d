"""``policydesk tune reader``: from folders of questions and documents to a reader that loads.

Lay out sheets, train the network, then make its output log-odds on questions that training did not see.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import numpy as np

from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.reader import Reader, TrainedReader
from retrieval.records import Passage
from retrieval.tuning.calibration import auroc, logistic
from retrieval.tuning.collection import Collection, Question, digest, origins, read_collections
from retrieval.tuning.mining import misleading
from retrieval.tuning.reading import ReadingConfig, Step, further, train
from retrieval.tuning.runs import Run, begin, settled
from retrieval.tuning.sheets import AskedSheets, MadeSheets, SheetSource
from retrieval.weightfolder import (
    SHIPPED,
    check_place,
    fill,
    fingerprint,
    pack,
    read_manifest,
    unpack,
    write_manifest,
    write_readable,
)

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
class ReaderTuneConfig:
    """All of a tuning run."""

    name: str = "policydesk-reader"
    training: ReadingConfig = field(default_factory=ReadingConfig)
    uses: Mapping[str, CollectionUse] = field(default_factory=dict)  #: by collection
    rank_weight: float = 0.07  #: what one unit of log-odds counts in a ranking; see :class:`retrieval.reader.Reader`
    dev_pairs: int = 120  #: pairs of dev question and passage that each side of a collection gives at most
    average_with: Path | None = None  #: a folder of a reader that went before, whose weights count half (model soup)
    start_from: Path | None = None  #: a folder of a reader that training starts from; None: the reranker that ships


@dataclass(frozen=True, slots=True)
class Judged:
    """How well the log-odds part answering passages from others, on dev pairs of one collection."""

    answered: int
    unanswered: int
    auroc: float


@dataclass(frozen=True, slots=True)
class _Pair:
    source: str
    question: str
    passage: Passage
    answered: bool


def read_uses(path: Path) -> dict[str, CollectionUse]:
    """Read ``{"<collection>": {"<field of CollectionUse>": value, ...}, ...}``.

    :raises WrongUsage: if the file is something else.
    """
    try:
        return {name: CollectionUse(**fields) for name, fields in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise WrongUsage(
            f"{path} is not a recipe ({error}); it holds fields of CollectionUse by collection name"
        ) from error


def tune_reader(
    folders: Sequence[Path], encoder: Encoder, encoder_folder: Path, out: Path, config: ReaderTuneConfig, *,
    command: str = "policydesk tune reader", report: Report = lambda _what, _done, _total: None,
) -> dict[str, Judged]:  # fmt: skip
    """Train a reader on folders of data and write it, ready to load, into ``out``.

    A run that was stopped goes on from its last checkpoint in ``out``.

    :param folders: BEIR-layout folders, or folders of markdown without questions; read in the order of their names.
    :param encoder: searches for passages that look as if they answered; ``encoder_folder`` holds the weights that training
        starts from.
    :returns: by collection with dev questions.
    :raises WrongUsage: if the folders hold nothing to learn from or nothing to calibrate on, ``out`` is to be averaged with
        itself, or another run was begun in it.
    :raises ModelUnavailable: if what is to be started from or averaged with is no reader.
    """
    import torch
    from safetensors.numpy import load_file, save

    from retrieval.interaction import TextTokenizer
    from retrieval.reading import SHARED, ReadingNetwork

    if config.average_with and config.average_with.resolve() == out.resolve():
        raise WrongUsage(f"{out} would be averaged with itself; write to another folder with --out")
    for folder in (config.average_with, config.start_from):
        if folder:
            read_manifest(folder, kind="reader")  # said now, not after hours of training
    check_place(out, kind="reader")
    began = perf_counter()
    stated = origins(folders)
    training = further(config.training) if config.start_from else config.training
    collections = read_collections(folders)
    uses = {collection.name: config.uses.get(collection.name, CollectionUse()) for collection in collections}
    pairs = [pair for collection in collections for pair in _dev_pairs(collection, config)]
    if len({pair.answered for pair in pairs}) < 2:
        raise WrongUsage("no dev questions to calibrate on; give at least one folder with qrels/dev.tsv")
    start = SHIPPED / "reranker" / "weights.safetensors"
    from_weights = config.start_from or (start.parent if start.exists() else None)
    run = Run(
        "reader", digest(collections), fingerprint(from_weights) if from_weights else encoder.name,
        settled(asdict(training), {name: asdict(use) for name, use in uses.items()}), training.seed,
    )  # fmt: skip
    begin(out / "run", run)
    asked: dict[SheetSource, float] = {}
    for number, collection in enumerate(collections):
        report("searching for look-alikes", number, len(collections))
        use = uses[collection.name]
        if use.share and (sheets := _asked_sheets(collection, use, encoder, out / "run")):
            asked[sheets] = use.share
    made = MadeSheets([passage for c in collections if uses[c.name].made for passage in _unasked(c)])
    if not made:
        raise WrongUsage("the folders hold no passage of thirty words to make questions from; give longer documents")
    network = ReadingNetwork.from_encoder(encoder_folder)
    if config.start_from:
        fill(network, config.start_from, kind="reader")
    elif start.exists():
        network.start_from_reranker({name: torch.from_numpy(value) for name, value in unpack(load_file(start)).items()})
    tokenizer = TextTokenizer(encoder_folder)

    def trained(step: Step) -> None:
        report(f"training, loss {step.answered_loss:.3f} and {step.span_loss:.2f}", step.step, step.steps)

    train(made, asked, network, tokenizer, out / "run", training, report=trained)
    if config.average_with:
        average(network, config.average_with)
    tensors = {name: value.detach().float().numpy() for name, value in network.state_dict().items() if name != SHARED}
    write_readable(out / "weights.safetensors", save(pack(tensors)))
    log_odds = _read(pairs, TrainedReader(network, tokenizer, config.name), report)
    scale, offset = _calibrated(pairs, log_odds)
    judged = _judged(pairs, log_odds)
    facts = _Facts(command, stated, asdict(training), (perf_counter() - began) / 3600, judged)
    (out / "README.md").write_text(_card(config.name, facts), encoding="utf-8")
    write_manifest(
        out,
        {
            "name": config.name, "kind": "reader", "shares_words_with": "all-MiniLM-L6-v2",
            "calibration": {"scale": round(scale, 6), "offset": round(offset, 6), "rank_weight": config.rank_weight},
            "command": command,
            "training": asdict(training),
            **({"started_from": fingerprint(config.start_from)} if config.start_from else {}),
            **({"averaged_with": fingerprint(config.average_with)} if config.average_with else {}),
        },
    )  # fmt: skip
    return judged


def average(network: Any, folder: Path) -> None:
    """Make the network's weights the mean of themselves and of a reader's in a folder (Wortsman et al., "Model soups", ICML
    2022): what one learned on new lessons beside what the other still knew.

    :raises ModelUnavailable: if the folder holds no reader.
    """
    import torch
    from safetensors.numpy import load_file

    read_manifest(folder, kind="reader")
    own = network.state_dict()
    other = unpack(load_file(folder / "weights.safetensors"))
    mean = {name: (own[name] + torch.from_numpy(value)) / 2 for name, value in other.items()}
    network.load_state_dict(mean, strict=False)


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


def _dev_pairs(collection: Collection, config: ReaderTuneConfig) -> list[_Pair]:
    """Dev questions with passages that answer them and passages that they were asked against; where there are none of
    those, with passages that answer other questions."""
    random = Random(f"{config.training.seed} dev {collection.name}")
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
        _Pair(collection.name, question.text, passage, side)
        for side, drawn in ((True, answered), (False, against))
        for question, passage in drawn[: config.dev_pairs]
    ]


def _read(pairs: Sequence[_Pair], reader: Reader, report: Report) -> np.ndarray:
    log_odds = np.empty(len(pairs))
    for done, pair in enumerate(pairs):
        log_odds[done] = reader.read(pair.question, [pair.passage])[0].log_odds
        report("reading dev questions", done + 1, len(pairs))
    return log_odds


def _calibrated(pairs: Sequence[_Pair], log_odds: np.ndarray) -> tuple[float, float]:
    """Scale and offset that make the output log-odds (Platt), each side of each collection weighing the same."""
    sides = [(pair.source, pair.answered) for pair in pairs]
    weights = np.array([100.0 / sides.count(side) for side in sides])
    offset, scale = logistic(log_odds[:, None], np.array([pair.answered for pair in pairs]), weights)
    return float(max(scale, 0.05)), float(offset)


def _judged(pairs: Sequence[_Pair], log_odds: np.ndarray) -> dict[str, Judged]:
    found = {}
    for source in sorted({pair.source for pair in pairs}):
        sides = [
            log_odds[[pair.source == source and pair.answered is side for pair in pairs]] for side in (True, False)
        ]
        found[source] = Judged(len(sides[0]), len(sides[1]), auroc(*sides))
    return found


@dataclass(frozen=True, slots=True)
class _Facts:
    command: str
    data: Mapping[str, str]
    training: Mapping[str, object]
    hours: float
    judged: Mapping[str, Judged]


def _card(name: str, facts: _Facts) -> str:
    """The model card, in Markdown."""
    rows = [
        f"| {source} | {one.answered} | {one.unanswered} | {one.auroc:.3f} |" for source, one in facts.judged.items()
    ]
    return "\n".join(
        [
            f"# {name}",
            "",
            "Tells whether a passage answers a question, and where: all-MiniLM-L6-v2 (Apache-2.0) reading the question with the",
            "passage in view, trained by the command below. Word embeddings and tokenizer are the encoder's own and are read",
            "from the model cache; `weights.safetensors` holds the rest as int8 with one scale a row.",
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
