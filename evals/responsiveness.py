"""Whether questions find their evidence as quickly while an upload is read as when nothing else goes on."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from assistant.answer import Assistant
from assistant.cores import keep_to_one_core
from assistant.keeper import LibraryKeeper, Report
from evals.ingestrate import make_small
from evals.models import Models
from retrieval.generations import CurrentIndex
from retrieval.home import Home
from retrieval.records import Passage
from retrieval.store import Store

#: Files that are in the library before the upload.
_KNOWN = 40
#: Questions asked before anything is timed, and with nothing beside them.
_WARM, _ALONE = 5, 40


def measure_responsiveness(models: Models, *, files: int = 200) -> dict[str, Any]:
    """Ask one question after the other, each a new one, alone and while files are read as the server reads them: questions on one
    core, files on all that there are.

    :param files: uploaded in one go, a page each.
    :returns: milliseconds until the evidence of a question is found, ``alone`` and ``beside`` the upload, how long that took,
        and the ``ratio`` of their medians.
    """
    with (
        TemporaryDirectory(prefix="policydesk-beside-") as scratch,
        ThreadPoolExecutor(max_workers=1, initializer=keep_to_one_core) as desk,
    ):
        home = Home(Path(scratch) / "home")
        home.create()
        store = Store.open(home)
        keeper = LibraryKeeper(home, store, lambda: models.encoder)
        made = [(path.name, path) for path in make_small(Path(scratch) / "files", _KNOWN + files)]
        keeper.add(made[:_KNOWN], {}, lambda _: None)
        assistant = Assistant(
            CurrentIndex(home, encoder=models.encoder.name),
            models.encoder,
            reranker=models.reranker,
            reader=models.reader,
        )
        questions = _questions(store.published_passages())

        def ask() -> float:
            return desk.submit(_evidence_ms, assistant, next(questions)).result()

        for _ in range(_WARM):
            ask()
        alone = [ask() for _ in range(_ALONE)]
        lines: list[Report] = []
        upload = threading.Thread(target=keeper.add, args=(made[_KNOWN:], {}, lines.append))
        began = time.perf_counter()
        upload.start()
        beside = []
        while upload.is_alive():
            beside.append(ask())
        took_s = time.perf_counter() - began
        store.close()
    return {
        "files": files,
        "read": len({line["file"] for line in lines if line["status"] == "indexed"}),
        "upload_s": round(took_s, 1),
        "alone": _figures(alone),
        "beside": _figures(beside),
        "ratio": round(float(np.median(beside) / np.median(alone)), 2),
    }


def _questions(passages: Sequence[Passage]) -> Iterator[str]:
    """Questions without end in the words of passages, so that none is answered from what was kept of another."""
    chance = random.Random(5)
    while True:
        words = chance.choice(passages).text.split()
        begin = chance.randrange(max(1, len(words) - 8))
        yield f"What is said about {' '.join(words[begin : begin + chance.randint(5, 8)])}?"


def _evidence_ms(assistant: Assistant, question: str) -> float:
    """Milliseconds until evidence is shown, or until it is known that there is none."""
    began = time.perf_counter()
    next(assistant.stream(question))
    took = time.perf_counter() - began
    return 1_000 * took


def _figures(milliseconds: Sequence[float]) -> dict[str, float]:
    return {
        "questions": len(milliseconds),
        "p50_ms": round(float(np.percentile(milliseconds, 50)), 1),
        "p95_ms": round(float(np.percentile(milliseconds, 95)), 1),
    }
