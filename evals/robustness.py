"""How reading stands up to files that are broken, hostile or not what they say, in the sandbox that everybody's files go through."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from corpora.formats import every_format, picture
from evals.mutations import Mutant, Seed, mutants
from ingest.completeness import completeness
from ingest.records import FileStatus, Reading
from ingest.sandbox import Limits, ReaderCrashed, ReaderTooSlow, Sandbox
from retrieval.errors import DocumentRejected

#: Larger files are read as they are, not mutated.
MAX_SEED_BYTES = 300_000
#: After so many damaged files a good one is read.
_GOOD_EVERY = 8
#: A bomb is to be refused within this time.
BOMB_S = 1.0


class Outcome(StrEnum):
    """How a file ended: three good ends and three bad ones."""

    INDEXED = "indexed"
    PARTIAL = "partial"
    REJECTED = "rejected"
    CRASHED = "crashed"
    HUNG = "hung"
    SILENTLY_EMPTY = "silently_empty"


BAD = (Outcome.CRASHED, Outcome.HUNG, Outcome.SILENTLY_EMPTY)


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read, or not, and what it cost."""

    name: str
    kind: str
    outcome: Outcome
    reason: str | None
    seconds: float
    memory_mb: float  #: most that the reader held while it read; 0 where it ended
    is_bomb: bool = False
    reading: Reading | None = None


@dataclass(slots=True)
class Trial:
    """Everything that was read in one run."""

    damaged: list[Read] = field(default_factory=list)
    good: list[tuple[str, bool]] = field(default_factory=list)  #: (name, whether it was read as before)
    given: dict[str, list[Read]] = field(default_factory=dict)  #: folder -> its files as they are

    @property
    def bombs(self) -> list[Read]:
        return [read for read in self.damaged if read.is_bomb]

    @property
    def bombs_in_time(self) -> int:
        return sum(read.outcome is Outcome.REJECTED and read.seconds < BOMB_S for read in self.bombs)

    @property
    def holds(self) -> bool:
        """Whether nothing crashed, hung or came back empty without a word, no good file was lost and every bomb refused at once."""
        files = [*self.damaged, *(read for reads in self.given.values() for read in reads)]
        unharmed = all(as_before for _, as_before in self.good)
        return unharmed and not any(read.outcome in BAD for read in files) and self.bombs_in_time == len(self.bombs)


def measure(
    folders: Sequence[Path], *, files: int, seed: int, limits: Limits | None = None, on_file: Callable[[int, int], None] | None = None
) -> Trial:  # fmt: skip
    """Read ``files`` damaged files with good ones between them, then each file of the folders as it is.

    Seeds are one policy in every format and the smaller files of the folders. The same seed gives the same files.

    :param on_file: called with (files read, files to read).
    """
    chance = Random(seed)
    own = list(_own().items())
    # As many of our own as of others, so that every format is there often.
    given = [path for folder in folders for path in _files(folder)]
    others = [(path.name, path.read_bytes()) for path in given if 0 < path.stat().st_size <= MAX_SEED_BYTES]
    made = _drawn(own, others, files, chance)
    trial = Trial()
    total = len(made) + len(given)
    with TemporaryDirectory(prefix="robustness-") as folder, _Reader(Path(folder), limits or Limits()) as reader:
        expected = {name: reader.read(Mutant(name, data, "good")).reading for name, data in own}
        for number, mutant in enumerate(made):
            trial.damaged.append(reader.read(mutant))
            if number % _GOOD_EVERY == _GOOD_EVERY - 1:
                name, data = own[(number // _GOOD_EVERY) % len(own)]
                again = reader.read(Mutant(name, data, "good")).reading
                trial.good.append((name, again is not None and again == expected[name]))
            if on_file:
                on_file(number + 1, total)
        for root in folders:
            inside = trial.given.setdefault(root.resolve().name, [])
            for path in _files(root):
                inside.append(reader.read_at(path, str(path.relative_to(root))))
                if on_file:
                    on_file(len(made) + sum(map(len, trial.given.values())), total)
    return trial


def _own() -> dict[str, bytes]:
    """The policy in every format; small pictures, for each is recognised anew each time."""
    small = {
        "scan.pdf": picture("PDF", size=(1100, 420)),
        "bicycle-leasing.png": picture("PNG", size=(1100, 420)),
    }
    return {**every_format(), **small}


def _drawn(own: Sequence[Seed], others: Sequence[Seed], files: int, chance: Random) -> list[Mutant]:
    if not others:
        return mutants(own, files, chance)
    half = files // 2
    made = [*mutants(own, files - half, chance), *mutants(others, half, chance)]
    chance.shuffle(made)
    return made


def _files(folder: Path) -> list[Path]:
    found = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


class _Reader:
    """A sandbox that is warm before it is timed, with its memory watched."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._sandbox = Sandbox(limits)
        self._warm: int | None = None
        self._number = 0

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._sandbox.close()

    def read(self, mutant: Mutant) -> Read:
        self._number += 1
        path = self._folder / str(self._number)
        path.write_bytes(mutant.data)
        try:
            return self._timed(mutant.name, path, mutant.kind, is_bomb=mutant.is_bomb)
        finally:
            path.unlink()

    def read_at(self, path: Path, name: str) -> Read:
        return self._timed(name, path, "as it is")

    def _timed(self, name: str, path: Path, kind: str, *, is_bomb: bool = False) -> Read:
        self._warm_up()
        began = time.perf_counter()
        reading: Reading | None = None
        reason: str | None = None
        try:
            reading = self._sandbox.read(name, path)
            outcome, reason = _outcome(reading)
        except ReaderCrashed as error:
            outcome, reason = Outcome.CRASHED, str(error)
        except ReaderTooSlow as error:
            outcome, reason = Outcome.HUNG, str(error)
        except DocumentRejected as error:
            outcome, reason = Outcome.REJECTED, str(error)
        seconds = time.perf_counter() - began
        return Read(name, kind, outcome, reason, seconds, _peak_mb(self._sandbox.process), is_bomb, reading)

    def _warm_up(self) -> None:
        """Let a fresh child load what it reads with before anything is timed."""
        if self._sandbox.process is None or self._sandbox.process != self._warm:
            path = self._folder / "warm"
            path.write_text("# Leave\n\nLeave is paid.\n")
            self._sandbox.read("warm.md", path)
            self._warm = self._sandbox.process
        _forget_peak(self._warm)


def _outcome(reading: Reading) -> tuple[Outcome, str | None]:
    if not any(re.search(r"\w", text) for text in _texts(reading)):
        return Outcome.SILENTLY_EMPTY, None
    status, reason = completeness(reading)
    return (Outcome.PARTIAL if status is FileStatus.PARTIAL else Outcome.INDEXED), reason


def _texts(reading: Reading) -> Iterator[str]:
    waiting = list(reading.clauses)
    while waiting:
        clause = waiting.pop()
        yield clause.text
        waiting.extend(clause.children)


def _forget_peak(process: int | None) -> None:
    """Make the kernel count a process's peak memory from now on."""
    Path(f"/proc/{process}/clear_refs").write_text("5")


def _peak_mb(process: int | None) -> float:
    if process is None:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


# -- as figures ------------------------------------------------------------------------------------------------------


def figures(trial: Trial, limits: Limits) -> dict[str, Any]:
    """The trial as JSON: counts, worst times and memory; what went wrong by name, without anybody's words."""
    kinds: dict[str, list[Read]] = {}
    for read in trial.damaged:
        kinds.setdefault(read.kind, []).append(read)
    everything = [*trial.damaged, *(read for reads in trial.given.values() for read in reads)]
    return {
        "kind": "robustness",
        "damaged": _counted(trial.damaged),
        "by_mutation": {kind: _counted(reads) for kind, reads in sorted(kinds.items())},
        "by_ending": {ending: _counted(reads) for ending, reads in sorted(_by_ending(trial.damaged).items())},
        "bombs": {**_counted(trial.bombs), "refused_within_1_s": trial.bombs_in_time},
        "good_files_between": {
            "read": len(trial.good),
            "as_before": sum(as_before for _, as_before in trial.good),
            "lost": sorted({name for name, as_before in trial.good if not as_before}),
        },
        "given": {folder: _counted(reads) for folder, reads in trial.given.items()},
        "memory_cap_mb": round(limits.memory_bytes / 2**20),
        "longest_allowed_s": limits.wall_s,
        "went_wrong": [
            {"file": read.name, "mutation": read.kind, "outcome": read.outcome.value, "seconds": round(read.seconds, 2)}
            for read in everything
            if read.outcome in BAD
            or (read.is_bomb and (read.outcome is not Outcome.REJECTED or read.seconds >= BOMB_S))
        ],
    }


def _by_ending(reads: Iterable[Read]) -> Mapping[str, list[Read]]:
    found: dict[str, list[Read]] = {}
    for read in reads:
        found.setdefault(Path(read.name).suffix.lower() or "none", []).append(read)
    return found


def _counted(reads: Sequence[Read]) -> dict[str, Any]:
    counts = Counter(read.outcome for read in reads)
    return {
        "files": len(reads),
        **{outcome.value: counts[outcome] for outcome in Outcome},
        "worst_s": round(max((read.seconds for read in reads), default=0.0), 2),
        "worst_memory_mb": round(max((read.memory_mb for read in reads), default=0.0)),
    }
