"""Many people asking at once: whether each gets their own answer, how soon, and what the others notice of it.

The server is the one that users start, in a child process and a home of its own; people come over HTTP.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from assistant.accounts import Accounts, Role
from assistant.asked import Asked, AskedRow
from evals.serving import Server, ingest, serving
from evals.visitors import ApiVisitor, ChatVisitor, Visitor, Witnessed, sign_in
from retrieval.errors import WrongUsage
from retrieval.home import Home
from retrieval.store import Store

_PASSWORD = "a long enough password"
#: What somebody else may do meanwhile.
_PAGES = ("/healthz", "/hr/sign-in", "/api/v1/documents")
#: What HR may do.
_CONSOLE = ("/hr", "/hr/questions", "/hr/usage", "/hr/conflicts", "/hr/inbox", "/hr/review", "/hr/record")
_HR = "hr"
#: So often what was seen so far is handed on: half an hour may end before its time.
_TELL_EVERY_S = 120.0


@dataclass(frozen=True, slots=True)
class LoadConfig:
    """Who comes, for how long."""

    people: int = 32
    minutes: float = 2.0
    model: str = "quote"
    chat: bool = False  #: people sit in the chat instead of using the API
    asked_before: int = 10_000  #: questions of the last three months, for the console's reports
    pause_s: float = 30.0  #: people read for two to four thirds of this before they ask again; 0: no time at all
    crowd: int = 96  #: who come at once in the end: more than wait in one line
    patience_s: float = 240.0  #: how long the server may take to be ready, and an answer to come


def measure_load(
    folders: Sequence[Path],
    config: LoadConfig | None = None,
    *,
    on_part: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Read the folders into a new home, serve it, and let people ask: first all in the same second, then each at their own
    pace until the time is over, then a crowd of more than the line holds.

    :param on_part: given what was seen so far every two minutes, without the crowd.
    :returns: ``outcomes`` (``own``: the asker's own answer; ``another's``, ``lost``, ``busy``), times to the first evidence
        and the whole answer, places in line that were told, what other pages took, and what memory did; ``burst`` and
        ``crowd`` have their own.
    :raises WrongUsage: if what was read has no headings to ask about.
    """
    config = config or LoadConfig()
    with tempfile.TemporaryDirectory(prefix="policydesk-load-") as scratch:
        root = Path(scratch) / "home"
        ingest(root, folders)
        tokens, questions = _furnish(root, config)
        with serving(root, "--demo", "--model", config.model) as server:
            server.until_ready(config.patience_s)
            return asyncio.run(_visit(server, tokens, questions, config, on_part))


def _furnish(root: Path, config: LoadConfig) -> tuple[list[str], list[str]]:
    """An account for each and one of HR's; :returns: their tokens, HR's first, and questions in the words of headings."""
    store = Store.open(Home(root))
    accounts = Accounts(store)
    accounts.add(_HR, Role.HR, _PASSWORD)
    tokens = [accounts.new_token(_HR)]
    for number in range(config.people):
        accounts.add(_name(number), Role.EMPLOYEE, _PASSWORD)
        tokens.append(accounts.new_token(_name(number)))
    passages = [passage for passage in store.published_passages() if passage.section_path]
    headings = dict.fromkeys(re.sub(r"^[^a-zA-Z]+", "", passage.section_path[-1]) for passage in passages)
    subjects = [heading for heading in headings if heading]
    if not subjects:
        raise WrongUsage(
            "nothing to ask about: the documents that were read have no headings; give folders with others"
        )
    _ask_before(store, subjects, config.asked_before)
    store.close()
    return tokens, [f"What are the rules on {subject}?" for subject in subjects]


def _ask_before(store: Store, subjects: Sequence[str], number: int) -> None:
    """Questions of the last three months, four in ten refused, by 400 people."""
    chance, today = random.Random(number), date.today()
    with Asked(store).sessions.begin() as session:
        for _ in range(number):
            refused = chance.random() < 0.4
            session.add(
                AskedRow(
                    asked_id=f"{chance.getrandbits(128):032x}", question=_question(chance, subjects), status="abstained" if refused else "answered",
                    reason="not_covered" if refused else None, confidence=chance.random(), helpful=chance.choice((None, None, True, False)),
                    day=today - timedelta(days=chance.randrange(90)), asker=f"{chance.randrange(400):03x}",
                    first_evidence_ms=chance.uniform(50, 500), total_ms=chance.uniform(100, 3000),
                )
            )  # fmt: skip


def _question(chance: random.Random, subjects: Sequence[str]) -> str:
    asked = chance.choice(
        ("Who decides on", "Where do I apply for", "How long is", "What does it cost me:", "Can I refuse")
    )
    when = chance.choice(
        ("", " in my first year", " as a part-timer", " when I work abroad", " for my partner", " twice")
    )
    return f"{asked} {chance.choice(subjects)}{when}?"


async def _visit(
    server: Server,
    tokens: Sequence[str],
    questions: Sequence[str],
    config: LoadConfig,
    on_part: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    process = server.process
    burst, seen, crowd = Witnessed(), Witnessed(), Witnessed()
    # The server closes a connection that was idle for five seconds, perhaps just when it is used again.
    limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=server.url, timeout=config.patience_s, limits=limits) as client:
        visitors = await _visitors(client, tokens[1:], config)
        ahead_s = await _until_read_ahead(client, config.patience_s)
        for number in range(3):
            await visitors[0].ask(f"{questions[number % len(questions)]} (warm)", Witnessed())
        await _all_at_once(visitors[: config.people], questions, "burst", burst)
        begun_mb, cpu, begun = _memory_mb(process), os.getloadavg()[0], time.monotonic()

        def so_far() -> dict[str, Any]:
            return {
                "people": config.people, "place": "chat" if config.chat else "api", "minutes": config.minutes,
                "minutes_passed": round((time.monotonic() - begun) / 60, 1), "model": config.model, "pause_s": config.pause_s,
                "read_ahead_s": ahead_s, "questions_asked": seen.outcomes.total(), **_told(seen),
                "told_their_place": len(seen.places), "asked_before": config.asked_before,
                "other_pages_ms": {page: _spread(took) for page, took in seen.pages_ms.items()},
                "memory_mb": {"start": round(begun_mb), "end": round(_memory_mb(process)), **_rise(seen.memory)},
                "load_average": {"start": round(cpu, 1), "end": round(os.getloadavg()[0], 1)},
                "burst": {"people": config.people, **_told(burst)},
            }  # fmt: skip

        on_part(so_far())
        until = begun + 60 * config.minutes
        watching = [
            _look_around(client, tokens[1], _PAGES, 0.5, until, seen),
            _look_around(client, tokens[0], _CONSOLE, 10, until, seen),
            _watch_memory(process, until, seen),
        ]
        asking = [
            _keep_asking(visitor, questions, number, until, config.pause_s, seen)
            for number, visitor in enumerate(visitors[: config.people])
        ]
        telling = asyncio.create_task(_tell(on_part, so_far))
        await asyncio.gather(*watching, *asking)
        telling.cancel()
        found = so_far()
        await _all_at_once(visitors, questions, "crowd", crowd)
        found["memory_mb"]["after_crowd"] = round(_memory_mb(process))
        await asyncio.gather(*(visitor.leave() for visitor in visitors), return_exceptions=True)
    return {**found, "crowd": {"people": config.crowd, **_told(crowd)}}


async def _tell(on_part: Callable[[dict[str, Any]], None], so_far: Callable[[], dict[str, Any]]) -> None:
    while True:
        await asyncio.sleep(_TELL_EVERY_S)
        on_part(so_far())


async def _visitors(client: httpx.AsyncClient, tokens: Sequence[str], config: LoadConfig) -> list[Visitor]:
    """As many as the crowd or the people, whichever is more; the same accounts come more than once."""
    number = max(config.people, config.crowd)
    if not config.chat:
        return [ApiVisitor(client, tokens[n % len(tokens)]) for n in range(number)]
    url = str(client.base_url)
    cookies = [await sign_in(url, _name(n), _PASSWORD, patience_s=config.patience_s) for n in range(config.people)]
    return [ChatVisitor(url, cookies[n % len(cookies)], config.patience_s) for n in range(number)]


def _name(number: int) -> str:
    return f"person{number}"


def _told(seen: Witnessed) -> dict[str, Any]:
    return {
        "outcomes": dict(seen.outcomes),
        "first_evidence_s": _spread(seen.first_evidence_s),
        "answer_s": _spread(seen.whole_answer_s),
        "farthest_place": max(seen.places, default=0),
    }


def _rise(memory: Sequence[tuple[int, float]]) -> dict[str, Any]:
    """How memory grew with the questions, after a third of the time: until then what is kept of answers fills up."""
    steady = memory[len(memory) // 3 :]
    asked = np.array([count for count, _ in steady])
    each_minute = [[minute, count, round(mb)] for minute, (count, mb) in enumerate(memory[::60])]
    if len(steady) < 2 or asked[0] == asked[-1]:
        return {"minute_questions_mb": each_minute}
    slope = np.polyfit(asked, [mb for _, mb in steady], 1)[0]
    return {
        "steady_questions": int(asked[-1] - asked[0]), "rise_per_1000_questions": round(float(slope) * 1000, 1),
        "minute_questions_mb": each_minute,
    }  # fmt: skip


async def _all_at_once(visitors: Sequence[Visitor], questions: Sequence[str], name: str, seen: Witnessed) -> None:
    await asyncio.gather(*(visitor.arrive() for visitor in visitors))
    await asyncio.sleep(1)  # whoever asks has seen the page
    await asyncio.gather(
        *(visitor.ask(f"{questions[n % len(questions)]} ({name} {n})", seen) for n, visitor in enumerate(visitors))
    )


async def _keep_asking(
    visitor: Visitor, questions: Sequence[str], number: int, until: float, pause_s: float, seen: Witnessed
) -> None:
    turn, chance = 0, random.Random(number)
    await asyncio.sleep(chance.uniform(0, pause_s))
    while time.monotonic() < until:
        question = questions[(number * 7 + turn) % len(questions)]
        await visitor.ask(f"{question} (person {number} turn {turn})", seen)
        turn += 1
        await asyncio.sleep(chance.uniform(2 * pause_s / 3, 4 * pause_s / 3))


async def _look_around(
    client: httpx.AsyncClient, token: str, pages: Sequence[str], every_s: float, until: float, seen: Witnessed
) -> None:
    """Open other pages meanwhile."""
    while time.monotonic() < until:
        for page in pages:
            begun = time.perf_counter()
            answer = await client.get(page, headers={"Authorization": f"Bearer {token}"})
            answer.raise_for_status()
            seen.pages_ms.setdefault(page, []).append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(every_s)


async def _watch_memory(process: int, until: float, seen: Witnessed) -> None:
    while time.monotonic() < until:
        seen.memory.append((seen.outcomes.total(), _memory_mb(process)))
        await asyncio.sleep(1)


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    return {"n": len(values), "p50": round(float(np.percentile(values, 50)), 2), "p95": round(float(np.percentile(values, 95)), 2)}  # fmt: skip


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
