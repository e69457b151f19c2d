"""Once the weights are cached, nothing connects beyond this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: Put in front of everything the interpreter runs: every address that is not this machine is refused and written down.
GUARD = """
import os, socket
_connect, _lookup = socket.socket.connect, socket.getaddrinfo
def _outside(host):
    return isinstance(host, (str, bytes)) and str(host) not in ("127.0.0.1", "::1", "localhost", "")
def _note(host):
    with open(os.environ["OUTSIDE_LOG"], "a") as log:
        log.write(f"{host}\\n")
    raise OSError(f"the test forbids {host}")
def connect(self, address):
    if isinstance(address, tuple) and _outside(address[0]):
        _note(address[0])
    return _connect(self, address)
def getaddrinfo(host, *rest, **more):
    if _outside(host):
        _note(host)
    return _lookup(host, *rest, **more)
socket.socket.connect, socket.getaddrinfo = connect, getaddrinfo
"""
FILES = {
    "leave.md": "# Leave policy\n\n1.1 Up to five unused days may be carried over until 31 March.\n",
    "travel.html": "<h1>Travel policy</h1><p>Train journeys are booked in second class.</p>",
    "notice.txt": "NOTICE PERIODS\n\nThe notice period is four weeks during probation.\n",
}


@pytest.mark.model
def test_ingest_and_ask_connect_to_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    (tmp_path / "files").mkdir()
    for name, text in FILES.items():
        (tmp_path / "files" / name).write_text(text)
    log = tmp_path / "outside.log"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "guard"), "OUTSIDE_LOG": str(log), "OMP_NUM_THREADS": "1"}
    for arguments in (
        ["ingest", str(tmp_path / "files")],
        ["ask", "Can I carry over unused days?"],
        ["search", "train class"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "assistant", "--home", str(tmp_path / "home"), *arguments],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert not log.exists(), log.read_text()


def test_guard_notices_a_connection(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    log = tmp_path / "outside.log"
    subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "OUTSIDE_LOG": str(log)}, capture_output=True, check=False,
    )  # fmt: skip
    assert "192.0.2.1" in log.read_text()
