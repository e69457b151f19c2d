"""The command line on real weights: what it prints, its exit codes, and its one-line errors."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import main
from assistant.confidence import SHIPPED as SHIPPED_CONFIDENCE
from retrieval.weightfolder import SHIPPED

pytestmark = pytest.mark.model

LEAVE = "# Leave policy\n\n## 1 Carry-over\n\n1.1 Up to five unused days of annual leave may be carried over until 31 March.\n"
TRAVEL = "# Travel policy\n\n## 1 Trains\n\n1.1 Train journeys are booked in second class.\n"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def policydesk(home: Path, *arguments: str) -> Done:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(["--home", str(home), *arguments])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def json_lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds two policies."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "leave.md").write_text(LEAVE)
    (folder / "travel.md").write_text(TRAVEL)
    home = tmp_path_factory.mktemp("home")
    done = policydesk(home, "ingest", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    *files, summary = json_lines(done.stdout)
    assert [(line["file"], line["status"]) for line in files] == [("leave.md", "indexed"), ("travel.md", "indexed")]
    assert summary["summary"]["indexed"] == 2
    return home


def test_search_json_names_every_field(library: Path) -> None:
    found = json.loads(policydesk(library, "search", "unused leave", "-k", "1", "--json").stdout)
    assert set(found) == {"question", "as_of", "hits", "timings_ms"}
    assert set(found["timings_ms"]) == {"lexical", "encode", "dense", "fuse", "rerank", "total"}
    hit = found["hits"][0]
    assert hit["rank"] == 1
    assert hit["file"] == "leave.md"
    assert set(hit["scores"]) == {"bm25", "dense", "fused", "rerank"}


def test_a_search_without_a_word_says_what_to_do(library: Path) -> None:
    for question in ("", " ", "?!"):
        done = policydesk(library, "search", question)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "there is no word in the question; write one" in done.stderr


@pytest.mark.parametrize("mode", ["bm25", "dense", "hybrid"])
def test_every_mode_finds_the_passage(library: Path, mode: str) -> None:
    found = json.loads(policydesk(library, "search", "train class", "--mode", mode, "--no-rerank", "--json").stdout)
    assert found["hits"][0]["file"] == "travel.md"


def test_ask_json_keeps_the_contract(library: Path) -> None:
    answer = json.loads(
        policydesk(
            library, "ask", "How many unused days of annual leave may be carried over?", "--model", "quote", "--json"
        ).stdout
    )
    assert answer["status"] == "answered"
    assert set(answer["timings_ms"]) == {"retrieve", "first_evidence", "first_token", "total"}
    assert answer["claims"]
    for citation in answer["citations"]:
        assert citation["quote"] == citation["text"][citation["start"] : citation["end"]]


def test_batch_answers_one_line_each(library: Path, tmp_path: Path) -> None:
    batch = tmp_path / "questions.jsonl"
    batch.write_text('{"_id": "a", "text": "Which class are train journeys?"}\n{"_id": "b", "text": "hello"}\n')
    done = policydesk(library, "ask", "--batch", str(batch), "--model", "quote")
    assert [line["_id"] for line in json_lines(done.stdout)] == ["a", "b"]


def test_unchanged_file_does_no_work_and_a_changed_one_becomes_a_version(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "leave.md"
    file.write_text(LEAVE)
    policydesk(home, "ingest", str(file))
    assert json_lines(policydesk(home, "ingest", str(file), "--json").stdout)[0]["status"] == "unchanged"
    file.write_text(LEAVE.replace("five", "seven"))
    changed = json_lines(policydesk(home, "ingest", str(file), "--json").stdout)[0]
    assert changed["status"] == "indexed"
    assert changed["version_id"].endswith(".v2")
    documents = json.loads(policydesk(home, "documents", "list", "--json").stdout)["documents"]
    assert [version["status"] for version in documents[0]["versions"]] == ["superseded", "in_force"]
    answer = json.loads(
        policydesk(home, "ask", "How many unused days may be carried over?", "--model", "quote", "--json").stdout
    )
    assert "seven" in answer["answer"]
    assert "five" not in answer["answer"]


def test_the_catalog_named_is_the_one_that_is_read(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "corpus"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "leave.md").write_text(LEAVE)
    for name, owner in (("catalog.json", "HR"), ("other.json", "Legal")):
        entry = {"file": "leave.md", "title": "Leave policy", "owner": owner, "effective_from": "2024-01-01"}
        (folder / name).write_text(json.dumps([entry]))
    policydesk(home, "ingest", str(folder / "documents"), "--catalog", str(folder / "other.json"))
    assert json.loads(policydesk(home, "documents", "list", "--json").stdout)["documents"][0]["owner"] == "Legal"
    missing = policydesk(home, "ingest", str(folder / "documents"), "--catalog", str(folder / "none.json"))
    assert (missing.returncode, "none.json" in missing.stderr) == (2, True)


def test_a_draft_ingested_again_without_draft_is_published(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "leave.md"
    file.write_text(LEAVE)
    held = json_lines(policydesk(home, "ingest", str(file), "--draft", "--json").stdout)[0]
    again, summary = json_lines(policydesk(home, "ingest", str(file), "--json").stdout)
    assert (again["status"], again["version_id"]) == ("indexed", held["version_id"])
    assert "is published now" in again["warnings"][0]
    assert summary["summary"]["indexed"] == 1
    assert json.loads(policydesk(home, "search", "unused leave", "--json").stdout)["hits"]
    assert policydesk(home, "audit", "verify").returncode == 0


def test_removed_document_no_longer_answers(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "travel.md"
    file.write_text(TRAVEL)
    added = json_lines(policydesk(home, "ingest", str(file), "--json").stdout)[0]
    assert policydesk(home, "documents", "remove", added["document_id"], "--yes").returncode == 0
    answer = json.loads(policydesk(home, "ask", "Which class are train journeys?", "--model", "quote", "--json").stdout)
    assert (answer["status"], answer["reason"]) == ("abstained", "empty_index")
    assert policydesk(home, "search", "train").returncode == 3
    assert not list((home / "originals").iterdir())


def test_brackets_in_titles_and_headings_are_printed_as_they_are(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "dress.md"
    file.write_text("# Dress code [/] :bug: rules\n\n## 1 Ties [bold]\n\n1.1 Ties [/dim] may be worn on Fridays.\n")
    added = policydesk(home, "ingest", str(file), "--audience", "[/]")
    assert (added.returncode, added.stdout.split()[0]) == (0, "indexed")
    listed = policydesk(home, "documents", "list")
    assert "[/]" in listed.stdout.splitlines()[3]  # its audience
    document = json.loads(policydesk(home, "documents", "list", "--json").stdout)["documents"][0]["document_id"]
    shown = policydesk(home, "documents", "show", document).stdout
    for words in ("Dress code [/] :bug: rules", "Ties [bold]", "Ties [/dim] may"):
        assert words in shown


def test_brackets_in_what_was_found_are_printed_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "dress.md"
    file.write_text("# Dress code [/] rules\n\n## 1 Ties [bold]\n\n1.1 Ties [/dim] may be worn on Fridays.\n")
    policydesk(tmp_path / "home", "ingest", str(file))
    found = policydesk(tmp_path / "home", "search", "ties", "--mode", "bm25").stdout
    for words in ("Dress code [/] rules > 1 Ties [bold]", "Ties [/dim] may"):
        assert words in found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("documents", "show", "nope"), "documents list"), (("search", "ties", "--as", "nobody"), "nobody")],
)
def test_what_a_home_does_not_hold_is_said(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "dress.md").write_text("# Dress code\n\n1.1 Ties may be worn on Fridays.\n")
    policydesk(tmp_path / "home", "ingest", str(tmp_path / "dress.md"))
    done = policydesk(tmp_path / "home", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("ingest", "nowhere/at/all"), 2, "there is no file or folder"),
        (("ingest", ".", "--audience", " , "), 2, "names no group"),
        (
            ("ingest", ".", "--effective-from", "2025-01-01", "--effective-to", "2024-01-01"),
            2,
            "change one of the dates",
        ),
        (("ingest", ".", "--jurisdiction", "ÄÖ"), 2, "two-letter"),
        (("search", "leave"), 3, "policydesk ingest"),
        (("index", "verify"), 3, "policydesk ingest"),
        (("documents", "show", "nope"), 3, "there is no home"),
        (("ask",), 2, "--batch"),
        (("search", "leave", "--as", "nobody"), 3, "there is no home"),
        (("search", "leave", "--jurisdiction", "Germany"), 2, "two-letter"),
        (("search", "leave", "--jurisdiction", "ÄÖ"), 2, "two-letter"),
        (("search", "leave", "--mode", "psychic"), 2, "psychic"),
    ],
)
def test_error_is_one_line_that_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = policydesk(tmp_path, *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_weights_say_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.md"
    file.write_text(LEAVE)
    monkeypatch.setenv("POLICYDESK_MODELS", str(tmp_path / "none"))
    done = policydesk(tmp_path / "home", "ingest", str(file))
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "policydesk models pull" in done.stderr


def test_damaged_index_is_said_and_mended(library: Path) -> None:
    generation = (library / "index" / "current").read_text().strip()
    target = library / "index" / generation / "dense.faiss"
    data = bytearray(target.read_bytes())
    data[-8] ^= 0xFF
    target.write_bytes(data)
    done = policydesk(library, "search", "leave")
    assert done.returncode == 3
    assert "policydesk index rebuild" in done.stderr
    assert policydesk(library, "doctor").returncode == 3
    assert policydesk(library, "index", "rebuild").returncode == 0
    assert policydesk(library, "index", "verify").returncode == 0


def test_a_weak_setting_is_a_warning_of_the_doctor_s(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYDESK_SECRET", "changeme")
    done = policydesk(library, "doctor")
    assert (done.returncode, "! secret: " in done.stdout, "✗" in done.stdout) == (0, True, False)
    found = {each["checked"]: each for each in json.loads(policydesk(library, "doctor", "--json").stdout)["findings"]}
    assert (found["secret"]["level"], found["database"]["level"]) == ("warning", "ok")
    assert "openssl rand" in found["secret"]["problem"]
    assert found["database"]["problem"] is None
    monkeypatch.setenv("POLICYDESK_SSO_ROLES", "x")  # serve would not start with it
    assert policydesk(library, "doctor").returncode == 3
    monkeypatch.delenv("POLICYDESK_SSO_ROLES")
    monkeypatch.setenv("POLICYDESK_READER", str(SHIPPED / "reranker"))
    both = policydesk(library, "doctor", "--json")
    assert both.returncode == 3
    assert {each["level"] for each in json.loads(both.stdout)["findings"]} == {"ok", "warning", "problem"}


def test_module_runs_as_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "assistant", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("policydesk ")


@pytest.mark.parametrize("part", ["reranker", "reader", "confidence"])
def test_weights_of_ones_own_are_named_by_a_variable(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    shipped = (SHIPPED_CONFIDENCE if part == "confidence" else SHIPPED / part).resolve()
    monkeypatch.setenv(f"POLICYDESK_{part.upper()}", str(shipped))
    assert policydesk(library, "ask", "How many days may I carry over?", "--model", "quote").returncode == 0
    monkeypatch.setenv(f"POLICYDESK_{part.upper()}", str(tmp_path))
    done = policydesk(library, "ask", "How many days may I carry over?", "--model", "quote")
    # Libraries that other tests have imported draw their bars on the same stream.
    said = done.stderr[done.stderr.index("policydesk: ") :]
    assert (done.returncode, said.count("\n")) == (3, 1)
    assert str(tmp_path) in said


def test_doctor_says_that_confidence_was_fitted_to_other_weights(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICYDESK_READER", str(SHIPPED / "reranker"))
    done = policydesk(library, "doctor")
    assert done.returncode == 3
    assert "confidence was fitted to another reader" in " ".join(done.stdout.split())
