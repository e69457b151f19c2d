"""What ``--help`` says."""

from __future__ import annotations

from collections.abc import Iterator

from typer.main import get_command
from typer.testing import CliRunner

from assistant.cli import build_app


def commands(command: object, *above: str) -> Iterator[tuple[str, ...]]:
    """The words that lead to a command and to all below it, groups among them."""
    yield above
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *above, name)


def test_every_command_and_every_group_shows_an_example() -> None:
    without = []
    for words in commands(get_command(build_app())):
        shown = CliRunner().invoke(build_app(), [*words, "--help"], env={"COLUMNS": "200"}).output
        example = shown.partition("Example: ")[2].partition("\n")[0]
        if "policydesk" not in example or " ".join(words) not in example:
            without.append(words)
    assert without == []
