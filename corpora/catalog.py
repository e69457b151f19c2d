"""What the sample corpus holds: one entry a file, with what an uploader would state about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from corpora.errors import CorpusError

#: The invented company we demonstrate and test on.
SAMPLE = Path(__file__).parent / "sample"
#: Another invented company, for training and calibration: nothing is ever tuned on the sample's questions.
SISTER = Path(__file__).parent / "sister"
#: A third one, that writes and asks in German: what is told where models do not read the language.
GERMAN = Path(__file__).parent / "german"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One file of a corpus."""

    file: str  #: name inside ``documents/``
    title: str  #: the same for every version of a document
    owner: str
    effective_from: date
    effective_to: date | None = None  #: last day in force; None: still is
    supersedes: str | None = None  #: the file it replaces
    jurisdiction: str | None = None  #: ISO 3166 country code; None: everywhere
    audience: frozenset[str] = frozenset()  #: groups that may read it; empty: every employee

    def in_force(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


def read_catalog(corpus: Path = SAMPLE, name: str = "catalog.json") -> tuple[CatalogEntry, ...]:
    """The catalog of a corpus, by file name.

    :param name: of the catalog's file, in the corpus's folder.
    :raises CorpusError: if an entry is malformed, or a file is missing from the folder or the catalog or stands in it
        twice.
    """
    path = corpus / name
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise CorpusError(f"{path}: not JSON: {error}") from error
    if not isinstance(rows, list):
        raise CorpusError(f"{path}: not a list of catalog entries")
    entries = tuple(_read_entry(row, f"{path}, entry {number}") for number, row in enumerate(rows, start=1))
    named = [entry.file for entry in entries]
    present = {document.name for document in document_paths(corpus)}
    if len(named) != len(set(named)):
        raise CorpusError(f"{path}: a file stands in the catalog twice")
    if set(named) != present:
        raise CorpusError(f"{path}: catalog and documents differ in {', '.join(sorted(set(named) ^ present))}")
    return tuple(sorted(entries, key=lambda entry: entry.file))


def document_paths(corpus: Path = SAMPLE) -> tuple[Path, ...]:
    """The documents of a corpus, by file name; hidden files, which file managers leave, are none.

    :raises CorpusError: if there is no folder of documents.
    """
    folder = corpus / "documents"
    if not folder.is_dir():
        raise CorpusError(f"{folder} is missing; the documents that the catalog names stand there")
    return tuple(sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")))


def _read_entry(row: Any, where: str) -> CatalogEntry:
    try:
        return _entry(row)
    except KeyError as error:
        raise CorpusError(
            f"{where}: {error.args[0]} is missing; file, title, owner and effective_from are needed"
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise CorpusError(f"{where}: {error}") from error


def _entry(row: dict[str, Any]) -> CatalogEntry:
    ends = row.get("effective_to")
    for key in ("file", "title", "owner"):
        if not isinstance(row[key], str):
            raise ValueError(f"{key} is {row[key]!r}, expected a text")
    audience = row.get("audience") or []
    # A text alone would be taken for its letters, and nobody be in such a group.
    if not isinstance(audience, list) or not all(isinstance(group, str) for group in audience):
        raise ValueError(f"audience is {audience!r}, expected a list of texts")
    return CatalogEntry(
        file=row["file"],
        title=row["title"],
        owner=row["owner"],
        effective_from=date.fromisoformat(row["effective_from"]),
        effective_to=date.fromisoformat(ends) if ends else None,
        supersedes=row.get("supersedes"),
        jurisdiction=row.get("jurisdiction"),
        audience=frozenset(audience),
    )
