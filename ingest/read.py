"""One file's bytes in, everything known about its text out: load, clean, metadata, outline, clauses."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.clauses import clauses
from ingest.clean import clean
from ingest.hidden import hidden_text
from ingest.load import load
from ingest.metadata import metadata
from ingest.ocr import Ocr
from ingest.outline import outline
from ingest.records import Reading
from ingest.suspects import Suspect
from retrieval.errors import DocumentRejected


def read(file: str, data: bytes, *, ocr: Ocr | None = None) -> Reading:
    """Read a file, whatever supported format it has.

    :param file: the path people know it by.
    :param ocr: what reads scanned pages and pictures; without it they are reported as empty.
    :raises DocumentRejected: if it cannot be read, or holds no text.
    """
    loaded = load(file, data, ocr=ocr)
    blocks = clean(loaded.blocks)
    about = metadata(loaded, blocks, file=file)
    found = clauses(outline(blocks, title=about.title))
    if not found:
        raise DocumentRejected("no text in the file that says anything; look whether it is the right one")
    hidden = tuple(hidden_text(loaded.media_type, data))
    return Reading(
        loaded.media_type, about, tuple(found), loaded.pages, loaded.empty_pages, (*loaded.warnings, *_warning(hidden)), loaded.ocr_pages,
        loaded.ocr_missing, hidden,
    )  # fmt: skip


def _warning(hidden: Sequence[Suspect]) -> list[str]:
    if not hidden:
        return []
    why = ", ".join(sorted({suspect.why.partition(";")[0] for suspect in hidden}))
    return [f"it holds text that its readers cannot see ({why}); read it in the review: policydesk documents review ID"]
