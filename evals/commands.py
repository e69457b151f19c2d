"""``policydesk eval`` and ``policydesk bench``: the command line of the evaluators' bench."""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any

import typer
from rich.console import Console

from assistant.config import Settings, read_settings
from evals.tables import progress_bars
from retrieval.errors import WrongUsage

app = typer.Typer(
    name="eval",
    no_args_is_help=True,
    epilog="Example: policydesk eval retrieval corpora/sample --split test --json retrieval.json",
)

Data = Annotated[
    Path,
    typer.Argument(
        help="Folder in the BEIR layout (corpus.jsonl, queries.jsonl, qrels/<split>.tsv), or a library with catalog.json, "
        "documents/ and questions.jsonl such as corpora/sample."
    ),
]
Split = Annotated[str | None, typer.Option(help="Which questions; test, else dev, where not given.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
]
FiguresOnly = Annotated[
    bool, typer.Option("--figures-only", help="Leave questions, answers and passages out of the JSON, to publish it.")
]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write a report: one HTML file that needs no network.")]


@app.callback()
def evaluators() -> None:
    """Measure retrieval and answers on your own questions, compare two results, gate a change."""


@app.command(epilog="Example: policydesk eval retrieval data/scifact --systems bm25,dense,hybrid --html report.html")
def retrieval(
    context: typer.Context,
    data: Data,
    split: Split = None,
    systems: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated: bm25, dense, hybrid, reranked; a langchain retriever as module:object; "
            "a TREC run file. All of ours where not given."
        ),
    ] = None,
    limit: Limit = None,
    json_file: JsonFile = None,
    figures_only: FiguresOnly = False,
    html: HtmlFile = None,
    runs: Annotated[Path | None, typer.Option(help="Write TREC run files and qrels into this folder.")] = None,
) -> None:
    """Score search systems on judged questions: nDCG, recall, reciprocal rank, with intervals, tests and latency."""
    from evals.encodings import default_folder
    from evals.library import load_any
    from evals.models import fingerprints, load_models
    from evals.retrieval import evaluate_retrieval
    from evals.systems import OURS
    from evals.tables import comparison_table, inside_table, retrieval_table

    console = _console(json_file)
    settings = _settings(context)
    names = [name.strip() for name in systems.split(",") if name.strip()] if systems else list(OURS)
    if html:
        _check_target(html)
    if runs:
        _make_folder(runs)
    loaded = load_any(data, split).limited(limit)
    models = load_models(settings) if any(name in OURS for name in names) else None
    weights = fingerprints(models, settings)
    if systems is None and models is not None and models.reranker is None:
        names.remove("reranked")
        console.print("There is no reranker: [bold]reranked[/bold] is left out.")
    with progress_bars(console) as progress:
        outcome = evaluate_retrieval(loaded, names, models, cache=default_folder(), progress=progress)
    found = {**outcome.to_json(), "fingerprints": weights}
    console.print(retrieval_table(found))
    if inside := inside_table(found):
        console.print(inside)
    if len(names) > 1:
        console.print(comparison_table(found))
    _say_limits(console, found)
    _write(found, json_file, html, console, figures_only=figures_only)
    # Last: an id that a run file cannot carry loses no measurement.
    if runs:
        outcome.write_runs(runs)
        console.print(f"Run files written to {runs}")


@app.command(
    epilog="Example: policydesk eval answers corpora/sample --split test --json answers.json --html answers.html"
)
def answers(
    context: typer.Context,
    data: Data,
    split: Split = None,
    model: Annotated[str | None, typer.Option(help="Language model to phrase with; quote for none.")] = None,
    systems: Annotated[
        str,
        typer.Option(help="What finds the evidence: bm25, dense, hybrid or reranked; of several, by commas, the last."),
    ] = "reranked",
    judge: Annotated[
        str | None,
        typer.Option(
            help="A further measure as module:function(question, answer, quotes, gold) -> 0 to 1, e.g. a RAGAS metric."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first N answerable and the first N unanswerable questions.")
    ] = None,
    json_file: JsonFile = None,
    figures_only: FiguresOnly = False,
    html: HtmlFile = None,
    runs: Annotated[Path | None, typer.Option(help="Write what is cited as a TREC run file, and qrels, here.")] = None,
) -> None:
    """Ask every question and score answers, citations, refusals and speed."""
    from evals.answers import evaluate_answers
    from evals.encodings import default_folder
    from evals.judging import load_judge
    from evals.library import load_any
    from evals.models import assistant_over, fingerprints, load_models
    from evals.systems import OURS, passages_of
    from evals.tables import answers_table

    named = [name.strip() for name in systems.split(",") if name.strip()]
    if not named or not OURS.keys() >= set(named):
        raise WrongUsage(f"--systems takes {', '.join(OURS)}, of several the last one answers; found {systems!r}")
    mode, reads = OURS[named[-1]]
    console = _console(json_file)
    if html:
        _check_target(html)
    if runs:
        _make_folder(runs)

    if len(named) > 1:
        Console(stderr=True).print(f"Of {', '.join(named)} the last one answers: {named[-1]}.", highlight=False)
    settings = _settings(context)
    judges = {judge: load_judge(judge)} if judge else {}
    loaded = load_any(data, split).limited(limit)
    models = load_models(settings)
    if not reads:
        models = replace(models, reranker=None, reader=None)
    weights = fingerprints(models, settings, model=model or settings.model)
    assistant = assistant_over(
        passages_of(loaded.corpus), models, settings, model=model, cache=default_folder(), mode=mode
    )
    with progress_bars(console) as progress:
        outcome = evaluate_answers(loaded, assistant, model=model or settings.model, judges=judges, progress=progress)
    found = {**outcome.to_json(), "fingerprints": weights}
    console.print(answers_table(found))
    _say_limits(console, found)
    _write(found, json_file, html, console, figures_only=figures_only)
    # Last: an id that a run file cannot carry loses no measurement.
    if runs:
        outcome.write_runs(runs)
        console.print(f"Run file written to {runs}")


@app.command(epilog="Example: policydesk eval compare evals/results/baseline-sample.json new.json")
def compare(
    base: Annotated[Path, typer.Argument(help="The result to hold on to, from --json.")],
    new: Annotated[Path, typer.Argument(help="The result to judge.")],
    allow_different_corpus: Annotated[
        bool, typer.Option("--allow-different-corpus", help="Compare although the passages were cut otherwise.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Test every measure of two results, question by question; exit 1 where the new one is significantly worse."""
    from evals.compare import compare_results, read_result
    from evals.tables import change_table

    found = compare_results(read_result(base), read_result(new), allow_different_corpus=allow_different_corpus)
    if as_json:
        sys.stdout.write(json.dumps(found.to_json(), indent=1) + "\n")
    else:
        Console().print(change_table(found))
    if found.worse:
        raise typer.Exit(1)


@app.command(epilog="Example: policydesk eval report retrieval.json --html report.html")
def report(
    result: Annotated[Path, typer.Argument(help="A result from --json.")],
    html: Annotated[Path, typer.Option("--html", help="The file to write.")] = Path("report.html"),
) -> None:
    """Draw the HTML report of a result that was measured before."""
    from evals.compare import read_result
    from evals.report import render

    _save(html, render(read_result(result)))
    Console().print(f"Report written to {html}")


@app.command(epilog="Example: policydesk eval overview evals/results/retrieval-*.json --svg overview.svg")
def overview(
    results: Annotated[list[Path], typer.Argument(help="Results of eval retrieval, from --json.", metavar="RESULT...")],
    svg: Annotated[Path | None, typer.Option("--svg", help="Also draw them into this file.")] = None,
) -> None:
    """Print many retrieval results as one Markdown table, and draw them as one plot."""
    from evals.compare import read_result
    from evals.overview import overview_markdown, overview_svg

    found = [read_result(result) for result in results]
    sys.stdout.write(overview_markdown(found))
    if svg is not None:
        _save(svg, overview_svg(found))


def bench(
    context: typer.Context,
    passages: Annotated[
        str, typer.Option(help="Sizes to race at, comma-separated; 1e5 is a hundred thousand.")
    ] = "1e3,1e4,1e5",
    large: Annotated[bool, typer.Option("--large", help="Also at a million passages.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Folder whose real passages are resampled; the sample corpus where not given.")
    ] = None,
    contenders: Annotated[
        str | None, typer.Option(help="Comma-separated; all that are installed where not given.")
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Race speed and memory on this machine beside what one would otherwise assemble, in one run.

    Example: policydesk bench --passages 1e3,1e4 --json race.json
    """
    from corpora.catalog import SAMPLE
    from evals.contenders import CONTENDERS
    from evals.encodings import default_folder
    from evals.library import load_any
    from evals.models import load_models
    from evals.race import run_race
    from evals.tables import limits_table, quality_table, race_tables

    console = _console(json_file)
    sizes = _sizes(passages) + ([1_000_000] if large else [])
    names = [name.strip() for name in contenders.split(",")] if contenders else list(CONTENDERS)
    models = load_models(_settings(context))
    loaded = load_any(data or SAMPLE, encoder=models.encoder)
    found = run_race(
        loaded,
        models,
        sizes,
        names=names,
        cache=default_folder(),
        progress=lambda what: console.print(f"[dim]{what} …[/dim]", highlight=False),
    )
    for table in race_tables(found):
        console.print(table)
    console.print(quality_table(found))
    console.print(limits_table(found))
    _write(found, json_file, None, console)


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(float(part)) for part in text.split(",")]
    except (ValueError, OverflowError) as error:
        raise WrongUsage(f"--passages takes numbers such as 1e3,1e4, found {text!r}") from error
    if not all(10 <= size <= 10_000_000 for size in sizes):
        raise WrongUsage(f"--passages takes sizes from 10 to 1e7, found {text!r}")
    return sizes


def _settings(context: typer.Context) -> Settings:
    return context.obj if isinstance(context.obj, Settings) else read_settings(None)


def _say_limits(console: Console, found: dict[str, Any]) -> None:
    if found.get("long_texts") and {"dense", "hybrid", "reranked"} & found["systems"].keys():
        console.print(
            f"{found['long_texts']} of {found['passages']} texts are longer than the encoder reads: "
            "our systems read them in windows, the others their beginnings.",
            style="yellow",
        )
    for name, system in found.get("systems", {}).items():
        if system["nothing_found"]:
            console.print(
                f"{name} finds nothing for {system['nothing_found']} of {found['questions']} questions, which score 0.",
                style="yellow", markup=False,
            )  # fmt: skip


def _console(json_file: Path | None) -> Console:
    """Standard output for people; standard error where standard output carries JSON. Made before anything is measured.

    :raises WrongUsage: if the file cannot be written.
    """
    if json_file is not None:
        _check_target(json_file)
    return Console(stderr=json_file is not None and str(json_file) == "-")


def _write(
    found: dict[str, Any], json_file: Path | None, html: Path | None, console: Console, *, figures_only: bool = False
) -> None:
    from evals.figures import figures_only as without_words

    found = _without_nan(found)
    text = _json(without_words(found) if figures_only else found)
    if json_file is not None and str(json_file) == "-":
        sys.stdout.write(text)
    elif json_file is not None:
        _save(json_file, text)
        console.print(f"JSON written to {json_file}")
    if html is not None:
        from evals.report import render

        _save(html, render(found))
        console.print(f"Report written to {html}")


def _without_nan(value: Any) -> Any:
    """The same with null for what is no finite number, as a judge may give: JSON has no NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return value


def _json(found: dict[str, Any]) -> str:
    """JSON with a line for each field and each question: small enough to commit, and readable as a difference."""

    def flat(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = []
    for key, value in found.items():
        if isinstance(value, dict) and key in ("systems", "slices", "per_question"):
            rows = ",\n".join(f"  {flat(name)}: {flat(row)}" for name, row in value.items())
            lines.append(f" {flat(key)}: {{\n{rows}\n }}" if rows else f" {flat(key)}: {{}}")
        else:
            lines.append(f" {flat(key)}: {flat(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _make_folder(path: Path) -> None:
    """Before anything is measured: a folder that cannot be made would cost the run."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUsage(f"cannot write run files into {path}: {error.strerror}; choose a folder") from error


def _check_target(path: Path) -> None:
    """Before anything is measured: a file that cannot be written would cost the run.

    :raises WrongUsage: if it cannot.
    """
    if str(path) == "-" or _is_device(path):
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise WrongUsage(f"cannot write {path}: it is a folder; choose another file")
        with TemporaryFile(dir=path.resolve().parent):
            pass
    except OSError as error:
        raise WrongUsage(f"cannot write {path}: {error.strerror}; choose another file") from error


def _save(path: Path, text: str) -> None:
    """Write the file as a whole or not at all: what was there stays until the new one is complete."""
    whole = path.resolve()
    part = whole.with_name(f".{whole.name}.{os.getpid()}")
    try:
        if _is_device(path):
            path.write_text(text, encoding="utf-8")
            return
        whole.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise WrongUsage(f"cannot write {path}: {error.strerror}; choose another file") from error


def _is_device(path: Path) -> bool:
    """Such as /dev/stdout, which nothing can take the place of."""
    return path.exists() and not path.is_file() and not path.is_dir()
