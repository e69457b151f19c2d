"""Thumbs from the chat, brought to the reports without their author."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.asked import Asked
from assistant.feedback import Feedback


@dataclass(slots=True)
class _Shown:
    """An answer on somebody's screen, and what became of it."""

    question: str
    asked_id: str | None
    thumb_id: str | None = None
    feedback_id: str | None = None


class Ballot:
    """Knows, in memory only, which answer stood for which question: nothing that is written leads from a thumb to a person.

    Answers from before the last start can still be rated by their owner, and are not counted any more.
    """

    def __init__(self, asked: Asked, feedback: Feedback, *, most: int = 10_000) -> None:
        self._asked, self._feedback, self._most = asked, feedback, most
        self._shown: OrderedDict[str, _Shown] = OrderedDict()
        self._lock = threading.Lock()

    def show(self, step_ids: Sequence[str], question: str, asked_id: str | None) -> None:
        """An answer is shown, and rated under one of these ids; ``asked_id`` is what :meth:`assistant.asked.Asked.record` gave."""
        shown = _Shown(question, asked_id)
        with self._lock:
            self._shown |= dict.fromkeys(step_ids, shown)
            while len(self._shown) > self._most:
                self._shown.popitem(last=False)

    def cast(self, step_id: str, thumb_id: str, *, helpful: bool, comment: str | None) -> None:
        """Count a thumb for an answer, or what it was changed to."""
        with self._lock:
            shown = self._shown.get(step_id)
            if shown is None:
                return
            shown.thumb_id = thumb_id
            if shown.asked_id is not None:
                self._asked.vote(shown.asked_id, helpful)
            known = shown.feedback_id
            if known is None or not self._feedback.change(known, helpful=helpful, comment=comment):
                shown.feedback_id = self._feedback.add(shown.question, helpful=helpful, comment=comment)

    def retract(self, thumb_id: str) -> bool:
        """Take a thumb back; :returns: whether it was counted."""
        with self._lock:
            shown = next((each for each in self._shown.values() if each.thumb_id == thumb_id), None)
            if shown is None:
                return False
            if shown.asked_id is not None:
                self._asked.vote(shown.asked_id, None)
            if shown.feedback_id is not None:
                self._feedback.remove(shown.feedback_id)
            shown.thumb_id = shown.feedback_id = None
            return True
