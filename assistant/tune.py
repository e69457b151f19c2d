"""``policydesk tune generator``: from folders of questions and documents to an adapter that makes the small model phrase
answers from its evidence.

Draw examples from the data, train a low-rank adapter on them, write it with its card and manifest.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter

from assistant.tuning.examples import DrawConfig, Example, Recipe, draw
from assistant.tuning.release import Facts, write_release
from assistant.tuning.training import Outcome, TrainingConfig, train
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.tuning.collection import Collection, digest, origins, read_collections
from retrieval.tuning.runs import Run, begin, settled
from retrieval.weightfolder import check_place


@dataclass(frozen=True, slots=True)
class TuneConfig:
    """All of a tuning run."""

    name: str = "policydesk-generator"
    draw: DrawConfig = field(default_factory=DrawConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    dev_questions: int = 15  #: of each collection, to measure the loss on


@dataclass(frozen=True, slots=True)
class Base:
    """The weights that an adapter is trained for."""

    folder: Path
    name: str
    licence: str
    sha256: str


#: Called with (what is being done, steps done, steps in all).
Report = Callable[[str, int, int], None]


def tune_generator(
    folders: Sequence[Path], encoder: Encoder, base: Base, out: Path, config: TuneConfig, *,
    recipe: Recipe | None = None, command: str = "policydesk tune generator", report: Report = lambda _what, _done, _total: None,
) -> Outcome:  # fmt: skip
    """Train an adapter on folders of data and write it, ready to load, into ``out``.

    A run that was stopped goes on with the examples and the checkpoint that it left in ``out / "run"``.

    :param folders: BEIR-layout folders, libraries such as ``corpora/sister``, or folders of markdown without questions; read
        in the order of their names.
    :param encoder: finds the evidence, as it does at answer time.
    :raises WrongUsage: if no example can be drawn, a folder or recipe cannot be read, two folders have one name, or another run
        was begun in ``out``.
    :raises ModelUnavailable: if ``out`` holds weights of another kind.
    """
    check_place(out, kind="adapter")
    began = perf_counter()
    stated = origins(folders)
    collections = read_collections(folders)
    settings = settled(
        asdict(config.training), asdict(config.draw), config.dev_questions,
        {name: asdict(one) for name, one in (recipe or {}).items()},
    )  # fmt: skip
    begin(out / "run", Run("adapter", digest(collections), base.sha256, settings, config.training.seed))
    examples, dev = _examples(collections, encoder, out / "run", config, recipe or {}, report)
    outcome = train(
        examples, dev, base.folder, out, config.training,
        report=lambda progress: report(f"training, loss {progress.loss:.3f}", progress.step, progress.steps),
    )  # fmt: skip
    kinds = Counter((example.source, example.kind) for example in examples)
    facts = Facts(
        name=config.name,
        base={"name": base.name, "licence": base.licence, "sha256": base.sha256},
        command=command,
        data=stated,
        examples={
            source: {kind: n for (of, kind), n in sorted(kinds.items()) if of == source}
            for source in sorted({source for source, _ in kinds})
        },
        training=asdict(config.training),
        used=outcome.used,
        hours=(perf_counter() - began) / 3600,
        loss_before=outcome.loss_before,
        loss_after=outcome.loss_after,
    )
    write_release(out, facts)
    return outcome


def _examples(
    collections: Sequence[Collection], encoder: Encoder, run: Path, config: TuneConfig, recipe: Recipe, report: Report
) -> tuple[list[Example], list[Example]]:
    """Examples to train on and to measure the loss on, drawn anew or as a stopped run kept them.

    :raises WrongUsage: if there are none to train on.
    """
    drawn: list[list[Example]] = []
    for name in ("train", "dev"):
        kept = run / f"{name}.jsonl"
        if not kept.exists():
            break
        drawn.append([_kept(json.loads(line)) for line in kept.read_text(encoding="utf-8").splitlines()])
    else:
        return drawn[0], drawn[1]
    examples, dev = _draw(collections, encoder, config, recipe, report)
    if not examples:
        raise WrongUsage(
            "no example could be drawn; give folders with a train split and answers, or markdown documents"
        )
    for name, rows in (("train", examples), ("dev", dev)):
        text = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
        (run / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return examples, dev


def _draw(
    collections: Sequence[Collection], encoder: Encoder, config: TuneConfig, recipe: Recipe, report: Report
) -> tuple[list[Example], list[Example]]:
    examples: list[Example] = []
    dev: list[Example] = []
    for collection in collections:
        how = recipe.get(collection.name, config.draw)
        told = lambda done, total, name=collection.name: report(f"drawing from {name}", done, total)  # noqa: E731
        for_training, for_dev = draw(collection, encoder, how, dev=config.dev_questions, report=told)
        examples += for_training
        dev += for_dev
    return examples, dev


def _kept(row: dict[str, object]) -> Example:
    prompt = row["prompt"]
    if not isinstance(prompt, list):
        raise WrongUsage("the examples of the stopped run cannot be read; remove its run folder and start again")
    return Example(str(row["source"]), str(row["kind"]), tuple(prompt), str(row["reply"]))
