"""Many people asking at once: whether each gets their own answer, how soon, and what the others notice of it.

The server is the one that users start, in a child process and a home of its own; people come over HTTP.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from assistant.accounts import Accounts, Role
from retrieval.home import Home
from retrieval.store import Store

_PASSWORD = "a long enough password"
#: What somebody else may do meanwhile.
_PAGES = ("/healthz", "/hr/sign-in", "/api/v1/documents")


@dataclass(frozen=True, slots=True)
class LoadConfig:
    """Who comes, for how long."""

    people: int = 32
    minutes: float = 2.0
    model: str = "quote"
    pause_s: float = 30.0  #: people read for two to four thirds of this before they ask again; 0: no time at all
    crowd: int = 96  #: who come at once in the end: more than wait in one line
    patience_s: float = 240.0  #: how long the server may take to be ready, and an answer to come


@dataclass(slots=True)
class Witnessed:
    """What people saw."""

    outcomes: Counter[str] = field(default_factory=Counter)
    first_evidence_s: list[float] = field(default_factory=list)
    whole_answer_s: list[float] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  #: "you are number N"
    pages_ms: dict[str, list[float]] = field(default_factory=lambda: {page: [] for page in _PAGES})
    memory: list[tuple[int, float]] = field(default_factory=list)  #: questions asked so far, MB, each second


def measure_load(folders: Sequence[Path], config: LoadConfig | None = None) -> dict[str, Any]:
    """Read the folders into a new home, serve it, and let people ask: first all in the same second, then each at their own
    pace until the time is over, then a crowd of more than the line holds.

    :returns: ``outcomes`` (``own``: the asker's own answer; ``another's``, ``lost``, ``busy``), times to the first evidence
        and the whole answer, places in line that were told, what other pages took, and what memory did; ``burst`` and
        ``crowd`` have their own.
    """
    config = config or LoadConfig()
    with tempfile.TemporaryDirectory(prefix="policydesk-load-") as scratch:
        root = Path(scratch) / "home"
        subprocess.run(
            [sys.executable, "-m", "assistant", "--home", str(root), "ingest", *map(str, folders)],
            capture_output=True,
            check=True,
        )
        tokens, questions = _furnish(root, config)
        command = [sys.executable, "-m", "assistant", "--home", str(root), "serve", "--demo", "--port", "0"]
        with subprocess.Popen(
            [*command, "--model", config.model],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=dict(os.environ),
        ) as server:
            try:
                url = _address(server)
                return asyncio.run(_visit(url, server.pid, tokens, questions, config))
            finally:
                server.terminate()


def _furnish(root: Path, config: LoadConfig) -> tuple[list[str], list[str]]:
    """An account for each; :returns: their tokens, and questions in the words of the documents' headings."""
    store = Store.open(Home(root))
    accounts = Accounts(store)
    tokens = []
    for number in range(config.people):
        accounts.add(f"person{number}", Role.EMPLOYEE, _PASSWORD)
        tokens.append(accounts.new_token(f"person{number}"))
    passages = [passage for passage in store.published_passages() if passage.section_path]
    headings = dict.fromkeys(re.sub(r"^[^a-zA-Z]+", "", passage.section_path[-1]) for passage in passages)
    questions = [f"What are the rules on {heading}?" for heading in headings if heading]
    store.close()
    return tokens, questions


async def _visit(
    url: str, process: int, tokens: Sequence[str], questions: Sequence[str], config: LoadConfig
) -> dict[str, Any]:
    burst, seen, crowd = Witnessed(), Witnessed(), Witnessed()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=config.patience_s, limits=limits) as client:
        await _until_ready(client, config.patience_s)
        ahead_s = await _until_read_ahead(client, config.patience_s)
        for number in range(3):
            await _ask(client, tokens[0], questions[number], "warm", Witnessed())
        await _all_at_once(client, tokens, questions, len(tokens), "burst", burst)
        begun_mb, cpu = _memory_mb(process), os.getloadavg()[0]
        until = time.monotonic() + 60 * config.minutes
        watching = [_look_around(client, tokens[0], until, seen), _watch_memory(process, until, seen)]
        asking = [
            _keep_asking(client, token, questions, number, until, config.pause_s, seen)
            for number, token in enumerate(tokens)
        ]
        await asyncio.gather(*watching, *asking)
        ended_mb = _memory_mb(process)
        await _all_at_once(client, tokens, questions, config.crowd, "crowd", crowd)
    return {
        "people": config.people, "minutes": config.minutes, "model": config.model, "pause_s": config.pause_s, "read_ahead_s": ahead_s,
        "questions_asked": seen.outcomes.total(), **_told(seen), "told_their_place": len(seen.places),
        "other_pages_ms": {page: _spread(took) for page, took in seen.pages_ms.items()},
        "memory_mb": {"start": round(begun_mb), "end": round(ended_mb), "after_crowd": round(_memory_mb(process)), **_rise(seen.memory)},
        "load_average": {"start": round(cpu, 1), "end": round(os.getloadavg()[0], 1)},
        "burst": {"people": config.people, **_told(burst)},
        "crowd": {"people": config.crowd, **_told(crowd)},
    }  # fmt: skip


def _told(seen: Witnessed) -> dict[str, Any]:
    return {
        "outcomes": dict(seen.outcomes),
        "first_evidence_s": _spread(seen.first_evidence_s),
        "answer_s": _spread(seen.whole_answer_s),
        "farthest_place": max(seen.places, default=0),
    }


def _rise(memory: Sequence[tuple[int, float]]) -> dict[str, float]:
    """How memory grew with the questions, after a third of the time: until then what is kept of answers fills up."""
    steady = memory[len(memory) // 3 :]
    asked = np.array([count for count, _ in steady])
    if len(steady) < 2 or asked[0] == asked[-1]:
        return {}
    slope = np.polyfit(asked, [mb for _, mb in steady], 1)[0]
    return {"steady_questions": int(asked[-1] - asked[0]), "rise_per_1000_questions": round(float(slope) * 1000, 1)}


async def _all_at_once(
    client: httpx.AsyncClient, tokens: Sequence[str], questions: Sequence[str], people: int, name: str, seen: Witnessed
) -> None:
    await asyncio.gather(
        *(
            _ask(client, tokens[n % len(tokens)], questions[n % len(questions)], f"{name} {n}", seen)
            for n in range(people)
        )
    )


async def _keep_asking(
    client: httpx.AsyncClient,
    token: str,
    questions: Sequence[str],
    number: int,
    until: float,
    pause_s: float,
    seen: Witnessed,
) -> None:
    turn, chance = 0, random.Random(number)
    await asyncio.sleep(chance.uniform(0, pause_s))
    while time.monotonic() < until:
        await _ask(client, token, questions[(number * 7 + turn) % len(questions)], f"person {number} turn {turn}", seen)
        turn += 1
        await asyncio.sleep(chance.uniform(2 * pause_s / 3, 4 * pause_s / 3))


async def _ask(client: httpx.AsyncClient, token: str, question: str, marker: str, seen: Witnessed) -> None:
    """Ask, with words in the question that nobody else's has, and note what comes."""
    asked = f"{question} ({marker})"
    begun, outcome = time.perf_counter(), "lost"
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    try:
        async with client.stream("POST", "/api/v1/ask", json={"question": asked}, headers=headers) as response:
            if response.status_code != 200:
                await response.aread()
                outcome = "busy" if response.status_code in (429, 503) else f"status {response.status_code}"
            event = ""
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    outcome = _take(event, json.loads(line.removeprefix("data: ")), asked, begun, seen) or outcome
    except httpx.TransportError:
        outcome = "lost"
    seen.outcomes[outcome] += 1


def _take(event: str, data: dict[str, Any], asked: str, begun: float, seen: Witnessed) -> str | None:
    took = time.perf_counter() - begun
    match event:
        case "waiting":
            seen.places.append(int(data["position"]))
        case "evidence":
            seen.first_evidence_s.append(took)
        case "answer":
            seen.whole_answer_s.append(took)
            return "own" if data["question"] == asked else "another's"
        case "error":
            return "busy" if data["status"] in (429, 503) else "lost"
    return None


async def _look_around(client: httpx.AsyncClient, token: str, until: float, seen: Witnessed) -> None:
    """Open other pages meanwhile."""
    while time.monotonic() < until:
        for page in _PAGES:
            begun = time.perf_counter()
            answer = await client.get(page, headers={"Authorization": f"Bearer {token}"})
            answer.raise_for_status()
            seen.pages_ms[page].append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(0.5)


async def _watch_memory(process: int, until: float, seen: Witnessed) -> None:
    while time.monotonic() < until:
        seen.memory.append((seen.outcomes.total(), _memory_mb(process)))
        await asyncio.sleep(1)


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    return {"n": len(values), "p50": round(float(np.percentile(values, 50)), 2), "p95": round(float(np.percentile(values, 95)), 2)}  # fmt: skip


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://[\d.]+:\d+", line):
            return found.group()
    raise RuntimeError("the server ended without naming its address")


async def _until_ready(client: httpx.AsyncClient, patience_s: float) -> None:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)
    raise TimeoutError(f"the server was not ready within {patience_s:.0f} s")


async def _until_read_ahead(client: httpx.AsyncClient, patience_s: float) -> float:
    """Wait until the server has read ahead, as one has that was not started just now; :returns: the seconds it took."""
    begun = time.monotonic()
    while time.monotonic() < begun + patience_s:
        if "policydesk_reading_ahead 0.0" in (await client.get("/metrics")).text:
            break
        await asyncio.sleep(1)
    return round(time.monotonic() - begun, 1)


def _memory_mb(process: int) -> float:
    """Resident memory of a process now, from the kernel."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found.group(1)) / 1024
