"""Reading for reports gives way to whoever asks."""

from __future__ import annotations

import asyncio

import numpy as np

from assistant.patience import PatientEncoder
from assistant.waiting import Line
from tests.fakes import WordEncoder


class _Engine:
    def __init__(self) -> None:
        self.encoder = WordEncoder()


async def test_texts_are_read_a_few_at_a_time_and_others_come_first() -> None:
    line = Line(_Engine)  # type: ignore[arg-type]
    line.open()
    engine = await line.engine()
    texts = [f"leave number {number}" for number in range(40)]
    order: list[str] = []
    patient = PatientEncoder(engine.encoder, line, asyncio.get_running_loop())
    reading = asyncio.create_task(
        asyncio.to_thread(patient.encode, texts, truncate=True, progress=lambda n: order.append(str(n)))
    )
    await line.run(lambda _: order.append("asked"))
    vectors = await reading
    assert np.allclose(vectors, engine.encoder.encode(texts))
    assert [each for each in order if each != "asked"] == ["16", "32", "40"]
    assert order.index("asked") <= 1, "it waits for one portion at most"
    assert patient.encode([]).shape == (0, patient.dimension)
    await line.close()


async def test_idle_work_comes_after_all_that_wait() -> None:
    line = Line(_Engine)  # type: ignore[arg-type]
    line.open()
    await line.engine()
    order: list[str] = []
    first = asyncio.create_task(line.run(lambda _: order.append("first")))
    await asyncio.sleep(0)
    idle = [asyncio.create_task(line.run(lambda _: order.append("idle"), idle=True)) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.gather(first, *idle, line.run(lambda _: order.append("second")))
    assert order == ["first", "second", "idle", "idle"]
    await line.close()
