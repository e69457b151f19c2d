"""The README's commands and blocks run as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from assistant.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def exit_code(command: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(shlex.split(command))
    return int(end.value.code or 0)


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`?make ([a-z-]+)", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert named
    assert {target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()


def test_the_race_s_peers_are_installed_for_the_race_alone() -> None:
    rules = dict(re.findall(r"^([a-z-]+):(?!=) *(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    def needed(target: str) -> set[str]:
        return {target}.union(*(needed(below) for below in rules.get(target, "").split()))

    run_by_ci = re.findall(r"^make ([a-z-]+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert "setup-race" in needed("bench")
    assert run_by_ci
    assert [target for target in run_by_ci if "setup-race" in needed(target)] == []


def test_linked_files_exist() -> None:
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", README) + re.findall(r"`(docs/[^`]+|[A-Z]+\.md)`", README)
    assert {path for path in linked if not (ROOT / path).exists()} == set()


@pytest.mark.model
def test_commands_and_python_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "corpora" / "sample", tmp_path / "corpora" / "sample")
    monkeypatch.chdir(tmp_path)
    commands = [line.removeprefix("$ policydesk ") for block in blocks("console") for line in block.splitlines()]
    assert commands
    assert {command: exit_code(command) for command in commands} == dict.fromkeys(commands, 0)
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
