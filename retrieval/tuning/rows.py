"""The files of a folder of data, line by line: each line is what it should be, or is named."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from retrieval.errors import WrongUsage


def find_file(folder: Path, name: str) -> Path | None:
    """The file of this name, or the gzipped one; None where there is neither."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.exists()), None)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text, which may be gzipped, with their numbers from 1; empty ones are left out.

    :raises WrongUsage: at a line that is no UTF-8, or where the file cannot be read further.
    """
    number = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                if text.strip():
                    yield number, text
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{path}:{number}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise WrongUsage(f"{path}:{number + 1}: cannot be read ({error}); mend or remove the file") from error


def read_rows(path: Path | None, *fields: str) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines; none without a file.

    :param fields: that each has to have, of the kind that their name says; an ``_id`` that no line before has.
    :raises WrongUsage: at a line that is something else.
    """
    seen: set[str] = set()
    for number, line in read_lines(path) if path else ():
        try:
            row = json.loads(line)
        except ValueError as error:
            raise WrongUsage(f"{path}:{number}: not a JSON object ({error}); mend or remove the line") from error
        if not isinstance(row, dict):
            raise WrongUsage(f"{path}:{number}: not a JSON object, but {line!r:.80}; mend or remove the line")
        for field in fields:
            if field not in row:
                raise WrongUsage(f"{path}:{number}: field {field!r} is missing; mend or remove the line")
        for field, (fits, kind) in _KINDS.items():
            if field in row and (field in fields or field in _ALWAYS) and not fits(row[field]):
                raise WrongUsage(f"{path}:{number}: field {field!r} is not {kind}; mend or remove the line")
        if "_id" in fields:
            if str(row["_id"]) in seen:
                raise WrongUsage(f"{path}:{number}: the id {row['_id']!r} is used twice; mend or remove the line")
            seen.add(str(row["_id"]))
        yield row


def are_texts(values: object) -> bool:
    """Whether something is a list of texts; it may be empty."""
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_id(value: object) -> bool:
    return isinstance(value, str | int)


def _are_quotes(values: object) -> bool:
    return isinstance(values, list) and all(
        isinstance(one, dict) and isinstance(one.get("file"), str) and isinstance(one.get("quote"), str)
        for one in values
    )


def _are_ids(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str | int) for value in values)


#: What a field has to be, by its name, and how that is said.
_KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "_id": (_is_id, "a text or a number"),
    "query_id": (_is_id, "a text or a number"),
    "text": (_is_text, "a text"),
    "split": (_is_text, "a text"),
    "file": (_is_text, "a text"),
    "answers": (are_texts, "a list of texts"),
    "asked_against": (_are_ids, "a list of passage ids"),
    "gold": (_are_quotes, "a list of objects with the texts 'file' and 'quote'"),
}
#: Fields that are looked at though a line may go without.
_ALWAYS = frozenset({"asked_against"})


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")
