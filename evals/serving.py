"""The commands that users run, in child processes: documents read into a home, and a server over it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from retrieval.errors import NotReady

#: ``ingest`` ends with 1 where some files were rejected: the others were read.
_PARTLY = 1


@dataclass(frozen=True, slots=True)
class Server:
    """A server in a process of its own."""

    url: str
    process: int
    started: float  #: when, by :func:`time.perf_counter`

    def until_ready(self, patience_s: float) -> float:
        """Wait for ``/readyz``.

        :returns: seconds since the process was started.
        :raises NotReady: if that takes longer than ``patience_s``.
        """
        said = "it did not answer"
        while time.perf_counter() - self.started < patience_s:
            try:
                answer = httpx.get(f"{self.url}/readyz", timeout=5)
                if answer.status_code == 200:
                    return time.perf_counter() - self.started
                said = str(answer.json()["detail"])
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise NotReady(f"the server was not ready within {patience_s:.0f} s: {said}")


def command(home: Path, *arguments: str) -> list[str]:
    """``policydesk`` with these arguments on this home, as a process is started."""
    return [sys.executable, "-m", "assistant", "--home", str(home), *arguments]


def ingest(home: Path, folders: Sequence[Path]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Read folders into a home.

    :returns: what ``ingest --json`` says of each file, and its summary.
    :raises NotReady: if nothing could be read at all, with what the command said; rejected files are lines of the report.
    """
    done = subprocess.run(
        command(home, "ingest", *map(str, folders), "--json"), capture_output=True, text=True, check=False
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode not in (0, _PARTLY) or not lines:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise NotReady(f"the folders cannot be ingested: {said.removeprefix('policydesk: ')}")
    *files, last = lines
    return files, last["summary"]


@contextmanager
def serving(home: Path, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve a home at a free port, with these options and variables, until the block ends.

    :raises NotReady: if the server ends before it says where it is.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command(home, "serve", "--port", "0", *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(environment or {})},
    ) as process:
        try:
            yield Server(_address(process), process.pid, started)
        finally:
            process.terminate()


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://[\d.]+:\d+", line):
            return found.group()
    raise NotReady("the server ended without naming its address; try it alone: policydesk serve")
