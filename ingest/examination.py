"""A version examined for its pre-flight report: read again from its original, and held against the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from ingest.conflicts import Contradiction, find_conflicts
from ingest.countries import countries_named
from ingest.dates import dates_in
from ingest.diff import ChangeKind, diff
from ingest.identify import overlap
from ingest.ocr import LOW_CONFIDENCE
from ingest.preflight import ChangesFound, ConflictFound, Kind, Preflight, Quoted, Relation, Stated
from ingest.records import Clause, Metadata, Reading
from ingest.sandbox import Limits, shared_pool
from ingest.suspects import Suspect, suspects
from retrieval.documents import Document, Version
from retrieval.encoder import Encoder
from retrieval.errors import DocumentRejected
from retrieval.home import Home
from retrieval.index import PassageIndex
from retrieval.records import Passage, PassageKind
from retrieval.sentences import sentence_spans
from retrieval.store import Store

#: A text of which so much stands in another document is called its copy.
COPY_OVERLAP = 0.9
#: A new document of which so much stands in another is shown beside it, to ask whether it is a version.
LIKE_OVERLAP = 0.4
_DEEPEST_HEADING = 3


def examine(
    version_id: str,
    *,
    home: Home,
    store: Store,
    encoder: Encoder,
    index: PassageIndex | None = None,
    known: Preflight | None = None,
) -> Preflight:
    """Everything in the report that needs no questions to be answered: ``questions`` is empty and no answers are at stake.

    :param index: the library in service; None where there is none yet.
    :param known: an earlier report on this version: what was read then is not read again.
    :raises WrongUsage: if there is no such version.
    """
    version = store.version(version_id)
    passages = store.passages(version_id)
    previous = predecessor(store.document(version.document_id), version)
    read = known or _read(version, passages, home, encoder)
    return replace(
        read,
        title=version.title,
        relation=_relation(passages, previous, store, encoder, index),
        changes=_changes(previous, passages, store),
        conflicts=tuple(_conflict(each) for each in _conflicts(passages, encoder, index)),
        questions=(),
        index_generation=index.generation if index is not None else 0,
        made_at=datetime.now(UTC),
    )


def _read(version: Version, passages: Sequence[Passage], home: Home, encoder: Encoder) -> Preflight:
    """What the report says of the file alone."""
    reading, problem = _read_again(home, version)
    tokens = encoder.count_tokens([passage.searchable for passage in passages])
    about = reading.metadata if reading else Metadata(version.title)
    return Preflight(
        version_id=version.version_id,
        document_id=version.document_id,
        title=version.title,
        file=version.file,
        pages_read=None if version.pages is None else version.pages - len(reading.empty_pages if reading else ()),
        pages_empty=reading.empty_pages if reading else (),
        pages_low_confidence=tuple(
            page.page for page in (reading.ocr_pages if reading else ()) if page.confidence < LOW_CONFIDENCE
        ),
        headings=_headings(passages),
        clauses=sum(1 for clause in (reading.clauses if reading else ()) for _ in _all(clause)),
        passages=len(passages),
        longest_passage_tokens=max(tokens, default=0),
        token_limit=encoder.max_tokens,
        effective_from=_dated(about.effective_from.isoformat() if about.effective_from else None, passages),
        effective_to=_dated(about.effective_to.isoformat() if about.effective_to else None, passages),
        jurisdiction=_stated(
            about.jurisdiction, passages, lambda text: about.jurisdiction in countries_named(text, times=1)
        ),
        owner=_stated(about.owner, passages, lambda text: str(about.owner).casefold() in text.casefold()),
        relation=Relation(Kind.NEW),
        changes=None,
        conflicts=(),
        suspects=_suspects(reading.hidden if reading else (), passages),
        questions=(),
        warnings=(*version.warnings, *([problem] if problem else [])),
        index_generation=0,
        made_at=datetime.now(UTC),
    )


def predecessor(document: Document, version: Version) -> Version | None:
    """The version that this one follows: the latest before it that is published and not withdrawn."""
    earlier = [
        each for each in document.versions if each.number < version.number and each.published and not each.withdrawn
    ]
    return earlier[-1] if earlier else None


def _read_again(home: Home, version: Version) -> tuple[Reading | None, str | None]:
    """What the original says when it is read again, or why it cannot be."""
    original = home.original(version.sha256)
    if not original.is_file():
        return None, "the original is not kept here; pages and clauses could not be counted"
    try:
        with shared_pool().borrow(Limits()) as sandbox:
            return sandbox.read(version.file, original), None
    except DocumentRejected as error:
        return None, f"the original could not be read again: {error}"


def _suspects(hidden: Sequence[Suspect], passages: Sequence[Passage]) -> tuple[Suspect, ...]:
    """What cannot be seen, then what gives orders and can be seen."""
    unseen = " ".join(suspect.quote for suspect in hidden)
    return (*hidden, *(each for each in suspects(passages) if " ".join(each.quote.split()) not in unseen))


# -- what was read ---------------------------------------------------------------------------------------------------


def _headings(passages: Sequence[Passage]) -> tuple[str, ...]:
    """The headings of the outermost levels, in document order, each once."""
    paths = dict.fromkeys(
        passage.section_path[:depth]
        for passage in passages
        for depth in range(1, min(len(passage.section_path), _DEEPEST_HEADING) + 1)
    )
    return tuple(path[-1] for path in paths)


def _all(clause: Clause) -> Iterator[Clause]:
    """A clause and what hangs below it; a table counts as one."""
    yield clause
    if clause.kind is not PassageKind.TABLE:
        for child in clause.children:
            yield from _all(child)


def _dated(day: str | None, passages: Sequence[Passage]) -> Stated:
    return _stated(day, passages, lambda text: day in {found.isoformat() for found in dates_in(text)})


def _stated(value: str | None, passages: Sequence[Passage], says: Callable[[str], bool]) -> Stated:
    """A value with the first sentence that says it."""
    if value is None:
        return Stated()
    return Stated(value, next((sentence for sentence in _sentences(passages) if says(sentence)), None))


def _sentences(passages: Sequence[Passage]) -> Iterator[str]:
    for passage in passages:
        for span in sentence_spans(passage.text):
            yield passage.text[span.start : span.end]


# -- what it is to the library ---------------------------------------------------------------------------------------


def _relation(
    passages: Sequence[Passage], previous: Version | None, store: Store, encoder: Encoder, index: PassageIndex | None
) -> Relation:
    text = _text(passages)
    if previous is not None:
        before = store.passages(previous.version_id)
        kind = Kind.UNCHANGED if _text(before) == text else Kind.VERSION
        return Relation(kind, previous.document_id, previous.title, round(overlap(text, _text(before)), 3))
    best = Relation(Kind.NEW)
    for like in _most_like(passages, encoder, index):
        other = store.passages(like)
        share = round(overlap(text, _text(other)), 3)
        if share >= max(LIKE_OVERLAP, best.similarity or 0):
            kind = Kind.COPY if share >= COPY_OVERLAP else Kind.NEW
            best = Relation(kind, other[0].document_id, other[0].title, share)
    return best


def _text(passages: Sequence[Passage]) -> str:
    return "\n".join(passage.text for passage in passages)


_CANDIDATES = 3


def _most_like(passages: Sequence[Passage], encoder: Encoder, index: PassageIndex | None) -> list[str]:
    """The versions of other documents that passages of this one are nearest to, most often first."""
    if index is None or not passages:
        return []
    own = passages[0].document_id
    others = _mask(index, own)
    vectors = encoder.encode([passage.searchable for passage in passages[:_SAMPLED]], truncate=True)
    nearest = Counter[str]()
    for vector in vectors:
        rows, _ = index.dense.search(vector, k=1, mask=others)
        nearest.update(index.passages[row].version_id for row in rows)
    return [version_id for version_id, _ in nearest.most_common(_CANDIDATES)]


#: So many passages of a document tell which other it is like.
_SAMPLED = 12


def _mask(index: PassageIndex, document_id: str) -> NDArray[np.bool_]:
    return np.array([passage.document_id != document_id for passage in index.passages], np.bool_)


def _changes(previous: Version | None, passages: Sequence[Passage], store: Store) -> ChangesFound | None:
    if previous is None:
        return None
    found = diff(store.passages(previous.version_id), passages)
    kinds = Counter(change.kind for change in found)
    return ChangesFound(
        against=previous.version_id,
        added=kinds[ChangeKind.ADDED],
        removed=kinds[ChangeKind.REMOVED],
        reworded=kinds[ChangeKind.REWORDED],
        moved=kinds[ChangeKind.MOVED],
        facts=tuple(str(fact) for change in found if change.kind is ChangeKind.REWORDED for fact in change.facts),
    )


def _conflicts(passages: Sequence[Passage], encoder: Encoder, index: PassageIndex | None) -> list[Contradiction]:
    return find_conflicts(passages, encoder, library=index) if index is not None else []


def _conflict(found: Contradiction) -> ConflictFound:
    one, other = found.one, found.other
    return ConflictFound(
        about=found.about,
        one=Quoted.from_passage(one.passage, one.start, one.end),
        other=Quoted.from_passage(other.passage, other.start, other.end),
        differs=found.differs,
        similarity=round(found.similarity, 3),
    )
