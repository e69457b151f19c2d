"""The chat: what happens when somebody signs in, arrives and asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import chainlit as cl
from chainlit import oauth_providers
from chainlit.chat_context import chat_context, chat_contexts
from chainlit.config import config as chainlit_config
from chainlit.session import ws_sessions_id
from chainlit.types import ThreadDict
from fastapi import FastAPI
from starlette.datastructures import Headers

from assistant import chatroutes, elements, library, render
from assistant.accounts import Person, scope_of
from assistant.api import MAX_QUESTION_CHARACTERS
from assistant.chats import kept_with
from assistant.handoffs import CODE, Handoff
from assistant.history import History
from assistant.jobrecords import Job
from assistant.looking import Looking
from assistant.records import Answer, AnswerDone, EvidenceFound, Reason, Status, TokenDrafted, Turn
from assistant.refusal import to_look_at
from assistant.room import Room
from assistant.signon import PROVIDER, stated_in_claims
from assistant.starters import starters
from assistant.trouble import trouble
from assistant.uploads import safe_name
from assistant.waiting import TooBusy, Waiting
from assistant.wording import Wording, wording
from retrieval.errors import NotReady, PolicydeskError, WrongUsage

log = logging.getLogger(__name__)

#: Messages of a conversation that a follow-up may be about.
_REMEMBERED = 20
#: Seconds that a conversation stays in memory after its connection broke off; who comes back later has it from the database.
_HELD_S = 120


def mount_chat(app: FastAPI, room: Room) -> History:
    """Put the chat at ``/``. :func:`assistant.chatfolder.prepare` must have run before this module was imported.

    :returns: what keeps its conversations, to be finished when the server stops.
    """
    # It warns for each page that there is no welcome text in the reader's language.
    logging.getLogger("chainlit").setLevel(logging.ERROR)
    history = History(room.accounts, room.chats, keeps=not room.privacy.works_council)
    chat = Chat(room)
    if history.keeps:
        chainlit_config.project.session_timeout = _HELD_S
    cl.data_layer(lambda: history)
    sign_on = room.door.sign_on.config
    cl.password_auth_callback(chat.sign_in)
    if sign_on.user_header:
        cl.header_auth_callback(chat.sign_in_by_header)
    # Chainlit offers every provider whose variables it finds in the environment; only the one that was set up for us stands.
    oauth_providers.providers[:] = [each for each in oauth_providers.providers if each.id == PROVIDER]
    if sign_on.oidc:
        cl.oauth_callback(chat.sign_in_by_provider)
    cl.set_starters(chat.starters)
    cl.on_chat_start(chat.start)
    cl.on_chat_resume(chat.resume)
    cl.on_message(chat.message)
    chatroutes.mount(app, room, history)
    return history


class Chat:
    """What happens in the chat. Nothing here works on the event loop for longer than it takes to send a message."""

    def __init__(self, room: Room) -> None:
        self.room = room

    async def sign_in(self, username: str, password: str) -> cl.User | None:
        return _user(await asyncio.to_thread(self.room.accounts.sign_in, username.strip(), password))

    async def sign_in_by_header(self, headers: Headers) -> cl.User | None:
        """The edge has refused every request whose header does not come from a proxy of ours."""
        return _user(await asyncio.to_thread(self.room.door.sign_on.in_headers, headers))

    async def sign_in_by_provider(
        self,
        provider: str,
        _token: str,
        claims: dict[str, Any],
        _user_of_chainlit: cl.User,
        _id_token: str | None = None,
    ) -> cl.User | None:
        sign_on = self.room.door.sign_on
        if provider != PROVIDER or sign_on.config.oidc is None:
            return None
        stated = stated_in_claims(claims, sign_on.config.oidc)
        return _user(await asyncio.to_thread(sign_on.welcome, stated)) if stated else None

    async def starters(self, user: cl.User | None, language: str | None = None) -> list[cl.Starter]:
        person = await self._person(user)
        if person is None:
            return []
        documents = await asyncio.to_thread(library.visible, self.room.store, person)
        offered = starters(documents, wording(language))
        return [cl.Starter(label=starter.label, message=starter.question) for starter in offered]

    async def start(self) -> None:
        """Show what has come of the questions that were handed on; nothing where there is no news."""
        _forget_ended()
        person = await self._person(cl.context.session.user)
        news = await asyncio.to_thread(self.room.handoffs.news, person.account_id) if person else []
        if person and news:
            await cl.Message(_news(news, _words())).send()
            await asyncio.to_thread(self.room.handoffs.mark_seen, news)

    async def resume(self, thread: ThreadDict) -> None:
        """Chainlit shows the conversation again by itself, and adds what was said to what it may still hold of it."""
        _forget_ended()
        chat_context.clear()

    async def message(self, message: cl.Message) -> None:
        """Answer a message; files in it are read into the library first, if their sender keeps the library."""
        person = await self._person(cl.context.session.user)
        if person is None:
            await cl.Message(_words()("account_gone")).send()
            return
        if CODE.search(message.content):
            await message.remove()  # kept with the conversation, it would lead from the question to its asker
            await cl.Message(_words()("handoff_code_elsewhere")).send()
            return
        try:
            if message.elements:
                await self._read_files(message, person)
            if message.content.strip():
                await self._answer(message.content, person)
        except asyncio.CancelledError:  # somebody pressed the button that stops; Chainlit ends the run behind this
            await cl.Message(_words()("stopped")).send()
        except TooBusy:
            await cl.Message(_words()("busy")).send()
        except NotReady as error:
            log.error("a question could not be answered: %s", error)
            await cl.Message(_words()("not_ready")).send()
        except PolicydeskError as error:
            await cl.Message(render.sentence(str(error))).send()
        except Exception as error:
            # Chainlit logs what is raised and shows nothing.
            await cl.Message(_words()("not_ready" if trouble(error) else "went_wrong")).send()
            raise

    async def _person(self, user: cl.User | None) -> Person | None:
        """The account as it stands now, not as it stood when the session was signed."""
        if user is None:
            return None
        person = await asyncio.to_thread(self.room.accounts.find, user.identifier)
        return person if person and person.account_id == user.metadata.get("account_id") else None

    async def _answer(self, question: str, person: Person) -> None:
        today, words = date.today(), _words()
        if len(question) > MAX_QUESTION_CHARACTERS:
            await cl.Message(words("too_long", count=len(question), most=MAX_QUESTION_CHARACTERS)).send()
            return
        looking = Looking(words)
        await looking.begin()
        reply, drafting = cl.Message(""), render.Drafting()
        answer: Answer | None = None
        kept: list[str | None] = []
        asked = self.room.ask(
            question, scope=scope_of(person), history=_history(), place="chat", asker=person.account_id, on_kept=kept.append
        )  # fmt: skip
        try:
            async with aclosing(asked) as events:
                async for event in events:
                    match event:
                        case Waiting(position):
                            await looking.wait(position)
                        case EvidenceFound(citations) if citations:
                            await looking.show(citations)
                        # What is whole at once is shown with its lead-in in the reader's language.
                        case TokenDrafted(text, is_whole=False):
                            await reply.stream_token(drafting.add(text))
                        case AnswerDone(done):
                            answer = done
        except PolicydeskError:
            await looking.drop()
            raise
        except asyncio.CancelledError:
            # What was found stays; half an answer goes: it has no citations yet, and its condition may come last.
            await looking.end()
            await reply.remove()
            raise
        await looking.end()
        if answer is None:
            return
        reply.content = render.own_words(answer, words) or render.answer_markdown(answer, today=today, words=words)
        if answer.citations:
            reply.elements = [elements.passages(answer.sources, words, quotes=False)]
        elif near := to_look_at(answer):
            reply.elements = [elements.passages(near, words, quotes=True)]
        if answer.choices:
            reply.elements = [*reply.elements, elements.choice(answer, words)]
        if answer.citations or (answer.status is Status.ABSTAINED and answer.reason is not Reason.EMPTY_INDEX):
            # With what it follows from, a question may be longer than the one that was typed.
            handed_on = replace(answer, standalone_question=answer.standalone_question[:MAX_QUESTION_CHARACTERS])
            reply.elements = [
                *reply.elements,
                elements.offer(handed_on, words, named=not self.room.privacy.works_council),
            ]
        reply.metadata = kept_with(answer)
        # Chainlit's page rates the whole run, not the message in it.
        rated = (reply.id, cl.context.current_run.id)
        self.room.ballot.show(rated, answer.standalone_question, kept[-1] if kept else None)
        await reply.send()
        reply.elements = []  # they are with the page now; the message stays in memory with the conversation
        _forget_early()

    async def _read_files(self, message: cl.Message, person: Person) -> None:
        if not person.keeps_library:
            await cl.Message(_words()("no_uploads")).send()
            return
        files = [(safe_name(element.name), Path(element.path)) for element in message.elements if element.path]
        words = _words()
        adding = asyncio.create_task(asyncio.to_thread(lambda: self.room.jobs.add(files, account_id=person.account_id)))
        report = cl.Message(render.progress_line(0, len(files), words))
        try:
            job = await asyncio.shield(adding)
            await report.send()
            while not job.ended:
                seen = len(job.reports)
                report.content = "\n\n".join([render.progress_line(seen, len(job.files), words), *_lines(job, words)])
                await report.update()
                job = await asyncio.to_thread(lambda: self.room.jobs.watch(job.job_id, seen=seen, timeout_s=20))  # noqa: B023
        except asyncio.CancelledError:
            job = await adding
            with suppress(WrongUsage):  # it has ended just now
                job = await asyncio.to_thread(self.room.jobs.cancel, job.job_id)
            await _report_end(report, job, words)
            raise
        await _report_end(report, job, words)


async def _report_end(report: cl.Message, job: Job, words: Wording) -> None:
    """Say what became of the files of a job that has ended."""
    closing = [f"**{words('upload_stopped')}** {render.plain(job.failure)}"] if job.failure else []
    report.content = "\n\n".join([render.outcome_line(job.reports, words), *_lines(job, words), *closing])
    await report.update()


def _lines(job: Job, words: Wording) -> list[str]:
    return [render.report_markdown(each, words) for each in job.reports]


def _user(person: Person | None) -> cl.User | None:
    if person is None:
        return None
    metadata = {"account_id": person.account_id, "role": person.role.value}
    return cl.User(identifier=person.name, display_name=person.name, metadata=metadata)


def _news(handoffs: Sequence[Handoff], words: Wording) -> str:
    """What has come of these questions, as markdown."""
    parts = [f"**{words('news_title')}**"]
    for handoff in handoffs:
        lead = words("handoff_answered" if handoff.answer else "handoff_closed", owner=render.plain(handoff.owner))
        reply = [f"> {render.plain(line)}" for line in (handoff.answer or "").splitlines()]
        parts.append("\n\n".join([f"*{render.plain(handoff.question)}*", lead, *(["\n".join(reply)] if reply else [])]))
    return "\n\n".join(parts)


def _words() -> Wording:
    """The chat's own words in the language of whoever is connected."""
    return wording(getattr(cl.context.session, "language", None))


def _history() -> list[Turn]:
    """The conversation before this question, oldest first, from the messages on the screen."""
    turns: list[Turn] = []
    asked: str | None = None
    for message in chat_context.get()[:-1]:
        if message.type == "user_message":
            asked = message.content
        elif asked is not None and (answered := (message.metadata or {}).get("answer")):
            turns.append(Turn(asked, answered))
            asked = None
    return turns


def _forget_early() -> None:
    """Let go of what was said long ago in this conversation; the page has it, and the database."""
    held = chat_contexts.get(cl.context.session.id, [])
    del held[:-_REMEMBERED]


def _forget_ended() -> None:
    """Let go of the messages of conversations that are over, which Chainlit keeps."""
    for ended in chat_contexts.keys() - ws_sessions_id.keys():
        del chat_contexts[ended]
