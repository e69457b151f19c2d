"""``policydesk ingest``: files and folders in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TaskID

from assistant.audit import Audit, Kind
from assistant.commands.output import aside, console, print_json, progress_bar
from assistant.config import Settings
from assistant.particulars import check_dates, groups_named
from corpora.catalog import CatalogEntry, read_catalog
from corpora.errors import CorpusError
from ingest.countries import country_code
from ingest.pipeline import IngestOptions
from ingest.pipeline import ingest as ingest_files
from ingest.records import FileReport, FileStatus
from retrieval.encoder import load_encoder
from retrieval.errors import WrongUsage
from retrieval.store import Store

if TYPE_CHECKING:
    from assistant.review import Review


class Ocr(StrEnum):
    AUTO = "auto"
    NEVER = "never"


Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE")]
_STYLES = {
    FileStatus.INDEXED: "green",
    FileStatus.UNCHANGED: "dim",
    FileStatus.PARTIAL: "yellow",
    FileStatus.REJECTED: "red",
}


def ingest(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(help="Files or folders.", metavar="PATH...")],
    audience: Annotated[
        str | None, typer.Option(metavar="A,B", help="Groups that may read them; all employees if left out.")
    ] = None,
    jurisdiction: Annotated[str | None, typer.Option(metavar="XX", help="Country they apply in (ISO code).")] = None,
    owner: Annotated[str | None, typer.Option(metavar="NAME", help="Whom to ask about them.")] = None,
    effective_from: Day = None,
    effective_to: Day = None,
    supersedes: Annotated[
        str | None, typer.Option(metavar="ID", help="The document that the one file replaces.")
    ] = None,
    collection: Annotated[str | None, typer.Option(metavar="NAME", help="A name to group them by.")] = None,
    ocr: Annotated[
        Ocr, typer.Option(help="Read scans and pictures where tesseract is installed, or report them as empty.")
    ] = Ocr.AUTO,
    draft: Annotated[bool, typer.Option("--draft", help="Hold for review instead of publishing.")] = False,
    catalog: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="JSON with owner, dates, country and audience of each file in `documents/` beside it."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file, then a summary.")] = False,
) -> None:
    """Read files and folders into the library and publish them.

    A file that is in the library already is left alone; a changed one becomes a new version.

    Example: `policydesk ingest handbook/ --owner "People team"`
    """
    from assistant.review import Review

    settings: Settings = context.obj
    named = _named(paths)
    check_dates(_day(effective_from), _day(effective_to))
    options = IngestOptions(
        audience=frozenset() if audience is None else groups_named(audience),
        jurisdiction=_country(jurisdiction),
        owner=owner,
        effective_from=_day(effective_from),
        effective_to=_day(effective_to),
        supersedes=supersedes,
        collection=collection,
        draft=draft,
        ocr=ocr is Ocr.AUTO,
    )
    stated = _stated(catalog, options) if catalog else {}
    began = perf_counter()
    store = Store.open(settings.home)
    audit = Audit(store)
    encoder = load_encoder(settings.encoder)
    review = Review(settings.home, store, encoder=lambda: encoder)
    with progress_bar(enabled=not as_json) as progress:
        reading = progress.add_task("Reading files", total=None)
        encoding: list[TaskID] = []
        reports: list[FileReport] = []

        def found(files: int) -> None:
            progress.update(reading, total=files)

        def settled(report: FileReport) -> None:
            progress.advance(reading)
            if report.waits:
                report = _published(report, review)
            elif report.status in (FileStatus.INDEXED, FileStatus.PARTIAL):
                audit.append(Kind.UPLOAD, {"document_id": report.document_id, "version_id": report.version_id})
            if as_json:
                print_json(report.as_json(), indent=None)
            else:
                _show(report)
            reports.append(report)

        def encoded(done: int, total: int) -> None:
            if not encoding:
                encoding.append(progress.add_task("Encoding passages", total=total))
            progress.update(encoding[0], completed=done, total=total)

        ingest_files(
            named, home=settings.home, store=store, encoder=encoder, options=options,
            options_of=lambda source: stated.get(source.path.resolve()), on_found=found, on_file=settled, on_encoded=encoded,
        )  # fmt: skip
    _summarise(reports, perf_counter() - began, as_json=as_json)
    if any(report.status in (FileStatus.REJECTED, FileStatus.PARTIAL) for report in reports):
        raise typer.Exit(1)


def _published(report: FileReport, review: Review) -> FileReport:
    """Publish what was held for review before and is ingested again to be published."""
    action = review.publish(str(report.version_id))
    told = f"it waited for review and is published now; undo with: policydesk documents undo {action.action_id}"
    return replace(report, status=FileStatus.INDEXED, warnings=(told,), waits=False)


def _named(paths: list[str]) -> list[Path]:
    """:raises WrongUsage: if something is not there, or named by nothing: an unset variable must not stand for the whole folder one is in."""
    missing = [path or "''" for path in paths if not path or not Path(path).exists()]
    if missing:
        raise WrongUsage(f"there is no file or folder {', '.join(missing)}; check the path")
    return [Path(path) for path in paths]


def _country(code: str | None) -> str | None:
    if code is not None and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise WrongUsage(f"--jurisdiction takes a two-letter country code such as DE, not {code!r}")
    return country_code(code)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _stated(path: Path, options: IngestOptions) -> dict[Path, IngestOptions]:
    """What a catalog states about each file, by where it lies, over what the options say about all; what it leaves out they say."""
    try:
        entries: tuple[CatalogEntry, ...] = read_catalog(path.parent, path.name)
    except (OSError, ValueError, KeyError, CorpusError) as error:
        raise WrongUsage(f"{path} cannot be read as a catalog: {error}") from error
    return {
        (path.parent / "documents" / entry.file).resolve(): replace(
            options,
            owner=entry.owner,
            jurisdiction=country_code(entry.jurisdiction) or options.jurisdiction,
            audience=entry.audience or options.audience,
            effective_from=entry.effective_from,
            effective_to=entry.effective_to or options.effective_to,
        )
        for entry in entries
    }


def _show(report: FileReport) -> None:
    what = f"{report.passages} passages" + (f", {report.pages} pages" if report.pages else "")
    style = _STYLES[report.status]
    said = report.reason if report.status in (FileStatus.REJECTED, FileStatus.PARTIAL) else what
    console.print(f"{report.status.value:9} ", style=style, end="")
    console.print(f"{report.file}: {said}", markup=False)
    for warning in report.warnings:
        console.print(f"          {warning}", style="yellow", markup=False)


def _summarise(reports: list[FileReport], seconds: float, *, as_json: bool) -> None:
    counts = Counter(report.status for report in reports)
    passages = sum(report.passages for report in reports if report.status in (FileStatus.INDEXED, FileStatus.PARTIAL))
    if as_json:
        summary = {status.value: counts[status] for status in FileStatus}
        print_json({"summary": {**summary, "passages": passages, "seconds": round(seconds, 3)}}, indent=None)
        return
    told = ", ".join(f"{counts[status]} {status.value}" for status in FileStatus if counts[status]) or "no files"
    pages = sum(report.pages or 0 for report in reports)
    rate = f", {pages / seconds:.1f} pages/s" if pages and seconds else ""
    aside.print(f"{told}; {passages} new passages in {seconds:.1f} s ({len(reports) / seconds:.1f} files/s{rate})")
