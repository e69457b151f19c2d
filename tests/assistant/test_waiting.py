"""The line: who is served when, and what people are told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from assistant.records import AnswerEvent, EvidenceFound, TokenDrafted, Turn
from assistant.waiting import Line, TooBusy, Waiting
from retrieval.errors import ModelUnavailable, NotReady
from retrieval.scope import Scope


class SlowEngine:
    """Finds evidence at once, unless it is held up; phrases when it is let."""

    def __init__(self) -> None:
        self.may_find = threading.Event()
        self.may_find.set()
        self.looking: list[str] = []
        self.may_phrase = threading.Event()
        self.steps: list[str] = []
        self.closed: list[str] = []

    def searcher(self) -> SlowEngine:
        return self

    def stream(
        self, question: str, *, scope: Scope | None = None, history: Sequence[Turn] = ()
    ) -> Iterator[AnswerEvent]:
        try:
            self.looking.append(question)
            self.may_find.wait(5)
            self.steps.append(f"{question} found")
            yield EvidenceFound(())
            self.may_phrase.wait(5)
            self.steps.append(f"{question} phrased")
            yield TokenDrafted(question)
        finally:
            self.closed.append(question)


async def _events(line: Line, question: str) -> list[object]:
    return [event async for event in line.ask(question, scope=Scope())]


async def _opened(engine: SlowEngine, **options: int) -> Line:
    line = Line(lambda: engine, **options)  # type: ignore[arg-type, return-value]
    line.open()
    await line.engine()
    return line


async def test_evidence_for_a_newcomer_comes_before_an_earlier_answer_goes_on() -> None:
    engine = SlowEngine()
    line = await _opened(engine)
    tasks = [asyncio.create_task(_events(line, name)) for name in ("a", "b", "c")]
    await asyncio.sleep(0.1)
    engine.may_phrase.set()
    results = await asyncio.gather(*tasks)
    assert engine.steps.index("b found") < engine.steps.index("b phrased")
    assert engine.steps.index("c found") < engine.steps.index("b phrased"), "searching goes before phrasing"
    assert [step for step in engine.steps if "phrased" in step] == ["a phrased", "b phrased", "c phrased"]
    assert [[event for event in result if isinstance(event, TokenDrafted)] for result in results] == [
        [TokenDrafted("a")], [TokenDrafted("b")], [TokenDrafted("c")],
    ]  # fmt: skip
    await line.close()


async def test_evidence_never_waits_for_somebody_elses_answer() -> None:
    engine = SlowEngine()
    line = await _opened(engine)
    first = asyncio.create_task(_events(line, "a"))
    events = line.ask("b", scope=Scope())
    await asyncio.sleep(0.05)
    assert await asyncio.wait_for(anext(events), 2) == EvidenceFound(())
    assert "a phrased" not in engine.steps
    engine.may_phrase.set()
    await first
    await events.aclose()
    await line.close()


async def test_evidence_is_found_for_two_at_once() -> None:
    engine = SlowEngine()
    line = await _opened(engine)
    engine.may_find.clear()
    tasks = [asyncio.create_task(_events(line, name)) for name in ("a", "b", "c")]
    await asyncio.sleep(0.1)
    assert sorted(engine.looking) == ["a", "b"]
    engine.may_find.set()
    engine.may_phrase.set()
    results = await asyncio.gather(*tasks)
    assert [[event.text for event in result if isinstance(event, TokenDrafted)] for result in results] == [
        ["a"],
        ["b"],
        ["c"],
    ]
    await line.close()


async def test_reading_ahead_holds_up_no_question_and_begins_no_step_while_one_is_looked_for() -> None:
    engine, may_read = SlowEngine(), threading.Event()
    read: list[list[str]] = []
    engine.may_phrase.set()

    def ahead() -> Iterator[bool]:
        while len(read) < 3:
            may_read.wait(5)
            read.append(list(engine.steps))
            yield True

    line = Line(lambda: engine, ahead=ahead, ahead_every_s=0.01)  # type: ignore[arg-type, return-value]
    line.open()
    await line.engine()
    await asyncio.sleep(0.05)
    assert TokenDrafted("a") in await asyncio.wait_for(_events(line, "a"), 2), "the step under way leaves a seat"
    engine.may_find.clear()
    second = asyncio.create_task(_events(line, "b"))
    await asyncio.sleep(0.05)
    may_read.set()
    await asyncio.sleep(0.05)
    assert len(read) == 1, "the next step waits"
    engine.may_find.set()
    await second
    await asyncio.sleep(0.1)
    assert len(read) == 3
    assert "b found" in read[1]
    await line.close()


async def test_those_who_wait_are_told_their_place() -> None:
    engine = SlowEngine()
    line = await _opened(engine)
    first = asyncio.create_task(_events(line, "a"))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(_events(line, "b"))
    await asyncio.sleep(0.05)
    engine.may_phrase.set()
    assert Waiting(1) not in await first
    assert Waiting(1) in await second
    await line.close()


async def test_beyond_its_length_the_line_turns_away_at_once() -> None:
    engine = SlowEngine()
    line = await _opened(engine, capacity=1)
    first = asyncio.create_task(_events(line, "a"))
    await asyncio.sleep(0.05)
    with pytest.raises(TooBusy, match="try again"):
        await _events(line, "b")
    with pytest.raises(TooBusy, match="try again"):
        await line.run(lambda _engine: 1)
    assert await line.run(lambda _engine: 7, idle=True) == 7
    engine.may_phrase.set()
    await first
    assert line.length == 0
    await line.close()


async def test_who_leaves_makes_room_and_their_question_is_dropped() -> None:
    engine = SlowEngine()
    line = await _opened(engine)
    first = asyncio.create_task(_events(line, "a"))
    await asyncio.sleep(0.05)
    leaving = asyncio.create_task(_events(line, "b"))
    third = asyncio.create_task(_events(line, "c"))
    await asyncio.sleep(0.05)
    leaving.cancel()
    engine.may_phrase.set()
    assert TokenDrafted("c") in await third
    await first
    assert "b phrased" not in engine.steps
    assert line.length == 0
    await line.close()


async def test_an_abandoned_answer_is_closed_on_the_thread() -> None:
    engine = SlowEngine()
    line = await _opened(engine)
    events = line.ask("a", scope=Scope())
    assert await anext(events) == EvidenceFound(())
    await events.aclose()
    await asyncio.sleep(0.05)
    assert engine.closed == ["a"]
    assert line.length == 0
    await line.close()


async def test_work_runs_off_the_event_loop() -> None:
    line = await _opened(SlowEngine())
    assert (await line.run(lambda _engine: threading.current_thread().name)).startswith("evidence_")
    await line.close()


async def test_a_failing_question_hurts_nobody_else() -> None:
    line = await _opened(SlowEngine())
    with pytest.raises(ZeroDivisionError):
        await line.run(lambda _engine: 1 / 0)
    assert await line.run(lambda _engine: 7) == 7
    await line.close()


async def test_an_engine_that_cannot_be_loaded_says_why() -> None:
    def missing() -> SlowEngine:
        raise ModelUnavailable("run: policydesk models pull")

    line = Line(missing)  # type: ignore[arg-type]
    line.open()
    with pytest.raises(NotReady, match="models pull"):
        await line.engine()
    assert not line.ready
    await line.close()
