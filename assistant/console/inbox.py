"""The inbox: questions that employees handed on because no document answers them."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from assistant import library
from assistant.console.visit import Act, ConsoleRoute, Doing, Enter
from assistant.handoffs import MAX_ANSWER_CHARACTERS, HandoffState
from assistant.problems import Problem
from retrieval.errors import WrongUsage

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
QUESTIONS_A_PAGE = 25
STATES = {HandoffState.OPEN: "To answer", HandoffState.ANSWERED: "Answered", HandoffState.CLOSED: "Closed"}


@router.get("/inbox")
def inbox_page(visit: Enter, state: str = "open", page: int = 1) -> Response:
    chosen = HandoffState(state) if state in set(HandoffState) else HandoffState.OPEN
    readable = library.readable(visit.room.store, visit.person)
    everything = visit.room.handoffs.inbox(readable, state=None)
    shown = [each for each in everything if each.state is chosen]
    if chosen is not HandoffState.OPEN:
        shown.reverse()
    pages = max(1, -(-len(shown) // QUESTIONS_A_PAGE))
    page = min(max(1, page), pages)
    return visit.page(
        "inbox.html", handoffs=shown[(page - 1) * QUESTIONS_A_PAGE : page * QUESTIONS_A_PAGE], chosen=chosen,
        most=MAX_ANSWER_CHARACTERS, page_number=page, pages=pages,
        states=[(each, name, sum(one.state is each for one in everything)) for each, name in STATES.items()],
    )  # fmt: skip


@router.post("/inbox/{handoff_id}/answer")
def answer(doing: Doing, handoff_id: str) -> Response:
    """A second answer takes the place of the first."""
    _find(doing, handoff_id)
    try:
        doing.room.handoffs.answer(handoff_id, doing.field("answer", most=MAX_ANSWER_CHARACTERS + 1))
    except WrongUsage as error:
        return doing.go(f"/hr/inbox#q-{handoff_id}", str(error), tone="failed")
    return doing.go("/hr/inbox", "Your answer is kept; whoever asked sees it at the next visit.")


@router.post("/inbox/{handoff_id}/close")
def close(doing: Doing, handoff_id: str) -> Response:
    _find(doing, handoff_id)
    doing.room.handoffs.close(handoff_id)
    return doing.go("/hr/inbox", "The question is closed without an answer. You can still answer it under “Closed”.")


def _find(doing: Act, handoff_id: str) -> None:
    if doing.room.handoffs.get(handoff_id, library.readable(doing.room.store, doing.person)) is None:
        raise Problem(404, "this question is not here any more; whoever asked may have taken it back")
