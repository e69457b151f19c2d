"""Files on their way in: copied into the home, hashed and read, several at once, before anything is stored."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from ingest import media
from ingest.discover import Source
from ingest.identify import Identity, same_bytes
from ingest.options import IngestOptions
from ingest.records import Reading
from ingest.sandbox import Sandbox, shared_pool
from retrieval.errors import DocumentRejected
from retrieval.home import Home
from retrieval.store import Store


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file on its way in: what was read from it, or why nothing was."""

    source: Source
    started: float
    sha256: str = ""
    size_bytes: int = 0
    kept: Path | None = None  #: the copy of its bytes that was read, until it is an original
    reading: Reading | None = None
    identity: Identity | None = None  #: where the library holds these bytes already
    rejected: str | None = None


def read_all(
    sources: Sequence[Source], home: Home, store: Store, options: IngestOptions
) -> Generator[Incoming, None, None]:
    """Files in order, read ahead by a few; each worker has its own child process."""
    workers = max(options.workers, 1)

    def work(source: Source) -> Incoming:
        with shared_pool().borrow(options.limits) as sandbox:
            return _read_one(source, home, store, sandbox, options)

    waiting: deque[Future[Incoming]] = deque()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="ingest") as pool:
        try:
            for source in sources:
                waiting.append(pool.submit(work, source))
                if len(waiting) > 4 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                if not future.cancel():
                    future.add_done_callback(lambda done: discard(done.result()))
            pool.shutdown(wait=True)


def discard(incoming: Incoming) -> None:
    """Remove the copy of a file that is not wanted any more."""
    if incoming.kept is not None:
        incoming.kept.unlink(missing_ok=True)


def _read_one(source: Source, home: Home, store: Store, sandbox: Sandbox, options: IngestOptions) -> Incoming:
    incoming = Incoming(source, time.monotonic())
    kept: Path | None = None
    try:
        kept, sha256, size = _copy_in(source, home, options.max_bytes)
        incoming = replace(incoming, sha256=sha256, size_bytes=size, kept=kept)
        known = same_bytes(store, sha256=sha256, source=source.place)
        if known is not None:
            kept.unlink()
            return replace(incoming, kept=None, identity=known)
        named = source.file if source.place.startswith("upload:") else source.place
        return replace(incoming, reading=sandbox.read(named, kept, ocr=options.ocr))
    except (DocumentRejected, ValueError) as error:
        if kept is not None:
            kept.unlink(missing_ok=True)
        return replace(incoming, kept=None, rejected=refusal(error))


def refusal(error: Exception) -> str:
    """Why a file is not taken, in one line."""
    if isinstance(error, DocumentRejected):
        return str(error)
    why = " ".join(str(getattr(error, "orig", None) or error).split())
    return f"what was read of it cannot be kept ({why[:200]}); save it again from the program that made it"


_SERIAL = count(1)


def _copy_in(source: Source, home: Home, max_bytes: int) -> tuple[Path, str, int]:
    """Copy a file into the home under a passing name, so that what is hashed, read and kept are the same bytes.

    :raises DocumentRejected: if it can't be read, is of an unsupported type, empty or too large.
    :raises OSError: if it can't be written, as on a full disk, which is no file's fault.
    """
    if source.problem is not None:
        raise DocumentRejected(source.problem)
    if not media.supported(source.file):
        raise DocumentRejected(media.unsupported_reason(source.file))
    target = _folder(home) / f"{os.getpid()}-{next(_SERIAL)}"
    digest, size = hashlib.sha256(), 0
    try:
        with target.open("wb") as kept:
            for block in _blocks(source.path):
                size += len(block)
                if size > max_bytes:
                    raise DocumentRejected(
                        f"larger than the limit of {max_bytes / 1e6:,.0f} MB; split it, or raise the limit"
                    )
                digest.update(block)
                kept.write(block)
            kept.flush()
            os.fsync(kept.fileno())
    except (DocumentRejected, OSError):
        target.unlink(missing_ok=True)
        raise
    if size == 0:
        target.unlink()
        raise DocumentRejected(media.EMPTY)
    return target, digest.hexdigest(), size


def _blocks(path: Path) -> Iterator[bytes]:
    """:raises DocumentRejected: if the file can't be read."""
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                yield block
    except PermissionError as error:
        raise DocumentRejected("no permission to read it; check its owner and mode") from error
    except FileNotFoundError as error:
        raise DocumentRejected("there is no such file any more; look where it lies now") from error
    except OSError as error:
        raise DocumentRejected(f"cannot be read: {error.strerror}") from error


def _folder(home: Home) -> Path:
    folder = home.root / "incoming"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def sweep(home: Home) -> None:
    """Remove the copies that runs which are no more left behind."""
    for left in _folder(home).iterdir():
        process = left.name.split("-")[0]
        if process.isdecimal() and int(process) != os.getpid() and not _is_alive(int(process)):
            left.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
