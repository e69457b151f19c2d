"""What commands print: rich for people, JSON for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

#: For people. Progress bars and logs go to standard error, so that standard output stays clean. Nothing
#: in a text is markup: titles, headings and names are printed as they are, also with brackets and colons.
console = Console(highlight=False, markup=False, emoji=False)
aside = Console(stderr=True, highlight=False, markup=False, emoji=False)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """JSON alone on standard output."""
    # Not everything that JSON is written to takes every letter: there it is written as JSON can, in ASCII.
    can_all = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write(json.dumps(value, ensure_ascii=not can_all, indent=indent) + "\n")
    sys.stdout.flush()


@contextmanager
def progress_bar(*, enabled: bool = True) -> Iterator[Progress]:
    """A progress bar on standard error; invisible where that is no terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=aside, transient=True, disable=not (enabled and aside.is_terminal)) as progress:
        yield progress
