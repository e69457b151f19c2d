"""What is kept about one person: to read, to take along, and to delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from assistant.accounts import Person
from assistant.chats import ChatRow, Chats, ElementRow, StepRow, ThumbRow
from assistant.handoffs import Handoffs, handoff_json
from assistant.problems import Problem
from assistant.render import plain
from assistant.room import Room
from assistant.tokens import Tokens
from retrieval.store import Store
from retrieval.tables import utc

_QUESTION, _ANSWER = "user_message", "assistant_message"

Loaded = tuple[ChatRow, list[StepRow], list[ElementRow], list[ThumbRow]]


def conversations(room: Room, person: Person) -> list[dict[str, Any]]:
    """A person's conversations without what was said in them, the last touched first."""
    return [_heading(row) for row in room.chats.latest(person.account_id)[0]]


def conversation(room: Room, person: Person, thread_id: str) -> dict[str, Any]:
    """One conversation with its questions, answers, citations and thumbs.

    :raises Problem: 404 if the person has no such conversation.
    """
    return _conversation(_own(room, person, thread_id))


def remove_conversation(room: Room, person: Person, thread_id: str) -> None:
    """:raises Problem: 404 if the person has no such conversation."""
    _own(room, person, thread_id)
    room.chats.remove(thread_id)


def conversation_markdown(said: dict[str, Any]) -> str:
    """A conversation as Markdown. Text of documents and people stays text: nothing in it becomes a link or an image."""
    lines = [f"# {plain(said['name'] or 'Conversation')}", "", f"Begun {said['created_at'][:10]}.", ""]
    for turn in said["turns"]:
        if turn["question"] is not None:
            lines += [f"**Question:** {plain(turn['question'])}", ""]
        if turn["answer"] is not None:
            lines += [plain(turn["answer"]), ""]
        for citation in turn["citations"]:
            quote = " ".join(citation["quote"].split())
            lines += [f"> \\[{citation['number']}\\] {plain(quote)} — {plain(citation['where'])}", ""]
    return "\n".join(lines).rstrip() + "\n"


def everything(room: Room, person: Person) -> dict[str, Any]:
    """All that is kept about a person: the account, its tokens, conversations, hand-offs and uploads.

    Questions in the reports carry no name, so they are not here: nobody can tell whose they are.
    """
    threads = [row.thread_id for row in room.chats.latest(person.account_id)[0]]
    loaded = [each for each in map(room.chats.load, threads) if each is not None]
    return {
        "exported_at": datetime.now(UTC).isoformat(),
        "account": {
            "account_id": person.account_id,
            "name": person.name,
            "role": person.role.value,
            "groups": sorted(person.groups),
        },
        "tokens": [
            {"token_id": each.token_id, "created_at": utc(each.created_at).isoformat(), "scopes": sorted(each.scopes or ()) or None}
            for each in room.accounts.tokens.all(person.account_id)
        ],
        "conversations": [_conversation(each) for each in loaded],
        "handoffs": [handoff_json(each) for each in room.handoffs.own(person.account_id)],
        "uploads": [
            {"job_id": each.job_id, "files": list(each.files), "created_at": utc(each.created_at).isoformat() if each.created_at else None}
            for each in room.jobs.of(person.account_id, last=1_000_000)
        ],
    }  # fmt: skip


def remove_everything(store: Store, account_id: str) -> dict[str, int]:
    """Delete an account's conversations with their thumbs, hand-offs and tokens; :returns: how many of each.

    The account stays, for an administrator to remove; so do the documents the person added and who added them, as long as the
    retention of logs says.
    """
    chats = Chats(store)
    threads = [row.thread_id for row in chats.latest(account_id)[0]]
    for thread_id in threads:
        chats.remove(thread_id)
    return {
        "conversations": len(threads),
        "handoffs": Handoffs(store).forget_account(account_id),
        "tokens": Tokens(store).revoke_all(account_id),
    }


def _own(room: Room, person: Person, thread_id: str) -> Loaded:
    loaded = room.chats.load(thread_id)
    if loaded is None or loaded[0].account_id != person.account_id:
        raise Problem(404, f"there is no conversation {thread_id} of yours")
    return loaded


def _heading(row: ChatRow) -> dict[str, Any]:
    return {
        "conversation_id": row.thread_id,
        "name": row.name,
        "created_at": utc(row.created_at).isoformat(),
        "touched_at": utc(row.touched_at).isoformat(),
    }


def _conversation(loaded: Loaded) -> dict[str, Any]:
    row, steps, elements, thumbs = loaded
    return {**_heading(row), "turns": _turns(steps, elements, thumbs)}


def _turns(
    steps: Sequence[StepRow], elements: Sequence[ElementRow], thumbs: Sequence[ThumbRow]
) -> list[dict[str, Any]]:
    """Questions with what was answered, in order; what was said before the first question (news) stands alone, its question None."""
    cited = {
        element.body.get("forId"): element.body["props"].get("passages", ())
        for element in elements
        if element.body.get("name") == "Passages" and not element.body["props"].get("quotes")
    }
    rated = {thumb.step_id: thumb for thumb in thumbs}
    turns: list[dict[str, Any]] = []
    for step in steps:
        kind, text = step.body.get("type"), str(step.body.get("output") or "")
        if kind == _QUESTION:
            turns.append({"question": text, "answer": None, "citations": [], "thumb": None})
        elif kind == _ANSWER:
            if not turns:
                turns.append({"question": None, "answer": None, "citations": [], "thumb": None})
            thumb = rated.get(step.step_id) or rated.get(str(step.body.get("parentId")))
            answered = (step.body.get("metadata") or {}).get("answer") or text
            last = turns[-1]
            last["answer"] = answered if last["answer"] is None else f"{last['answer']}\n\n{answered}"
            last["citations"] = [
                {key: passage.get(key) for key in ("number", "passage_id", "title", "where", "quote", "file")}
                for passage in cited.get(step.step_id, ())
            ]
            last["thumb"] = {"helpful": thumb.helpful, "comment": thumb.comment} if thumb else None
    return turns
