"""Chainlit's data layer over :mod:`assistant.chats`: what it asks on its event loop is done on one thread.

What is shown is kept a moment later, all that came meanwhile in one transaction: a question shows seven things, and each written
by itself takes from those who wait for evidence. Whatever reads or removes comes after what waits to be written.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from chainlit.data import BaseDataLayer, queue_until_user_message
from chainlit.element import Element, ElementDict
from chainlit.step import StepDict
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from chainlit.user import PersistedUser, User
from sqlalchemy.exc import DatabaseError

from assistant.accounts import Accounts, Person
from assistant.chats import ChatRow, Chats, Shown, without_codes
from assistant.handoffs import CODE
from retrieval.tables import utc

log = logging.getLogger(__name__)

#: Seconds until what was shown is kept.
_SOON_S = 0.3

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])


def _after_first_message(method: Method) -> Method:
    """Nothing is kept of a conversation that was opened and left: writes wait for its first message."""
    return cast(Method, queue_until_user_message()(method))


class History(BaseDataLayer):  # type: ignore[misc]  # Chainlit ships no types we follow
    """Keeps what Chainlit shows, in the order it was shown."""

    def __init__(self, accounts: Accounts, chats: Chats, *, keeps: bool = True) -> None:
        """:param keeps: False writes nothing at all: a conversation ends with its page."""
        self.accounts = accounts
        self.chats = chats
        self.keeps = keeps
        # One thread: a step's creation and its later changes are separate calls and must not overtake each other.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._waiting: deque[Shown] = deque()
        self._keeping: asyncio.Task[None] | None = None

    async def finish(self) -> None:
        """Keep at once what waits to be kept."""
        await self._do(lambda: None)

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._after_what_waits, work)

    def _after_what_waits(self, work: Callable[[], T]) -> T:
        shown = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if shown:
            try:
                left_out = self.chats.keep(shown)
            except DatabaseError as error:
                log.error("%d parts of conversations could not be kept: %s", len(shown), error.orig)
            else:
                for each in left_out:
                    log.error(
                        "%s belongs to another conversation than %s; it was not kept", each.shown_id, each.thread_id
                    )
        return work()

    def _soon(self, shown: Shown) -> None:
        self._waiting.append(shown)
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.get_running_loop().create_task(self._keep_soon())

    async def _keep_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(_SOON_S)
            await self.finish()

    # -- people ------------------------------------------------------------------------------------------------------

    async def get_user(self, identifier: str) -> PersistedUser | None:
        person = await self._do(lambda: self.accounts.find(identifier))
        return _user(person) if person else None

    async def create_user(self, user: User) -> PersistedUser | None:
        """Accounts are made by the command line only; this finds the one there is."""
        return await self.get_user(user.identifier)

    # -- conversations -----------------------------------------------------------------------------------------------

    async def get_thread_author(self, thread_id: str) -> str:
        account_id = await self._do(lambda: self.chats.owner(thread_id))
        return await self._do(lambda: self._name(account_id)) or ""

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        rows, more = await self._do(
            lambda: self.chats.latest(
                filters.userId or "", first=pagination.first, after=pagination.cursor, search=filters.search
            )
        )
        name = await self._do(lambda: self._name(filters.userId))
        threads = [_thread(row, name) for row in rows]
        ends = (threads[0]["id"], threads[-1]["id"]) if threads else (None, None)
        return PaginatedResponse(
            pageInfo=PageInfo(hasNextPage=more, startCursor=ends[0], endCursor=ends[1]), data=threads
        )

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        loaded = await self._do(lambda: self.chats.load(thread_id))
        if loaded is None:
            return None
        row, steps, elements, thumbs = loaded
        thread = _thread(row, await self._do(lambda: self._name(row.account_id)))
        rated = {thumb.step_id: thumb for thumb in thumbs}
        for step in steps:
            body = dict(step.body)
            if thumb := rated.get(step.step_id):
                body["feedback"] = {
                    "id": thumb.thumb_id, "forId": step.step_id, "value": int(thumb.helpful), "comment": thumb.comment,
                }  # fmt: skip
            thread["steps"].append(body)
        thread["elements"] = [element.body for element in elements]
        return thread

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """A conversation that begins with a hand-off's code is kept without a name."""
        if self.keeps:
            named = None if name and CODE.search(name) else name
            await self._do(lambda: self.chats.save(thread_id, account_id=user_id, name=named, details=metadata))

    async def delete_thread(self, thread_id: str) -> None:
        await self._do(lambda: self.chats.remove(thread_id))

    # -- what is in them ---------------------------------------------------------------------------------------------

    @_after_first_message
    async def create_step(self, step_dict: StepDict) -> None:
        await self.update_step(step_dict)

    @_after_first_message
    async def update_step(self, step_dict: StepDict) -> None:
        if not self.keeps:
            return
        body = without_codes({key: value for key, value in step_dict.items() if key != "feedback"})
        self._soon(Shown(step_dict["threadId"], step_dict["id"], body))

    @_after_first_message
    async def delete_step(self, step_id: str) -> None:
        await self._do(lambda: self.chats.remove_step(step_id))

    @_after_first_message
    async def create_element(self, element: Element) -> None:
        """Keep citations and evidence. Uploaded files are not kept here: the library has them."""
        if element.type != "custom" or not self.keeps:
            return
        # The file behind chainlitKey lives as long as the session; the properties are all that is drawn.
        body = {**element.to_dict(), "chainlitKey": None, "url": None}
        self._soon(Shown(element.thread_id, element.id, body, is_element=True))

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        return await self._do(lambda: self.chats.element(thread_id, element_id))

    @_after_first_message
    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        await self._do(lambda: self.chats.remove_element(element_id))

    async def upsert_feedback(self, feedback: Feedback) -> str:
        return await self.rate(feedback, account_id=None)

    async def rate(self, feedback: Feedback, *, account_id: str | None) -> str:
        """Keep a thumb.

        :raises WrongUsage: if the conversation is not the account's own.
        """
        thumb_id = feedback.id or str(uuid.uuid4())
        if not self.keeps:
            return thumb_id
        await self._do(
            lambda: self.chats.save_thumb(
                feedback.threadId or "", feedback.forId, thumb_id=thumb_id, helpful=bool(feedback.value),
                comment=feedback.comment, account_id=account_id,
            )
        )  # fmt: skip
        return thumb_id

    async def delete_feedback(self, feedback_id: str) -> bool:
        return await self._do(lambda: self.chats.remove_thumb(feedback_id))

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        return []

    async def build_debug_url(self) -> str:
        return ""

    async def close(self) -> None:
        await self.finish()
        self._thread.shutdown(wait=True)

    def _name(self, account_id: str | None) -> str | None:
        return next((person.name for person in self.accounts.everyone() if person.account_id == account_id), None)


def _user(person: Person) -> PersistedUser:
    return PersistedUser(
        id=person.account_id,
        identifier=person.name,
        createdAt=datetime.now(UTC).isoformat(),
        metadata={"account_id": person.account_id, "role": person.role.value},
    )


def _thread(row: ChatRow, name: str | None) -> ThreadDict:
    return ThreadDict(
        id=row.thread_id, createdAt=utc(row.touched_at).isoformat(), name=row.name, userId=row.account_id, userIdentifier=name,
        tags=None, metadata=row.details, steps=[], elements=[],
    )  # fmt: skip
