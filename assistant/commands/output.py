"""What commands print: rich for people, JSON for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.segment import Segment

#: The control characters of ASCII and Latin-1, but for tabs and ends of lines: what a terminal obeys.
_OBEYED = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\t"), ord("\n")})


def harmless(text: str) -> str:
    """A text of documents or people without what would command the terminal it is shown on."""
    return text.translate(_OBEYED)


class _Console(Console):
    """Prints texts as texts: only styles of ours reach the terminal as commands."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=harmless(segment.text))


#: For people. Progress bars and logs go to standard error, so that standard output stays clean. Nothing
#: in a text is markup: titles, headings and names are printed as they are, also with brackets and colons.
console = _Console(highlight=False, markup=False, emoji=False)
aside = _Console(stderr=True, highlight=False, markup=False, emoji=False)


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
