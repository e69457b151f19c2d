"""Asking a recorded question again, to see whether the same answer comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from assistant.audit import Entry, scope_sha256, sha256
from assistant.records import Answer
from retrieval.errors import PolicydeskError
from retrieval.scope import Scope


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded answer beside the one given now."""

    entry: Entry
    answer: Answer

    @property
    def same_answer(self) -> bool:
        return bool(sha256(self.answer.text) == self.entry.payload["answer_sha256"])

    @property
    def same_citations(self) -> bool:
        now = [(each.passage.passage_id, each.start, each.end) for each in self.answer.citations]
        recorded = [(each["passage_id"], each["start"], each["end"]) for each in self.entry.payload["citations"]]
        return now == recorded

    @property
    def same_index(self) -> bool:
        return bool(self.answer.index_generation == self.entry.payload["index_generation"])

    @property
    def same_model(self) -> bool:
        return bool(self.answer.model == self.entry.payload["model"])

    @property
    def holds(self) -> bool:
        """Whether the answer came again, or something it depends on has changed since."""
        return (self.same_answer and self.same_citations) or not (self.same_index and self.same_model)


def replay(
    entry: Entry,
    ask: Callable[[str, Scope], Answer],
    *,
    text_with: Callable[[str], str | None],
    scopes: Iterable[Scope],
) -> Replay:
    """Ask a recorded question again, as of the same day.

    :param text_with: finds a kept question by the sha256 of its text.
    :param scopes: those the question may have been asked under; the recorded hash picks the one.
    :raises PolicydeskError: if the question's text is no longer kept, or nobody's scope is the recorded one any more.
    """
    payload: dict[str, Any] = entry.payload
    question = text_with(payload["standalone_sha256"]) or text_with(payload["question_sha256"])
    if question is None:
        raise PolicydeskError(
            f"the text of the question of answer {payload['answer_id']} is no longer kept, so it cannot be asked again; "
            f"the chain shows what it rested on: {', '.join(payload['versions']) or 'no document'}"
        )
    if payload["scope_sha256"] is None:
        raise PolicydeskError(
            f"answer {payload['answer_id']} was given in works council mode, which keeps nothing of who asked; "
            f"the chain shows what it rested on: {', '.join(payload['versions']) or 'no document'}"
        )
    scope = next((each for each in scopes if scope_sha256(each) == payload["scope_sha256"]), None)
    if scope is None:
        raise PolicydeskError(
            f"no account has the groups that answer {payload['answer_id']} was given to; ask again after adding them"
        )
    return Replay(entry, ask(question, replace(scope, as_of=date.fromisoformat(payload["as_of"]))))
