"""Many questions are grouped in a process of their own, just as a few are in this one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant import grouping
from assistant.grouping import clusters
from retrieval.errors import NotReady


def directions(number: int, each: int) -> NDArray[np.float32]:
    """So many groups of so many rows each, around directions at right angles."""
    rows = np.repeat(np.eye(number, dtype=np.float32), each, axis=0)
    rows += 0.05 * np.random.default_rng(1).standard_normal(rows.shape).astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def test_many_are_grouped_as_a_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = directions(30, 4)
    here = clusters(vectors, 0.5)
    monkeypatch.setattr(grouping, "_FEW", 10)
    elsewhere = clusters(vectors, 0.5)
    assert here.tolist() == elsewhere.tolist()
    assert [len(set(here[at : at + 4])) for at in range(0, 120, 4)] == [1] * 30
    assert len(set(here)) == 30


def test_one_is_a_group() -> None:
    assert clusters(directions(1, 1), 0.5).tolist() == [0]


def test_a_process_that_was_ended_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_FEW", 0)
    monkeypatch.setattr(grouping, "_CHILD", "raise MemoryError('no memory')")
    with pytest.raises(
        NotReady, match=r"could not be grouped \(MemoryError: no memory\); see that there is memory left"
    ):
        clusters(directions(2, 2), 0.5)
