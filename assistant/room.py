"""The parts a running server shares between its API and its chat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from sqlalchemy.exc import DatabaseError

from assistant import library
from assistant.accounts import Accounts
from assistant.asked import Asked
from assistant.audit import Audit
from assistant.ballot import Ballot
from assistant.chats import Chats
from assistant.feedback import Feedback
from assistant.handoffs import Handoffs
from assistant.jobs import Jobs
from assistant.keeper import Keeper
from assistant.mail import MailConfig, Postman
from assistant.metrics import Metrics
from assistant.privacy import Privacy
from assistant.records import Answer, AnswerDone, AnswerEvent, EvidenceFound, Turn
from assistant.refusal import as_told
from assistant.review import Review
from assistant.signin import Door, session_key
from assistant.signon import SignOn, SignOnConfig
from assistant.waiting import Engine, Line, TooBusy, Waiting
from retrieval.errors import PolicydeskError
from retrieval.home import Home
from retrieval.scope import Scope
from retrieval.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """Everything that answers, remembers and reads files for one home."""

    home: Home
    store: Store
    accounts: Accounts
    chats: Chats
    feedback: Feedback
    keeper: Keeper
    jobs: Jobs
    line: Line
    door: Door
    metrics: Metrics
    audit: Audit
    asked: Asked
    handoffs: Handoffs
    review: Review
    postman: Postman | None  #: mails hand-offs, where a mail server is configured
    privacy: Privacy
    ballot: Ballot

    @classmethod
    def furnish(
        cls,
        home: Home,
        store: Store,
        *,
        secret: str,
        load: Callable[[], Engine],
        keeper: Keeper,
        mail: MailConfig | None = None,
        sign_on: SignOnConfig | None = None,
        review: Review | None = None,
        privacy: Privacy | None = None,
        settle: Callable[[], None] | None = None,
        ahead: Callable[[], Iterator[bool]] | None = None,
    ) -> Room:
        """Prepare an open home for serving. The engine is not loaded yet; see :meth:`Line.open`.

        :param settle: see :class:`Line`, as for ``ahead``.
        :param review: None makes one with the engine's encoder alone.
        """
        accounts, metrics, handoffs = Accounts(store), Metrics(), Handoffs(store)
        asked, feedback = Asked(store), Feedback(store)
        public = partial(library.readable, store, None)
        review = review or Review(home, store, encoder=lambda: load().encoder)
        line = Line(partial(_opened, load, review), settle=settle, ahead=ahead)
        metrics.reading_ahead.set_function(lambda: line.reads_ahead)
        jobs = Jobs(home, store, keeper, on_report=metrics.count_file, on_drafts=review.prepare)
        return cls(
            home=home, store=store, accounts=accounts, chats=Chats(store), feedback=feedback, keeper=keeper,
            jobs=jobs, line=line, door=Door(accounts, session_key(secret), SignOn(accounts, sign_on or SignOnConfig())), metrics=metrics,
            audit=Audit(store), asked=asked, handoffs=handoffs, review=review,
            postman=Postman(handoffs, mail, public_documents=public) if mail else None, privacy=privacy or Privacy(),
            ballot=Ballot(asked, feedback),
        )  # fmt: skip

    async def ask(
        self,
        question: str,
        *,
        scope: Scope,
        history: Sequence[Turn] = (),
        place: str,
        asker: str | None = None,
        on_kept: Callable[[str | None], None] | None = None,
    ) -> AsyncGenerator[Waiting | AnswerEvent]:
        """Everything that happens to a question, counted and timed on the way; what is kept holds the true reason of a
        refusal, what is handed on the one that its asker may know.

        :param place: ``"chat"`` or ``"api"``.
        :param asker: the account that asks, kept only as an anonymous bucket; None keeps nothing of it, nor does works
            council mode.
        :param on_kept: told what the question is kept under for the reports, before the answer is handed on.
        :raises TooBusy: see :meth:`Line.ask`.
        """
        begun = perf_counter()
        self.metrics.waiting.set(self.line.length + 1)
        try:
            async with aclosing(self.line.ask(question, scope=scope, history=history)) as events:
                async for event in events:
                    match event:
                        case EvidenceFound():
                            self.metrics.first_evidence.observe(perf_counter() - begun)
                        case AnswerDone(answer):
                            self.metrics.total.observe(perf_counter() - begun)
                            self.metrics.answers.labels(answer.status.value, place).inc()
                            kept = await asyncio.to_thread(self._record, answer, scope, asker)
                            if on_kept:
                                on_kept(kept)
                            yield AnswerDone(as_told(answer))
                            continue
                    yield event
        except TooBusy:
            self.metrics.refused.inc()
            raise
        finally:
            self.metrics.waiting.set(self.line.length)

    def _record(self, answer: Answer, scope: Scope, asker: str | None) -> str | None:
        named = not self.privacy.works_council
        # Somebody's groups together may be nobody else's.
        self.audit.record_answer(answer, scope=scope if named else None)
        return self.asked.record(answer, account_id=asker if named else None)


def _opened(load: Callable[[], Engine], review: Review) -> Engine:
    """The engine, over an index that shows the library as it is."""
    engine = load()
    try:
        review.catch_up()
    except (DatabaseError, PolicydeskError) as error:
        # Most of the library can be asked all the same.
        log.error("the index could not be brought in line with the library: %s", error)
    return engine
