"""The home: one folder that holds one instance. Who may write to it, and where things lie in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from retrieval.errors import HomeInUse, NotReady

#: So long somebody's act waits while another process writes a generation.
PATIENCE_S = 60.0
#: What the folder of an index generation is called until it is whole.
UNFINISHED = ".writing-"


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one instance. Nothing is created until something is written."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "policydesk.sqlite"

    @property
    def originals(self) -> Path:
        return self.root / "originals"

    @property
    def index(self) -> Path:
        return self.root / "index"

    def original(self, sha256: str) -> Path:
        """Where the uploaded bytes with this hash are kept."""
        return self.originals / sha256

    def create(self) -> None:
        """Make the folders, readable by their owner only.

        :raises NotReady: if the folder cannot be made or written to.
        """
        try:
            for folder in (self.root, self.originals, self.index):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NotReady(f"cannot make the home {self.root}: {error.strerror}; choose another with --home") from error
        for path in (self.root, self.originals, self.index, self.database):
            if not os.access(path, os.W_OK) and path.exists():
                raise NotReady(f"cannot write to {path}; check who owns it, or choose another home with --home")

    @contextmanager
    def writing(self, *, timeout_s: float = 10.0) -> Iterator[None]:
        """Hold the home's write lock: one writer at a time, readers are never kept out.

        :raises HomeInUse: if another process still holds it after ``timeout_s``.
        """
        self.create()
        lock = FileLock(self.root / "write.lock")
        try:
            lock.acquire(timeout=timeout_s)
        except Timeout as error:
            raise HomeInUse(
                f"another process is writing to {self.root}; wait for it to finish, or use another --home"
            ) from error
        try:
            # What a process that was killed has left: it takes room, and nobody writes it any more.
            for folder in self.index.glob(f"{UNFINISHED}*"):
                shutil.rmtree(folder, ignore_errors=True)
            yield
        finally:
            lock.release()


def sync(path: Path) -> None:
    """Make a file, or what a folder lists, outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
