"""How quickly text PDFs are read and indexed, and whether memory stays flat over a thousand files."""

from __future__ import annotations

import os
import random
import re
import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from corpora.sources import Block, Source, read_source
from evals.machine import provenance
from ingest.pipeline import ingest
from ingest.read import read
from ingest.records import FileReport
from retrieval.encoder import Encoder
from retrieval.home import Home
from retrieval.store import Store

SOURCES = Path(__file__).parent.parent / "corpora" / "sample" / "sources"


@dataclass(frozen=True, slots=True)
class RateConfig:
    """How much is measured."""

    pdfs: int = 40
    small_files: int = 1_000
    every: int = 100  #: files between two readings of memory
    processes: int = 2


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds on the clock and of processors, this process and its ended children together."""

    wall_s: float
    cpu_s: float


def measure_ingest_rate(encoder: Encoder, config: RateConfig | None = None) -> dict[str, Any]:
    """Make PDFs and small files from the sample's sources with other words, read them, index them.

    A busy machine makes the clock's rates lower; those of processor time say what two free cores would do.

    :returns: ``parse`` and ``ingest`` with pages a second by the clock, and for two cores by processor time;
        ``memory_mb`` of this process and its largest child after every hundred of the small files.
    """
    config = config or RateConfig()
    with TemporaryDirectory(prefix="policydesk-rate-") as scratch:
        folder = Path(scratch)
        pdfs = make_pdfs(folder / "pdf", config.pdfs)
        parsed = _parse(pdfs, config)
        ingested = _ingest(pdfs, folder / "home", encoder)
        memory = _memory(make_small(folder / "small", config.small_files), folder / "flat", encoder, config.every)
    return {**provenance(), "parse": parsed, "ingest": ingested, **memory}


# -- files -----------------------------------------------------------------------------------------------------------


def make_pdfs(folder: Path, count: int) -> list[Path]:
    """Text PDFs of several pages, each put together from three sources of the sample, no two with the same words."""
    from corpora.paper import write_pdf

    folder.mkdir(parents=True)
    sources = [read_source(path) for path in sorted(SOURCES.glob("*.txt"))]
    made = []
    for number in range(count):
        picked = [sources[(number + step * 7) % len(sources)] for step in range(3)]
        blocks = [_other(block, number) for source in picked for block in source.blocks]
        made.append(folder / f"policy-{number:04d}.pdf")
        first: Source = replace(picked[0], title=f"{picked[0].title} {number}", blocks=tuple(blocks), columns=1)
        write_pdf(first, made[-1])
    return made


def make_small(folder: Path, count: int) -> list[Path]:
    """Markdown files of a page each, no two with the same words."""
    folder.mkdir(parents=True)
    sources = [read_source(path) for path in sorted(SOURCES.glob("*.txt"))]
    made = []
    for number in range(count):
        source = sources[number % len(sources)]
        texts = [_other(block, number).text for block in source.blocks[: 14 + number % 9]]
        made.append(folder / f"note-{number:04d}.md")
        made[-1].write_text(f"# {source.title} {number}\n\n" + "\n\n".join(text for text in texts if text), "utf-8")
    return made


def _other(block: Block, seed: int) -> Block:
    """A block with other numbers and some of its words in another order, so that no cache and no likeness helps."""
    chance = random.Random(f"{seed} {block.text}")
    words = re.sub(r"\d+", lambda _: str(chance.randint(1, 99)), block.text).split(" ")
    for _ in range(len(words) // 3):
        one, other = chance.randrange(len(words)), chance.randrange(len(words))
        if words[one].isalpha() and words[other].isalpha():
            words[one], words[other] = words[other], words[one]
    return replace(block, text=" ".join(words))


# -- rates -----------------------------------------------------------------------------------------------------------


def _parse(pdfs: Sequence[Path], config: RateConfig) -> dict[str, Any]:
    # Warm processes: what loading the libraries takes is no part of the rate of many files.
    with ProcessPoolExecutor(config.processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(_pages, [*pdfs[: config.processes], *pdfs[: config.processes]]))
        began = time.perf_counter()
        read_so = list(pool.map(_pages, pdfs))
        wall_s = time.perf_counter() - began
    pages = sum(count for count, _ in read_so)
    return _rates(pages, _Spent(wall_s, sum(seconds for _, seconds in read_so)))


def _pages(path: Path) -> tuple[int, float]:
    """Pages of a file, and the processor seconds that reading it took."""
    began = time.process_time()
    reading = read(path.name, path.read_bytes())
    return reading.pages or 0, time.process_time() - began


def _ingest(pdfs: Sequence[Path], root: Path, encoder: Encoder) -> dict[str, Any]:
    library = _Library(root, encoder)
    library.ingest(pdfs[:2])  # children and the encoder are warm
    began, spent = time.perf_counter(), _cpu_s()
    reports = library.ingest(pdfs[2:])
    found = _Spent(time.perf_counter() - began, _cpu_s() - spent)
    pages = sum(report.pages or 0 for report in reports)
    return _rates(pages, found) | {"passages": sum(report.passages for report in reports)}


def _rates(pages: int, spent: _Spent) -> dict[str, Any]:
    return {
        "pages": pages,
        "wall_s": round(spent.wall_s, 2),
        "cpu_s": round(spent.cpu_s, 2),
        "pages_per_s": round(pages / spent.wall_s, 1),
        "pages_per_s_of_two_cores": round(2 * pages / spent.cpu_s, 1),
    }


def _cpu_s() -> float:
    """Processor seconds of this process and of its children so far, also of those that are still running."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = sum(_ticks(child) for child in _children()) / _TICKS_PER_S
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime + living


# -- memory ----------------------------------------------------------------------------------------------------------


def _memory(files: Sequence[Path], root: Path, encoder: Encoder, every: int) -> dict[str, Any]:
    readings: list[dict[str, float]] = []
    done = 0

    def on_file(report: FileReport) -> None:
        nonlocal done
        done += 1
        if done % every == 0:
            largest = max((_resident_mb(child) for child in _children()), default=0.0)
            readings.append(
                {"files": done, "mb": round(_resident_mb("self"), 1), "largest_child_mb": round(largest, 1)}
            )

    reports = _Library(root, encoder).ingest(files, on_file)
    first, last = readings[0] if readings else {}, readings[-1] if readings else {}
    return {
        "files": len(reports),
        "memory_mb": readings,
        "grown_mb": {name: round(last[name] - first[name], 1) for name in ("mb", "largest_child_mb") if readings},
    }


class _Library:
    """A home that is thrown away, and its way in."""

    def __init__(self, root: Path, encoder: Encoder) -> None:
        self.home = Home(root)
        self.home.create()
        self.store = Store.open(self.home)
        self.encoder = encoder

    def ingest(self, files: Sequence[Path], on_file: Callable[[FileReport], None] | None = None) -> list[FileReport]:
        return ingest(files, home=self.home, store=self.store, encoder=self.encoder, on_file=on_file)


# -- processes, from the kernel -----------------------------------------------------------------------------------------

_TICKS_PER_S = 100  #: USER_HZ, the same on every Linux


def _children() -> list[str]:
    """Ids of this process's living children."""
    return [path.name for path in Path("/proc").glob("[0-9]*") if _stat(path.name)[1:2] == [str(os.getpid())]]


def _stat(process: str) -> list[str]:
    """The fields of a process behind its name: state, parent, …; none where it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ticks(process: str) -> int:
    fields = _stat(process)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _resident_mb(process: str) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0
