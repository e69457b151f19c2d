"""What the chat says of its own accord, in the reader's language; what documents say stays in theirs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "chat" / "words"
_DEFAULT = "en"
#: The first part of each tag, and its weight where one is given.
_LIKED = re.compile(r"(?:^|,)\s*([A-Za-z]+)[^,;]*(?:;\s*q=([01](?:\.\d{0,3})?))?")


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language."""

    language: str
    sentences: dict[str, str]

    def __call__(self, name: str, /, **fields: object) -> str:
        """The sentence of this name with its fields filled in.

        :raises KeyError: if there is no such sentence, or a field of it is not given.
        """
        return self.sentences[name].format(**fields)

    def day(self, day: date) -> str:
        """``31 May 2023``."""
        month = self.sentences["months"].split()[day.month - 1]
        return self("date", day=day.day, month=month, year=day.year)

    def country(self, code: str) -> str:
        """The name of a country by its code; the code where none is known."""
        return self.sentences.get(f"country_{code}", code)

    def beginning(self, prefix: str, /, **fields: object) -> dict[str, str]:
        """All sentences whose names begin so, by the rest of their names; a field that is not given stays as it is."""
        return {
            name.removeprefix(prefix): _filled(text, fields)
            for name, text in self.sentences.items()
            if name.startswith(prefix)
        }


@cache
def languages() -> tuple[str, ...]:
    """The languages there are, by their two-letter codes."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def language_of(liked: str | None) -> str:
    """Of the languages there are, the one that a reader likes best; English where none is liked.

    :param liked: a language tag such as ``de-AT``, or all of them as a browser says them: ``de,en-US;q=0.7,en;q=0.3``.
    """
    weights: dict[str, float] = {}
    for tag, weight in _LIKED.findall(liked or ""):
        code = tag.lower()
        if code in languages():
            weights[code] = max(weights.get(code, 0.0), float(weight or 1))
    best = max(weights, key=weights.__getitem__, default=_DEFAULT)
    return best if weights.get(best) else _DEFAULT


def wording(liked: str | None) -> Wording:
    """The wording for a reader who likes these languages; see :func:`language_of`."""
    return _wording(language_of(liked))


@cache
def _wording(language: str) -> Wording:
    return Wording(language, json.loads((FOLDER / f"{language}.json").read_text("utf-8")))


def _filled(text: str, fields: dict[str, object]) -> str:
    for name, value in fields.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
