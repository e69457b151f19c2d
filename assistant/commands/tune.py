"""``policydesk tune``: train the models that ship with Policydesk on your own data."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from assistant.commands.output import aside, console, print_json
from assistant.config import Settings

if TYPE_CHECKING:
    from retrieval.tuning.lessons import Judged

app = typer.Typer(
    help="Train the reranker, the reader, the verifier, confidence and the generator's adapter on your own data.",
    no_args_is_help=True,
    epilog="Example: `policydesk tune reranker my-questions/ my-handbook/ --start-from shipped`",
)

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Seconds between two lines about one thing, where there is no terminal.
_BETWEEN_LINES_S = 30.0

Data = Annotated[
    list[Path],
    typer.Argument(help="BEIR-layout folders, or folders of markdown documents.", exists=True, file_okay=False),
]
StartFrom = Annotated[
    str | None,
    typer.Option(help="Weights that training goes on from: a folder, or 'shipped'; new ones where not given."),
]
Out = Annotated[Path, typer.Option(help="Folder the weights are written to; a stopped run there goes on.")]
Seed = Annotated[int, typer.Option(help="Decides every draw.")]
Name = Annotated[str, typer.Option(help="What the weights are called.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the measures as JSON.")]


@app.callback()
def tune() -> None:
    """Train the models that ship with Policydesk on your own data."""


@app.command()
def reranker(
    data: Data,
    out: Out = Path("tuned-reranker"),
    steps: Annotated[int, typer.Option(help="Training steps of eight questions.", min=1)] = 300,
    seed: Seed = 7,
    recipe: Annotated[
        Path | None, typer.Option(help="JSON: mining settings by folder name.", exists=True, dir_okay=False)
    ] = None,
    start_from: StartFrom = None,
    name: Name = "policydesk-reranker",
    as_json: AsJson = False,
) -> None:
    """Train a reranker and calibrate fusion around it; measures before and after are printed.

    Two to four seconds a step on two idle cores without an accelerator, after some minutes of mining and before some of
    calibration: 300 steps take about half an hour in all.

    Example: `policydesk tune reranker my-questions/ my-handbook/ --start-from shipped --out weights/`
    """
    from retrieval.encoder import load_encoder
    from retrieval.models import ENCODER, ModelCache
    from retrieval.tune import TuneConfig, tune_reranker
    from retrieval.tuning.mining import read_recipe

    config = TuneConfig(name=name, start_from=_before(start_from, "reranker"))
    config = replace(
        config, mining=replace(config.mining, seed=seed), training=replace(config.training, steps=steps, seed=seed)
    )
    with _reporting() as report:
        measures = tune_reranker(
            data,
            load_encoder(),
            ModelCache.default().require(ENCODER),
            out,
            config,
            recipe=_of(read_recipe(recipe, config.mining), data) if recipe else None,
            command=_command(),
            report=report,
        )
    if as_json:
        print_json({"out": str(out), "nDCG@10": measures})
        return
    table = Table("nDCG@10", *measures)
    for source in sorted(measures["hybrid"]):
        table.add_row(source, *(f"{values[source]:.3f}" for values in measures.values()))
    console.print(table)
    console.print(f"Weights, model card and manifest are in {out}; to use them: POLICYDESK_RERANKER={out}")


@app.command()
def reader(
    data: Data,
    out: Out = Path("tuned-reader"),
    steps: Annotated[int, typer.Option(help="Training steps of eight passages, some 55 questions.", min=1)] = 1600,
    seed: Seed = 7,
    recipe: Annotated[
        Path | None, typer.Option(help="JSON: what each folder is used for, by its name.", exists=True, dir_okay=False)
    ] = None,
    start_from: StartFrom = None,
    average_with: Annotated[
        str | None, typer.Option(help="Reader that went before, whose weights count half: a folder, or 'shipped'.")
    ] = None,
    name: Name = "policydesk-reader",
    as_json: AsJson = False,
) -> None:
    """Train the reader that tells whether a passage answers a question, and where.

    About a second a step on two idle cores without an accelerator: 1,600 steps take half an hour.

    Example: `policydesk tune reader my-questions/ my-handbook/ --start-from shipped --steps 400 --out reader/`
    """
    from retrieval.encoder import load_encoder
    from retrieval.models import ENCODER, ModelCache
    from retrieval.tunereader import ReaderTuneConfig, tune_reader
    from retrieval.tuning.lessons import read_uses

    config = ReaderTuneConfig(
        name=name, uses=_of(read_uses(recipe), data) if recipe else {}, average_with=_before(average_with, "reader"),
        start_from=_before(start_from, "reader"),
    )  # fmt: skip
    config = replace(config, training=replace(config.training, steps=steps, seed=seed))
    with _reporting() as report:
        judged = tune_reader(
            data,
            load_encoder(),
            ModelCache.default().require(ENCODER),
            out,
            config,
            command=_command(),
            report=report,
        )
    _show_judged(judged, out, as_json=as_json)
    if not as_json:
        console.print(f"Weights, model card and manifest are in {out}; to use them: POLICYDESK_READER={out}")


@app.command()
def verifier(
    data: Data,
    out: Out = Path("tuned-verifier"),
    steps: Annotated[int, typer.Option(help="Training steps of eight passages, some 55 questions.", min=1)] = 1200,
    seed: Seed = 7,
    recipe: Annotated[
        Path | None, typer.Option(help="JSON: what each folder is used for, by its name.", exists=True, dir_okay=False)
    ] = None,
    start_from: StartFrom = None,
    name: Name = "policydesk-verifier",
    as_json: AsJson = False,
) -> None:
    """Train the verifier, which reads the few best passages once more and tells whether they answer.

    Three to four seconds a step on two cores without an accelerator: 1,200 steps take about an hour.

    Example: `policydesk tune verifier my-questions/ my-handbook/ --start-from shipped --steps 300 --out verifier/`
    """
    from assistant.model import DEFAULT_SHA256
    from retrieval.basemodel import prepare_default
    from retrieval.encoder import load_encoder
    from retrieval.models import ModelCache
    from retrieval.tuneverifier import VerifierTuneConfig, tune_verifier
    from retrieval.tuning.lessons import read_uses

    config = VerifierTuneConfig(
        name=name, uses=_of(read_uses(recipe), data) if recipe else {}, start_from=_before(start_from, "verifier")
    )
    config = replace(config, training=replace(config.training, steps=steps, seed=seed))
    base = prepare_default(ModelCache.default())
    with _reporting() as report:
        judged = tune_verifier(
            data, load_encoder(), base, out, config, base_sha256=DEFAULT_SHA256, command=_command(), report=report
        )
    _show_judged(judged, out, as_json=as_json)
    if not as_json:
        console.print(f"Weights, model card and manifest are in {out}; to use them: POLICYDESK_VERIFIER={out}")


@app.command()
def confidence(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="BEIR-layout folders with unanswerable.jsonl, libraries with questions, or lessons.",
            exists=True,
            file_okay=False,
        ),
    ],
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder the layers and their figures are written to.")] = Path(
        "tuned-confidence"
    ),
    false_answers: Annotated[
        float,
        typer.Option(
            help="Share of the unanswerable that may be answered, the mean over the folders.", min=0.0, max=1.0
        ),
    ] = 0.3,
    undoubted: Annotated[
        float,
        typer.Option(help="Share of the unanswerable that may be answered without a word of doubt.", min=0.0, max=1.0),
    ] = 0.15,
    inside: Annotated[
        list[str] | None,
        typer.Option(help="Name of a folder whose questions are each about one document; may be repeated."),
    ] = None,
    questions: Annotated[int, typer.Option(help="Questions of each kind that a folder gives at most.", min=1)] = 120,
    reranker: Annotated[
        Path | None, typer.Option(help="Folder of a reranker; the one in service where not given.", exists=True)
    ] = None,
    reader: Annotated[
        Path | None, typer.Option(help="Folder of a reader; the one in service where not given.", exists=True)
    ] = None,
    verifier: Annotated[
        str | None, typer.Option(help="Folder of a verifier, or 'none'; the one in service where not given.")
    ] = None,
    name: Name = "policydesk-confidence",
    as_json: AsJson = False,
) -> None:
    """Fit what decides whether to answer, and choose its threshold for a rate of false answers.

    About two questions a second on two idle cores without an accelerator, after encoding the documents.

    Example: `policydesk tune confidence my-questions/ --false-answers 0.15 --out confidence/`
    """
    from assistant.confidence import fingerprints
    from assistant.tuneconfidence import ConfidenceTuneConfig, Models, tune_confidence
    from retrieval.encoder import load_encoder
    from retrieval.keptvectors import KeptVectors
    from retrieval.reader import load_reader
    from retrieval.rerank import load_reranker

    settings: Settings = context.obj
    settings = replace(
        settings,
        reranker=str(reranker) if reranker else settings.reranker,
        reader=str(reader) if reader else settings.reader,
        verifier=verifier or settings.verifier,
    )
    verified = load_reader(settings.reader, verifier=settings.verifier)
    models = Models(
        KeptVectors(load_encoder(settings.encoder)), load_reranker(settings.reranker),
        load_reader(settings.reader, verifier="none"), fingerprints(settings),
        verified if verified and verified.verifier else None,
    )  # fmt: skip
    config = ConfidenceTuneConfig(name, false_answers, undoubted, questions, frozenset(inside or ()))
    with _reporting() as report:
        outcome = tune_confidence(data, models, out, config, command=_command(), report=report)
    if as_json:
        judged = {name: asdict(one) for name, one in outcome.judged.items()}
        rates = [asdict(rate) for rate in outcome.rates]
        fitted = outcome.fitted
        print_json({"out": str(out), "threshold": fitted.threshold, "sure": fitted.sure, "dev": judged, "rates": rates})
        return
    table = Table("dev questions", "AUROC", "kept", "false answers", "from the other folders alone")
    for source, one in outcome.judged.items():
        table.add_row(source, f"{one.auroc:.3f}", f"{one.kept:.2f}", f"{one.false_answers:.2f}", _alone(one.left_out))
    console.print(table)
    others = Table("--false-answers", *(f"{rate.false_answers:.2f}" for rate in outcome.rates))
    others.add_row("threshold", *(f"{rate.threshold:.2f}" for rate in outcome.rates))
    others.add_row("kept", *(f"{rate.kept:.2f}" for rate in outcome.rates))
    console.print(others)
    console.print(
        f"Threshold {outcome.fitted.threshold}, in doubt below {outcome.fitted.sure}; layers and figures are in {out}; to use them:"
        f" POLICYDESK_CONFIDENCE={out}"
    )


@app.command()
def generator(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="BEIR-layout folders, libraries with questions, or folders of markdown documents.",
            exists=True,
            file_okay=False,
        ),
    ],
    out: Out = Path("tuned-generator"),
    steps: Annotated[int, typer.Option(help="Training steps of four examples.", min=1)] = 400,
    seed: Seed = 7,
    recipe: Annotated[
        Path | None, typer.Option(help="JSON: how questions are drawn, by folder name.", exists=True, dir_okay=False)
    ] = None,
    name: Name = "policydesk-generator",
    as_json: AsJson = False,
) -> None:
    """Train the adapter that makes the small model phrase answers from its evidence; needs `pip install 'policydesk[tune]'`.

    Three to six seconds a step on two idle cores without an accelerator, after some minutes of drawing examples: 400 steps
    take about half an hour in all.

    Example: `policydesk tune generator my-questions/ my-handbook/ --out adapter/`
    """
    from assistant.model import DEFAULT_SHA256
    from assistant.tune import Base, TuneConfig, tune_generator
    from assistant.tuning.examples import read_recipe
    from retrieval.basemodel import prepare_default
    from retrieval.encoder import load_encoder
    from retrieval.models import GENERATOR, ModelCache

    config = TuneConfig(name=name)
    config = replace(
        config, draw=replace(config.draw, seed=seed), training=replace(config.training, steps=steps, seed=seed)
    )
    base = Base(prepare_default(ModelCache.default()), GENERATOR.name, GENERATOR.licence, DEFAULT_SHA256)
    with _reporting() as report:
        outcome = tune_generator(
            data,
            load_encoder(),
            base,
            out,
            config,
            recipe=_of(read_recipe(recipe, config.draw), data) if recipe else None,
            command=_command(),
            report=report,
        )
    if as_json:
        print_json({"out": str(out), **asdict(outcome)})
        return
    if outcome.loss_before is not None and outcome.loss_after is not None:
        console.print(
            f"Mean loss a reply token on dev questions: {outcome.loss_before:.3f} before, {outcome.loss_after:.3f} after"
        )
    console.print(f"Adapter, model card and manifest are in {out}; to use it: POLICYDESK_ADAPTER={out}")


def _show_judged(judged: Mapping[str, Judged], out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"out": str(out), "dev": {source: asdict(one) for source, one in judged.items()}})
        return
    table = Table("dev questions", "answered", "not", "AUROC")
    for source, one in judged.items():
        table.add_row(source, str(one.answered), str(one.unanswered), f"{one.auroc:.3f}")
    console.print(table)


def _before(named: str | None, kind: str) -> Path | None:
    """The folder of weights that went before."""
    from retrieval.weightfolder import SHIPPED

    return SHIPPED / kind if named == "shipped" else Path(named) if named else None


def _of(recipe: Mapping[str, T], data: Sequence[Path]) -> Mapping[str, T]:
    """The recipe; warns where it names a folder that is not among the data: a name that is not spelled alike sets nothing."""
    from retrieval.tuning.collection import names_of

    if unknown := sorted(recipe.keys() - set(names_of(data))):
        log.warning(
            "the recipe sets %s, but the folders are %s; what it says of others counts for nothing",
            ", ".join(unknown), ", ".join(names_of(data)),
        )  # fmt: skip
    return recipe


def _alone(left_out: Mapping[str, float]) -> str:
    return f"{left_out['auroc']:.3f}, {left_out['kept']:.2f}, {left_out['false_answers']:.2f}" if left_out else "–"


def _command() -> str:
    """This command line, for the model card."""
    return shlex.join(["policydesk", *sys.argv[1:]])


@contextmanager
def _reporting() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar for each thing that is being done; where there is no terminal, such as in a log, a line now and then."""
    if not aside.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=aside) as bar:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            key = what.split(",")[0]
            if key not in tasks:
                tasks[key] = bar.add_task(what, total=total)
            bar.update(tasks[key], description=what, completed=done, total=total)

        yield report


def _lines() -> Callable[[str, int, int], None]:
    """Reports in lines: of each thing that is being done the first and the last, between them one in half a minute."""
    said: dict[str, float] = {}

    def report(what: str, done: int, total: int) -> None:
        key = what.split(",")[0]
        if key not in said or done == total or monotonic() - said[key] >= _BETWEEN_LINES_S:
            said[key] = monotonic()
            aside.print(f"{what}: {done} of {total}", markup=False, soft_wrap=True)

    return report
