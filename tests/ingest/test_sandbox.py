from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ingest import sandbox as module
from ingest.records import Clause, Metadata, Reading
from ingest.sandbox import Limits, ReaderTooSlow, Sandbox, reading_from_json, reading_to_json
from ingest.tesseract import program
from retrieval.errors import DocumentRejected
from retrieval.records import PassageKind


@pytest.fixture(scope="module")
def warm() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


class OddReader(Sandbox):
    """A sandbox whose child runs some other code instead of reading."""

    def __init__(self, code: str, limits: Limits) -> None:
        super().__init__(limits)
        self.code = code

    def command(self) -> list[str]:
        prepared = f"import ingest.sandbox as s; s._reply = lambda file, path, ocr: {self.code}; s.serve()"
        return [sys.executable, "-c", prepared, str(self.limits.memory_bytes)]


def test_a_file_is_read_in_the_child(warm: Sandbox, tmp_path: Path) -> None:
    reading = warm.read("leave.md", written(tmp_path, "a", "# Leave\n\n4.2 Leave is paid."))
    assert reading.metadata.title == "Leave"
    assert reading.clauses == (Clause("4.2 Leave is paid.", number="4.2"),)


def test_a_rejected_file_leaves_the_child_warm(warm: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(DocumentRejected, match="not a PDF file"):
        warm.read("a.pdf", written(tmp_path, "a", "hello"))
    assert warm.read("b.txt", written(tmp_path, "b", "Leave is paid.")).clauses[0].text == "Leave is paid."


def test_a_file_that_is_gone_is_rejected(warm: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(DocumentRejected, match="cannot be read: No such file"):
        warm.read("a.txt", tmp_path / "gone")


@pytest.mark.parametrize(
    ("code", "limits", "reason"),
    [
        ("__import__('time').sleep(60)", Limits(wall_s=3), "took longer than 3 s"),
        ("[None for _ in iter(int, 1)]", Limits(cpu_s=1, memory_bytes=400_000_000), "more than 1 s of processor time|ended its reader"),
        ("__import__('os').abort()", Limits(), "crashed its reader"),
        ("__import__('os')._exit(3)", Limits(), "ended its reader"),
    ],
)  # fmt: skip
def test_a_reader_that_hangs_spins_or_crashes_rejects_its_file(
    code: str, limits: Limits, reason: str, tmp_path: Path
) -> None:
    with OddReader(code, limits) as odd, pytest.raises(DocumentRejected, match=reason):
        odd.read("a.txt", written(tmp_path, "a", "Leave."))


def test_after_a_crash_a_fresh_child_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path, "a", "Leave is paid.")
    with OddReader("__import__('os').abort()", Limits()) as odd:
        with pytest.raises(DocumentRejected):
            odd.read("a.txt", path)
        odd.code = "{'rejected': 'as asked'}"
        with pytest.raises(DocumentRejected, match="as asked"):
            odd.read("a.txt", path)


def test_memory_over_the_limit_rejects_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def swell(file: str, data: bytes, *, ocr: object) -> Reading:
        raise MemoryError

    monkeypatch.setattr("ingest.read.read", swell)
    reply = module._reply("a.txt", written(tmp_path, "a", "x"))
    assert reply == {
        "rejected": "reading took more memory than is allowed; split the file or save it again",
        "spent": True,
    }


def test_the_child_reaches_no_network_and_starts_no_program(tmp_path: Path) -> None:
    code = "{'rejected': str(__import__('ingest.sandbox').sandbox.tried())}"
    path = written(tmp_path, "a", "x")
    prepared = code.replace(
        "__import__('ingest.sandbox').sandbox.tried()",
        "[type(e).__name__ for e in [(lambda f: (lambda: f)())(f) for f in ()]] or __import__('socket').socket().connect(('127.0.0.1', 9))",
    )
    with OddReader(prepared, Limits()) as odd, pytest.raises(DocumentRejected, match="ended its reader"):
        odd.read("a.txt", path)


def test_the_child_gets_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POLICYDESK_SECRET", "s3cret")
    code = "{'rejected': str('POLICYDESK_SECRET' in __import__('os').environ)}"
    with OddReader(code, Limits()) as odd, pytest.raises(DocumentRejected, match="False"):
        odd.read("a.txt", written(tmp_path, "a", "x"))
    assert os.environ["POLICYDESK_SECRET"] == "s3cret"


def test_a_reading_survives_its_json() -> None:
    inner = Clause("(a) ask", PassageKind.LIST, ("4 Leave",), 3, "4.2(a)")
    reading = Reading(
        "text/plain",
        Metadata("Leave", date(2025, 3, 1), None, "DE", "People", "2", "01/04/2025"),
        (Clause("4.2 You may:", PassageKind.CLAUSE, ("4 Leave",), 3, "4.2", (inner,)),),
        7, (2, 3), ("odd",),
    )  # fmt: skip
    assert reading_from_json(reading_to_json(reading)) == reading


def test_only_the_program_that_reads_scans_may_be_started() -> None:
    refuse = module._guard("/usr/bin/tesseract")
    refuse("subprocess.Popen", ("/usr/bin/tesseract", [], None, None))
    refuse("open", ("a.txt", "r", 0))
    for event, started in (
        ("subprocess.Popen", "/bin/sh"),
        ("os.system", "/usr/bin/tesseract"),
        ("os.exec", "/bin/sh"),
    ):
        with pytest.raises(PermissionError, match="not allowed"):
            refuse(event, (started,))
    with pytest.raises(PermissionError, match="not allowed"):
        module._guard(None)("subprocess.Popen", ("/usr/bin/tesseract",))


@pytest.mark.skipif(program() is None, reason="tesseract is not installed")
def test_a_child_that_gives_signs_of_life_is_waited_for(tmp_path: Path) -> None:
    code = "[(ocr.working(), __import__('time').sleep(0.8)) for _ in range(4)] and {'rejected': 'read to the end'}"
    with OddReader(code, Limits(wall_s=2)) as odd, pytest.raises(DocumentRejected, match="read to the end"):
        odd.read("a.txt", written(tmp_path, "a", "x"))
    with OddReader(code, Limits(wall_s=2, longest_s=2.5)) as odd, pytest.raises(ReaderTooSlow):
        odd.read("a.txt", written(tmp_path, "a", "x"))


def test_programs_of_a_child_end_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    started = f"__import__('os').fork() or [__import__('time').sleep(3), open({str(mark)!r}, 'w')]"
    code = f"({started}, __import__('time').sleep(60))"
    with OddReader(code, Limits(wall_s=2)) as odd, pytest.raises(ReaderTooSlow):
        odd.read("a.txt", written(tmp_path, "a", "x"))
    time.sleep(1.5)
    assert not mark.exists()
