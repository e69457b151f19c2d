"""``policydesk eval`` and ``policydesk bench``: the command line of the evaluators' bench."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from evals.tables import progress_bars
from retrieval.errors import WrongUsage

app = typer.Typer(name="eval", no_args_is_help=True)

Data = Annotated[
    Path, typer.Argument(help="Folder in the BEIR layout: corpus.jsonl, queries.jsonl, qrels/<split>.tsv.")
]
Split = Annotated[str | None, typer.Option(help="Which qrels; test, else dev, where not given.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write a report: one HTML file that needs no network.")]


@app.callback()
def evaluators() -> None:
    """Measure retrieval and answers on your own questions, compare two results, gate a change."""


@app.command(epilog="Example: policydesk eval retrieval data/scifact --systems bm25,dense,hybrid --html report.html")
def retrieval(
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
    html: HtmlFile = None,
    runs: Annotated[Path | None, typer.Option(help="Write TREC run files and qrels into this folder.")] = None,
) -> None:
    """Score search systems on judged questions: nDCG, recall, reciprocal rank, with intervals, tests and latency."""
    from evals.data import load_data
    from evals.encodings import default_folder
    from evals.retrieval import evaluate_retrieval
    from evals.systems import OURS
    from evals.tables import comparison_table, retrieval_table

    console = _console(json_file)
    loaded = load_data(data, split).limited(limit)
    names = [name.strip() for name in systems.split(",") if name.strip()] if systems else list(OURS)
    models = _models() if any(name in OURS for name in names) else None
    if systems is None and models is not None and models.reranker is None:
        names.remove("reranked")
        console.print("There is no reranker: [bold]reranked[/bold] is left out.")
    with progress_bars(console) as progress:
        outcome = evaluate_retrieval(loaded, names, models, cache=default_folder(), progress=progress)
    found = outcome.to_json()
    console.print(retrieval_table(found))
    if len(names) > 1:
        console.print(comparison_table(found))
    if outcome.truncated:
        console.print(
            f"{outcome.truncated} of {len(loaded.corpus)} texts are longer than the encoder reads; their ends were not encoded."
        )
    if runs:
        outcome.write_runs(runs)
    _write(found, json_file, html, console)


def _models() -> Any:
    from evals.retrieval import Models
    from retrieval import rerank
    from retrieval.encoder import load_encoder

    load = getattr(rerank, "load_reranker", None)
    return Models(load_encoder(), load() if load else None)


def _console(json_file: Path | None) -> Console:
    """Standard output for people; standard error where standard output carries JSON."""
    return Console(stderr=json_file is not None and str(json_file) == "-")


def _write(found: dict[str, Any], json_file: Path | None, html: Path | None, console: Console) -> None:
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if json_file is not None and str(json_file) == "-":
        sys.stdout.write(text + "\n")
    elif json_file is not None:
        _save(json_file, text + "\n")
        console.print(f"JSON written to {json_file}")
    if html is not None:
        from evals.report import render

        _save(html, render(found))
        console.print(f"Report written to {html}")


def _save(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(f"cannot write {path}: {error.strerror}; choose another file") from error
