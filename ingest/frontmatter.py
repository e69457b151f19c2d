"""Front matter as people write it, made into the YAML they meant."""

from __future__ import annotations

import re

_FRONT = re.compile(r"\A\s*---[ \t]*(?:yaml)?[ \t]*\r?\n.*?\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
#: YAML takes the second colon for another key and refuses all of it.
_WITH_COLON = re.compile(
    r"^(?P<name>\w[\w -]*:[ \t]+)(?P<value>(?![\"'\[{|>&*!#])[^\r\n]*?:(?:[ \t][^\r\n]*)?)(?=\r?$)", re.MULTILINE
)
#: YAML reads it as "false".
_NORWAY = re.compile(
    r"^(?P<name>(?:jurisdiction|country):[ \t]+)(?P<value>no)(?=[ \t]*\r?$)", re.MULTILINE | re.IGNORECASE
)


def mended(source: str) -> str:
    """A page whose front matter has quotes around what YAML would read otherwise than it is meant: a value with a colon
    ("title: Travel: what we pay"), and Norway's "NO". A page without front matter comes back as it is."""
    front = _FRONT.match(source)
    if front is None:
        return source
    return _NORWAY.sub(_quoted, _WITH_COLON.sub(_quoted, front[0])) + source[front.end() :]


def _quoted(line: re.Match[str]) -> str:
    value = line["value"].replace("'", "''")
    return f"{line['name']}'{value}'"
