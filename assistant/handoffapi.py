"""Hand-offs over HTTP: sent by anybody, answered by those who keep the library."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from assistant import library
from assistant.accounts import Person
from assistant.api import PROBLEM, Asker, Body, Librarian, Question, Written
from assistant.handoffs import (
    MAX_ANSWER_CHARACTERS,
    MAX_NOTE_CHARACTERS,
    NOBODY_NAMED,
    Handoff,
    HandoffState,
    handoff_json,
)
from assistant.mail import is_address
from assistant.problems import Problem
from assistant.room import Room
from assistant.tokens import TokenScope
from retrieval.store import Store


class HandoffBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"question": "May I bring my dog to the office?", "note": "He is small.", "consent": True}
        }
    )
    question: Question
    consent: Annotated[
        bool,
        Field(
            description="true: your account is kept with the question, so that the answer reaches you; "
            "false, and in works council mode: it is not, and the returned code opens the answer"
        ),
    ]
    note: Annotated[str | None, Field(max_length=MAX_NOTE_CHARACTERS)] = None
    owner: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Whom to ask; the first passage's owner without it. HR in place of a mail address that owns no "
            "document you may read",
        ),
        Written,
    ] = None
    passage_ids: Annotated[tuple[str, ...], Field(max_length=10, description="What you were shown, best first")] = ()
    offer_id: Annotated[
        str | None, Field(pattern=r"^[A-Za-z0-9-]{8,64}$", description="Makes sending it twice one hand-off")
    ] = None


class HandoffAnswerBody(Body):
    model_config = ConfigDict(json_schema_extra={"example": {"answer": "Dogs are welcome on Fridays."}})
    answer: Annotated[str, Field(min_length=1, max_length=MAX_ANSWER_CHARACTERS, pattern=r"\S")]


class CodeBody(Body):
    model_config = ConfigDict(json_schema_extra={"example": {"code": "pick-abcd-efgh-jkmn-pqrs"}})
    code: Annotated[str, Field(max_length=64)]


def routes(room: Room) -> APIRouter:
    """The hand-offs of one room."""
    api = APIRouter(prefix="/api/v1/handoffs", tags=["hand-offs"], responses=PROBLEM)

    @api.post("", status_code=201, summary="Send a question to whoever keeps the document")
    async def send(body: HandoffBody, person: Asker) -> dict[str, Any]:
        named = body.consent and not room.privacy.works_council

        def add() -> Handoff:
            return room.handoffs.add(
                body.question, account_id=person.account_id if named else None, owner=_addressee(room.store, person, body.owner),
                evidence=library.passages(room.store, person, body.passage_ids), note=body.note, offer_id=body.offer_id,
                by_mail=room.postman is not None,
            )  # fmt: skip

        handoff = await asyncio.to_thread(add)
        if room.postman:
            room.postman.deliver()
        return handoff_json(handoff)

    @api.get("", summary="What you have sent, newest first, or what waits for an answer, oldest first")
    async def handoffs(
        person: Asker,
        box: Annotated[
            Literal["own", "inbox"], Query(description="'inbox': HR, legal and administrators only")
        ] = "own",
        state: Annotated[HandoffState | None, Query(description="Only these; all without it")] = None,
    ) -> dict[str, Any]:
        if box == "inbox" and not (person.keeps_library and person.may(TokenScope.LIBRARY)):
            raise Problem(403, "only HR, legal and administrators may read what others ask")
        return {"handoffs": [handoff_json(each) for each in await asyncio.to_thread(found, person, box, state)]}

    def found(person: Person, box: str, state: HandoffState | None) -> list[Handoff]:
        if box == "inbox":
            return room.handoffs.inbox(library.readable(room.store, person), state=state)
        return [each for each in room.handoffs.own(person.account_id) if state in (None, each.state)]

    @api.post("/picked-up", summary="The answer to a question that was sent without your account")
    async def pick_up(body: CodeBody, person: Asker) -> dict[str, Any]:
        handoff = await asyncio.to_thread(room.handoffs.with_code, body.code)
        if handoff is None:
            raise Problem(404, "there is no question with this code; it may have been removed since")
        return handoff_json(handoff.for_reader(await asyncio.to_thread(library.readable, room.store, person)))

    @api.post("/{handoff_id}/answer", summary="Answer a question; its asker sees it at the next visit")
    async def answer(handoff_id: str, body: HandoffAnswerBody, person: Librarian) -> dict[str, Any]:
        await asyncio.to_thread(existing, handoff_id)
        handoff = await asyncio.to_thread(room.handoffs.answer, handoff_id, body.answer)
        return handoff_json(handoff.for_reader(await asyncio.to_thread(library.readable, room.store, person)))

    @api.post("/{handoff_id}/close", summary="Close a question without an answer, or put an answered one away")
    async def close(handoff_id: str, person: Librarian) -> dict[str, Any]:
        await asyncio.to_thread(existing, handoff_id)
        handoff = await asyncio.to_thread(room.handoffs.close, handoff_id)
        return handoff_json(handoff.for_reader(await asyncio.to_thread(library.readable, room.store, person)))

    @api.delete("/{handoff_id}", status_code=204, summary="Take a question of yours back; nothing of it is kept")
    async def withdraw(handoff_id: str, person: Asker) -> Response:
        if not await asyncio.to_thread(lambda: room.handoffs.withdraw(handoff_id, account_id=person.account_id)):
            raise Problem(404, f"there is no hand-off {handoff_id} of yours")
        return Response(status_code=204)

    def existing(handoff_id: str) -> None:
        if room.handoffs.get(handoff_id, ()) is None:
            raise Problem(404, f"there is no hand-off {handoff_id}; the asker may have taken it back")

    return api


def _addressee(store: Store, person: Person, stated: str | None) -> str | None:
    """Whom a hand-off names: as stated, unless that is a mail address that owns no document this person may read."""
    if stated is None or not is_address(stated):
        return stated
    owners = {document.owner for document in library.visible(store, person)}
    # Else anybody could have mail of their own words sent to anywhere in the company's name.
    return stated if stated in owners else NOBODY_NAMED
