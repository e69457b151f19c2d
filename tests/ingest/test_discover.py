from __future__ import annotations

import os
from pathlib import Path

from ingest.discover import Source, discover


def files(*paths: Path | Source) -> list[tuple[str, str | None]]:
    return [(source.file, source.problem) for source in discover(paths)]


def test_folders_are_walked_in_order_and_hidden_files_left_out(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", ".hidden.md", "sub/c.md", ".git/d.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert files(tmp_path) == [("a.md", None), ("b.md", None), ("sub/c.md", None)]


def test_a_loop_of_links_is_entered_once(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert files(tmp_path) == [("a.md", None)]


def test_a_file_given_twice_comes_once(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    assert files(tmp_path, tmp_path / "a.md") == [("a.md", None)]


def test_what_cannot_be_read_comes_back_with_its_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert files(tmp_path) == [("gone.md", "a link that leads nowhere"), ("pipe.md", "not a regular file")]
    assert files(tmp_path / "missing.md") == [(str(tmp_path / "missing.md"), "there is no such file; check the path")]
    assert files(tmp_path / "empty") == [("empty", "the folder holds no files")]


def test_an_upload_is_known_by_its_name(tmp_path: Path) -> None:
    upload = Source.upload(tmp_path / "x8f3", "leave.md")
    assert (upload.file, upload.place) == ("leave.md", "upload:leave.md")
