"""``policydesk index`` and ``policydesk doctor``: derived data, and what is wrong with an installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from assistant.commands.homes import open_store
from assistant.commands.output import console, print_json, progress_bar
from assistant.confidence import load_confidence, misfit
from assistant.config import Settings
from assistant.hardening import STOPPING, weak_settings
from assistant.model import check_model
from assistant.trouble import out_of_reach, trouble
from ingest.ocr import INSTALL
from ingest.tesseract import program
from retrieval.encoder import encoder_name, load_encoder
from retrieval.errors import PolicydeskError, WrongUsage
from retrieval.generations import current_generation, is_stale, open_index
from retrieval.models import DEFAULT_WEIGHTS, ModelCache

app = typer.Typer(
    help="The index, which can always be rebuilt from the database.",
    no_args_is_help=True,
    epilog="Example: `policydesk index verify`",
)


@app.command()
def rebuild(context: typer.Context) -> None:
    """Build the index again from the database, from nothing, and erase the text of what was removed or rejected.

    Example: `policydesk index rebuild`
    """
    from assistant.review import Review

    settings: Settings = context.obj
    review = Review(settings.home, open_store(settings), encoder=lambda: load_encoder(settings.encoder))
    with progress_bar() as progress:
        task = progress.add_task("Encoding passages", total=None)
        generation = review.erasure.rebuild(
            progress=lambda done, total: progress.update(task, completed=done, total=total)
        )
    console.print(f"Index generation {generation} is in service.")


@app.command()
def verify(context: typer.Context) -> None:
    """Check every index file against its manifest.

    Example: `policydesk index verify`
    """
    settings: Settings = context.obj
    index = open_index(settings.home, or_empty=True)
    console.print(f"Index generation {index.generation} is whole: {len(index)} passages, encoder {index.encoder}.")


class Level(StrEnum):
    """What a finding means: all is well, it should be mended, or the installation is not ready until it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


_MARKS = {Level.OK: "✓", Level.WARNING: "!", Level.PROBLEM: "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report; ``problem`` is None where all is well, and ``stops`` where it makes the installation
    not ready."""

    checked: str
    problem: str | None
    stops: bool = True

    @property
    def level(self) -> Level:
        if self.problem is None:
            return Level.OK
        return Level.PROBLEM if self.stops else Level.WARNING

    def to_json(self) -> dict[str, str | None]:
        return {"checked": self.checked, "level": self.level, "problem": self.problem}


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is wrong with this installation and how to mend it.

    Exit code 3 where it is not ready: weights, database, index. A weak setting is a warning, marked with !

    Example: `policydesk doctor`
    """
    settings: Settings = context.obj
    cache = ModelCache.default()
    findings = [_finding(f"weights of {weights.name}", partial(cache.verify, weights)) for weights in DEFAULT_WEIGHTS]
    findings.append(_finding("models that the settings name", lambda: _check_models(settings)))
    if findings[-1].problem is None:
        findings.append(_finding("confidence and what it was fitted to", lambda: _check_confidence(settings)))
    findings.append(_finding("database", lambda: open_store(settings).check()))
    if findings[-1].problem is None:
        findings.append(
            _finding("index", lambda: open_index(settings.home, encoder=encoder_name(settings.encoder), or_empty=True))
        )
        if findings[-1].problem is None and is_stale(settings.home, open_store(settings)):
            behind = (
                f"generation {current_generation(settings.home)} is behind the database; run: policydesk index rebuild"
            )
            findings.append(Finding("index up to date", behind))
        store = open_store(settings)
        findings += [
            Finding(checked, weak, stops=checked in STOPPING) for checked, weak in weak_settings(settings, store)
        ]
    # No fault: an installation may have nothing to scan.
    findings.append(
        Finding(
            "scans and pictures are read by tesseract" if program() else f"scans are not read; to read them {INSTALL}",
            None,
        )
    )
    if as_json:
        print_json({"findings": [finding.to_json() for finding in findings]})
    else:
        for finding in findings:
            console.print(
                f"{_MARKS[finding.level]} {finding.checked}{': ' + finding.problem if finding.problem else ''}",
            )
    if any(finding.level is Level.PROBLEM for finding in findings):
        raise typer.Exit(3)


def _check_models(settings: Settings) -> None:
    folders = {"RERANKER": settings.reranker, "READER": settings.reader, "VERIFIER": settings.verifier}
    for kind, name in folders.items():
        if name not in (None, "none") and not Path(name).is_dir():
            raise WrongUsage(
                f"POLICYDESK_{kind} names {name}, which is no folder; correct it, or leave it out for what ships"
            )
    check_model(settings.model, url=settings.model_url, adapter=settings.adapter)


def _check_confidence(settings: Settings) -> None:
    if other := misfit(load_confidence(settings.confidence), settings):
        raise WrongUsage(other)


def _finding(checked: str, check: Callable[[], object]) -> Finding:
    try:
        check()
    except PolicydeskError as error:
        return Finding(checked, str(error))
    except OSError as error:
        if (told := trouble(error) or out_of_reach(error)) is None:
            raise
        return Finding(checked, str(told))
    return Finding(checked, None)
