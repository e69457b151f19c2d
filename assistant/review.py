"""The review room: drafts wait, HR reads what was understood of each, and publishes, rejects or takes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any

from assistant.actions import Act, Action, Actions
from assistant.audit import Audit, Kind
from assistant.changes import affected_answers, compare
from assistant.chats import Chats
from assistant.handoffs import Handoffs
from assistant.jobs import forget_document
from assistant.particulars import Particulars as Particulars
from assistant.particulars import particulars_from_json, particulars_json, set_particulars
from assistant.preflights import Preflights
from assistant.rehearsal import rehearse
from ingest.examination import examine, predecessor
from ingest.preflight import ChangesFound, Preflight
from retrieval.documents import Version
from retrieval.encoder import Encoder
from retrieval.errors import IndexEmpty, WrongUsage
from retrieval.generations import current_generation, open_index
from retrieval.generations import publish as publish_index
from retrieval.home import Home
from retrieval.index import PassageIndex
from retrieval.rerank import Reranker
from retrieval.store import Store
from retrieval.tables import DocumentRow

#: Who acts where nobody has signed in.
COMMAND_LINE = "command line"
#: The text of what was rejected or removed is kept so long for undo.
GRACE = timedelta(days=7)
#: Answers older than this are not counted as at stake.
_RECENT = timedelta(days=90)
_PREPARED = 20
#: Somebody else may be writing a generation meanwhile.
_PATIENCE_S = 60.0
_KINDS = {Act.PUBLISH: Kind.PUBLISH, Act.REJECT: Kind.REJECT, Act.REMOVE: Kind.REMOVE, Act.CONFIRM: Kind.CONFIRM}


@dataclass(frozen=True, slots=True)
class Draft:
    """A version that waits for review."""

    version_id: str
    document_id: str
    title: str
    file: str
    created_at: datetime
    is_first: bool  #: no other version of its document is in service
    particulars: Particulars


class Review:
    """What people who keep the library do with drafts. Safe to share between threads.

    Every act changes what the next question is answered from, can be undone, and stands in the audit chain.

    :param encoder: gives the encoder that questions are embedded with; asked once, may wait until it is loaded.
    :param reranker: gives the reranker the generated questions are tried with; None tries them without.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        *,
        encoder: Callable[[], Encoder],
        reranker: Callable[[], Reranker | None] | None = None,
        grace: timedelta = GRACE,
    ) -> None:
        self.home = home
        self.store = store
        self.grace = grace
        self._encoder = cache(encoder)
        self._reranker = cache(reranker) if reranker else None
        self._actions = Actions(store)
        self._preflights = Preflights(store)
        self._audit = Audit(store)
        self._chats = Chats(store)
        self._handoffs = Handoffs(store)

    # -- reading -------------------------------------------------------------------------------------------------------

    def drafts(self) -> list[Draft]:
        """The versions that wait, oldest first."""
        return [self._draft(version) for version in self.store.drafts()]

    def report(self, version_id: str, *, fresh: bool = False) -> Preflight:
        """The pre-flight report of a version, published or not; kept until the library changes.

        :param version_id: or a document's id: its latest draft, else its latest version.
        :param fresh: make it again.
        :raises WrongUsage: if there is no such version.
        """
        version = self._version(version_id)
        kept = None if fresh else self._preflights.report(version.version_id)
        if kept is not None and kept.index_generation == current_generation(self.home):
            return kept
        encoder = self._encoder()
        index = self._index()
        report = examine(version.version_id, home=self.home, store=self.store, encoder=encoder, index=index, known=kept)
        questions = rehearse(
            self.store.passages(version.version_id), encoder, library=index,
            reranker=self._reranker() if self._reranker else None,
        )  # fmt: skip
        report = replace(report, questions=questions, changes=self._with_stakes(report, version))
        self._preflights.keep(report)
        return report

    def prepare(self, version_ids: Sequence[str]) -> None:
        """Make the reports of drafts that were just read, so that who opens one does not wait; of many, the first twenty."""
        for version_id in version_ids[:_PREPARED]:
            self.report(version_id)

    def particulars(self, version_id: str) -> Particulars:
        """What is said about a version now, with what was confirmed for it.

        :raises WrongUsage: if there is no such version.
        """
        version = self._version(version_id)
        return self._preflights.particulars(version.version_id)

    def history(self, *, document_id: str | None = None, last: int = 100) -> list[Action]:
        """What was done, latest first."""
        return self._actions.all(document_id=document_id)[:last]

    # -- acting --------------------------------------------------------------------------------------------------------

    def confirm(self, version_id: str, particulars: Particulars, *, who: str = COMMAND_LINE) -> Action | None:
        """Set what is said about a version; None if that is how it was.

        Title and dates are the version's own. Country, readers and owner are the document's: for a draft of a document that
        is in service they take effect when the draft is published.

        :raises WrongUsage: if there is no such version, the title is empty or the dates are the wrong way round.
        """
        particulars.check()
        with self.home.writing(timeout_s=_PATIENCE_S):
            version = self._version(version_id)
            before = self._preflights.particulars(version.version_id)
            if particulars == before:
                return None
            self._set(version, particulars)
            action = self._done(Act.CONFIRM, [version], who, {"particulars": particulars_json(before)})
            self._refresh()
        return action

    def publish(self, version_id: str, *, who: str = COMMAND_LINE) -> Action:
        """Put a draft in service: the next question may be answered from it.

        :param version_id: or a document's id: all its drafts.
        :raises WrongUsage: if there is no such draft.
        """
        with self.home.writing(timeout_s=_PATIENCE_S):
            drafts = self._waiting(version_id)
            document = self.store.document(drafts[0].document_id)
            before = {
                "jurisdiction": document.jurisdiction,
                "audience": sorted(document.audience),
                "owner": document.owner,
            }
            confirmed = self._preflights.particulars(drafts[-1].version_id)

            def publish(row: DocumentRow) -> None:
                _mark(row, drafts, published=True)
                row.jurisdiction, row.owner = confirmed.jurisdiction, confirmed.owner
                row.audience = sorted(confirmed.audience)

            self.store.change(document.document_id, publish)
            action = self._done(Act.PUBLISH, drafts, who, {"document": before})
            self._refresh()
        return action

    def reject(self, version_id: str, *, who: str = COMMAND_LINE) -> Action:
        """Put a draft aside; its text is gone for good after the days of grace, or at ``index rebuild``.

        :param version_id: or a document's id: all its drafts.
        :raises WrongUsage: if there is no such draft.
        """
        with self.home.writing(timeout_s=_PATIENCE_S):
            drafts = self._waiting(version_id)
            self.store.change(drafts[0].document_id, lambda row: _mark(row, drafts, withdrawn=True))
            return self._done(Act.REJECT, drafts, who)

    def remove(self, document_id: str, *, who: str = COMMAND_LINE) -> Action:
        """Take a document with all its versions out of the library: the next question is answered without it.

        Its text is gone for good after the days of grace, or at ``index rebuild``.

        :raises WrongUsage: if there is no such document, or it was removed already.
        """
        with self.home.writing(timeout_s=_PATIENCE_S):
            versions = [version for version in self.store.document(document_id).versions if not version.withdrawn]
            if not versions:
                raise WrongUsage(f"document {document_id} is removed already; see: policydesk documents history")
            self.store.change(document_id, lambda row: _mark(row, versions, withdrawn=True))
            action = self._done(Act.REMOVE, versions, who)
            self._refresh()
        return action

    def undo(self, action_id: str | None = None, *, who: str = COMMAND_LINE) -> Action:
        """Take back an act, the latest that can be without an id; :returns: it, as undone.

        :raises WrongUsage: if there is no such act, it was undone, its text is gone, or a later act on the same document
            stands on it.
        """
        with self.home.writing(timeout_s=_PATIENCE_S):
            action = self._undoable(action_id)
            versions = [self.store.version(version_id) for version_id in action.version_ids]
            match action.act:
                case Act.PUBLISH:
                    self.store.change(
                        action.document_id, lambda row: _unpublish(row, versions, action.before["document"])
                    )
                case Act.REJECT | Act.REMOVE:
                    self.store.change(action.document_id, lambda row: _mark(row, versions, withdrawn=False))
                case Act.CONFIRM:
                    self._set(versions[0], particulars_from_json(action.before["particulars"]))
            undone = self._actions.undone(action.action_id)
            self._audit.append(Kind.UNDO, {**_payload(action), "who": who})
            self._refresh()
        return undone

    def erase(self, document_id: str, *, who: str = COMMAND_LINE) -> None:
        """Remove a document for good and at once: its text, its originals, its reports and acts, its place in the index, and
        what conversations quote of it.

        :raises WrongUsage: if there is no such document.
        """
        with self.home.writing(timeout_s=_PATIENCE_S):
            versions = self.store.document(document_id).versions
            self.store.remove_document(document_id)
            self._refresh()
            self._forget(document_id, versions)
            self.store.prune_originals(self.home)
        self._audit.append(Kind.REMOVE, {"document_id": document_id, "for_good": True, "who": who})

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
        with self.home.writing(timeout_s=_PATIENCE_S):
            for action in due:
                if not self._actions.get(action.action_id).can_be_undone:
                    continue  # an earlier one took the whole document
                document = self.store.document(action.document_id)
                gone = [each for each in document.versions if each.version_id in action.version_ids and each.withdrawn]
                self.store.remove_versions([version.version_id for version in gone])
                self._forget(action.document_id, gone, is_all=len(gone) == len(document.versions))
                erased += len(gone)
            self.store.prune_originals(self.home)
        return erased

    def rebuild(self, *, progress: Callable[[int, int], None] | None = None) -> int:
        """Build the index anew from the database; of what was removed or rejected nothing readable is left behind.

        :param progress: called with (passages encoded, passages to encode).
        :returns: the number of the generation in service afterwards.
        """
        self.purge(all_removed=True)
        encoder = self._encoder()
        with self.home.writing(timeout_s=_PATIENCE_S):
            generation = publish_index(self.home, self.store, encoder, rebuild=True, progress=progress)
            self.store.prune_originals(self.home)
            self.store.compact()
        return generation

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _version(self, name: str) -> Version:
        """A version by its id, or a document's latest draft, else its latest version."""
        if ".v" in name:
            return self.store.version(name)
        versions = self.store.document(name).versions
        waiting = [version for version in versions if not version.published and not version.withdrawn]
        return (waiting or list(versions))[-1]

    def _waiting(self, name: str) -> list[Version]:
        named = [self.store.version(name)] if ".v" in name else list(self.store.document(name).versions)
        waiting = [version for version in named if not version.published and not version.withdrawn]
        if not waiting:
            how = "was rejected or removed" if all(version.withdrawn for version in named) else "is published already"
            raise WrongUsage(f"{name} is no draft: it {how}; see what waits with: policydesk documents review")
        return waiting

    def _draft(self, version: Version) -> Draft:
        others = self.store.document(version.document_id).versions
        return Draft(
            version_id=version.version_id, document_id=version.document_id, title=version.title, file=version.file,
            created_at=version.created_at.replace(tzinfo=UTC),
            is_first=not any(other.published and not other.withdrawn for other in others),
            particulars=self._preflights.particulars(version.version_id),
        )  # fmt: skip

    def _set(self, version: Version, particulars: Particulars) -> None:
        """Set what is said about a version; what is the document's waits if the version is a draft beside others in service."""
        others = self.store.document(version.document_id).versions
        waits = not version.published and any(other.published and not other.withdrawn for other in others)
        self.store.change(
            version.document_id,
            lambda row: set_particulars(row, version.version_id, particulars, also_document=not waits),
        )
        self._preflights.hold(version.version_id, particulars if waits else None)

    def _done(self, act: Act, versions: Sequence[Version], who: str, before: dict[str, Any] | None = None) -> Action:
        action = self._actions.add(
            act, versions[0].document_id, [version.version_id for version in versions],
            title=versions[-1].title, who=who, before=before,
        )  # fmt: skip
        self._audit.append(_KINDS[act], {**_payload(action), "who": who})
        return action

    def _undoable(self, action_id: str | None) -> Action:
        latest = next((each for each in self._actions.all() if each.can_be_undone), None)
        if action_id is None and latest is None:
            raise WrongUsage("there is nothing to undo; see: policydesk documents history")
        action = self._actions.get(action_id) if action_id is not None else latest
        assert action is not None
        if action.undone_at is not None:
            raise WrongUsage(f"act {action.action_id} was undone already; see: policydesk documents history")
        if action.final_at is not None:
            raise WrongUsage(f"act {action.action_id} can no longer be undone: its text is gone for good")
        later = takewhile(
            lambda each: each.action_id != action.action_id, self._actions.all(document_id=action.document_id)
        )
        standing = next((each for each in later if each.undone_at is None), None)
        if standing is not None:
            raise WrongUsage(
                f"act {action.action_id} came before {standing.act.value} {standing.action_id} on the same document; "
                f"undo that first: policydesk documents undo {standing.action_id}"
            )
        return action

    def _refresh(self) -> None:
        """Bring the index in line with the database. The caller holds the home's write lock."""
        publish_index(self.home, self.store, self._encoder())

    def _forget(self, document_id: str, versions: Sequence[Version], *, is_all: bool = True) -> None:
        ids = [version.version_id for version in versions]
        self._preflights.forget(ids)
        self._actions.close(document_id, None if is_all else ids)
        if is_all:
            self._chats.forget(document_id)
            self._handoffs.forget_document(document_id)
            forget_document(self.store, document_id)

    def _index(self) -> PassageIndex | None:
        try:
            return open_index(self.home, encoder=self._encoder().name)
        except IndexEmpty:
            return None

    def _with_stakes(self, report: Preflight, version: Version) -> ChangesFound | None:
        """The changes with the number of answers that rested on a clause that changed."""
        document = self.store.document(version.document_id)
        previous = predecessor(document, version)
        if report.changes is None or previous is None:
            return report.changes
        comparison = compare(self.store, document.document_id, previous.version_id, version.version_id)
        after = (datetime.now(UTC) - _RECENT).isoformat()
        at_stake = len(affected_answers(self.store, comparison, self._audit, after=after))
        return replace(report.changes, answers_at_stake=at_stake)


def _payload(action: Action) -> dict[str, Any]:
    return {
        "document_id": action.document_id,
        "versions": list(action.version_ids),
        "action_id": action.action_id,
        "act": action.act.value,
    }


def _mark(row: DocumentRow, versions: Sequence[Version], **values: bool) -> None:
    chosen = {version.version_id for version in versions}
    for version in row.versions:
        if version.version_id in chosen:
            for name, value in values.items():
                setattr(version, name, value)


def _unpublish(row: DocumentRow, versions: Sequence[Version], before: dict[str, Any]) -> None:
    _mark(row, versions, published=False)
    row.jurisdiction, row.owner, row.audience = before["jurisdiction"], before["owner"], before["audience"]
