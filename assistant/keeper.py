"""Files brought into the library while the server runs, and the index that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assistant.audit import Audit, Kind
from ingest.records import FileReport, FileStatus
from retrieval.encoder import Encoder
from retrieval.home import Home
from retrieval.store import Store

if TYPE_CHECKING:
    from ingest.pipeline import IngestOptions

#: Passages compared with the library after an upload, in seconds; what brings more is compared when somebody opens Conflicts.
_MOST_COMPARED = 1_000
#: A file's line in the report, with the fields of ``ingest --json``.
Report = dict[str, Any]


class Keeper(Protocol):
    """Adds documents; when a call returns, the next question is answered accordingly."""

    def add(
        self,
        files: Sequence[tuple[str, Path]],
        options: dict[str, Any],
        report: Callable[[Report], None],
        *,
        stop: Callable[[], bool] | None = None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class LibraryKeeper:
    """The keeper of a home.

    :param encoder: gives the encoder that questions are embedded with; may wait until it is loaded.
    """

    home: Home
    store: Store
    encoder: Callable[[], Encoder]

    def add(
        self,
        files: Sequence[tuple[str, Path]],
        options: dict[str, Any],
        report: Callable[[Report], None],
        *,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        """Read files into the library; ``report`` is called for each when it is stored, and once more for what was published at
        once and contradicts documents in force.

        :param files: the name people know and where the bytes lie.
        :param options: fields of :class:`ingest.pipeline.IngestOptions` as JSON.
        :param stop: once it says so, no further file is read.
        """
        from ingest.discover import Source
        from ingest.pipeline import ingest

        audit, chosen = Audit(self.store), _options(options)

        published: list[FileReport] = []

        def stored(line: FileReport) -> None:
            if line.status in (FileStatus.INDEXED, FileStatus.PARTIAL):
                if not chosen.draft:
                    published.append(line)
                audit.append(Kind.UPLOAD, {"document_id": line.document_id, "version_id": line.version_id})
            report(line.as_json())

        ingest(
            [Source.upload(path, name) for name, path in files],
            home=self.home,
            store=self.store,
            encoder=self.encoder(),
            options=chosen,
            on_file=stored,
            stop=stop,
        )
        if not (stop and stop()):
            for line in self._contradicting(published):
                report(line.as_json())

    def _contradicting(self, published: Sequence[FileReport]) -> Iterator[FileReport]:
        """The lines of files that contradict documents which everybody may read, with a remark that says so."""
        from ingest.conflicts import find_conflicts
        from retrieval.errors import IndexEmpty
        from retrieval.generations import open_index

        versions = [str(line.version_id) for line in published]
        passages = [passage for version_id in versions for passage in self.store.passages(version_id)]
        if not 0 < len(passages) <= _MOST_COMPARED:
            return
        encoder = self.encoder()
        found = Counter[str]()
        try:
            library = open_index(self.home, encoder=encoder.name)
        except IndexEmpty:  # all of it was removed meanwhile
            return
        for each in find_conflicts(passages, encoder, library=library):
            sides = (each.one.passage, each.other.passage)
            found.update(mine.version_id for mine, other in (sides, sides[::-1]) if not other.audience)
        for line, version_id in zip(published, versions, strict=True):
            if number := found[version_id]:
                said = f"{number} of its rules seem{'s' if number == 1 else ''} to contradict other documents in force; compare them under Conflicts"
                yield replace(line, warnings=(*line.warnings, said))


def _options(given: dict[str, Any]) -> IngestOptions:
    from ingest.countries import country_code
    from ingest.pipeline import IngestOptions

    return IngestOptions(
        audience=frozenset(given.get("audience") or ()),
        jurisdiction=country_code(given.get("jurisdiction")),
        owner=given.get("owner"),
        effective_from=_day(given.get("effective_from")),
        effective_to=_day(given.get("effective_to")),
        supersedes=given.get("supersedes"),
        collection=given.get("collection"),
        draft=bool(given.get("draft")),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
