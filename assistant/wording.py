"""What the chat says of its own accord, in the reader's language; what documents say stays in theirs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "chat" / "words"
_DEFAULT = "en"


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


def languages() -> list[str]:
    """The languages there are, by their two-letter codes."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def wording(language: str | None) -> Wording:
    """The wording for a language tag such as ``de-AT``; English where the language is not there."""
    code = (language or _DEFAULT).lower().partition("-")[0]
    chosen = code if code in languages() else _DEFAULT
    return Wording(chosen, json.loads((FOLDER / f"{chosen}.json").read_text("utf-8")))


def _filled(text: str, fields: dict[str, object]) -> str:
    for name, value in fields.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
