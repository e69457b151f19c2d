"""What a running server does now and then: mails that wait, records, removed documents and files kept for retry whose time is
over, and memory that holds nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import DatabaseError

from assistant.memory import give_back
from assistant.privacy import sweep
from assistant.room import Room
from retrieval.errors import NotReady, PolicydeskError

log = logging.getLogger(__name__)

MAIL_EVERY_S = 600.0
SWEEP_EVERY_S = 86_400.0
GIVE_BACK_EVERY_S = 60.0


@asynccontextmanager
async def chores(room: Room) -> AsyncIterator[None]:
    """Do them once, then again and again while the context is open."""
    await _sweep(room)
    if room.postman:
        room.postman.deliver()
    tasks = [asyncio.create_task(_again(room)), asyncio.create_task(_give_back(room))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if room.postman:
            room.postman.close()


async def _again(room: Room) -> None:
    swept = time.monotonic()
    while True:
        await asyncio.sleep(MAIL_EVERY_S)
        if room.postman:
            room.postman.deliver()
        if time.monotonic() - swept >= SWEEP_EVERY_S:
            await _sweep(room)
            swept = time.monotonic()


async def _give_back(room: Room) -> None:
    """Between two questions, so that none is slower for it."""
    while True:
        await asyncio.sleep(GIVE_BACK_EVERY_S)
        with suppress(NotReady):
            await room.line.run(lambda _: give_back(), idle=True)


async def _sweep(room: Room) -> None:
    try:
        removed = await asyncio.to_thread(sweep, room.store, room.privacy)
        removed["versions"] = await asyncio.to_thread(room.review.erasure.purge)
        await asyncio.to_thread(room.jobs.sweep)
    except (DatabaseError, PolicydeskError, OSError) as error:
        # A database that is busy for once, or a folder that somebody else removes, must not end the server; what was not removed is removed the next time.
        log.error("records whose time is over could not be removed: %s", error)
        return
    if any(removed.values()):
        log.info("removed records whose time is over: %s", removed)
