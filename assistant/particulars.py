"""What is said about a version and its document: what HR confirms before it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ingest.countries import country_code
from retrieval.errors import WrongUsage
from retrieval.tables import DocumentRow


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is said about a version and its document, as it will stand once published."""

    title: str
    effective_from: date | None = None  #: None: from the day it was added, or always for a first version
    effective_to: date | None = None
    jurisdiction: str | None = None  #: ISO 3166; None: everywhere
    audience: frozenset[str] = frozenset()  #: groups; empty: every employee
    owner: str | None = None

    def check(self) -> None:
        """:raises WrongUsage: if the title is empty, the dates are the wrong way round, or the country is no code."""
        if not self.title.strip():
            raise WrongUsage("the title is empty; give the document a name that people know it by")
        check_dates(self.effective_from, self.effective_to)
        code = self.jurisdiction
        if code is not None and not (len(code) == 2 and code.isascii() and code.isupper()):
            raise WrongUsage(f"{code!r} is no country code; use two capital letters such as DE, or leave it out")
        if country_code(code) != code:
            raise WrongUsage(
                f"{code!r} is no country code; use {country_code(code)}, which questions about it are known by"
            )


def check_dates(begin: date | None, end: date | None) -> None:
    """:raises WrongUsage: if both days are given, the wrong way round."""
    if begin and end and end < begin:
        raise WrongUsage(f"it would end on {end}, before it begins on {begin}; change one of the dates")


def groups_named(said: str) -> frozenset[str]:
    """The groups that a list by commas names.

    :raises WrongUsage: if it names none, as commas alone do: what was meant for few must not be for everybody.
    """
    groups = frozenset(group.strip() for group in said.split(",") if group.strip())
    if not groups:
        raise WrongUsage("the audience names no group; give groups by commas, or leave it out for every employee")
    return groups


def set_particulars(row: DocumentRow, version_id: str, given: Particulars, *, also_document: bool) -> None:
    """Write particulars to the rows: title and dates to the version, the rest to the document if ``also_document``."""
    version = next(each for each in row.versions if each.version_id == version_id)
    version.title, version.stated_from, version.stated_to = (
        given.title.strip(),
        given.effective_from,
        given.effective_to,
    )
    if also_document:
        row.title, row.jurisdiction, row.owner = given.title.strip(), given.jurisdiction, given.owner
        row.audience = sorted(given.audience)


def particulars_json(given: Particulars) -> dict[str, Any]:
    return {
        "title": given.title,
        "effective_from": given.effective_from.isoformat() if given.effective_from else None,
        "effective_to": given.effective_to.isoformat() if given.effective_to else None,
        "jurisdiction": given.jurisdiction,
        "audience": sorted(given.audience),
        "owner": given.owner,
    }


def particulars_from_json(found: dict[str, Any]) -> Particulars:
    return Particulars(
        title=found["title"],
        effective_from=date.fromisoformat(found["effective_from"]) if found["effective_from"] else None,
        effective_to=date.fromisoformat(found["effective_to"]) if found["effective_to"] else None,
        jurisdiction=found["jurisdiction"],
        audience=frozenset(found["audience"]),
        owner=found["owner"],
    )
