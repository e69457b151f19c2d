"""Uploads over HTTP: how far they are, stopped, and taken up again. For those who keep the library."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter

from assistant.accounts import Person
from assistant.api import PROBLEM, Librarian
from assistant.contract import job_json
from assistant.jobrecords import Job
from assistant.problems import Problem
from assistant.room import Room


def routes(room: Room) -> APIRouter:
    """The uploads of one room."""
    api = APIRouter(prefix="/api/v1/jobs", tags=["documents"], responses=PROBLEM)

    @api.get("", summary="Your own uploads, the latest first")
    async def jobs(person: Librarian) -> dict[str, Any]:
        own = await asyncio.to_thread(room.jobs.of, person.account_id)
        return {"jobs": [job_json(job) for job in own]}

    @api.get("/{job_id}", summary="How far an upload is, with a report line per file")
    async def job(job_id: str, person: Librarian) -> dict[str, Any]:
        return job_json(await asyncio.to_thread(own, job_id, person))

    @api.delete("/{job_id}", summary="Read no further file of an upload of yours; what was read stays")
    async def cancel(job_id: str, person: Librarian) -> dict[str, Any]:
        await asyncio.to_thread(own, job_id, person)
        return job_json(await asyncio.to_thread(room.jobs.cancel, job_id))

    @api.post("/{job_id}/retry", status_code=202, summary="Take up an upload of yours that failed or was cancelled")
    async def retry(job_id: str, person: Librarian) -> dict[str, Any]:
        await asyncio.to_thread(own, job_id, person)
        return job_json(await asyncio.to_thread(room.jobs.retry, job_id))

    def own(job_id: str, person: Person) -> Job:
        """What others sent may be meant for other readers."""
        found = room.jobs.get(job_id, account_id=person.account_id)
        if found is None:
            raise Problem(404, f"there is no job {job_id} of yours")
        return found

    return api
