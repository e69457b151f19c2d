"""The HTTP API under ``/api/v1``: ask, search, documents, jobs, feedback."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import date
from http import HTTPStatus
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile as SentFile

from assistant import library, problems
from assistant.accounts import Person, scope_of
from assistant.contract import answer_json, citation_json, job_json, search_json
from assistant.gaps import find_gaps, gaps_json, nearest_in
from assistant.jobrecords import Job
from assistant.particulars import check_dates, groups_named
from assistant.problems import Problem
from assistant.records import AnswerDone, AnswerEvent, EvidenceFound, TokenDrafted, Turn
from assistant.room import Room
from assistant.trouble import trouble
from assistant.waiting import Engine, Waiting
from retrieval.errors import IndexEmpty, PolicydeskError
from retrieval.scope import Scope
from retrieval.search import Mode

log = logging.getLogger(__name__)

MAX_QUESTION_CHARACTERS = 2_000


def signed_in(request: Request) -> Person:
    """The person the edge recognised; the edge has refused everybody else."""
    person = request.scope.get("person")
    if not isinstance(person, Person):
        raise Problem(401, "sign in, or send an API token: Authorization: Bearer pd_…")
    return person


def librarian(person: Annotated[Person, Depends(signed_in)]) -> Person:
    if not person.keeps_library:
        raise Problem(403, "only HR, legal and administrators may do this")
    return person


Asker = Annotated[Person, Depends(signed_in)]
Librarian = Annotated[Person, Depends(librarian)]
Question = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS, pattern=r"\S")]
Jurisdiction = Annotated[str | None, Field(pattern=r"^[A-Z]{2}$", description="Country, as ISO 3166 alpha-2")]


def _written(name: str | None) -> str | None:
    """A name without white space around it; None where nothing is written."""
    return (name or "").strip() or None


Written = AfterValidator(_written)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EarlierTurn(Body):
    question: Question
    answer: Annotated[str, Field(max_length=10_000)]


class AskBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"question": "How many unused leave days can I carry over?", "jurisdiction": "DE"}
        }
    )
    question: Question
    as_of: Annotated[date | None, Field(description="Answer as of this day; today without it")] = None
    jurisdiction: Jurisdiction = None
    history: Annotated[list[EarlierTurn], Field(max_length=20, description="Earlier turns, oldest first")] = []


class SearchBody(Body):
    model_config = ConfigDict(json_schema_extra={"example": {"question": "notice period during probation", "k": 5}})
    question: Question
    k: Annotated[int, Field(ge=1, le=100)] = 10
    mode: Mode = Mode.HYBRID
    rerank: bool = True
    as_of: date | None = None
    jurisdiction: Jurisdiction = None


class FeedbackBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"question": "May I bring my dog?", "helpful": False, "comment": "It is in the handbook."}
        }
    )
    question: Question
    helpful: bool
    comment: Annotated[str | None, Field(max_length=2_000)] = None


def routes(room: Room) -> APIRouter:
    """The API of one room."""
    api = APIRouter(prefix="/api/v1", responses=PROBLEM)
    _add_questions(api, room)
    _add_documents(api, room)
    _add_reports(api, room)
    return api


#: What every route may answer when it cannot do what was asked.
PROBLEM: dict[int | str, dict[str, Any]] = {
    status: {"description": f"{HTTPStatus(status).phrase}: a problem document (RFC 9457)", "content": {problems.MEDIA_TYPE: {"schema": problems.SCHEMA}}}
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}  # fmt: skip


def _add_questions(api: APIRouter, room: Room) -> None:
    @api.post("/ask", tags=["questions"], summary="A cited answer, or a refusal that says why")
    async def ask(body: AskBody, person: Asker, request: Request) -> Response:
        """With ``Accept: text/event-stream`` the answer comes as events: ``waiting`` (a place in line), ``evidence``,
        ``token``, ``answer`` and, instead of it, ``error``. Where the line is full it is a problem document, status 429.

        An answer that is ``doubtful`` may not be what was asked for. ``nearest`` holds what a refusal found nearest, as citations, where
        something may answer after all; nothing rests on it.
        """
        scope = scope_of(person, as_of=body.as_of, jurisdiction=body.jurisdiction)
        history = [Turn(turn.question, turn.answer) for turn in body.history]
        events = room.ask(body.question, scope=scope, history=history, place="api", asker=person.account_id)
        if "text/event-stream" in request.headers.get("accept", ""):
            begun = perf_counter()
            # With the first event there is a place in line: whoever gets none is told so by the response's own status.
            first = await anext(events, None)
            return StreamingResponse(_stream(begun, first, events, request), media_type="text/event-stream")
        async with aclosing(events):
            async for event in events:
                if isinstance(event, AnswerDone):
                    return JSONResponse(answer_json(event.answer))
        raise Problem(500, "the answer ended before it was complete; ask again")

    @api.post("/search", tags=["questions"], summary="Ranked passages, best first")
    async def search(body: SearchBody, person: Asker) -> JSONResponse:
        scope = scope_of(person, as_of=body.as_of, jurisdiction=body.jurisdiction)
        result = await room.line.run(
            lambda engine: engine.searcher().search(
                body.question, k=body.k, mode=body.mode, rerank=body.rerank, scope=scope
            )
        )
        return JSONResponse(search_json(body.question, scope.day, result))

    @api.post("/feedback", tags=["questions"], status_code=201, summary="A thumb for an answer; kept without your name")
    async def feedback(body: FeedbackBody, person: Asker) -> dict[str, str]:
        kept = await asyncio.to_thread(
            lambda: room.feedback.add(body.question, helpful=body.helpful, comment=body.comment)
        )
        if not room.privacy.works_council:
            await asyncio.to_thread(room.asked.vote_on, body.question, body.helpful, account_id=person.account_id)
        return {"feedback_id": kept}


async def _stream(
    begun: float, first: Waiting | AnswerEvent | None, events: AsyncGenerator[Waiting | AnswerEvent], request: Request
) -> AsyncGenerator[str]:
    request_id = request.scope["request_id"]
    try:
        async with aclosing(events):
            if first is not None:
                yield _told(first, perf_counter() - begun)
            async for event in events:
                yield _told(event, perf_counter() - begun)
    except PolicydeskError as error:
        yield _event("error", problems.document(problems.status_of(error), str(error), request_id=request_id))
    except Exception as error:
        # The status went out long ago: without this the stream would end as if it had been cut.
        log.exception("the answer to request %s failed", request_id)
        passing = trouble(error)
        status, detail = (problems.status_of(passing), str(passing)) if passing else (500, problems.UNFORESEEN)
        yield _event("error", problems.document(status, detail, request_id=request_id))


def _told(event: Waiting | AnswerEvent, seconds: float) -> str:
    match event:
        case Waiting(position):
            return _event("waiting", {"position": position})
        case EvidenceFound(citations):
            return _event(
                "evidence", {"citations": [citation_json(each) for each in citations], "ms": round(seconds * 1000)}
            )
        case TokenDrafted(text):
            return _event("token", {"text": text})
        case AnswerDone(answer):
            return _event("answer", answer_json(answer))


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _add_documents(api: APIRouter, room: Room) -> None:
    @api.post("/documents", tags=["documents"], status_code=202, summary="Send files to be read into the library")
    async def add(
        person: Librarian,
        file: Annotated[
            list[UploadFile], File(description="One or more files: documents, slides, sheets, mails or scans")
        ],
        audience: Annotated[str, Form(description="Groups that may read them, by commas; empty: every employee")] = "",
        jurisdiction: Annotated[str | None, Form(pattern=r"^[A-Z]{2}$")] = None,
        owner: Annotated[str | None, Form(max_length=200), Written] = None,
        effective_from: Annotated[date | None, Form()] = None,
        effective_to: Annotated[date | None, Form()] = None,
        supersedes: Annotated[
            str | None, Form(max_length=64, description="Document these are a new version of")
        ] = None,
        collection: Annotated[str | None, Form(max_length=200), Written] = None,
        draft: Annotated[bool, Form(description="Hold for review instead of publishing")] = False,
    ) -> JSONResponse:
        check_dates(effective_from, effective_to)
        if supersedes:  # by its own id or a version's, which begins with it
            await asyncio.to_thread(library.find, room.store, person, supersedes.partition(".")[0])
        options = {
            "audience": sorted(groups_named(audience)) if audience else [],
            "jurisdiction": jurisdiction, "owner": owner, "supersedes": supersedes, "collection": collection, "draft": draft,
            "effective_from": effective_from.isoformat() if effective_from else None,
            "effective_to": effective_to.isoformat() if effective_to else None,
        }  # fmt: skip
        job = await queue_upload(room, person, file, options)
        return JSONResponse(job_json(job), 202, headers={"Location": f"/api/v1/jobs/{job.job_id}"})

    @api.get("/documents", tags=["documents"], summary="The documents you may read")
    async def documents(person: Asker) -> dict[str, Any]:
        return {"documents": await asyncio.to_thread(library.listing, room.store, person)}

    @api.get("/documents/{document_id}", tags=["documents"], summary="One document and its versions")
    async def document(document_id: str, person: Asker) -> dict[str, Any]:
        return await asyncio.to_thread(library.show, room.store, person, document_id)

    @api.delete("/documents/{document_id}", tags=["documents"], status_code=204, summary="Remove a document for good")
    async def remove(document_id: str, person: Librarian) -> Response:
        await asyncio.to_thread(library.remove, room, person, document_id)
        return Response(status_code=204)

    @api.get(
        "/documents/{document_id}/original", tags=["documents"], response_class=FileResponse, summary="The file itself"
    )
    async def original(
        document_id: str,
        person: Asker,
        version: Annotated[str | None, Query(description="A version's id; the one in force without it")] = None,
        view: Annotated[Literal["page"] | None, Query(description="'page': a PDF opens in the browser")] = None,
    ) -> FileResponse:
        found = await asyncio.to_thread(library.original, room, person, document_id, version)
        headers, inline = {}, view == "page" and found.is_pdf
        if inline:
            # The browser's own PDF viewer cannot run inside the sandbox that other originals get.
            headers["Content-Security-Policy"] = (
                "script-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            )
        return FileResponse(
            found.path, media_type="application/pdf" if found.is_pdf else "application/octet-stream", headers=headers,
            filename=found.name, content_disposition_type="inline" if inline else "attachment",
        )  # fmt: skip

    @api.get("/documents/{document_id}/diff", tags=["documents"], summary="What changed between two versions")
    async def diff(
        document_id: str,
        person: Asker,
        from_: Annotated[str, Query(alias="from", description="A version's id or number")],
        to: Annotated[str, Query(description="A version's id or number")],
    ) -> dict[str, Any]:
        return await asyncio.to_thread(library.changes, room.store, person, document_id, from_, to)


async def queue_upload(room: Room, person: Person, files: Sequence[SentFile], options: dict[str, Any]) -> Job:
    """Put files that were sent into the line to be read.

    :param options: fields of :class:`ingest.options.IngestOptions` as JSON.
    """
    room.jobs.folder.mkdir(mode=0o700, exist_ok=True)
    # Among the uploads: what a power cut leaves there is swept with what else belongs to no job, and erased with its document.
    with tempfile.TemporaryDirectory(dir=room.jobs.folder, prefix=".incoming-") as folder:
        incoming: list[tuple[str, Path]] = []
        for number, upload in enumerate(files):
            path = Path(folder) / str(number)
            with path.open("wb") as sink:
                while chunk := await upload.read(1 << 20):
                    await asyncio.to_thread(sink.write, chunk)
            incoming.append((upload.filename or "unnamed", path))
        return await asyncio.to_thread(lambda: room.jobs.add(incoming, account_id=person.account_id, options=options))


def _add_reports(api: APIRouter, room: Room) -> None:
    @api.get("/reports/gaps", tags=["reports"], summary="What people ask and no document answers")
    async def gaps(person: Librarian) -> JSONResponse:
        """Questions that were refused or voted down, grouped by meaning; nothing that fewer than five people asked."""
        engine = await room.line.engine()
        # Not in the line: a report may take longer than people should wait for evidence.
        return JSONResponse(await asyncio.to_thread(_gaps, room, engine, scope_of(person)))


def _gaps(room: Room, engine: Engine, scope: Scope) -> dict[str, Any]:
    try:
        nearest = nearest_in(engine.searcher(), scope)
    except IndexEmpty:
        nearest = None
    return gaps_json(find_gaps(room.asked, engine.encoder, nearest=nearest, comments=room.feedback.comments()))
