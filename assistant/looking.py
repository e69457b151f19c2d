"""The step above an answer: how many are answered first, and what was found. It is shown as it changes and kept once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import chainlit as cl

from assistant import elements, render
from assistant.records import Citation
from assistant.wording import Wording

#: The picture beside a step; Chainlit would look for one named like the step.
_PORTRAIT = {"avatarName": "Policydesk"}


class Looking:
    """Somebody's question is being looked for. Belongs to the run of one message."""

    def __init__(self, words: Wording) -> None:
        self._words = words
        self._found = False
        self._step = cl.Step(words("looking"), "tool", default_open=True, auto_collapse=True, metadata=_PORTRAIT)
        self._step.parent_id, self._step.start = cl.context.current_run.id, _now()

    # Chainlit's own send() and update() write to the database each time, and places in line change four times a second.

    async def begin(self) -> None:
        await cl.context.emitter.send_step(self._step.to_dict())

    async def wait(self, position: int) -> None:
        """So many others come first; said only while nothing is found, of which the step tells from then on."""
        if self._found:
            return
        self._step.name = self._words("in_line", position=position + 1)
        await cl.context.emitter.update_step(self._step.to_dict())

    async def show(self, citations: Sequence[Citation]) -> None:
        """These were found."""
        self._found = True
        self._step.name, self._step.output = render.found_line(citations, self._words), " "
        await elements.passages(citations, self._words, quotes=True).send(for_id=self._step.id)
        await cl.context.emitter.update_step(self._step.to_dict())

    async def end(self) -> None:
        """Fold the step and keep it; one that found nothing goes."""
        if not self._found:
            await self.drop()
            return
        self._step.end = _now()
        await self._step.update()

    async def drop(self) -> None:
        """Nobody looks any more."""
        await cl.context.emitter.delete_step(self._step.to_dict())


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
