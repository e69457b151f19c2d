"""Immutable index generations on disk: written beside the old one, made current by one rename.

::

    index/000007/passages.jsonl  lexical.npz  dense.faiss  manifest.json
    index/current                "000007"

A crash at any moment leaves either the old generation current or the new one, never a mixture. The one before stays until
the next is published, for those who are reading it. Everything here is derived from the database and can be written again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from retrieval.dense import DenseIndex
from retrieval.encoder import Encoder
from retrieval.errors import IndexDamaged, IndexEmpty, IndexMismatch, NotReady
from retrieval.home import UNFINISHED, Home, sync
from retrieval.index import PassageIndex, lexical_of
from retrieval.lexical import LexicalIndex
from retrieval.models import sha256_of
from retrieval.records import Passage, PassageKind
from retrieval.store import Store

#: Raised by one whenever the files of a generation change in a way that older code cannot read, or what is counted in them.
FORMAT = 2
#: Its words were counted without "IT", and letters with accents as they were typed: they are counted anew as it is read, and
#: with the next publication written.
_OTHER_TERMS = 1
_FILES = ("passages.jsonl", "lexical.npz", "dense.faiss")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds, written last; a generation without one is an unfinished write."""

    format: int
    generation: int
    encoder: str
    dimension: int
    passages: int
    documents: int
    files: dict[str, dict[str, Any]]  #: name -> size_bytes, sha256


def current_generation(home: Home) -> int:
    """The number of the generation in service; 0 if there is none.

    :raises IndexDamaged: if it cannot be read.
    """
    pointer = home.index / "current"
    try:
        named = pointer.read_bytes().strip()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise IndexDamaged(f"{pointer} cannot be read ({error.strerror}); mend that, or restore a backup") from error
    if not named.isdigit() or not int(named):
        raise IndexDamaged(f"{pointer} names no index generation; run: policydesk index rebuild")
    return int(named)


def open_index(home: Home, *, encoder: str | None = None, or_empty: bool = False) -> PassageIndex:
    """Load the generation in service after checking every file against its manifest, also while others are published.

    :param encoder: the encoder questions will be embedded with; None does not check.
    :param or_empty: take a generation without passages too, as drafts alone or the last removal leave it.
    :raises IndexEmpty: if nothing has been ingested and published, or all of it was removed.
    :raises IndexDamaged: if a file is missing or differs from the manifest.
    :raises IndexMismatch: if the index was built with another encoder.
    """
    while True:
        generation = current_generation(home)
        if generation == 0:
            raise IndexEmpty(_nothing_indexed(home))
        try:
            return _opened(home, generation, encoder, or_empty)
        except IndexDamaged:
            if current_generation(home) == generation:
                raise
            # Another became current meanwhile, and the files of this one were dropped.


def _opened(home: Home, generation: int, encoder: str | None, or_empty: bool) -> PassageIndex:
    folder = _folder(home, generation)
    manifest = read_manifest(folder)
    if encoder is not None and manifest.encoder != encoder:
        raise IndexMismatch(
            f"index was built with {manifest.encoder} ({manifest.dimension}-d), the encoder is {encoder}; "
            "run: policydesk index rebuild"
        )
    try:
        verify_files(folder, manifest)
        passages, lexical, dense = _read(folder, manifest)
    except (OSError, RuntimeError) as error:  # FAISS raises RuntimeError for a file that is not there
        raise IndexDamaged(
            f"index generation {folder.name} cannot be read ({_brief(error)}); run: policydesk index rebuild"
        ) from error
    if not (manifest.passages or or_empty):
        raise IndexEmpty(
            f"{home.root} holds no published documents; run: policydesk ingest FOLDER, or publish what waits: policydesk documents review"
        )
    return PassageIndex(passages, lexical, dense, encoder=manifest.encoder, generation=generation)


def _read(folder: Path, manifest: Manifest) -> tuple[list[Passage], LexicalIndex, DenseIndex]:
    with (folder / "passages.jsonl").open(encoding="utf-8") as lines:
        passages = [_passage(json.loads(line)) for line in lines]
    saved = folder / "lexical.npz"
    lexical = LexicalIndex.load(saved) if manifest.format == FORMAT else lexical_of(passages)
    return passages, lexical, DenseIndex.load(folder / "dense.faiss")


def _brief(error: OSError | RuntimeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error).splitlines()[-1]


def _nothing_indexed(home: Home) -> str:
    if home.database.is_file():
        store = Store.open(home)
        published = store.published_passages()
        store.close()
        if published:
            return f"the documents in {home.root} are not indexed; wait for an ingest that runs, or run: policydesk index rebuild"
    return f"{home.root} holds no documents yet; run: policydesk ingest FOLDER"


def read_manifest(folder: Path) -> Manifest:
    """:raises IndexDamaged: if there is none that can be read."""
    try:
        manifest = Manifest(**json.loads((folder / "manifest.json").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise IndexDamaged(
            f"index generation {folder.name} has no readable manifest; run: policydesk index rebuild"
        ) from error
    if manifest.format not in (FORMAT, _OTHER_TERMS):
        raise IndexMismatch(
            f"index has format {manifest.format}, this Policydesk reads {FORMAT}; run: policydesk index rebuild"
        )
    return manifest


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare each file's size and sha256 with the manifest.

    :raises IndexDamaged: naming the first file that is missing or differs.
    """
    for name, facts in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != facts["size_bytes"] or sha256_of(path) != facts["sha256"]:
            raise IndexDamaged(
                f"{name} of index generation {folder.name} differs from its manifest; run: policydesk index rebuild"
            )


def publish(
    home: Home,
    store: Store,
    encoder: Encoder,
    *,
    rebuild: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write what the database holds as a new generation and make it current. The caller holds ``home.writing()``.

    :param rebuild: read and encode every passage again, and drop every earlier generation's files.
    :param progress: called with (passages encoded, passages to encode).
    :returns: the number of the generation in service afterwards; unchanged if nothing changed.
    :raises NotReady: if it cannot be written, as where the disk is full; the one before stays in service.
    """
    passages = store.published_passages()
    previous = None if rebuild else _previous(home, encoder)
    if previous is not None and list(previous.passages) == passages and _format(home, previous) == FORMAT:
        return previous.generation
    index = PassageIndex.build(passages, encoder, previous=previous, progress=progress)
    before = _last_current(home)
    generation = max([before, *_numbers(home)]) + 1
    try:
        _write(home, index, generation)
        _make_current(home, generation)
    except (OSError, RuntimeError) as error:  # FAISS raises RuntimeError for a disk that is full
        if _last_current(home) == before:
            shutil.rmtree(_folder(home, generation), ignore_errors=True)
        raise NotReady(
            f"the index cannot be written to {home.index} ({_brief(error)}); make room on the disk, then run: policydesk index rebuild"
        ) from error
    _drop_others(home, keep={generation} if rebuild else {generation, before})
    return generation


def drop_earlier(home: Home) -> None:
    """Remove the files of every generation but the one in service, as where text must be gone. The caller holds
    ``home.writing()``."""
    _drop_others(home, keep={_last_current(home)})


def _format(home: Home, index: PassageIndex) -> int:
    return read_manifest(_folder(home, index.generation)).format


def _last_current(home: Home) -> int:
    try:
        return current_generation(home)
    except IndexDamaged:
        return 0


def is_stale(home: Home, store: Store) -> bool:
    """Whether the database has published passages that the generation in service does not show as they are, as after a
    power cut between the two."""
    generation = current_generation(home)
    if generation == 0:
        return bool(store.published_passages())
    manifest = read_manifest(_folder(home, generation))
    lines = _lines(store.published_passages())
    indexed: str = manifest.files["passages.jsonl"]["sha256"]
    return indexed != sha256("".join(lines).encode()).hexdigest()


class CurrentIndex:
    """The generation in service, loaded once and loaded again when another becomes current.

    Safe to share between threads: each caller keeps the generation it was given.
    """

    def __init__(self, home: Home, *, encoder: str) -> None:
        self._home = home
        self._encoder = encoder
        self._lock = Lock()
        self._index: PassageIndex | None = None

    def get(self) -> PassageIndex:
        """:raises IndexEmpty, IndexDamaged, IndexMismatch: see :func:`open_index`."""
        with self._lock:
            if self._index is None or self._index.generation != current_generation(self._home):
                self._index = open_index(self._home, encoder=self._encoder)
            return self._index


def _previous(home: Home, encoder: Encoder) -> PassageIndex | None:
    try:
        return open_index(home, encoder=encoder.name, or_empty=True)
    except (IndexEmpty, IndexDamaged, IndexMismatch):  # then everything is built from the database
        return None


def _write(home: Home, index: PassageIndex, generation: int) -> None:
    scratch = home.index / f"{UNFINISHED}{generation:06d}"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        scratch.mkdir(mode=0o700)
        _fill(scratch, index, generation)
        shutil.rmtree(_folder(home, generation), ignore_errors=True)
        scratch.rename(_folder(home, generation))
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)  # it would take the room that the next attempt needs
        raise
    sync(home.index)


def _fill(scratch: Path, index: PassageIndex, generation: int) -> None:
    (scratch / "passages.jsonl").write_text("".join(_lines(index.passages)), encoding="utf-8")
    index.lexical.save(scratch / "lexical.npz")
    index.dense.save(scratch / "dense.faiss")
    manifest = Manifest(
        format=FORMAT,
        generation=generation,
        encoder=index.encoder,
        dimension=index.dense.dimension,
        passages=len(index.passages),
        documents=len({passage.document_id for passage in index.passages}),
        files={
            name: {"size_bytes": (scratch / name).stat().st_size, "sha256": sha256_of(scratch / name)}
            for name in _FILES
        },
    )
    (scratch / "manifest.json").write_text(json.dumps(asdict(manifest), indent=2))
    for path in [*scratch.iterdir(), scratch]:
        sync(path)


def _make_current(home: Home, generation: int) -> None:
    pointer = home.index / "current.new"
    pointer.write_text(f"{generation:06d}\n")
    sync(pointer)
    pointer.replace(home.index / "current")
    sync(home.index)


def _drop_others(home: Home, *, keep: Collection[int]) -> None:
    """Remove earlier generations and unfinished writes: who has read one holds it in memory."""
    kept = {f"{generation:06d}" for generation in keep}
    for folder in home.index.iterdir():
        if folder.is_dir() and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _numbers(home: Home) -> list[int]:
    return [int(folder.name) for folder in home.index.iterdir() if folder.name.isdigit()]


def _folder(home: Home, generation: int) -> Path:
    return home.index / f"{generation:06d}"


def _lines(passages: Iterable[Passage]) -> list[str]:
    return [json.dumps(_plain(passage), ensure_ascii=False) + "\n" for passage in passages]


def _plain(passage: Passage) -> dict[str, Any]:
    fields = {name: getattr(passage, name) for name in Passage.__dataclass_fields__}
    fields["section_path"] = list(passage.section_path)
    fields["audience"] = sorted(passage.audience)
    for day in ("effective_from", "effective_to"):
        fields[day] = fields[day].isoformat() if fields[day] else None
    return fields


def _passage(fields: dict[str, Any]) -> Passage:
    fields["section_path"] = tuple(fields["section_path"])
    fields["audience"] = frozenset(fields["audience"])
    fields["kind"] = PassageKind(fields["kind"])
    for day in ("effective_from", "effective_to"):
        fields[day] = date.fromisoformat(fields[day]) if fields[day] else None
    return Passage(**fields)
