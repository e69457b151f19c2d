"""A backup taken while people write, and an instance made from it."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import shutil
import tarfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from assistant.accounts import Accounts, Role
from assistant.backup import backup, restore
from assistant.chats import Chats
from assistant.cli import main
from assistant.privacy import Privacy
from retrieval.errors import NotReady, WrongUsage
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant.conftest import PASSWORD
from tests.assistant.engines import LEAVE, FakeKeeper


@pytest.fixture
def lived_in(home: Home, store: Store, tmp_path: Path) -> Home:
    """A home with a document, an account, a conversation and settings of its own."""
    path = tmp_path / "leave.md"
    path.write_text(LEAVE)
    FakeKeeper(home, store).read(path)
    Accounts(store).add("ada", Role.ADMIN, PASSWORD)
    Chats(store).save("t1", account_id="a1", name="How much leave?")
    Privacy().with_retention(conversations=30).save(home)
    return home


def test_everything_comes_back(lived_in: Home, tmp_path: Path) -> None:
    made = backup(lived_in, tmp_path / "desk.tar.gz")
    assert made.originals == 1
    assert (tmp_path / "desk.tar.gz").stat().st_mode & 0o077 == 0
    again = Home(tmp_path / "again" / "home")
    assert restore(tmp_path / "desk.tar.gz", again).files == made.files
    store = Store.open(again)
    (document,) = store.documents()
    assert again.original(document.versions[0].sha256).read_text() == LEAVE
    assert Accounts(store).sign_in("ada", PASSWORD) is not None
    assert Chats(store).load("t1") is not None
    assert Privacy.load(again).retention.conversations == 30
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["home"]


def test_it_is_taken_while_people_write(lived_in: Home, store: Store, tmp_path: Path) -> None:
    chats, stop = Chats(store), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            chats.save(f"w{number}", account_id="a1", name="x" * 500)
            chats.save_step(f"w{number}", f"s{number}", {"id": f"s{number}", "output": "y" * 500})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            backup(lived_in, tmp_path / f"{number}.tar.gz")
            restore(tmp_path / f"{number}.tar.gz", Home(tmp_path / f"home{number}"))
    finally:
        stop.set()
        writer.join()
    assert [path.name for path in lived_in.root.iterdir() if path.name.startswith(".")] == []


def rewritten(
    source: Path, target: Path, change: Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes]]
) -> Path:
    """The same archive with each member changed."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            changed, data = change(member, stream.read())
            changed.size = len(data)
            new.addfile(changed, io.BytesIO(data))
    return target


def renamed(to: str) -> Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes]]:
    def change(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        member.name = to if member.name.startswith("originals/") else member.name
        return member, data

    return change


def flipped(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return member, data[:-3] + b"###" if member.name == "policydesk.sqlite" else data


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (flipped, "is damaged"),
        (renamed("../../escaped"), "which no backup of ours does"),
        (renamed("/etc/escaped"), "which no backup of ours does"),
        (renamed("uploads/0123456789abcdef/.."), "which no backup of ours does"),
        (renamed("originals/" + "0" * 64), "is damaged"),
    ],
)
def test_a_damaged_or_hostile_backup_leaves_nothing_behind(
    lived_in: Home, tmp_path: Path, change: Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes]], says: str
) -> None:
    backup(lived_in, tmp_path / "desk.tar.gz")
    damaged = rewritten(tmp_path / "desk.tar.gz", tmp_path / "damaged.tar.gz", change)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(NotReady, match=says):
        restore(damaged, Home(tmp_path / "again"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("bytes_", [b"", b"not a backup", b"\x1f\x8b\x08\x00"])
def test_what_is_no_backup_is_one_line(tmp_path: Path, bytes_: bytes) -> None:
    (tmp_path / "x").write_bytes(bytes_)
    with pytest.raises(NotReady, match="no backup that can be read"):
        restore(tmp_path / "x", Home(tmp_path / "again"))


def archive_of(manifest: bytes, *, originals: bytes = b"") -> bytes:
    """A tar archive as a backup's begins."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, data in (("manifest.json", manifest), ("originals/" + "0" * 64, originals)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return whole.getvalue()


def test_a_backup_whose_middle_is_damaged_is_one_line(tmp_path: Path) -> None:
    manifest = json.dumps({"format": 1, "created_at": "2026-01-01", "files": {}}).encode()
    packed = zlib.compressobj(wbits=31)
    begun = packed.compress(archive_of(manifest, originals=Random(1).randbytes(600_000))[:400_000]) + packed.flush(
        zlib.Z_FULL_FLUSH
    )
    (tmp_path / "x").write_bytes(begun + b"\x07" * 100)
    with pytest.raises(NotReady, match="no backup that can be read"):
        restore(tmp_path / "x", Home(tmp_path / "again"))


@pytest.mark.parametrize("manifest", [b"[]", b'{"format": 1, "created_at": "", "files": []}', b"[" * 100_000])
def test_a_manifest_that_is_none_is_one_line(tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "x").write_bytes(gzip.compress(archive_of(manifest)))
    with pytest.raises(NotReady, match="no backup that can be read"):
        restore(tmp_path / "x", Home(tmp_path / "again"))


def test_an_upload_that_is_read_while_the_files_are_gathered_stops_nothing(
    lived_in: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = lived_in.root / "uploads" / ("0" * 16)
    sent.mkdir(parents=True)
    (sent / "dogs.md").write_text("# Dogs")
    look = os.scandir

    def looking(path: str | Path) -> Iterator[os.DirEntry[str]]:
        if Path(path) == sent:
            monkeypatch.undo()
            shutil.rmtree(sent)
        return look(path)

    monkeypatch.setattr(os, "scandir", looking)
    assert backup(lived_in, tmp_path / "desk.tar.gz").originals == 1
    assert not sent.exists()


def test_half_a_backup_is_one_line(lived_in: Home, tmp_path: Path) -> None:
    backup(lived_in, tmp_path / "desk.tar.gz")
    whole = (tmp_path / "desk.tar.gz").read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NotReady, match="another"):
        restore(tmp_path / "half.tar.gz", Home(tmp_path / "again"))


def test_what_a_power_cut_left_of_a_backup_goes_with_the_next(lived_in: Home, tmp_path: Path) -> None:
    for name, age_s in ((".backup-left", 90_000), (".backup-under-way", 60)):
        (lived_in.root / name).mkdir()
        (lived_in.root / name / "policydesk.sqlite").write_text("everything")
        os.utime(lived_in.root / name, (time.time() - age_s,) * 2)
    backup(lived_in, tmp_path / "desk.tar.gz")
    assert [path.name for path in lived_in.root.glob(".backup-*")] == [".backup-under-way"]


def test_nothing_is_restored_over_something(lived_in: Home, tmp_path: Path) -> None:
    backup(lived_in, tmp_path / "desk.tar.gz")
    with pytest.raises(WrongUsage, match="not empty"):
        restore(tmp_path / "desk.tar.gz", lived_in)


@pytest.mark.parametrize("where", ["file", "file/home"])
def test_a_home_that_cannot_be_made_is_one_line(lived_in: Home, tmp_path: Path, where: str) -> None:
    backup(lived_in, tmp_path / "desk.tar.gz")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(NotReady, match=r"cannot be made: .*; choose another --home"):
        restore(tmp_path / "desk.tar.gz", Home(tmp_path / where))


def test_a_full_disk_is_not_laid_to_the_backup(lived_in: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    backup(lived_in, tmp_path / "desk.tar.gz")
    monkeypatch.setattr("assistant.backup._extract", full)
    with pytest.raises(NotReady, match=r"No space left on device.*have room made"):
        restore(tmp_path / "desk.tar.gz", Home(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


def test_nowhere_to_write_is_one_line_and_an_old_backup_stays(lived_in: Home, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="cannot be written"):
        backup(lived_in, tmp_path / "missing" / "desk.tar.gz")
    with pytest.raises(NotReady, match="nothing to back up"):
        backup(Home(tmp_path / "none"), tmp_path / "desk.tar.gz")


def test_the_commands_say_what_to_do_next(lived_in: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for home, *arguments in (
        (lived_in.root, "backup", str(tmp_path / "desk.tar.gz")),
        (tmp_path / "again", "restore", str(tmp_path / "desk.tar.gz")),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(home), *arguments])
        assert ended.value.code in (0, None)
    assert "index rebuild" in capsys.readouterr().out


def test_a_damaged_database_takes_no_earlier_backup_s_place(lived_in: Home, store: Store, tmp_path: Path) -> None:
    for number in range(200):
        Chats(store).save(f"c{number}", account_id="a1", name="x" * 200)
    backup(lived_in, tmp_path / "desk.tar.gz")
    before = (tmp_path / "desk.tar.gz").read_bytes()
    store.empty_log()
    store.close()
    with lived_in.database.open("r+b") as database:
        database.seek(-3 * 4096, os.SEEK_END)
        database.write(b"\xff" * 2 * 4096)
    with pytest.raises(NotReady, match="is damaged"):
        backup(lived_in, tmp_path / "desk.tar.gz")
    lived_in.database.write_bytes(b"no database" * 1000)
    with pytest.raises(NotReady, match="cannot be copied"):
        backup(lived_in, tmp_path / "desk.tar.gz")
    assert (tmp_path / "desk.tar.gz").read_bytes() == before
