"""A few threads, and those who wait for them."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

#: Numbers from here on are served alone: they wait until nobody else waits or is served.
ALONE = 1e15
#: Seconds after which those who wait are told their place anew.
_TELL_EVERY_S = 1.0


class Desk:
    """Work is done in steps, as many at once as there are seats; after each step, whoever has the lowest number is next.

    All methods belong to one event loop.
    """

    def __init__(self, name: str, *, seats: int = 1, settle: Callable[[], None] | None = None) -> None:
        """:param settle: what each thread does first."""
        self._threads = ThreadPoolExecutor(max_workers=seats, thread_name_prefix=name, initializer=settle)
        self._seats = seats
        self._turns: list[tuple[float, asyncio.Future[None]]] = []
        self._served: set[float] = set()

    async def turn(self, number: float) -> AsyncGenerator[int]:
        """Wait for the turn; yields now and then how many lower numbers come first, where any do.

        Whoever gets through must :meth:`work`.

        :param number: nobody else's who waits or is served.
        """
        if self._is_free(number):
            self._served.add(number)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._turns, (number, turn))
        try:
            while not turn.done():
                if before := self._before(number):
                    yield before
                await asyncio.wait({turn}, timeout=_TELL_EVERY_S)
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._pass_on(number)
            else:
                turn.cancel()
            raise

    async def work(self, number: float, step: Callable[[], T]) -> T:
        """Run one step on a thread, then pass the turn on."""
        try:
            return await self.run(step)
        finally:
            self._pass_on(number)

    async def run(self, step: Callable[[], T]) -> T:
        """Run something on a thread without a turn, after what runs there now."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, step)

    def leave(self, step: Callable[[], None]) -> None:
        """Have something done on a thread, and do not wait for it."""
        self._threads.submit(step)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_free(self, number: float) -> bool:
        """Whether there is a seat; nobody waits for one that is free but those who want to be alone."""
        return not self._served if number >= ALONE else len(self._served) < self._seats

    def _before(self, number: float) -> int:
        waiting = sum(1 for other, turn in self._turns if other < number and not turn.done())
        return waiting + sum(other < number for other in self._served)

    def _pass_on(self, number: float) -> None:
        self._served.remove(number)
        while self._turns and self._is_free(self._turns[0][0]):
            number, turn = heapq.heappop(self._turns)
            if not turn.done():
                self._served.add(number)
                turn.set_result(None)
