"""Reading in child processes under limits: a file that crashes, hangs or swells its reader is rejected, and the next one is read."""

from __future__ import annotations

import atexit
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from ingest.records import Clause, Metadata, OcrPage, Reading
from ingest.suspects import Suspect
from retrieval.errors import DocumentRejected
from retrieval.records import PassageKind

if TYPE_CHECKING:
    from ingest.ocr import Ocr


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost."""

    memory_bytes: int = 2_000_000_000  #: address space of the child, its libraries included
    cpu_s: int = 60
    wall_s: float = 180.0  #: without a sign of life; far over ``cpu_s``, as other work may hold the processor
    files_per_child: int = 500  #: a child is replaced after so many files, so that no leak adds up
    longest_s: float = 3_600.0  #: whatever signs of life there are


class ReaderCrashed(DocumentRejected):
    """The child ended while it read the file."""


class ReaderTooSlow(DocumentRejected):
    """The child was ended because it took too long."""


class Sandbox:
    """A warm child process that reads files. Use it from one thread at a time, and close it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._child: subprocess.Popen[bytes] | None = None
        self._files_read = 0

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def process(self) -> int | None:
        """The child's process id, while there is one."""
        return self._child.pid if self._child else None

    def read(self, file: str, path: Path, *, ocr: bool = True) -> Reading:
        """Read the file at ``path`` in the child.

        :param file: the path people know the file by.
        :param ocr: whether pictures of text are read, where the system can.
        :raises DocumentRejected: with the reason; also if the child crashed, or ran out of time or memory.
        """
        child = self._warm_child()
        assert child.stdin is not None
        assert child.stdout is not None
        # A warm child may have been started in another folder.
        request = {"file": file, "path": str(path.absolute()), "cpu_s": self.limits.cpu_s, "ocr": ocr}
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
            line = _reply_line(child.stdout, self.limits)
        except BrokenPipeError:
            line = b""
        except TimeoutError:
            self.close()
            raise ReaderTooSlow(
                f"reading took longer than {self.limits.wall_s:.0f} s; split the file or save it again"
            ) from None
        if not line.endswith(b"\n"):
            code = child.wait()
            self.close()
            if code == -signal.SIGXCPU:
                raise ReaderTooSlow(
                    f"reading took more than {self.limits.cpu_s} s of processor time; split the file or save it again"
                )
            raise ReaderCrashed(_death(code))
        self._files_read += 1
        reply = json.loads(line)
        if "rejected" in reply:
            if reply.get("spent"):
                self.close()
            raise DocumentRejected(reply["rejected"])
        return reading_from_json(reply["reading"])

    def close(self) -> None:
        """End the child, if there is one; the next file gets a fresh one."""
        if self._child is None:
            return
        # The child leads a group: a program that it waits for ends with it.
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
        self._child = None
        self._files_read = 0

    def command(self) -> list[str]:
        """What the child runs."""
        return [sys.executable, "-c", "from ingest.sandbox import serve; serve()", str(self.limits.memory_bytes)]

    def _warm_child(self) -> subprocess.Popen[bytes]:
        if self._files_read >= self.limits.files_per_child:
            self.close()
        if self._child is None:
            package_root = str(Path(__file__).resolve().parent.parent)
            # Nothing of the parent's environment but what a process needs: no secrets next to a parser.
            kept = {
                key: os.environ[key]
                for key in ("PATH", "LANG", "LC_ALL", "TMPDIR", "TESSDATA_PREFIX")
                if key in os.environ
            }
            environment = {
                **kept,
                "PYTHONPATH": package_root,
                "OMP_NUM_THREADS": "1",
                "DO_NOT_TRACK": "1",
                "UNSTRUCTURED_DISABLE_NOTICE": "1",
            }
            self._child = subprocess.Popen(
                self.command(),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
                process_group=0,
            )  # fmt: skip
        return self._child


class SandboxPool:
    """Warm children that outlive a batch, so that the next upload is read at once. Safe to share between threads."""

    def __init__(self, *, keep: int) -> None:
        self._keep = keep
        self._idle: dict[Limits, list[Sandbox]] = {}
        self._lock = Lock()

    @contextmanager
    def borrow(self, limits: Limits) -> Iterator[Sandbox]:
        """A sandbox with these limits for one thread; it is kept warm afterwards while few are."""
        with self._lock:
            idle = self._idle.setdefault(limits, [])
            sandbox = idle.pop() if idle else Sandbox(limits)
        try:
            yield sandbox
        except BaseException:
            sandbox.close()  # its child may still be busy with the file that was given up
            raise
        with self._lock:
            if len(idle) < self._keep:
                idle.append(sandbox)
                return
        sandbox.close()

    def close(self) -> None:
        """End all idle children."""
        with self._lock:
            for idle in self._idle.values():
                for sandbox in idle:
                    sandbox.close()
                idle.clear()


@cache
def shared_pool() -> SandboxPool:
    """The pool of this process; its children end with the process."""
    pool = SandboxPool(keep=2)
    atexit.register(pool.close)
    return pool


#: What the child says while it works through many pages.
_WORKING = b"working\n"


def _reply_line(stream: IO[bytes], limits: Limits) -> bytes:
    """The child's reply, or what came before the end of the stream.

    :raises TimeoutError: if nothing came in time, or no reply in the longest time.
    """
    began = deadline = time.monotonic()
    deadline += limits.wall_s
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout=max(min(deadline, began + limits.longest_s) - time.monotonic(), 0)):
                raise TimeoutError
            chunks = [os.read(stream.fileno(), 1 << 20)]
            while len(chunks[-1]) > 1 << 15 and selector.select(timeout=0):
                chunks.append(os.read(stream.fileno(), 1 << 20))
            received += b"".join(chunks)
            while received.startswith(_WORKING):
                received = received.removeprefix(_WORKING)
                deadline = time.monotonic() + limits.wall_s
            if not chunks[-1] or received.endswith(b"\n"):
                return received


def _death(code: int) -> str:
    if code < 0:
        return (
            f"the file crashed its reader ({signal.Signals(-code).name}); save it again from the program that made it"
        )
    return f"the file ended its reader (exit {code}); save it again from the program that made it"


# -- the child -------------------------------------------------------------------------------------------------------


def serve() -> None:
    """The child's life: a request a line on standard input, a reply a line on standard output, until input ends."""
    from ingest.ocr import Without
    from ingest.tesseract import available, program

    replies = os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between the replies.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_guard(program()))
    # spaCy loads torch where it is installed, which takes seconds and hundreds of megabytes and is not used here.
    sys.modules["torch"] = None  # type: ignore[assignment]
    sys.setrecursionlimit(3_000)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        _allow_cpu(request["cpu_s"])

        def working(cpu_s: int = request["cpu_s"]) -> None:
            _allow_cpu(cpu_s)
            replies.write(_WORKING)
            replies.flush()

        ocr: Ocr = available(working) if request["ocr"] else Without()
        reply = json.dumps(_reply(request["file"], Path(request["path"]), ocr), ensure_ascii=False)
        # Halves of characters, as broken escapes leave them, cannot be kept: they become "?".
        replies.write(reply.encode(errors="replace") + b"\n")
        replies.flush()


def _allow_cpu(seconds: int) -> None:
    """Let this process use so much processor time from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _guard(allowed: str | None) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that refuses the network, and every program but the one allowed."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and allowed is not None and arguments[0] == allowed:
            return
        if event in _REFUSED:
            raise PermissionError(f"{event} is not allowed while reading a file")

    return refuse


_REFUSED = frozenset(
    {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}
)


def _reply(file: str, path: Path, ocr: Ocr | None = None) -> dict[str, Any]:
    from ingest.read import read

    try:
        return {"reading": reading_to_json(read(file, path.read_bytes(), ocr=ocr))}
    except DocumentRejected as error:
        return {"rejected": str(error)}
    except MemoryError:
        return {"rejected": "reading took more memory than is allowed; split the file or save it again", "spent": True}
    except RecursionError:
        return {"rejected": "the file is nested too deeply to be read; save it again"}
    except OSError as error:
        return {"rejected": f"cannot be read: {error.strerror or error}"}


# -- a reading as JSON -----------------------------------------------------------------------------------------------


def reading_to_json(reading: Reading) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(reading), default=_plain))
    return plain


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def reading_from_json(found: dict[str, Any]) -> Reading:
    about = found["metadata"]
    return Reading(
        media_type=found["media_type"],
        metadata=Metadata(
            title=about["title"], effective_from=_day(about["effective_from"]), effective_to=_day(about["effective_to"]),
            jurisdiction=about["jurisdiction"], owner=about["owner"], version=about["version"],
            ambiguous_from=about["ambiguous_from"],
            audience=about["audience"],
        ),
        clauses=tuple(_clause(clause) for clause in found["clauses"]),
        pages=found["pages"],
        empty_pages=tuple(found["empty_pages"]),
        warnings=tuple(found["warnings"]),
        ocr_pages=tuple(OcrPage(page["page"], page["confidence"]) for page in found["ocr_pages"]),
        ocr_missing=found["ocr_missing"],
        hidden=tuple(Suspect(each["quote"], each["where"], each["why"]) for each in found["hidden"]),
    )  # fmt: skip


def _clause(found: dict[str, Any]) -> Clause:
    return Clause(
        text=found["text"], kind=PassageKind(found["kind"]), section_path=tuple(found["section_path"]), page=found["page"],
        number=found["number"], children=tuple(_clause(child) for child in found["children"]),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
