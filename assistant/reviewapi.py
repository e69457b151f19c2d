"""Review over HTTP: drafts, their pre-flight reports, and what is done with them. For those who keep the library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StringConstraints

from assistant import library
from assistant.accounts import Person
from assistant.actions import Action
from assistant.api import PROBLEM, Body, Jurisdiction, Librarian, Written
from assistant.particulars import Particulars, particulars_json
from assistant.preflights import for_reader
from assistant.problems import Problem
from assistant.review import Draft
from assistant.room import Room
from ingest.preflight import preflight_json

VersionId = Annotated[
    str | None, Field(max_length=80, description="One version; without it the document's drafts, or its latest version")
]


#: As people's groups are written: with white space around it, it would be nobody's.
Group = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class VersionBody(Body):
    model_config = ConfigDict(json_schema_extra={"example": {"version_id": "d3f9a12c45.v2"}})
    version_id: VersionId = None


class ParticularsBody(Body):
    """Everything that is said about a version: what is left out is taken away."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"title": "Annual Leave Policy", "effective_from": "2026-01-01", "owner": "People team", "jurisdiction": "DE"}
        }
    )  # fmt: skip
    version_id: VersionId = None
    title: Annotated[str, Field(min_length=1, max_length=300, pattern=r"\S")]
    effective_from: date | None = None
    effective_to: date | None = None
    jurisdiction: Jurisdiction = None
    audience: Annotated[tuple[Group, ...], Field(max_length=50, description="Groups; empty: every employee")] = ()
    owner: Annotated[str | None, Field(max_length=200), Written] = None


class AttachBody(Body):
    model_config = ConfigDict(json_schema_extra={"example": {"to": "d81b2c7e0f"}})
    version_id: VersionId = None
    to: Annotated[str, Field(min_length=1, max_length=64, description="The document that it is a version of")]


class UndoBody(Body):
    model_config = ConfigDict(json_schema_extra={"example": {"action_id": "9f2c41d07a3b"}})
    action_id: Annotated[str | None, Field(max_length=32, description="The document's latest act without it")] = None


def routes(room: Room) -> APIRouter:
    """The review of one room."""
    api = APIRouter(prefix="/api/v1", tags=["review"], responses=PROBLEM)

    @api.get("/drafts", summary="The versions that wait for review, oldest first")
    async def drafts(person: Librarian) -> dict[str, Any]:
        def waiting() -> list[dict[str, Any]]:
            readable = library.readable(room.store, person)
            return [draft_json(draft) for draft in room.review.drafts() if draft.document_id in readable]

        return {"drafts": await asyncio.to_thread(waiting)}

    @api.get("/documents/{document_id}/preflight", summary="What was understood of a version, and what looks wrong")
    async def preflight(
        document_id: str,
        person: Librarian,
        version: Annotated[str | None, Query(description="A version's id; the latest draft without it")] = None,
    ) -> dict[str, Any]:
        def report() -> dict[str, Any]:
            name = _named(room, person, document_id, version)
            return preflight_json(for_reader(room.review.report(name), library.readable(room.store, person)))

        return await asyncio.to_thread(report)

    @api.post("/documents/{document_id}/confirm", summary="Set title, dates, country, readers and owner")
    async def confirm(document_id: str, body: ParticularsBody, person: Librarian) -> dict[str, Any]:
        given = Particulars(
            title=body.title, effective_from=body.effective_from, effective_to=body.effective_to,
            jurisdiction=body.jurisdiction, audience=frozenset(body.audience), owner=body.owner,
        )  # fmt: skip

        def set_them() -> dict[str, Any]:
            name = _named(room, person, document_id, body.version_id)
            action = room.review.confirm(name, given, who=person.name)
            return {
                "action": action_json(action) if action else None,
                "particulars": particulars_json(room.review.particulars(name)),
            }

        return await asyncio.to_thread(set_them)

    @api.post("/documents/{document_id}/publish", summary="Put a draft in service")
    async def publish(document_id: str, person: Librarian, body: VersionBody | None = None) -> dict[str, Any]:
        return await _act(room.review.publish, document_id, body, person)

    @api.post("/documents/{document_id}/reject", summary="Put a draft aside")
    async def reject(document_id: str, person: Librarian, body: VersionBody | None = None) -> dict[str, Any]:
        return await _act(room.review.reject, document_id, body, person)

    @api.post("/documents/{document_id}/attach", summary="Make a draft a version of another document")
    async def attach(document_id: str, body: AttachBody, person: Librarian) -> dict[str, Any]:
        def attached() -> dict[str, Any]:
            name = _named(room, person, document_id, body.version_id)
            to = library.find(room.store, person, body.to)
            return action_json(room.review.attach(name, to.document_id, who=person.name))

        return await asyncio.to_thread(attached)

    async def _act(
        act: Callable[..., Action], document_id: str, body: VersionBody | None, person: Person
    ) -> dict[str, Any]:
        def done() -> dict[str, Any]:
            return action_json(
                act(_named(room, person, document_id, body.version_id if body else None), who=person.name)
            )

        return await asyncio.to_thread(done)

    @api.post(
        "/documents/{document_id}/undo",
        summary="Take back an act: publishing, rejecting, removing, confirming, attaching",
    )
    async def undo(document_id: str, person: Librarian, body: UndoBody | None = None) -> dict[str, Any]:
        def taken_back() -> dict[str, Any]:
            known = [act for act in _history(room, person, document_id) if act.can_be_undone]
            chosen = next((act for act in known if body is None or body.action_id in (None, act.action_id)), None)
            if chosen is None:
                raise Problem(409, "there is no such act on this document that can still be undone")
            return action_json(room.review.undo(chosen.action_id, who=person.name))

        return await asyncio.to_thread(taken_back)

    @api.get("/documents/{document_id}/history", summary="What was done to a document, latest first")
    async def history(document_id: str, person: Librarian) -> dict[str, Any]:
        acts = await asyncio.to_thread(_history, room, person, document_id)
        return {"actions": [action_json(act) for act in acts]}

    return api


def draft_json(draft: Draft) -> dict[str, Any]:
    """One row of ``GET /drafts`` and ``documents review --json``."""
    return {
        "version_id": draft.version_id,
        "document_id": draft.document_id,
        "title": draft.title,
        "file": draft.file,
        "created_at": draft.created_at.isoformat(),
        "is_first": draft.is_first,
        "particulars": particulars_json(draft.particulars),
    }


def action_json(action: Action) -> dict[str, Any]:
    """One act, as ``documents history --json`` and the review routes give it."""
    return {
        "action_id": action.action_id,
        "act": action.act.value,
        "document_id": action.document_id,
        "versions": list(action.version_ids),
        "title": action.title,
        "who": action.who,
        "at": action.at.isoformat(),
        "undone_at": action.undone_at.isoformat() if action.undone_at else None,
        "can_be_undone": action.can_be_undone,
    }


def _named(room: Room, person: Person, document_id: str, version_id: str | None) -> str:
    """The version, or else the document, if the person may read it.

    :raises Problem: 404 otherwise.
    """
    document = library.find(room.store, person, document_id)
    if version_id is None:
        return document.document_id
    if all(version.version_id != version_id for version in document.versions):
        raise Problem(404, f"document {document_id} has no version {version_id}")
    return version_id


def _history(room: Room, person: Person, document_id: str) -> list[Action]:
    library.find(room.store, person, document_id)
    return room.review.history(document_id=document_id)
