"""The inbox: questions that employees handed on because no document answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from assistant import library
from assistant.console.notices import Notice
from assistant.console.visit import ConsoleRoute, Doing, Enter, Visit
from assistant.console.wording import sentence
from assistant.handoffs import MAX_ANSWER_CHARACTERS, Handoff, HandoffState
from assistant.problems import Problem
from retrieval.errors import WrongUsage

router = APIRouter(prefix="/hr", route_class=ConsoleRoute, include_in_schema=False)
QUESTIONS_A_PAGE = 25
STATES = {HandoffState.OPEN: "To answer", HandoffState.ANSWERED: "Answered", HandoffState.CLOSED: "Closed"}
#: More than an answer may have: what is too long is shown again, to be shortened.
_MOST_TYPED = 1_000_000


@router.get("/inbox")
def inbox_page(visit: Enter, state: str = "open", page: int = 1) -> Response:
    chosen = HandoffState(state) if state in set(HandoffState) else HandoffState.OPEN
    shown = [each for each in _everything(visit) if each.state is chosen]
    if chosen is not HandoffState.OPEN:
        shown.reverse()
    pages = max(1, -(-len(shown) // QUESTIONS_A_PAGE))
    page = min(max(1, page), pages)
    return _page(visit, shown[(page - 1) * QUESTIONS_A_PAGE : page * QUESTIONS_A_PAGE], chosen, page, pages)


@router.get("/inbox/{handoff_id}/answer")
def question_page(visit: Enter, handoff_id: str) -> Response:
    """One question alone."""
    handoff = _find(visit, handoff_id)
    return _page(visit, [handoff], handoff.state)


@router.post("/inbox/{handoff_id}/answer")
def answer(doing: Doing, handoff_id: str) -> Response:
    """A second answer takes the place of the first, if its author has seen that. What cannot be kept stays in the box."""
    handoff = _find(doing, handoff_id)
    text = doing.field("answer", most=_MOST_TYPED)
    try:
        if doing.form.get("seen", _ended(handoff)) != _ended(handoff):
            raise WrongUsage(
                "somebody has answered or closed this question since you opened it; send yours once more to put it in its place"
            )
        doing.room.handoffs.answer(handoff_id, text)
    except WrongUsage as error:
        said = Notice(sentence(str(error)), "failed")
        return _page(doing, [handoff], handoff.state, status=422, notices=[said], typed=text)
    return doing.go("/hr/inbox", "Your answer is kept; whoever asked sees it at the next visit.")


@router.post("/inbox/{handoff_id}/close")
def close(doing: Doing, handoff_id: str) -> Response:
    _find(doing, handoff_id)
    doing.room.handoffs.close(handoff_id)
    return doing.go("/hr/inbox", "The question is closed without an answer. You can still answer it under “Closed”.")


def _page(
    visit: Visit, shown: Sequence[Handoff], chosen: HandoffState, page: int = 1, pages: int = 1, **more: Any
) -> Response:
    states = [each.state for each in _everything(visit)]
    return visit.page(
        "inbox.html", handoffs=[(each, _ended(each)) for each in shown], chosen=chosen, most=MAX_ANSWER_CHARACTERS,
        page_number=page, pages=pages, states=[(each, name, states.count(each)) for each, name in STATES.items()],
        **{"typed": None, **more},
    )  # fmt: skip


def _everything(visit: Visit) -> list[Handoff]:
    return visit.room.handoffs.inbox(library.readable(visit.room.store, visit.person), state=None)


def _find(visit: Visit, handoff_id: str) -> Handoff:
    handoff = visit.room.handoffs.get(handoff_id, library.readable(visit.room.store, visit.person))
    if handoff is None:
        raise Problem(404, "this question is not here any more; whoever asked may have taken it back")
    return handoff


def _ended(handoff: Handoff) -> str:
    """What a form carries to tell whether somebody else has answered or closed the question meanwhile."""
    return handoff.answered_at.isoformat() if handoff.answered_at else ""
