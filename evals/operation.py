"""How an installation runs on real folders: what is read, how quickly, and what serving costs.

Everything is measured on the commands that users run, in child processes, in a home of its own.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from assistant.config import Settings, read_settings
from evals.machine import provenance
from evals.serving import command, ingest, serving
from retrieval.encoder import load_encoder
from retrieval.errors import WrongUsage
from retrieval.generations import open_index
from retrieval.scope import Scope
from retrieval.search import Searcher
from retrieval.store import Store

#: Searches before the first that is timed.
_WARMING = 10


@dataclass(frozen=True, slots=True)
class OperationConfig:
    """How much is measured."""

    questions: int = 200  #: searches timed, after ten that are not; fewer where the documents have fewer headings
    asked: int = 10  #: questions put to the server before its memory is read
    patience_s: float = 180.0  #: how long the server may take to be ready


def measure_operation(folders: Sequence[Path], config: OperationConfig | None = None) -> dict[str, Any]:
    """Ingest folders into a new home, search them, serve them.

    :returns: ``files`` by status, every file that was not read with its reason, ``seconds``, ``passages``, rates,
        ``search_ms`` (reranker off), ``second_start_s`` to ``/readyz`` and ``serving_rss_mb`` after some questions.
    :raises WrongUsage: if what was read has no headings to ask about.
    """
    config = config or OperationConfig()
    with tempfile.TemporaryDirectory(prefix="policydesk-operation-") as scratch:
        home = Path(scratch) / "home"
        ingested = _ingest(folders, home)
        settings = read_settings(home, {})
        questions = _questions(settings, config.questions + _WARMING)
        searched = _search(settings, questions)
        served = _serve(home, questions[: config.asked], config)
    return {**provenance(), "folders": [folder.name for folder in folders], **ingested, **searched, **served}


def _ingest(folders: Sequence[Path], home: Path) -> dict[str, Any]:
    began = time.perf_counter()
    files, summary = ingest(home, folders)
    seconds = time.perf_counter() - began
    pages = sum(file["pages"] or 0 for file in files)
    silent = [file["file"] for file in files if file["status"] == "indexed" and not file["passages"]]
    return {
        "files": dict(Counter(file["status"] for file in files)),
        "silently_empty": silent,
        "not_indexed": [
            {"file": file["file"], "status": file["status"], "reason": file["reason"]}
            for file in files
            if file["status"] in ("rejected", "partial")
        ],
        "passages": summary["passages"],
        "seconds": round(seconds, 1),
        "files_per_s": round(len(files) / seconds, 2),
        "pdf_pages": pages,
        "passages_per_s": round(summary["passages"] / seconds, 1),
    }


def _questions(settings: Settings, most: int) -> list[str]:
    """Questions as people would ask of these documents: the headings of passages spread over the library."""
    passages = [passage for passage in Store.open(settings.home).published_passages() if passage.section_path]
    step = max(1, len(passages) // most)
    questions = [
        f"What does {p.title} say about {re.sub(r'^[^a-zA-Z]+', '', p.section_path[-1])}?" for p in passages[::step]
    ][:most]
    if not questions:
        raise WrongUsage(
            "nothing to ask about: the documents that were read have no headings; give folders with others"
        )
    return questions


def _search(settings: Settings, questions: Sequence[str]) -> dict[str, Any]:
    encoder = load_encoder(settings.encoder)
    searcher = Searcher(open_index(settings.home), encoder)
    for question in questions[:_WARMING]:
        searcher.search(question, rerank=False, scope=Scope())
    timed = questions[_WARMING:] or questions
    steps = [searcher.search(question, rerank=False, scope=Scope()).timings_ms for question in timed]
    return {
        "search_ms": {
            name: {"p50": round(float(np.percentile([s[name] for s in steps], 50)), 2),
                   "p95": round(float(np.percentile([s[name] for s in steps], 95)), 2)}
            for name in ("lexical", "encode", "dense", "fuse", "total")
        },
        "searches": len(steps),
    }  # fmt: skip


def _serve(home: Path, questions: Sequence[str], config: OperationConfig) -> dict[str, Any]:
    subprocess.run(command(home, "users", "add", "operator", "--role", "employee", "--password-stdin"),
                   input="a long enough password\n", text=True, capture_output=True, check=True)  # fmt: skip
    said = subprocess.run(command(home, "users", "token", "operator"), capture_output=True, text=True, check=True)
    token = said.stdout.split()[-1]
    with serving(home, environment={"POLICYDESK_SECRET": "0123456789abcdef" * 4}) as server:
        ready_s = server.until_ready(config.patience_s)
        timings = []
        for question in questions:
            answered = httpx.post(
                f"{server.url}/api/v1/ask",
                json={"question": question},
                headers={"Authorization": f"Bearer {token}"},
                timeout=120,
            )
            answered.raise_for_status()
            timings.append(answered.json()["timings_ms"])
        peak_mb = _memory_mb(server.process)
    return {
        "second_start_s": round(ready_s, 1),
        "serving_rss_mb": round(peak_mb),
        "answer_ms": {
            name: {"p50": round(float(np.percentile([t[name] for t in timings], 50)), 1),
                   "p95": round(float(np.percentile([t[name] for t in timings], 95)), 1)}
            for name in ("first_evidence", "first_token", "total")
        },
    }  # fmt: skip


def _memory_mb(process: int) -> float:
    """Peak resident memory of a process, from the kernel."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found.group(1)) / 1024
