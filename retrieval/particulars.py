"""What free metadata says of a passage and of who asks, by the names of :class:`Passage` and :class:`Scope`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.scope import Scope

_NUMBERED = re.compile(r"^(.+?)(?:[-./_#:][pv]?\d+)+$")


def document_of(passage_id: str, title: str, metadata: Mapping[str, Any]) -> str:
    """The document that a passage is a piece of: ``document_id`` of its metadata, else what its id says before its own number
    (``contract-12``, ``handbook.v1.p0003``), else its title, else its id."""
    numbered = _NUMBERED.match(passage_id)
    return _word(metadata.get("document_id")) or (numbered.group(1) if numbered else title or passage_id)


def with_particulars(passage: Passage, metadata: Mapping[str, Any]) -> Passage:
    """The passage with its days, country and audience: what a scope looks at.

    Metadata is free: what is of another kind under such a name means something else, and counts for nothing.
    """
    return replace(
        passage,
        effective_from=_day_or_none(metadata.get("effective_from")),
        effective_to=_day_or_none(metadata.get("effective_to")),
        jurisdiction=_country(metadata.get("jurisdiction")),
        audience=frozenset(_words(metadata.get("audience"))),
    )


def scope_of(metadata: Mapping[str, Any]) -> Scope:
    """What the asker of a question may see: ``as_of``, ``jurisdiction`` and ``groups`` of its metadata.

    :raises WrongUsage: if ``as_of`` is no day, or ``groups`` no list of texts.
    """
    groups = metadata.get("groups") or []
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise WrongUsage(f"metadata holds the groups {groups!r}; expected a list of texts")
    return Scope(
        groups=frozenset(groups), as_of=_day(metadata.get("as_of")), jurisdiction=_country(metadata.get("jurisdiction"))
    )


def _day(value: object) -> date | None:
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise WrongUsage(f"metadata holds the date {value!r}; expected YYYY-MM-DD") from error


def _day_or_none(value: object) -> date | None:
    try:
        return _day(value) if isinstance(value, str) else None
    except WrongUsage:
        return None


def _country(value: object) -> str | None:
    """In capitals, as everywhere: "de" would be another country than "DE"."""
    return value.strip().upper() or None if isinstance(value, str) else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _words(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else ()
