"""Files in: chosen or dropped, sent with progress, read one after the other, with a line for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from assistant import library
from assistant.api import queue_upload
from assistant.console.visit import Act, ConsoleRoute, Doing, Enter, Visit
from assistant.console.wording import COUNTRIES, count, named, sentence
from assistant.jobrecords import Job, JobState
from assistant.particulars import groups_named
from assistant.problems import Problem
from assistant.uploads import ENDINGS
from ingest import media
from retrieval.errors import WrongUsage

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
MOST_OWN_JOBS = 200
STATES = {
    JobState.QUEUED: "Waiting to be read",
    JobState.RUNNING: "Being read",
    JobState.DONE: "Read",
    JobState.FAILED: "Stopped",
    JobState.CANCELLED: "Cancelled",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one file so far."""

    file: str
    tone: str  #: waiting, good, wait or bad
    said: str
    link: str | None = None
    link_name: str | None = None


@router.get("/upload")
def upload_page(visit: Enter, document: str = "") -> Response:
    known = library.visible(visit.room.store, visit.person)
    successor = library.find(visit.room.store, visit.person, document) if document else None
    groups = {group for each in known for group in each.audience}
    groups |= {group for person in visit.room.accounts.everyone() for group in person.groups}
    return visit.page(
        "upload.html", successor=successor, owners=sorted({each.owner for each in known if each.owner}), groups=sorted(groups),
        countries=sorted(COUNTRIES.items(), key=lambda item: item[1]), endings=",".join(ENDINGS), formats=media.SUPPORTED,
        most_bytes=media.MAX_BYTES, latest=[(job, summary(job)) for job in visit.room.jobs.of(visit.person.account_id, last=5)],
    )  # fmt: skip


@router.post("/upload")
async def upload(doing: Doing) -> Response:
    """Queue the files; a script is told the job, a person is shown it."""
    asks_json = "application/json" in doing.request.headers.get("accept", "")
    try:
        files = doing.files("file")
        if not files:
            raise WrongUsage("no file was chosen; choose one or more and send again")
        job = await queue_upload(doing.room, doing.person, files, _options(doing, len(files)))
    except (WrongUsage, Problem) as error:
        said = sentence(str(error.detail) if isinstance(error, Problem) else str(error))
        if asks_json:
            return JSONResponse({"reason": said}, 422)
        return doing.go("/hr/upload", said, tone="failed")
    if asks_json:
        return JSONResponse({"job_id": job.job_id}, 202)
    return doing.go(f"/hr/uploads/{job.job_id}")


@router.get("/uploads")
def uploads_page(visit: Enter) -> Response:
    """The visitor's own uploads: what others sent may be meant for other readers."""
    jobs = visit.room.jobs.of(visit.person.account_id, last=MOST_OWN_JOBS)
    return visit.page("uploads.html", jobs=[(job, summary(job)) for job in jobs], states=STATES)


@router.get("/uploads/progress")
def progress(visit: Enter, job: Annotated[list[str], Query(max_length=50)]) -> Response:
    """How far these jobs are; asked again and again by the page that sent them."""
    own = {each.job_id: each for each in visit.room.jobs.of(visit.person.account_id, last=MOST_OWN_JOBS)}
    titles = _titles(visit)
    return JSONResponse({"jobs": [_progress(own[job_id], titles) for job_id in job if job_id in own]})


@router.get("/uploads/{job_id}")
def upload_report(visit: Enter, job_id: str) -> Response:
    job = _own_job(visit, job_id)
    return visit.page("upload_report.html", job=job, lines=lines(job, _titles(visit)), states=STATES, said=summary(job))


@router.post("/uploads/{job_id}/{act}")
def stop_or_go_on(doing: Doing, job_id: str, act: Literal["cancel", "retry"]) -> Response:
    """Read no further file of an upload, or take up one that stopped."""
    _own_job(doing, job_id)
    change = doing.room.jobs.cancel if act == "cancel" else doing.room.jobs.retry
    change(job_id)
    return doing.go(f"/hr/uploads/{job_id}")


def lines(job: Job, titles: Mapping[str, str]) -> list[Line]:
    """A line for each file, in the order they were sent.

    :param titles: of the documents that the reader may know, by id.
    """
    reports = {report["file"]: report for report in job.reports}
    return [_line(name, reports.get(name), job, titles) for name in job.files]


def summary(job: Job) -> str:
    """``3 files read, 1 not added``."""
    if job.failure:
        return sentence(job.failure)
    if not job.ended:
        return f"{len(job.reports)} of {count(len(job.files), 'file')} read"
    statuses = [report.get("status") for report in job.reports]
    refused = statuses.count("rejected")
    known = statuses.count("unchanged")
    parts = [count(len(statuses) - refused - known, "file") + " read"] if len(statuses) > refused + known else []
    parts += [f"{known} already in the library"] if known else []
    parts += [f"{refused} not added"] if refused else []
    return ", ".join(parts) or "Nothing was read"


def _line(name: str, report: dict[str, Any] | None, job: Job, titles: Mapping[str, str]) -> Line:
    if report is None:
        stopped = job.can_be_retried
        return Line(
            name, "bad" if stopped else "waiting", sentence(job.failure or "stopped") if stopped else STATES[job.state]
        )
    reason = sentence(report.get("reason") or "")
    if report["status"] == "rejected":
        return Line(name, "bad", f"Not added: {report.get('reason') or 'it could not be read'}")
    to, called = f"/hr/documents/{report['document_id']}", "Open"
    if job.is_draft and report["status"] != "unchanged":
        to, called = f"/hr/review/{report['version_id']}", "Review"
    if report["status"] == "unchanged":
        return Line(name, "info", named(reason, titles) or "Already in the library, word for word.", to, called)
    what = f"{count(report.get('passages') or 0, 'passage')}" + (
        f", {count(report['pages'], 'page')}" if report.get("pages") else ""
    )
    warnings = " ".join(sentence(each) for each in report.get("warnings") or ())
    said = f"{'Read in part' if report['status'] == 'partial' else 'Read'}: {what}. {reason} {warnings}"
    tone = "wait" if report["status"] == "partial" else "good"
    return Line(name, tone, named(" ".join(said.split()), titles), to, called)


def _progress(job: Job, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "job_id": job.job_id, "ended": job.ended, "state": STATES[job.state], "said": summary(job),
        "lines": [
            {"file": line.file, "tone": line.tone, "said": line.said, "link": line.link, "link_name": line.link_name}
            for line in lines(job, titles)
        ],
    }  # fmt: skip


def _titles(visit: Visit) -> dict[str, str]:
    return {each.document_id: each.title for each in library.visible(visit.room.store, visit.person)}


def _own_job(visit: Visit, job_id: str) -> Job:
    for job in visit.room.jobs.of(visit.person.account_id, last=MOST_OWN_JOBS):
        if job.job_id == job_id:
            return job
    raise Problem(404, "there is no such upload of yours")


def _options(doing: Act, files: int) -> dict[str, Any]:
    """What was said about the files, as the job keeps it.

    :raises WrongUsage: if something said makes no sense.
    """
    supersedes = doing.field("supersedes", most=64) or None
    if supersedes:
        library.find(doing.room.store, doing.person, supersedes)
        if files > 1:
            raise WrongUsage(f"a new version is one file, {files} were chosen; send the others by themselves")
    begin, end = read_day(doing.field("effective_from")), read_day(doing.field("effective_to"))
    if begin and end and end < begin:
        raise WrongUsage("the last day in force is before the first; put them in order")
    return {
        "audience": read_groups(doing.field("audience", most=500)), "jurisdiction": read_country(doing.field("jurisdiction", most=2)),
        "owner": doing.field("owner", most=200) or None, "supersedes": supersedes, "draft": doing.field("publish") != "now",
        "effective_from": begin.isoformat() if begin else None, "effective_to": end.isoformat() if end else None,
    }  # fmt: skip


def read_day(text: str) -> date | None:
    """:raises WrongUsage: if it is not a date."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise WrongUsage(f"“{text[:40]}” is not a date; write it like 2026-03-31") from error


def read_country(text: str) -> str | None:
    """:raises WrongUsage: if it is not two letters."""
    if text and not re.fullmatch(r"[A-Za-z]{2}", text):
        raise WrongUsage(f"“{text}” is not a country; choose one from the list")
    return text.upper() or None


def read_groups(text: str) -> list[str]:
    """Nothing for an empty field: every employee.

    :raises WrongUsage: if something is written that names no group.
    """
    return sorted(groups_named(text)) if text.strip() else []
