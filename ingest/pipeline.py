"""Paths in, reports out: read, identify, store, and one new index generation for the whole batch."""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import DataError, IntegrityError, InterfaceError

from ingest.chunk import chunk
from ingest.completeness import completeness
from ingest.discover import Source, discover
from ingest.identify import Identity, Kinship, document_named, identify
from ingest.intake import Incoming, discard, read_all, refusal, sweep
from ingest.options import IngestOptions as IngestOptions
from ingest.records import FileReport, FileStatus, Metadata, Reading
from retrieval.documents import NewPassage, NewVersion, Version
from retrieval.encoder import Encoder
from retrieval.errors import DocumentRejected, PassageTooLong, WrongUsage
from retrieval.generations import publish as publish_generation
from retrieval.home import Home, sync
from retrieval.language import ENGLISH, LANGUAGES, language_of
from retrieval.store import Store


def ingest(
    paths: Sequence[Path | Source],
    *,
    home: Home,
    store: Store,
    encoder: Encoder,
    options: IngestOptions | None = None,
    options_of: Callable[[Source], IngestOptions | None] | None = None,
    on_found: Callable[[int], None] | None = None,
    on_file: Callable[[FileReport], None] | None = None,
    on_encoded: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[FileReport]:
    """Bring files and folders into the library; each file ends in exactly one report, in the order of the files.

    When this returns, what is reported as indexed is in the database, its bytes are in the originals, and the index generation
    that answers questions holds it. A power cut before that leaves nothing half visible; the next run completes it.

    :param options_of: what is said about one file alone, as from a catalog; None for a file leaves it with ``options``.
    :param on_found: called once with the number of files.
    :param on_file: called with each report when its file is stored, which is before it can be searched.
    :param on_encoded: called while the index is written, with (passages encoded, passages to encode).
    :param stop: asked before each file is stored; once it says so, no further file is, and there is no report on it.
    :raises WrongUsage: if ``supersedes`` is given with several files, or names nothing.
    :raises HomeInUse: if another process keeps writing to the home.
    """
    chosen = options or IngestOptions()
    sources = discover(paths)
    if chosen.supersedes is not None and len(sources) != 1:
        raise WrongUsage(f"--supersedes goes with one file, {len(sources)} were given")
    if chosen.supersedes is not None:
        document_named(store, chosen.supersedes)
    if on_found:
        on_found(len(sources))
    with home.writing():
        sweep(home)
    reports: list[FileReport] = []
    try:
        for reading in (readings := read_all(sources, home, store, chosen)):
            if stop and stop():
                discard(reading)
                readings.close()
                break
            own = options_of(reading.source) if options_of else None
            report = _settle(reading, home, store, encoder, own or chosen)
            reports.append(report)
            if on_file:
                on_file(report)
    finally:
        # What was reported as indexed answers, whatever stopped the run.
        with home.writing(timeout_s=_PATIENCE_S):
            publish_generation(home, store, encoder, progress=on_encoded)
    return reports


#: A run that has begun waits so long for another to write its index.
_PATIENCE_S = 900.0


#: What a file can be to blame for; a full disk or a locked database stops the run.
_OF_THE_FILE = (DocumentRejected, PassageTooLong, ValueError, OverflowError, DataError, IntegrityError, InterfaceError)


def _settle(incoming: Incoming, home: Home, store: Store, encoder: Encoder, options: IngestOptions) -> FileReport:
    """Put a file's original and version in place and report on it."""
    report = FileReport(incoming.source.file, FileStatus.REJECTED, reason=incoming.rejected)
    if incoming.identity is not None:
        report = _unchanged(report, incoming.identity, store, options)
    elif incoming.reading is not None and incoming.kept is not None:
        try:
            report = _store(incoming, incoming.reading, incoming.kept, report, home, store, encoder, options)
        except _OF_THE_FILE as error:
            report = replace(report, reason=refusal(error))
        finally:
            incoming.kept.unlink(missing_ok=True)
    return replace(report, seconds=time.monotonic() - incoming.started)


def _store(
    incoming: Incoming, reading: Reading, kept: Path, report: FileReport, home: Home, store: Store, encoder: Encoder, options: IngestOptions
) -> FileReport:  # fmt: skip
    about = reading.metadata
    passages = tuple(chunk(reading.clauses, title=about.title, encoder=encoder))
    warnings = (
        *reading.warnings,
        *_undated(about, options),
        *_unrestricted(about, options),
        *_in_another_language(passages),
    )
    new = NewVersion(
        title=about.title,
        file=incoming.source.file,
        source=incoming.source.place,
        sha256=incoming.sha256,
        media_type=reading.media_type,
        size_bytes=incoming.size_bytes,
        passages=passages,
        pages=reading.pages,
        effective_from=options.effective_from or about.effective_from,
        effective_to=options.effective_to or about.effective_to,
        jurisdiction=options.jurisdiction or about.jurisdiction,
        audience=options.audience,
        owner=options.owner or about.owner,
        collection=options.collection,
        warnings=warnings,
        published=not options.draft,
    )
    begin, end = new.effective_from, new.effective_to
    if (options.effective_from or options.effective_to) and begin and end and end < begin:
        refused = f"by the date in it, it would end on {end}, before it begins on {begin}; give both dates"
        return replace(report, reason=refused)
    with home.writing(timeout_s=_PATIENCE_S):
        identity = identify(store, new, supersedes=options.supersedes)
        if identity.kinship in (Kinship.UNCHANGED, Kinship.DUPLICATE):
            return _unchanged(report, identity, store, options)
        if identity.document_id is not None and _audience_differs(store, identity.document_id, options):
            if options.supersedes is not None or not _is_removed(store, identity.document_id):
                refused = f"it is a version of {identity.document_id}, which {_readers(store, identity.document_id)} may read; {_CHANGE_AUDIENCE}"
                return replace(report, reason=refused)
            identity = Identity(Kinship.NEW)  # nobody reads what was removed: for other readers it is another document
        _keep(kept, home.original(incoming.sha256))
        version = store.add_version(new, document_id=identity.document_id)
    status, reason = completeness(reading)
    if identity.because is not None:
        taken = f"taken as a new version of {identity.document_id}: {identity.because}"
        warnings = (*warnings, taken, *_left_as_is(store, version, options))
    return replace(
        report, status=status, reason=reason, document_id=version.document_id, version_id=version.version_id, title=version.title,
        pages=version.pages, passages=version.passages, warnings=warnings, ocr_pages=reading.ocr_pages,
    )  # fmt: skip


def _undated(about: Metadata, options: IngestOptions) -> list[str]:
    """A warning where a document says when it begins, but not plainly, and nobody else did."""
    if about.ambiguous_from is None or options.effective_from is not None:
        return []
    return [f"the date {about.ambiguous_from} can be read two ways; give it with --effective-from"]


def _unrestricted(about: Metadata, options: IngestOptions) -> list[str]:
    """A warning where a document says that it is for some readers, and whoever brought it named none."""
    if about.audience is None or options.audience:
        return []
    said = f"it says that it is for {about.audience}, and no readers were named"
    if options.draft:
        return [f"{said}: name them before it is published, or everybody may read it"]
    return [
        f"{said}: everybody may read it; to keep it to them, remove it and add it again with their groups (--audience)"
    ]


def _in_another_language(passages: Sequence[NewPassage]) -> list[str]:
    """A warning where most of a document is in a language that the models have not learned to read."""
    held: Counter[str] = Counter()
    for passage in passages:
        held[language_of(passage.text)] += len(passage.text)
    ((language, most),) = held.most_common(1) or [(ENGLISH, 0)]
    if language == ENGLISH or 2 * most <= held.total():
        return []
    return [
        f"it is in {LANGUAGES[language]}: a question about it is shown the passages that come nearest, without an answer"
    ]


def _unchanged(report: FileReport, identity: Identity, store: Store, options: IngestOptions) -> FileReport:
    assert identity.document_id is not None
    document = store.document(identity.document_id)
    version = next(version for version in document.versions if version.version_id == identity.version_id)
    warnings = []
    if _audience_differs(store, document.document_id, options):
        warnings.append(f"{_readers(store, document.document_id)} may read it as before; {_CHANGE_AUDIENCE}")
    warnings += _left_as_is(store, version, options)
    if options.supersedes is not None and document_named(store, options.supersedes) != document.document_id:
        warnings.append(
            f"it is a document of its own as before, not a version of {options.supersedes}; remove it and ingest it again"
        )
    waits = not version.published and not options.draft
    if waits:
        warnings.append(f"it waits for review; to publish it run: policydesk documents publish {version.version_id}")
    return replace(
        report, status=FileStatus.UNCHANGED, reason=identity.because, document_id=document.document_id, version_id=version.version_id,
        title=version.title, pages=version.pages, passages=version.passages, warnings=tuple(warnings),
        waits=waits and len(warnings) == 1 and identity.kinship is Kinship.UNCHANGED,
    )  # fmt: skip


def _left_as_is(store: Store, version: Version, options: IngestOptions) -> list[str]:
    """A warning where the options say something else about a version in the library, or its document, than is kept."""
    document, (begin, end) = store.document(version.document_id), store.stated_dates(version.version_id)
    kept = {
        "effective-from": (options.effective_from, begin),
        "effective-to": (options.effective_to, end),
        "jurisdiction": (options.jurisdiction, document.jurisdiction),
        "owner": (options.owner, document.owner),
    }
    changed = {name: (said, now) for name, (said, now) in kept.items() if said is not None and said != now}
    warnings = []
    if changed:
        stays = ", ".join(f"{name} stays {now or 'open'}" for name, (_, now) in changed.items())
        how = " ".join(f"--{name} {shlex.quote(str(said))}" for name, (said, _) in changed.items())
        warnings.append(f"{stays}; to change it run: policydesk documents confirm {version.version_id} {how}")
    if options.collection is not None and options.collection != document.collection:
        warnings.append(
            f"its collection stays {document.collection or 'open'}; to change it, remove the document and ingest it again"
        )
    return warnings


#: All versions of a document have its readers: a text meant for fewer must not slip in among them.
_CHANGE_AUDIENCE = "to change who may read it, remove the document and ingest it again"


def _audience_differs(store: Store, document_id: str, options: IngestOptions) -> bool:
    return bool(options.audience) and options.audience != store.document(document_id).audience


def _is_removed(store: Store, document_id: str) -> bool:
    return all(version.withdrawn for version in store.document(document_id).versions)


def _readers(store: Store, document_id: str) -> str:
    return ", ".join(sorted(store.document(document_id).audience)) or "everybody"


def _keep(kept: Path, original: Path) -> None:
    """Make a copy the original, durably, before the database speaks of it."""
    kept.chmod(0o600)
    kept.replace(original)
    sync(original.parent)
