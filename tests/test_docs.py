"""What the guides tell people to type exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from prometheus_client import generate_latest

from assistant.cli import build_app
from assistant.edge import Edge, Limits
from assistant.metrics import Metrics

ROOT = Path(__file__).parent.parent
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
CONFIG = (ROOT / "assistant" / "config.py").read_text("utf-8") + (ROOT / "retrieval" / "models.py").read_text("utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", OPERATING, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.removeprefix("policydesk ") for line in lines if line.startswith("policydesk ")]


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_guide_exists_with_its_options(line: str) -> None:
    words = shlex.split(line, comments=True)
    command: Any = typer.main.get_command(build_app())
    if words[0] == "--home":
        words = words[2:]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_variable_of_the_guide_is_read() -> None:
    named = set(re.findall(r"POLICYDESK_([A-Z_]+[A-Z])", OPERATING)) | {
        f"OIDC{each}" for each in re.findall(r"`…(_[A-Z_]+)`", OPERATING)
    }
    assert named
    assert {name for name in named if f'"{name}"' not in CONFIG and f"POLICYDESK_{name}" not in CONFIG} == set()


def test_every_metric_of_the_guide_is_there() -> None:
    metrics = Metrics()
    Edge(None, door=None, limits=Limits(), registry=metrics.registry)  # type: ignore[arg-type]
    shown = generate_latest(metrics.registry).decode()
    named = set(re.findall(r"`(policydesk_[a-z_]+)", OPERATING))
    assert named
    assert {name for name in named if name.removesuffix("_total") not in shown} == set()
