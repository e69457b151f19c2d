"""The questions of ``policydesk ask --batch``: JSON lines, all of them checked before the first is answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from assistant.records import Turn
from ingest.countries import country_code
from retrieval.errors import WrongUsage
from retrieval.scope import Scope

_LINE = '{"_id": "a", "text": "..."}'


class _EarlierTurn(BaseModel):
    question: str
    answer: str = ""


def _upper(said: object) -> object:
    return said.upper() if isinstance(said, str) else said


class BatchQuestion(BaseModel):
    """One line: a question, and what it says for itself about the day, the country and what was asked before."""

    model_config = ConfigDict(frozen=True, strict=True)

    key: Annotated[str | int, Field(alias="_id")]
    text: str
    as_of: date | None = None
    jurisdiction: Annotated[str | None, BeforeValidator(_upper), Field(pattern=r"^([A-Z]{2})?$")] = None
    history: tuple[_EarlierTurn, ...] = ()

    @property
    def turns(self) -> list[Turn]:
        return [Turn(turn.question, turn.answer) for turn in self.history]

    def within(self, scope: Scope) -> Scope:
        """The command's scope with the line's own day and country."""
        country = country_code(self.jurisdiction) or scope.jurisdiction
        return replace(scope, as_of=self.as_of or scope.as_of, jurisdiction=country)


def read_batch(path: Path) -> list[BatchQuestion]:
    """The questions of a file in their order; empty lines are passed over.

    :raises WrongUsage: if the file cannot be read or a line is no question, naming the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"cannot read {path}: {error}; give a file of JSON lines {_LINE}") from error
    # Only line feeds end a line: a JSON string may hold U+2028 and its like.
    lines = enumerate(text.split("\n"), start=1)
    return [_question(path, number, line) for number, line in lines if line.strip()]


def _question(path: Path, number: int, line: str) -> BatchQuestion:
    try:
        return BatchQuestion.model_validate_json(line)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        where = ".".join(map(str, wrong["loc"])) or "JSON"
        found = "" if isinstance(wrong["input"], dict) else f", found {str(wrong['input'])[:60]!r}"
        raise WrongUsage(f"{path} line {number}: {where}: {wrong['msg']}{found}; expected {_LINE}") from error
