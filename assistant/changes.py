"""What changed between two versions in the library, and which answers rested on what changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from assistant.audit import Audit, Entry
from ingest.diff import Change, ChangeKind, diff, diff_json
from retrieval.documents import Document, Version
from retrieval.errors import WrongUsage
from retrieval.store import Store


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of one document, and the changes from the first to the second in reading order."""

    document: Document
    old: Version
    new: Version
    changes: tuple[Change, ...]


def affected_answers(store: Store, comparison: Comparison, audit: Audit, *, after: str | None = None) -> list[Entry]:
    """The recorded answers that cited a clause of the old version which was reworded or removed, oldest first.

    :param after: only answers from this time on, ISO 8601.
    """
    changed: dict[str, list[Counter[str]]] = defaultdict(list)
    for change in comparison.changes:
        if change.old_passage_id and change.old_text and change.kind in (ChangeKind.REWORDED, ChangeKind.REMOVED):
            changed[change.old_passage_id].append(_words(change.old_text))
    texts = {passage.passage_id: passage.text for passage in store.passages(comparison.old.version_id)}

    def is_changed(citation: dict[str, Any]) -> bool:
        quote = _words(texts.get(citation["passage_id"], "")[citation["start"] : citation["end"]])
        rules = changed.get(citation["passage_id"], ())
        # The quotation may carry the clause's number, or be one sentence of several.
        return any((quote & rule).total() >= 0.8 * min(quote.total(), rule.total()) for rule in rules)

    rested = audit.answers_resting_on(changed.keys(), after=after)
    return [entry for entry in rested if any(is_changed(citation) for citation in entry.payload["citations"])]


def _words(text: str) -> Counter[str]:
    return Counter(text.casefold().split())


def compare(store: Store, document_id: str, old: str, new: str) -> Comparison:
    """Compare two versions of a document, each named by its id or its number.

    :raises WrongUsage: if there is no such document or version.
    """
    return compare_versions(store, store.document(document_id), old, new)


def compare_versions(store: Store, document: Document, old: str, new: str) -> Comparison:
    """The same among the versions that ``document`` holds, which may be fewer than the store has.

    :raises WrongUsage: if it holds none of that name.
    """
    before, after = find_version(document, old), find_version(document, new)
    changes = diff(store.passages(before.version_id), store.passages(after.version_id))
    return Comparison(document, before, after, changes)


def find_version(document: Document, name: str) -> Version:
    """A version by id (``d1f2.v2``) or number (``2`` or ``v2``).

    :raises WrongUsage: if the document has none of that name.
    """
    for version in document.versions:
        if name in (version.version_id, str(version.number), f"v{version.number}"):
            return version
    known = ", ".join(str(version.number) for version in document.versions)
    raise WrongUsage(
        f"“{document.title}” has no version {name}, it has {known}; see: policydesk documents versions {document.document_id}"
    )


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """What ``documents diff --json`` and ``GET /documents/{id}/diff`` give."""
    return {
        "document_id": comparison.document.document_id,
        "title": comparison.new.title,
        "from": comparison.old.version_id,
        "to": comparison.new.version_id,
        "versions": [_version_json(comparison.old), _version_json(comparison.new)],
        "changes": diff_json(comparison.changes),
    }


def _version_json(version: Version) -> dict[str, Any]:
    return {
        "version_id": version.version_id,
        "number": version.number,
        "file": version.file,
        "effective_from": version.effective_from.isoformat() if version.effective_from else None,
        "effective_to": version.effective_to.isoformat() if version.effective_to else None,
    }
