"""What was let go of goes back to the machine."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant import chores, memory
from assistant.room import Room
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.engines import FakeEngine, FakeKeeper

on_glibc = pytest.mark.skipif(
    sys.platform != "linux" or not memory._is_glibc(), reason="only glibc keeps what was let go of"
)


def resident_mb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


@on_glibc
def test_what_holds_nothing_is_given_back() -> None:
    blocks = [np.ones(8_000) for _ in range(3_000)]  # 64 kB each: too small for pages of their own
    held = blocks[::100]  # among what is let go of, so that none of it lies at an end
    blocks.clear()
    before = resident_mb()
    memory.give_back()
    assert before - resident_mb() > 100
    assert all(block[0] == 1 for block in held)


def test_what_is_loaded_is_not_looked_through_again() -> None:
    loaded = [[number] for number in range(50_000)]
    try:
        memory.settle()
        assert gc.get_freeze_count() > len(loaded)
        assert len(gc.get_objects()) < len(loaded)
    finally:
        gc.unfreeze()


async def test_a_server_gives_back_between_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    room = Room.furnish(
        home, store, secret="a secret for tests only, long enough", load=lambda: FakeEngine(store), keeper=FakeKeeper(home, store)
    )  # fmt: skip
    given = asyncio.Event()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(chores, "GIVE_BACK_EVERY_S", 0.01)
    monkeypatch.setattr(chores, "give_back", lambda: loop.call_soon_threadsafe(given.set))
    room.line.open()
    async with chores.chores(room):
        await asyncio.wait_for(given.wait(), 20)
    await room.line.close()
    store.close()
