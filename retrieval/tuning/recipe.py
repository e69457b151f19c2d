"""What a recipe says: other settings for the folders that need them, by their names."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from retrieval.errors import WrongUsage

T = TypeVar("T")


def read_settings(path: Path, usual: T) -> dict[str, T]:
    """Read ``{"<collection>": {"<field of the settings>": value, ...}, ...}``.

    :param usual: settings as they are where a collection states none; a dataclass of yes or no, and of numbers from 0.
    :raises WrongUsage: if the file is something else.
    """
    name = type(usual).__name__
    try:
        stated = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(stated, dict) or not all(isinstance(fields, dict) for fields in stated.values()):
            raise ValueError("not an object of objects")
        for collection, fields in stated.items():
            _check(collection, fields, asdict(usual))  # type: ignore[call-overload]
        return {collection: replace(usual, **fields) for collection, fields in stated.items()}  # type: ignore[type-var]
    except (OSError, ValueError) as error:
        raise WrongUsage(f"{path} is not a recipe ({error}); it holds fields of {name} by collection name") from error


def _check(collection: str, fields: Mapping[str, Any], usual: Mapping[str, Any]) -> None:
    """:raises ValueError: if there is no such field, or its value is of another kind."""
    for field, value in fields.items():
        if field not in usual:
            raise ValueError(f"{collection}: there is no {field!r}, but {', '.join(usual)}")
        if isinstance(usual[field], bool):
            fits, kind = isinstance(value, bool), "true or false"
        elif isinstance(usual[field], int):
            fits, kind = isinstance(value, int) and not isinstance(value, bool) and value >= 0, "a whole number from 0"
        else:
            fits = (
                isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
            )
            kind = "a number from 0"
        if not fits:
            raise ValueError(f"{collection}: {field!r} is {value!r}, expected {kind}")
