"""One contender's lap, in a process of its own so that its memory is its own: ``python -m evals.lap NAME FOLDER``.

Prints one JSON object. Run by :mod:`evals.race`.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from evals.contenders import CONTENDERS

_CHANGES = 3


def lap(name: str, folder: Path) -> dict[str, Any]:
    """Build, query, add, remove and save; what each costs."""
    texts = json.loads((folder / "texts.json").read_text())
    questions = json.loads((folder / "questions.json").read_text())
    vectors = np.load(folder / "vectors.npy")
    ids = [f"p{number:07d}" for number in range(len(texts))]
    size = len(texts) - 1
    scratch = folder / name.replace(" ", "-")
    scratch.mkdir()
    contender = CONTENDERS[name][1](scratch / "live")
    gc.collect()
    before = _resident_bytes()
    build_s = _seconds(lambda: contender.build(ids[:size], texts[:size], vectors[:size]))
    gc.collect()
    memory = _resident_bytes() - before
    for question in questions[:3]:
        contender.search(question)
    latencies = [1000 * _seconds(lambda asked=question: contender.search(asked)) for question in questions]  # type: ignore[misc]
    saved = scratch / "saved"
    saved.mkdir()
    written = contender.save(saved)
    disk = sum(path.stat().st_size for path in saved.rglob("*") if path.is_file()) if written else None
    added, removed = [], []
    for _ in range(_CHANGES if size <= 20_000 else 1):
        added.append(1000 * _seconds(lambda: contender.add(ids[size], texts[size], vectors[size])))
        removed.append(1000 * _seconds(lambda: contender.remove(ids[size])))
    return {
        "build_s": build_s,
        "passages_per_s": size / build_s,
        "disk_bytes": disk,
        "memory_bytes": max(memory, 0),
        "query_p50_ms": float(np.percentile(latencies, 50)),
        "query_p95_ms": float(np.percentile(latencies, 95)),
        "add_ms": min(added),
        "remove_ms": min(removed),
        "queries": len(latencies),
    }


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _resident_bytes() -> int:
    """Memory this process holds now; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    from assistant.config import quiet_libraries
    from retrieval.errors import NotReady

    quiet_libraries()
    try:
        found = lap(sys.argv[1], Path(sys.argv[2]))
    except NotReady as error:
        found = {"skipped": str(error)}
    sys.stdout.write(json.dumps(found) + "\n")
