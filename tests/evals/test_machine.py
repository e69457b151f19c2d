"""Figures name the commit they were measured at, and no other repository's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from evals import machine


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installed into the environment that somebody's repository ignores."""
    package = tmp_path / ".venv" / "evals"
    package.mkdir(parents=True)
    (package / "machine.py").touch()
    (tmp_path / ".gitignore").write_text(".venv\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "theirs")
    monkeypatch.setattr(machine, "__file__", str(package / "machine.py"))
    return tmp_path


def test_the_commit_of_a_repository_that_only_surrounds_it_is_not_ours(installed: Path) -> None:
    assert machine.commit() is None


def test_the_commit_is_that_of_the_checkout_and_says_where_a_file_differs(installed: Path) -> None:
    git(installed, "add", "-f", ".venv")
    git(installed, "commit", "-q", "-m", "ours")
    assert machine.commit() == git(installed, "rev-parse", "HEAD")
    (installed / ".venv" / "evals" / "machine.py").write_text("x = 1\n")
    assert machine.commit() == git(installed, "rev-parse", "HEAD") + "-dirty"
