"""The review room: drafts wait, HR reads what was understood of each, and publishes, rejects or takes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy.orm import Session, object_session

from assistant.actions import COMMAND_LINE, Act, Action, Actions
from assistant.answer import Assistant
from assistant.audit import Audit, Kind, sha256
from assistant.changes import affected_answers, compare
from assistant.erasure import GRACE, Erasure
from assistant.jobrecords import follow_version
from assistant.particulars import Particulars as Particulars
from assistant.particulars import particulars_from_json, particulars_json, set_particulars
from assistant.preflights import Preflights
from assistant.rehearsal import rehearse
from ingest.examination import examine, predecessor
from ingest.preflight import ChangesFound, Preflight
from retrieval.documents import Version
from retrieval.encoder import Encoder
from retrieval.errors import IndexEmpty, WrongUsage
from retrieval.generations import CurrentIndex, current_generation, is_stale, open_index
from retrieval.generations import publish as publish_index
from retrieval.home import PATIENCE_S, Home
from retrieval.index import PassageIndex
from retrieval.store import Store
from retrieval.tables import DocumentRow

#: Answers older than this are not counted as at stake.
_RECENT = timedelta(days=90)
_PREPARED = 20
_DONE = {Act.PUBLISH: "published", Act.REJECT: "put aside", Act.REMOVE: "removed"}


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
    :param rehearsing: gives the assistant whose models generated questions are tried with; None tries them with the
        encoder alone.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        *,
        encoder: Callable[[], Encoder],
        rehearsing: Callable[[], Assistant] | None = None,
        grace: timedelta = GRACE,
    ) -> None:
        self.home = home
        self.store = store
        self._encoder = cache(encoder)
        self.erasure = Erasure(home, store, encoder=self._encoder, grace=grace)
        self._rehearsing = cache(rehearsing or self._without_models)
        self._actions = Actions(store)
        self._preflights = Preflights(store)
        self._audit = Audit(store)

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
        questions = rehearse(self.store.passages(version.version_id), self._rehearsing(), library=index)
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

    def seen(self, version_id: str) -> str:
        """How a version stands, in one word: what a form about it carries, to tell whether somebody changed it meanwhile.

        :raises WrongUsage: if there is no such version.
        """
        version = self._version(version_id)
        particulars = particulars_json(self._preflights.particulars(version.version_id))
        return sha256(json.dumps([particulars, version.published, version.withdrawn]))[:16]

    def history(self, *, document_id: str | None = None, last: int = 100) -> list[Action]:
        """What was done, latest first."""
        return self._actions.all(document_id=document_id)[:last]

    # -- acting --------------------------------------------------------------------------------------------------------

    def confirm(
        self, version_id: str, particulars: Particulars, *, who: str = COMMAND_LINE, seen: str | None = None
    ) -> Action | None:
        """Set what is said about a version; None if that is how it was.

        Title and dates are the version's own. Country, readers and owner are the document's: for a draft of a document that
        is in service they take effect when the draft is published.

        :param seen: what :meth:`seen` gave when its author looked; None asks for nothing.
        :raises WrongUsage: if there is no such version, it is not as it was seen, the title is empty or the dates are the
            wrong way round.
        """
        particulars.check()
        with self.home.writing(timeout_s=PATIENCE_S):
            self._check_seen(version_id, seen)
            action = self._confirm(self._version(version_id), particulars, who)
            if action is not None:
                self._refresh()
        return action

    def publish(
        self,
        version_id: str,
        *,
        who: str = COMMAND_LINE,
        seen: str | None = None,
        particulars: Particulars | None = None,
    ) -> Action:
        """Put a draft in service: the next question may be answered from it.

        :param version_id: or a document's id: all its drafts.
        :param seen: as for :meth:`confirm`.
        :param particulars: what is said about it from now on; None leaves it as it is.
        :raises WrongUsage: if there is no such draft, or :meth:`confirm` would not have the particulars.
        """
        if particulars is not None:
            particulars.check()
        with self.home.writing(timeout_s=PATIENCE_S):
            self._check_seen(version_id, seen)
            drafts = self._waiting(version_id)
            if particulars is not None:
                self._confirm(drafts[-1], particulars, who)
                drafts = self._waiting(version_id)
            document = self.store.document(drafts[0].document_id)
            before = {
                "jurisdiction": document.jurisdiction,
                "audience": sorted(document.audience),
                "owner": document.owner,
            }
            confirmed = {each.version_id: self._preflights.particulars(each.version_id) for each in drafts}
            latest = confirmed[drafts[-1].version_id]

            def publish(row: DocumentRow) -> None:
                _mark(row, drafts, published=True)
                row.jurisdiction, row.owner = latest.jurisdiction, latest.owner
                row.audience = sorted(latest.audience)

            self._encoder()  # before anything is changed: without it the index could not follow
            held = {version_id: particulars_json(each) for version_id, each in confirmed.items()}
            action = self._do(Act.PUBLISH, drafts, who, publish, {"document": before, "confirmed": held})
            self._refresh()
        return action

    def reject(self, version_id: str, *, who: str = COMMAND_LINE, seen: str | None = None) -> Action:
        """Put a draft aside; its text is gone for good after the days of grace, or at ``index rebuild``.

        :param version_id: or a document's id: all its drafts.
        :param seen: as for :meth:`confirm`.
        :raises WrongUsage: if there is no such draft, or it is not as it was seen.
        """
        with self.home.writing(timeout_s=PATIENCE_S):
            self._check_seen(version_id, seen)
            drafts = self._waiting(version_id)
            return self._do(Act.REJECT, drafts, who, lambda row: _mark(row, drafts, withdrawn=True))

    def attach(self, version_id: str, document_id: str, *, who: str = COMMAND_LINE) -> Action:
        """Make a draft a version of another document, where reading it did not show that it is one.

        It gets an id of that document, and with it the document's country, readers and owner.

        :raises WrongUsage: if there is no such draft or document, or it is a version of that document already.
        """
        with self.home.writing(timeout_s=PATIENCE_S):
            (draft, *others) = self._waiting(version_id)
            if others:
                raise WrongUsage(f"{version_id} has {len(others) + 1} drafts; name one: {draft.version_id}")
            if all(version.withdrawn for version in self.store.document(document_id).versions):
                raise WrongUsage(f"document {document_id} is removed; undo that first, or choose another document")
            before = self._preflights.particulars(draft.version_id)
            moved = self._move(draft, document_id)
            was = {"document_id": draft.document_id, "particulars": particulars_json(before)}
            return self._done(Act.ATTACH, [moved], who, was)

    def remove(self, document_id: str, *, who: str = COMMAND_LINE) -> Action:
        """Take a document with all its versions out of the library: the next question is answered without it.

        Its text is gone for good after the days of grace, or at ``index rebuild``.

        :raises WrongUsage: if there is no such document, or it was removed already.
        """
        with self.home.writing(timeout_s=PATIENCE_S):
            versions = [version for version in self.store.document(document_id).versions if not version.withdrawn]
            if not versions:
                raise WrongUsage(f"document {document_id} is removed already; see: policydesk documents history")
            self._encoder()
            action = self._do(Act.REMOVE, versions, who, lambda row: _mark(row, versions, withdrawn=True))
            self._refresh()
        return action

    def undo(self, action_id: str | None = None, *, who: str = COMMAND_LINE) -> Action:
        """Take back an act, the latest that can be without an id; :returns: it, as undone.

        Where the document has got another version since, nobody more may read it than now: that version was added for those.

        :raises WrongUsage: if there is no such act, it was undone, its text is gone, or a later act on the same document
            stands on it.
        """
        with self.home.writing(timeout_s=PATIENCE_S):
            action = self._actions.undoable(action_id)
            versions = [self.store.version(version_id) for version_id in action.version_ids]
            self._encoder()
            match action.act:
                case Act.PUBLISH:
                    before = self._opening_nothing(action, action.before["document"])
                    self.store.change(action.document_id, lambda row: _unpublish(row, versions, before))
                    for version_id, confirmed in action.before.get("confirmed", {}).items():
                        held = particulars_from_json(self._opening_nothing(action, confirmed))
                        self._set(self.store.version(version_id), held)
                case Act.REJECT | Act.REMOVE:
                    self.store.change(action.document_id, lambda row: _mark(row, versions, withdrawn=False))
                case Act.CONFIRM:
                    before = self._opening_nothing(action, action.before["particulars"])
                    self._set(versions[0], particulars_from_json(before))
                case Act.ATTACH:
                    self._detach(versions[0], action.before)
            undone = self._actions.undone(action.action_id)
            self._audit.append(Kind.UNDO, {**_payload(action), "who": who})
            self._refresh()
        return undone

    def catch_up(self) -> None:
        """Bring the index in line with the database where it is not, as after a power cut between the two or where a backup was
        restored: what was removed must not answer, and what is there must."""
        if is_stale(self.home, self.store):
            with self.home.writing():
                self._refresh()

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

    def _check_seen(self, name: str, seen: str | None) -> None:
        """:raises WrongUsage: if a version is not as it was seen."""
        if seen is None or seen == self.seen(name):
            return
        version = self._version(name)
        last = next(iter(self._actions.all(document_id=version.document_id)), None)
        how = "changed" if last is None or last.undone_at else f"{_DONE.get(last.act, 'changed')} by {last.who}"
        raise WrongUsage(
            f"{version.title} was {how} since you opened this page, so nothing was done; open it again to see how it stands"
        )

    def _confirm(self, version: Version, particulars: Particulars, who: str) -> Action | None:
        """Set what is said about a version and write it down; the index is the caller's to refresh."""
        before = self._preflights.particulars(version.version_id)
        if particulars == before:
            return None
        self._encoder()
        self._set(version, particulars)
        return self._done(Act.CONFIRM, [version], who, {"particulars": particulars_json(before)})

    def _draft(self, version: Version) -> Draft:
        others = self.store.document(version.document_id).versions
        return Draft(
            version_id=version.version_id, document_id=version.document_id, title=version.title, file=version.file,
            created_at=version.created_at.replace(tzinfo=UTC),
            is_first=not any(other.published and not other.withdrawn for other in others),
            particulars=self._preflights.particulars(version.version_id),
        )  # fmt: skip

    def _opening_nothing(self, action: Action, before: dict[str, Any]) -> dict[str, Any]:
        """How a document was before an act, but for its readers where they were more than now and a version has come since."""
        document = self.store.document(action.document_id)
        came = any(
            each.created_at > action.at and each.version_id not in action.version_ids for each in document.versions
        )
        now, was = document.audience, frozenset(before["audience"])
        opens = bool(now) and not (was and was <= now)
        return {**before, "audience": sorted(now)} if came and opens else before

    def _set(self, version: Version, particulars: Particulars) -> None:
        """Set what is said about a version; what is the document's waits if the version is a draft beside others in service."""
        others = self.store.document(version.document_id).versions
        waits = not version.published and any(other.published and not other.withdrawn for other in others)
        self.store.change(
            version.document_id,
            lambda row: set_particulars(row, version.version_id, particulars, also_document=not waits),
        )
        self._preflights.hold(version.version_id, particulars if waits else None)

    def _move(self, version: Version, document_id: str | None) -> Version:
        """Make a version one of another document, and let what is kept about it follow."""
        moved = self.store.move_version(version.version_id, document_id)
        self._preflights.forget([version.version_id])
        self._actions.follow(version.version_id, moved)
        follow_version(self.store, version.version_id, moved)
        return moved

    def _detach(self, version: Version, before: dict[str, Any]) -> None:
        """Give a draft back to the document it came from, which is made anew if that is gone."""
        known = {document.document_id for document in self.store.documents()}
        origin = before["document_id"] if before["document_id"] in known else None
        self._set(self._move(version, origin), particulars_from_json(before["particulars"]))

    def _do(
        self, act: Act, versions: Sequence[Version], who: str, change: Callable[[DocumentRow], None], before: dict[str, Any] | None = None
    ) -> Action:  # fmt: skip
        """Change a document and write down that it was done: whatever stops it, both are kept or neither."""
        done: list[Action] = []

        def both(row: DocumentRow) -> None:
            change(row)
            done.append(self._done(act, versions, who, before, within=object_session(row)))

        self.store.change(versions[0].document_id, both)
        return done[0]

    def _done(
        self, act: Act, versions: Sequence[Version], who: str, before: dict[str, Any] | None = None, *, within: Session | None = None
    ) -> Action:  # fmt: skip
        action = self._actions.add(
            act, versions[0].document_id, [version.version_id for version in versions],
            title=versions[-1].title, who=who, before=before, within=within,
        )  # fmt: skip
        self._audit.append(Kind(act.value), {**_payload(action), "who": who}, within=within)
        return action

    def _refresh(self) -> None:
        """Bring the index in line with the database. The caller holds the home's write lock."""
        publish_index(self.home, self.store, self._encoder())

    def _index(self) -> PassageIndex | None:
        try:
            return open_index(self.home, encoder=self._encoder().name, or_empty=True)
        except IndexEmpty:
            return None

    def _without_models(self) -> Assistant:
        return Assistant(CurrentIndex(self.home, encoder=self._encoder().name), self._encoder())

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
