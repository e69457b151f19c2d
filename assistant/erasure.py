"""What is gone for good: text that is erased at once, after the days of grace, or when the index is rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import object_session

from assistant.actions import COMMAND_LINE, Act, Actions
from assistant.audit import Audit, Kind
from assistant.chats import Chats
from assistant.handoffs import Handoffs
from assistant.jobrecords import forget_document
from assistant.jobs import forget_files
from assistant.preflights import Preflights
from retrieval.documents import Document, Version
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.generations import drop_earlier
from retrieval.generations import publish as publish_index
from retrieval.home import PATIENCE_S, Home
from retrieval.store import Store
from retrieval.tables import DocumentRow

#: The text of what was rejected or removed is kept so long for undo.
GRACE = timedelta(days=7)


class Erasure:
    """Removes text from one home so that nothing readable is left of it. Safe to share between threads.

    :param encoder: gives the encoder that questions are embedded with; may wait until it is loaded.
    :param grace: how long what was rejected or removed can be taken back.
    """

    def __init__(self, home: Home, store: Store, *, encoder: Callable[[], Encoder], grace: timedelta = GRACE) -> None:
        self.home = home
        self.store = store
        self.grace = grace
        self._encoder = encoder
        self._actions = Actions(store)
        self._preflights = Preflights(store)
        self._audit = Audit(store)
        self._chats = Chats(store)
        self._handoffs = Handoffs(store)

    def erase(self, document_id: str, *, who: str = COMMAND_LINE) -> None:
        """Remove a document for good and at once: its text, its originals and the files they were sent as, its reports and acts,
        its place in the index, and what conversations quote of it.

        Whatever stops it half way leaves a document that is removed: it can be erased once more, and is after the days of grace.

        :raises WrongUsage: if there is no such document.
        :raises NotReady: if the index cannot be written, as where the disk is full; all else is gone then.
        """
        with self.home.writing(timeout_s=PATIENCE_S):
            document = self.store.document(document_id)
            encoder = self._encoder()
            self._withdraw(document, who)
            try:
                publish_index(self.home, self.store, encoder)
                drop_earlier(self.home)
            finally:  # where the disk is full it stays in the index until that is rebuilt, and nowhere else
                self._forget(document_id, document.versions)
                self.store.remove_document(document_id)
                self._actions.close(document_id)
                self.store.prune_originals(self.home)
                self.store.empty_log()

    def purge(self, *, all_removed: bool = False) -> int:
        """Erase the text of what was rejected or removed longer ago than the days of grace; :returns: how many versions.

        :param all_removed: also what was removed today: nothing of it can be undone any more.
        """
        before = datetime.now(UTC) - (timedelta(0) if all_removed else self.grace)
        due = [
            action for action in self._actions.all()
            if action.act in (Act.REJECT, Act.REMOVE) and action.can_be_undone and action.at <= before
        ]  # fmt: skip
        if not due:
            return 0
        erased = 0
        with self.home.writing(timeout_s=PATIENCE_S):
            for action in due:
                if not self._actions.get(action.action_id).can_be_undone:
                    continue  # an earlier one took the whole document
                versions = self._versions(action.document_id)
                gone = [each for each in versions if each.version_id in action.version_ids and each.withdrawn]
                ids = [version.version_id for version in gone]
                is_all = len(gone) == len(versions)
                self._forget(action.document_id, gone, is_all=is_all)
                self.store.remove_versions(ids)
                # Last: until then it is due, whatever stops what comes before.
                self._actions.close(action.document_id, None if is_all else ids)
                erased += len(gone)
            drop_earlier(self.home)
            self.store.prune_originals(self.home)
            self.store.empty_log()
        return erased

    def rebuild(self, *, progress: Callable[[int, int], None] | None = None) -> int:
        """Build the index anew from the database; of what was removed or rejected nothing readable is left behind.

        :param progress: called with (passages encoded, passages to encode).
        :returns: the number of the generation in service afterwards.
        """
        self.purge(all_removed=True)
        encoder = self._encoder()
        with self.home.writing(timeout_s=PATIENCE_S):
            generation = publish_index(self.home, self.store, encoder, rebuild=True, progress=progress)
            self.store.prune_originals(self.home)
            self.store.compact()
        return generation

    def _withdraw(self, document: Document, who: str) -> None:
        """Take a document out of the library, so that it is out of the next generation, and write down that it is to go."""

        ids = [version.version_id for version in document.versions]

        def withdraw(row: DocumentRow) -> None:
            for version in row.versions:
                version.withdrawn = True
            session = object_session(row)
            self._actions.add(Act.REMOVE, row.document_id, ids, title=document.title, who=who, within=session)
            said = {"document_id": row.document_id, "for_good": True, "who": who}
            self._audit.append(Kind.REMOVE, said, within=session)

        self.store.change(document.document_id, withdraw)

    def _versions(self, document_id: str) -> tuple[Version, ...]:
        """A document's versions; none where it is gone already."""
        try:
            return self.store.document(document_id).versions
        except WrongUsage:
            return ()

    def _forget(self, document_id: str, versions: Sequence[Version], *, is_all: bool = True) -> None:
        """Take versions out of everything that tells of them but the library itself; done twice, it is as done once."""
        if not versions:
            return
        ids = [version.version_id for version in versions]
        self._preflights.forget(ids)
        forget_files(self.home, versions)
        gone = None if is_all else ids
        self._chats.forget(document_id, gone)
        self._handoffs.forget_document(document_id, gone)
        forget_document(self.store, document_id, gone)
