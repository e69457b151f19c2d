"""One thread, and those who wait for it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Desk:
    """Work is done in steps on one thread; after each step, whoever has the lowest number is next.

    All methods belong to one event loop.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._turns: list[tuple[float, asyncio.Future[None]]] = []
        self._served: float | None = None

    async def turn(self, number: float) -> AsyncGenerator[int]:
        """Wait for the turn; yields now and then how many lower numbers come first, where any do.

        Whoever gets through must :meth:`work`.

        :param number: nobody else's who waits.
        """
        if self._served is None:
            self._served = number
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._turns, (number, turn))
        try:
            while not turn.done():
                if before := self._before(number):
                    yield before
                await asyncio.wait({turn}, timeout=0.25)
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            else:
                turn.cancel()
            raise

    async def work(self, step: Callable[[], T]) -> T:
        """Run one step on the thread, then pass the turn on."""
        try:
            return await self.run(step)
        finally:
            self._pass_on()

    async def run(self, step: Callable[[], T]) -> T:
        """Run something on the thread without a turn, after what runs there now."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, step)

    def leave(self, step: Callable[[], None]) -> None:
        """Have something done on the thread after what runs there now, and do not wait for it."""
        self._thread.submit(step)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _before(self, number: float) -> int:
        waiting = sum(1 for other, turn in self._turns if other < number and not turn.done())
        return waiting + (self._served is not None and self._served < number)

    def _pass_on(self) -> None:
        while self._turns:
            number, turn = heapq.heappop(self._turns)
            if not turn.done():
                self._served = number
                turn.set_result(None)
                return
        self._served = None
