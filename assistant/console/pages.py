"""The console's templates, and what every page is made with."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.console import wording

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
#: Stricter than the chat's: nothing inline, nothing evaluated, nothing from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def render(template: str, **fields: Any) -> str:
    """A page as HTML; everything put into it is escaped."""
    return _environment().get_template(template).render(**fields)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    for name in (
        "day",
        "short_day",
        "iso",
        "moment",
        "country",
        "readers",
        "size",
        "file_format",
        "percent",
        "seconds",
        "sentence",
        "named",
    ):
        environment.filters[name] = getattr(wording, name)
    environment.globals.update(
        count=wording.count, period=wording.period, standings=wording.STANDINGS, asset=asset
    )  # fmt: skip
    return environment


@cache
def asset(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/hr/static/{name}?{digest}"
