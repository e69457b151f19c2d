"""Paths as people give them, as the files to read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: What the place of a file begins with that somebody sent; the name it was sent under follows.
UPLOADED = "upload:"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read.

    :param path: where its bytes lie now.
    :param file: the name people are shown.
    :param place: where it comes from for good; a file that comes from the same place again is another version of its document.
    """

    path: Path
    file: str
    place: str
    problem: str | None = None  #: why it can't be read, if that is known already

    @classmethod
    def at(cls, path: Path, file: str | None = None) -> Source:
        return cls(path, _shown(file or path.name), _place(path.resolve()))

    @classmethod
    def upload(cls, path: Path, name: str) -> Source:
        """A file sent by somebody: known by its name, whatever it is called on this disk."""
        return cls(path, _shown(name), UPLOADED + _shown(name))


def discover(paths: Sequence[Path | Source]) -> list[Source]:
    """The files at the paths, folders walked in the order of names, each file once.

    Hidden files and folders are left out unless named themselves; links are followed, but no folder is entered twice. A
    path that doesn't exist, or a folder that can't be read or is empty, comes back with its problem.
    """
    found: dict[str, Source] = {}
    for path in paths:
        for source in [path] if isinstance(path, Source) else _at(path):
            found.setdefault(source.place, source)
    return list(found.values())


def _at(path: Path) -> Iterator[Source]:
    try:
        if path.is_dir():
            inside = list(_walk(path))
            yield from inside or [_with_problem(path, path.name or str(path), "the folder holds no files")]
        elif path.is_file():
            yield Source.at(path)
        elif path.exists():
            yield _with_problem(path, path.name, "not a regular file")
        elif path.is_symlink():
            yield _with_problem(path, path.name, "a link that leads nowhere")
        else:
            yield _with_problem(path, str(path), "there is no such file; check the path")
    except PermissionError:
        yield _with_problem(path, path.name, "no permission to read it; check its owner and mode")
    except OSError as error:
        yield _with_problem(path, path.name, f"cannot be read: {error.strerror}")


def _walk(root: Path) -> Iterator[Source]:
    entered: set[tuple[int, int]] = set()
    problems: list[OSError] = []
    for folder, folders, files in os.walk(root, followlinks=True, onerror=problems.append):
        facts = Path(folder).stat()
        if (facts.st_dev, facts.st_ino) in entered:
            folders.clear()
            continue
        entered.add((facts.st_dev, facts.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".")):
            path = Path(folder) / name
            shown = path.relative_to(root).as_posix()
            if path.is_file():
                yield Source.at(path, shown)
            else:
                yield _with_problem(
                    path, shown, "a link that leads nowhere" if path.is_symlink() else "not a regular file"
                )
    for problem in problems:
        yield _with_problem(
            Path(problem.filename), Path(problem.filename).name, f"folder cannot be read: {problem.strerror}"
        )


def _with_problem(path: Path, file: str, problem: str) -> Source:
    return Source(path, _shown(file), _place(path.absolute()), problem)


def _shown(name: str) -> str:
    """The name as text that can be kept, "?" for each byte that is no UTF-8."""
    return name.encode(errors="replace").decode()


def _place(path: Path) -> str:
    """The path as text that can be kept; two names that are not UTF-8 stay two places."""
    return str(path).encode(errors="backslashreplace").decode()
