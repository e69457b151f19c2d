"""One file that holds an instance: its database, its originals, its settings. Taken while the server runs, checked before use."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.trouble import trouble
from retrieval.errors import NotReady, WrongUsage
from retrieval.home import Home

_FORMAT = 1
_DATABASE = "policydesk.sqlite"
_SETTINGS = "privacy.json"
#: The only names that are taken out of a backup.
_MEMBER = re.compile(r"policydesk\.sqlite|privacy\.json|originals/[0-9a-f]{64}|uploads/[0-9a-f]{16}/[^/\x00]{1,200}")
_CHUNK = 1 << 20
_STAGING = ".backup-"
#: What was being saved so long ago was left by a power cut: a copy of everything, also of what was removed since.
_ABANDONED_S = 86_400.0
#: What reading a file raises that is no backup, or a damaged one.
_UNREADABLE = (
    OSError,
    tarfile.TarError,
    zlib.error,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    created_at: str
    files: dict[str, str]  #: name -> sha256
    size_bytes: int

    @property
    def originals(self) -> int:
        return sum(name.startswith("originals/") for name in self.files)


def backup(home: Home, target: Path) -> Backup:
    """Write everything that cannot be made again into one file, whole or not at all. The index is left out: it is derived.

    Writers of the library wait for the moment in which the database is copied; people go on asking.

    :raises NotReady: if there is no home, its database is damaged, or the file cannot be written; an earlier backup stays then.
    """
    if not home.database.is_file():
        raise NotReady(f"there is nothing to back up in {home.root}; choose the home with --home")
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with _snapshot(home) as staging:
            if fault := _fault(staging / _DATABASE):
                raise NotReady(
                    f"{home.database} is damaged ({fault}); nothing was written: restore an earlier backup into a new --home"
                )
            files = {name: _sha256(staging / name) for name in sorted(_names(staging))}
            created_at = datetime.now(UTC).isoformat()
            manifest = json.dumps({"format": _FORMAT, "created_at": created_at, "files": files}, indent=1).encode()
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
                with tarfile.open(fileobj=sink, mode="w:gz", compresslevel=3) as archive:
                    head = tarfile.TarInfo("manifest.json")
                    head.size = len(manifest)
                    archive.addfile(head, io.BytesIO(manifest))
                    for name in files:
                        archive.add(staging / name, arcname=name, recursive=False)
                sink.flush()
                os.fsync(sink.fileno())
        beside.replace(target)
    except sqlite3.Error as error:
        raise NotReady(
            f"{home.database} cannot be copied ({error}); have room made on its disk, or run: policydesk doctor"
        ) from error
    except OSError as error:
        raise NotReady(f"the backup {target} cannot be written: {error.strerror}; choose another place") from error
    finally:
        beside.unlink(missing_ok=True)
    return Backup(created_at, files, target.stat().st_size)


def restore(source: Path, home: Home) -> Backup:
    """Make a home from a backup. Every file is checked first; a damaged backup leaves nothing behind.

    :raises WrongUsage: if the home is not empty.
    :raises NotReady: if the file is no backup, or is damaged, or the home cannot be made.
    """
    try:
        if home.root.exists() and any(home.root.iterdir()):
            raise WrongUsage(
                f"{home.root} is not empty; restore into a new --home, and move it into place when it is right"
            )
        home.root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.root.parent, prefix=".restore-") as folder:
            staging = Path(folder) / "home"
            staging.mkdir(mode=0o700)
            manifest = _unpack(source, staging)
            if fault := _fault(staging / _DATABASE):
                raise NotReady(f"the database in {source} is damaged ({fault}); try another backup")
            for name in ("originals", "index"):
                (staging / name).mkdir(mode=0o700, exist_ok=True)
            if home.root.exists():
                home.root.rmdir()
            staging.rename(home.root)
    except OSError as error:
        raise NotReady(f"{home.root} cannot be made: {error.strerror}; choose another --home") from error
    return Backup(manifest.created_at, manifest.files, source.stat().st_size)


def _unpack(source: Path, staging: Path) -> Backup:
    """Write what a backup holds into a folder; :returns: its manifest, which all of it agrees with.

    :raises NotReady: if the file is no backup, or is damaged, or there is no room for what it holds.
    """
    try:
        with tarfile.open(source, mode="r:gz") as archive:
            manifest = _manifest(archive)
            found = {name: _extract(archive, member, staging / name) for name, member in _members(archive)}
    except _UNREADABLE as error:
        if no_room := trouble(error):
            raise no_room from error
        raise NotReady(f"{source} is no backup that can be read ({error}); try another one") from error
    if found != manifest.files:
        wrong = sorted(name for name, _ in found.items() ^ manifest.files.items())
        raise NotReady(f"{source} is damaged: {wrong[0]} is not what was saved; try another backup")
    return manifest


@contextmanager
def _snapshot(home: Home) -> Iterator[Path]:
    """A folder with the database and the files as they are at one moment."""
    for left in home.root.glob(f"{_STAGING}*"):
        if left.stat().st_mtime < time.time() - _ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=home.root, prefix=_STAGING) as beside:
        staging = Path(beside)
        with home.writing(timeout_s=120):
            with (
                closing(sqlite3.connect(home.database)) as live,
                closing(sqlite3.connect(staging / _DATABASE)) as copy,
            ):
                live.backup(copy)
            if (home.root / _SETTINGS).is_file():
                shutil.copyfile(home.root / _SETTINGS, staging / _SETTINGS)
            for kind in ("originals", "uploads"):
                # Uploads come and go meanwhile, with their folders, which walk passes over.
                for folder, _, names in os.walk(home.root / kind):
                    for path in (Path(folder) / name for name in names):
                        _link(path, staging / path.relative_to(home.root))
        yield staging


def _link(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, to)
    except FileNotFoundError:
        return  # an upload that has just been read and put away
    except OSError:  # a file system without hard links
        shutil.copyfile(path, to)


def _names(staging: Path) -> list[str]:
    names = [path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file()]
    return [name for name in names if _MEMBER.fullmatch(name)]


def _manifest(archive: tarfile.TarFile) -> Backup:
    first = archive.next()
    stream = archive.extractfile(first) if first and first.name == "manifest.json" and first.isreg() else None
    if stream is None:
        raise ValueError("it does not begin with a manifest")
    found = json.loads(stream.read())
    if found["format"] != _FORMAT:
        raise ValueError(f"its format is {found['format']}, this Policydesk reads {_FORMAT}")
    return Backup(str(found["created_at"]), {str(name): str(sha256) for name, sha256 in found["files"].items()}, 0)


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
    while member := archive.next():
        # A name with dots in it could leave the folder; a link could point anywhere.
        if not member.isreg() or not _MEMBER.fullmatch(member.name) or "/.." in member.name:
            raise ValueError(f"it holds {member.name!r}, which no backup of ours does")
        yield member.name, member


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> str:
    """Write a member; :returns: its sha256."""
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stream = archive.extractfile(member)
    assert stream is not None
    digest = hashlib.sha256()
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            sink.write(chunk)
    return digest.hexdigest()


def _fault(database: Path) -> str | None:
    """What is wrong with a copy of a database, None where nothing is."""
    try:
        with closing(sqlite3.connect(database)) as opened:
            verdict = str(opened.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if verdict == "ok" else " ".join(verdict.split())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
