"""The line people wait in: one worker thread answers, nobody's event loop does, and everyone knows their place."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, TypeVar

from assistant.records import AnswerEvent, Turn
from retrieval.encoder import Encoder
from retrieval.errors import NotReady, PolicydeskError
from retrieval.scope import Scope
from retrieval.search import Mode, SearchResult

log = logging.getLogger(__name__)


class Finder(Protocol):
    """What searches: :class:`retrieval.search.Searcher`, or a fake."""

    def search(
        self, question: str, *, k: int = ..., mode: Mode = ..., rerank: bool = ..., scope: Scope | None = ...
    ) -> SearchResult: ...


class Engine(Protocol):
    """What answers: :class:`assistant.answer.Assistant`, or a fake."""

    @property
    def encoder(self) -> Encoder: ...

    def stream(self, question: str, *, scope: Scope = ..., history: Sequence[Turn] = ...) -> Iterator[AnswerEvent]: ...

    def searcher(self) -> Finder: ...


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """``position`` others are being answered first; sent whenever it changes."""

    position: int


class TooBusy(PolicydeskError):
    """More people wait than the line is long."""


class Line:
    """Shares one engine between all who ask.

    Steps of work take turns on one thread. Searching for evidence goes before phrasing, so that a newcomer sees
    evidence while somebody else's answer is still being written; otherwise the earlier question goes first.
    All methods belong to one event loop.
    """

    _SEARCHING, _PHRASING = 0, 1

    def __init__(self, load: Callable[[], Engine], *, capacity: int = 64) -> None:
        """:param load: makes the engine; may take long and raise :class:`PolicydeskError`; runs on the thread."""
        self.capacity = capacity
        self.failure: str | None = None  #: why the engine could not be loaded, in one line
        self._load = load
        self._engine: Engine | None = None
        self._loading: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="answer")
        self._numbers = itertools.count()
        self._present: set[int] = set()
        self._turns: list[tuple[int, int, asyncio.Future[None]]] = []
        self._working = False

    @property
    def ready(self) -> bool:
        return self._engine is not None

    @property
    def length(self) -> int:
        """How many questions are being answered or wait."""
        return len(self._present)

    def open(self) -> None:
        """Begin to load the engine; returns at once."""
        self._loading = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            self._engine = await asyncio.get_running_loop().run_in_executor(self._thread, self._load)
        except PolicydeskError as error:
            self.failure = str(error)
            log.error("not ready: %s", error)

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def engine(self) -> Engine:
        """The engine, once it is loaded.

        :raises NotReady: if it cannot be.
        """
        if self._engine is None and self._loading is not None:
            await asyncio.shield(self._loading)
        if self._engine is None:
            raise NotReady(self.failure or "the models are not loaded; start with: policydesk serve")
        return self._engine

    async def ask(
        self, question: str, *, scope: Scope, history: Sequence[Turn] = ()
    ) -> AsyncGenerator[Waiting | AnswerEvent]:
        """Everything that happens to a question: places in line, then the engine's own events.

        :raises TooBusy: at once, if ``capacity`` questions are being answered or wait.
        """
        if len(self._present) >= self.capacity:
            raise TooBusy(f"{len(self._present)} questions are waiting already; try again in a minute")
        number = next(self._numbers)
        self._present.add(number)
        events: Iterator[AnswerEvent] | None = None
        told: Waiting | None = None
        try:
            engine = await self.engine()
            events = engine.stream(question, scope=scope, history=history)
            stage = self._SEARCHING
            while True:
                async with aclosing(self._turn(stage, number)) as places:
                    async for place in places:
                        if place != told:
                            told = place
                            yield place
                event = await self._work(lambda: next(events, None))
                if event is None:
                    return
                yield event
                stage = self._PHRASING
        finally:
            self._present.discard(number)
            if events is not None and hasattr(events, "close"):
                # On the thread, after the step under way: a running generator cannot be closed from here.
                self._thread.submit(events.close)

    async def run(self, work: Callable[[Engine], T]) -> T:
        """Do one short piece of work with the engine, such as a search."""
        engine = await self.engine()
        number = next(self._numbers)
        async for _ in self._turn(self._SEARCHING, number):
            pass
        return await self._work(lambda: work(engine))

    async def _work(self, step: Callable[[], T]) -> T:
        """Run one step on the thread, then pass the turn on."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, step)
        finally:
            self._pass_on()

    async def _turn(self, stage: int, number: int) -> AsyncGenerator[Waiting]:
        """Wait for the turn; yields the place in line now and then. Whoever gets through must pass the turn on."""
        if not self._working:
            self._working = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (stage, number, turn)
        heapq.heappush(self._turns, entry)
        try:
            while not turn.done():
                if position := sum(1 for other in self._present if other < number):
                    yield Waiting(position)
                await asyncio.wait({turn}, timeout=0.25)
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            else:
                turn.cancel()
            raise

    def _pass_on(self) -> None:
        while self._turns:
            _, _, turn = heapq.heappop(self._turns)
            if not turn.done():
                turn.set_result(None)
                return
        self._working = False
