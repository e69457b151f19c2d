"""How commands end that cannot do what they were asked: one line, and the exit code of the contract."""

from __future__ import annotations

import errno
import io
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from typer.core import TyperGroup
from typer.main import get_command

from assistant.accounts import Accounts, Role
from assistant.cli import main
from assistant.commands import tune
from retrieval.documents import NewPassage, NewVersion
from retrieval.home import Home
from retrieval.store import Store

PASSWORD = "correct horse battery"
DRESS = NewVersion(
    title="Dress code", file="dress.md", source="dress.md", sha256="d" * 64, media_type="text/markdown", size_bytes=1,
    passages=(NewPassage(text="Ties may be worn."),),
)  # fmt: skip


def ends(home: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["--home", str(home), *arguments])
    return int(end.value.code or 0)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A home whose database somebody else writes to without end, and nobody waits for long."""

    def impatient(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 10")

    Store.open(Home(tmp_path)).close()
    event.listen(Engine, "connect", impatient)
    other = sqlite3.connect(Home(tmp_path).database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield tmp_path
    other.close()
    event.remove(Engine, "connect", impatient)


def test_a_locked_database_is_one_line_without_what_was_to_be_written(
    locked: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert ends(locked, "users", "add", "ada", "--role", "hr", "--password-stdin") == 3
    said = capsys.readouterr().err
    assert "database is locked" in said
    assert (said.count("\n"), "argon2" in said, "Traceback" in said) == (1, False, False)


def test_errors_of_the_database_name_no_values(locked: Path) -> None:
    with pytest.raises(Exception, match="database is locked") as raised:
        Accounts(Store.open(Home(locked))).add("ada", Role.HR, PASSWORD)
    assert "argon2" not in str(raised.value)


@pytest.mark.parametrize("command", ["ask", "search"])
def test_nothing_is_answered_from_a_home_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    home = Home(tmp_path)
    Store.open(home).close()
    with sqlite3.connect(home.database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert ends(tmp_path, command, "May I bring my dog?") == 3
    assert "written by a newer Policydesk" in capsys.readouterr().err
    home.database.write_bytes(b"no database" * 100)
    assert ends(tmp_path, command, "May I bring my dog?") == 3
    assert "cannot be read as a database" in capsys.readouterr().err


def test_a_country_is_two_plain_letters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(tmp_path, "search", "leave", "--jurisdiction", "ÄÖ") == 2
    assert "two-letter country code" in capsys.readouterr().err


def test_removing_where_nobody_can_be_asked_takes_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(Home(tmp_path))
    document_id = store.add_version(DRESS).document_id
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert ends(tmp_path, "documents", "remove", document_id) == 2
    assert "add --yes" in capsys.readouterr().err
    assert ends(tmp_path, "documents", "remove", document_id, "--json") == 2
    asked = capsys.readouterr()
    assert (asked.out, "add --yes" in asked.err) == ("", True)
    assert [each.document_id for each in store.documents()] == [document_id]


@pytest.mark.parametrize("report", ["gaps", "drift"])
def test_reports_look_back_ten_years_at_most(tmp_path: Path, report: str) -> None:
    assert ends(tmp_path, "report", report, "--days", "1000000") == 2


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_that_is_no_text_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert ends(tmp_path, command, "caf\udce9?") == 2
    assert "not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["reranker", "reader", "generator"])
def test_without_out_weights_go_to_a_folder_of_their_own(what: str) -> None:
    command = get_command(tune.app)
    assert isinstance(command, TyperGroup)
    (out,) = (option for option in command.commands[what].params if option.name == "out")
    assert (out.required, out.default) == (False, Path(f"tuned-{what}"))


def test_a_full_disk_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_self: Home) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Store.open(Home(tmp_path)).close()
    monkeypatch.setattr(Home, "create", full)
    assert ends(tmp_path, "documents", "list") == 3
    said = capsys.readouterr().err
    assert ("No space left on device" in said, said.count("\n")) == (True, 1)


@pytest.mark.parametrize(
    "command",
    [
        "ask Dogs?", "search Dogs?", "audit verify", "audit list", "audit replay 1", "documents list", "documents show d1",
        "documents review", "documents publish d1", "documents remove d1", "documents undo", "documents history", "documents diff d1 1 2",
        "index rebuild", "index verify", "privacy show", "privacy sweep", "report gaps", "report usage", "report drift", "users list",
        "users tokens", "users remove ada", "users token ada", "backup copy",
    ],
)  # fmt: skip
def test_a_mistyped_home_is_said_and_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert ends(tmp_path / "mistyped", *command.split()) == 3
    said = capsys.readouterr().err
    assert (str(tmp_path / "mistyped") in said, said.count("\n")) == (True, 1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "add", "ada", "--role", "hr", "--groups", "pay,\udcff", "--password-stdin"),
        ("users", "remove", "ad\udcffa"),
        ("documents", "show", "d\udcff"),
        ("search", "dogs\udcff"),
        ("ask", "dogs\udcff"),
    ],
)
def test_bytes_that_are_no_text_are_one_line_and_do_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    store = Store.open(Home(tmp_path))
    assert ends(tmp_path, *arguments) == 2
    said = capsys.readouterr().err
    assert ("not UTF-8 text" in said, said.count("\n")) == (True, 1)
    assert Accounts(store).everyone() == []


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_password_that_is_no_text_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], errors: str
) -> None:
    given = io.TextIOWrapper(io.BytesIO(b"stra\xdfenbahnen\n"), encoding="utf-8", errors=errors)
    monkeypatch.setattr(sys, "stdin", given)
    assert ends(tmp_path, "users", "add", "ada", "--role", "hr", "--password-stdin") == 2
    assert "the password is not UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [True, False])
def test_letters_that_the_terminal_does_not_have_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    Store.open(Home(tmp_path)).add_version(replace(DRESS, title="\u201cTies\u201d \U0001f454"))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1", write_through=True))
    assert ends(tmp_path, "documents", "list", *(["--json"] if as_json else [])) == 0
    said = written.getvalue().decode("latin-1")
    assert "\\u201c" in said
    if as_json:
        assert json.loads(said)["documents"][0]["title"] == "\u201cTies\u201d \U0001f454"


def test_what_would_command_the_terminal_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = replace(DRESS, title="Dress\x1b[2J \x1b]0;gone\x07 code\x9b31m", file="a\x1b[8mb.md")
    document_id = Store.open(Home(tmp_path)).add_version(hostile).document_id
    for command in ("list", f"show {document_id}", f"versions {document_id}"):
        assert ends(tmp_path, "documents", *command.split()) == 0
        said = capsys.readouterr().out
        assert ("[8mb.md" in said or "[2J" in said, set(said) & {"\x1b", "\x07", "\x9b"}) == (True, set())
    assert ends(tmp_path, "documents", "diff", document_id, "1", "7") == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["documents list", "users list", "privacy show", "backup copy", "doctor", "ingest ."]
)
def test_a_home_that_cannot_be_reached_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert ends(tmp_path / ("a" * 300), *command.split()) == 3
    said = " ".join("".join(capsys.readouterr()).split())
    assert ("File name too long" in said, "Traceback" in said) == (True, False)


def test_a_file_that_is_somebody_else_s_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def locked(self: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "exists", locked)
    assert ends(tmp_path, "ingest", "/theirs/pay.md") == 3
    said = capsys.readouterr().err
    assert ("/theirs/pay.md: Permission denied" in said, said.count("\n")) == (True, 1)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("users add ada --role hr", "--password-stdin"),
        ("users add ada --role hr --password-stdin", "the password has 0 characters"),
        ("documents remove {document}", "add --yes"),
    ],
)
def test_a_closed_input_is_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, says: str
) -> None:
    document_id = Store.open(Home(tmp_path)).add_version(DRESS).document_id
    monkeypatch.setattr(sys, "stdin", None)
    assert ends(tmp_path, *command.format(document=document_id).split()) == 2
    sys.stdin.close()
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("command", ["users list", "users list --json"])
def test_a_closed_output_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    Store.open(Home(tmp_path)).close()
    monkeypatch.setattr(sys, "stdout", None)
    assert ends(tmp_path, *command.split()) == 0
    sys.stdout.close()


def test_the_doctor_finds_a_damaged_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    for number in range(60):
        text = NewPassage(text="Ties may be worn. " * 300)
        store.add_version(replace(DRESS, sha256=f"{number:03}".ljust(64, "d"), passages=(text,)))
    store.close()
    with home.database.open("r+b") as database:
        database.seek(-40 * 4096, os.SEEK_END)
        database.write(b"\xff" * 40 * 4096)
    assert ends(tmp_path, "doctor") == 3
    said = " ".join(capsys.readouterr().out.split())
    assert ("✗ database: " in said, "restore a backup" in said) == (True, True)


@pytest.mark.parametrize("name", ["MODEL", "ADAPTER", "RERANKER", "READER", "VERIFIER"])
def test_the_doctor_misses_weights_that_a_setting_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv(f"POLICYDESK_{name}", "/not/there")
    assert ends(tmp_path, "doctor", "--json") == 3
    found = {each["checked"]: each["problem"] for each in json.loads(capsys.readouterr().out)["findings"]}
    said = found["models that the settings name"]
    assert ("/not/there" in said, name in said) == (True, True)
