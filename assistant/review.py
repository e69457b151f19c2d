"""The review room: drafts wait, HR reads what was understood of each, and publishes, rejects or takes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from assistant.actions import Action
from ingest.preflight import Preflight
from retrieval.encoder import Encoder
from retrieval.home import Home
from retrieval.rerank import Reranker
from retrieval.store import Store

#: Who acts where nobody has signed in.
COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is said about a version and its document, as it will stand once published."""

    title: str
    effective_from: date | None = None  #: None: from the day it was added, or always for a first version
    effective_to: date | None = None
    jurisdiction: str | None = None  #: ISO 3166; None: everywhere
    audience: frozenset[str] = frozenset()  #: groups; empty: every employee
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A version that waits for review."""

    version_id: str
    document_id: str
    title: str
    file: str
    created_at: datetime
    is_first: bool  #: no other version of its document is published
    particulars: Particulars


class Review:
    """What people who keep the library do with drafts. Safe to share between threads.

    Every act changes what the next question is answered from, can be undone, and stands in the audit chain.

    :param encoder: gives the encoder that questions are embedded with; may wait until it is loaded.
    :param reranker: gives the reranker the generated questions are tried with; None tries them without.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        *,
        encoder: Callable[[], Encoder],
        reranker: Callable[[], Reranker | None] | None = None,
    ) -> None:
        self.home = home
        self.store = store
        self._encoder = encoder
        self._reranker = reranker

    def drafts(self) -> list[Draft]:
        """The versions that wait, oldest first."""
        raise NotImplementedError

    def report(self, version_id: str, *, fresh: bool = False) -> Preflight:
        """The pre-flight report of a version, published or not; kept until the library changes.

        :param version_id: or a document's id: its latest draft, else its latest version.
        :param fresh: make it again.
        :raises WrongUsage: if there is no such version.
        """
        raise NotImplementedError

    def particulars(self, version_id: str) -> Particulars:
        """What is said about a version now, with what was confirmed for it.

        :raises WrongUsage: if there is no such version.
        """
        raise NotImplementedError

    def confirm(self, version_id: str, particulars: Particulars, *, who: str = COMMAND_LINE) -> Action | None:
        """Set what is said about a version; None if that is how it was.

        Title and dates are the version's own. Country, readers and owner are the document's: for a draft of a document that
        is in service they take effect when the draft is published.

        :raises WrongUsage: if there is no such version, the title is empty or the dates are the wrong way round.
        """
        raise NotImplementedError

    def publish(self, version_id: str, *, who: str = COMMAND_LINE) -> Action:
        """Put a draft in service: the next question may be answered from it.

        :param version_id: or a document's id: all its drafts.
        :raises WrongUsage: if there is no such draft.
        """
        raise NotImplementedError

    def reject(self, version_id: str, *, who: str = COMMAND_LINE) -> Action:
        """Put a draft aside; its text is gone for good after the days of grace, or at ``index rebuild``.

        :param version_id: or a document's id: all its drafts.
        :raises WrongUsage: if there is no such draft.
        """
        raise NotImplementedError

    def remove(self, document_id: str, *, who: str = COMMAND_LINE) -> Action:
        """Take a document with all its versions out of the library: the next question is answered without it.

        Its text is gone for good after the days of grace, or at ``index rebuild``.

        :raises WrongUsage: if there is no such document.
        """
        raise NotImplementedError

    def undo(self, action_id: str | None = None, *, who: str = COMMAND_LINE) -> Action:
        """Take back an act, the latest that can be without an id; :returns: it, as undone.

        :raises WrongUsage: if there is no such act, it was undone, its text is gone, or a later act on the same document
            stands on it.
        """
        raise NotImplementedError

    def history(self, *, document_id: str | None = None, last: int = 100) -> list[Action]:
        """What was done, latest first."""
        raise NotImplementedError

    def purge(self, *, all_removed: bool = False) -> int:
        """Erase the text of what was rejected or removed longer ago than the days of grace; :returns: how many documents
        or drafts.

        :param all_removed: also what was removed today: nothing of it can be undone any more.
        """
        raise NotImplementedError
