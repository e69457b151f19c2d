"""The line people wait in: a few threads answer, nobody's event loop does, and everyone knows their place."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, TypeVar

from assistant.desk import ALONE, Desk
from assistant.records import AnswerDone, AnswerEvent, Turn
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

#: Comes after everything else.
_LAST = math.inf


@dataclass(frozen=True, slots=True)
class Waiting:
    """``position`` others are being answered first; sent whenever it changes."""

    position: int


class TooBusy(PolicydeskError):
    """More people wait than the line is long."""


class Line:
    """Shares one engine between all who ask.

    Evidence is found at one desk, for two at once, and answers are phrased at another, so that nobody waits for evidence while
    somebody else's answer is being written. The earlier question goes first at both. All methods belong to one event loop.
    """

    def __init__(
        self,
        load: Callable[[], Engine],
        *,
        settle: Callable[[], None] | None = None,
        ahead: Callable[[], Iterator[bool]] | None = None,
        capacity: int = 64,
        ahead_every_s: float = 30.0,
    ) -> None:
        """:param load: makes the engine; may take long and raise :class:`PolicydeskError`; runs on a thread.
        :param settle: what each thread that finds evidence does first.
        :param ahead: what can be read while nobody waits for evidence, a short step at a time; begun again when it ends.
        """
        self.capacity = capacity
        self.failure: str | None = None  #: why the engine could not be loaded, in one line
        self._load = load
        self._ahead = ahead
        self._ahead_every_s = ahead_every_s
        self._engine: Engine | None = None
        self._loading: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._finding = Desk("evidence", seats=2, settle=settle)
        self._phrasing = Desk("phrasing")
        self._numbers = itertools.count()
        self._present = 0
        self.reads_ahead = ahead is not None  #: whether there is something to read yet

    @property
    def ready(self) -> bool:
        return self._engine is not None

    @property
    def length(self) -> int:
        """How many questions are being answered or wait."""
        return self._present

    def open(self) -> None:
        """Begin to load the engine; returns at once."""
        self._loading = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            self._engine = await self._finding.run(self._load)
        except PolicydeskError as error:
            self.failure = str(error)
            log.error("not ready: %s", error)
            return
        if self._ahead is not None:
            self._reading = asyncio.get_running_loop().create_task(self._read(self._ahead))

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        self._finding.close()
        self._phrasing.close()

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
        with self._place():
            number = next(self._numbers)
            desk = self._finding
            events: _Events | None = None
            told = 0
            try:
                engine = await self.engine()
                events = _Events(engine.stream(question, scope=scope, history=history))
                while True:
                    async with aclosing(desk.turn(number)) as places:
                        async for place in places:
                            if place != told:
                                told = place
                                yield Waiting(place)
                    event = await desk.work(number, events.next)
                    if event is None:
                        return
                    yield event
                    if isinstance(event, AnswerDone):
                        return
                    desk = self._phrasing
            finally:
                if events is not None:
                    desk.leave(events.close)

    async def run(self, work: Callable[[Engine], T], *, idle: bool = False) -> T:
        """Do one short piece of work with the engine, such as a search; ``idle``: only when nobody else waits.

        :raises TooBusy: as :meth:`ask` does; what is idle takes no place in the line.
        """
        with nullcontext() if idle else self._place():
            engine = await self.engine()
            number = next(self._numbers) + (ALONE if idle else 0)
            async for _ in self._finding.turn(number):
                pass
            return await self._finding.work(number, lambda: work(engine))

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._present >= self.capacity:
            raise TooBusy(f"{self._present} questions are waiting already; try again in a minute")
        self._present += 1
        try:
            yield
        finally:
            self._present -= 1

    async def _read(self, ahead: Callable[[], Iterator[bool]]) -> None:
        """Read ahead, step by step, again and again: the library changes."""
        while True:
            steps = ahead()
            self.reads_ahead = True
            while self.reads_ahead:
                async for _ in self._finding.turn(_LAST):
                    pass
                self.reads_ahead = await self._finding.work(_LAST, lambda: next(steps, False))  # noqa: B023
            await asyncio.sleep(self._ahead_every_s)


class _Events:
    """An engine's events, one step at a time. They may be closed from anywhere: that waits for the step under way."""

    def __init__(self, events: Iterator[AnswerEvent]) -> None:
        self._events = events
        self._lock = Lock()

    def next(self) -> AnswerEvent | None:
        with self._lock:
            return next(self._events, None)

    def close(self) -> None:
        with self._lock:
            if hasattr(self._events, "close"):
                self._events.close()
