"""The chat: Chainlit at ``/``, its handlers, and the few of its routes that we let stand."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import chainlit as cl
from chainlit import oauth_providers
from chainlit import server as chainlit_server
from chainlit.chat_context import chat_context
from chainlit.config import config as chainlit_config
from chainlit.types import DeleteFeedbackRequest, ThreadDict, UpdateFeedbackRequest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import Headers

from assistant import library, problems, render
from assistant.accounts import Person, scope_of
from assistant.conversation import country_name
from assistant.handoffs import CODE, NOBODY_NAMED, Handoff
from assistant.history import History
from assistant.problems import Problem
from assistant.records import Answer, AnswerDone, Citation, EvidenceFound, Reason, Status, TokenDrafted, Turn
from assistant.room import Room
from assistant.signon import PROVIDER, SignOnConfig, stated_in_claims
from assistant.starters import starters
from assistant.uploads import safe_name
from assistant.waiting import Waiting
from assistant.wording import Wording, wording
from retrieval.errors import PolicydeskError

#: Chainlit's routes that the chat needs. Sharing, MCP, copilot, OAuth and what a later version adds stay shut.
_KEPT = {
    ("GET", "/public/{filename:path}"), ("GET", "/assets/{filename:path}"), ("GET", "/auth/config"), ("POST", "/login"),
    ("POST", "/logout"), ("GET", "/user"), ("POST", "/project/threads"),
    ("GET", "/project/thread/{thread_id}"), ("GET", "/project/thread/{thread_id}/element/{element_id}"),
    ("PUT", "/project/thread"), ("DELETE", "/project/thread"), ("POST", "/project/action"), ("POST", "/project/file"),
    ("GET", "/project/file/{file_id}"), ("GET", "/favicon"), ("GET", "/logo"), ("GET", "/avatars/{avatar_id:str}"),
}  # fmt: skip
#: The picture beside a step; Chainlit would look for one named like the step.
_PORTRAIT = {"avatarName": "Policydesk"}
_OTHER_ORIGIN = re.compile(r"<link\b[^>]*\bhref=\"https?://[^>]*>", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,4})?")


def mount_chat(app: FastAPI, room: Room) -> None:
    """Put the chat at ``/``. :func:`assistant.chatfolder.prepare` must have run before this module was imported."""
    # It warns for each page that there is no welcome text in the reader's language.
    logging.getLogger("chainlit").setLevel(logging.ERROR)
    history = History(room.accounts, room.chats, keeps=not room.privacy.works_council)
    chat = Chat(room)
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
    inner = chainlit_server.app
    problems.install(inner)
    # Chainlit's own mount_chainlit loads a script by path into a second copy of its module; ours is imported already.
    for router in (inner.router, chainlit_server.router):
        router.routes[:] = [route for route in router.routes if _is_kept(route, _kept(sign_on))]
    _add_our_routes(app, room, history)
    app.mount("/", inner)


def _kept(sign_on: SignOnConfig) -> frozenset[tuple[str, str]]:
    kept = set(_KEPT)
    if sign_on.user_header:
        kept.add(("POST", "/auth/header"))
    if sign_on.oidc:
        kept |= {("GET", "/auth/oauth/{provider_id}"), ("GET", "/auth/oauth/{provider_id}/callback")}
    return frozenset(kept)


def _is_kept(route: Any, kept: frozenset[tuple[str, str]]) -> bool:
    methods = getattr(route, "methods", None)
    return methods is None or any((method, route.path) in kept for method in methods)


def _add_our_routes(app: FastAPI, room: Room, history: History) -> None:
    """Routes that stand before Chainlit's own of the same path."""

    @app.get("/project/translations", include_in_schema=False)
    async def translations(language: str = "en-US") -> JSONResponse:
        wording = chainlit_config.load_translation(_language(language))
        return JSONResponse({"translation": wording})

    @app.get("/project/settings", include_in_schema=False)
    async def settings(request: Request, language: str = "en-US") -> JSONResponse:
        person = _signed_in(request)
        user = await history.get_user(person.name)
        answer = await chainlit_server.project_settings(user, _language(language), None)
        body = _json(answer)
        body["features"]["spontaneous_file_upload"]["enabled"] = person.keeps_library
        body["ui"]["header_links"] = _links(person, wording(language))
        return JSONResponse(body)

    @app.post("/set-session-cookie", include_in_schema=False)
    async def session_cookie() -> JSONResponse:
        """Chainlit's page sends its connection's id for load balancers; there is one process, so no cookie is needed."""
        return JSONResponse({"message": "not needed"})

    @app.put("/feedback", include_in_schema=False)
    async def rate(request: Request, body: UpdateFeedbackRequest) -> JSONResponse:
        given = body.feedback
        kept = await history.rate(given, account_id=_signed_in(request).account_id)
        await asyncio.to_thread(
            lambda: room.ballot.cast(given.forId, kept, helpful=bool(given.value), comment=given.comment)
        )
        return JSONResponse({"success": True, "feedbackId": kept})

    @app.delete("/feedback", include_in_schema=False)
    async def unrate(request: Request, body: DeleteFeedbackRequest) -> JSONResponse:
        account_id = _signed_in(request).account_id
        removed = await asyncio.to_thread(lambda: room.chats.remove_thumb(body.feedbackId, account_id=account_id))
        if not removed and not room.privacy.works_council:
            raise Problem(404, "there is no such feedback of yours")
        await asyncio.to_thread(room.ballot.retract, body.feedbackId)
        return JSONResponse({"success": True})

    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse(
            _page(request.scope["nonce"], german=request.headers.get("accept-language", "").startswith("de"))
        )

    for path in ("/", "/login", "/login/callback", "/thread/{thread_id}", "/element/{element_id}"):
        app.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)


def _page(nonce: str, *, german: bool) -> str:
    """Chainlit's page without its links to a font host and a script CDN, its inline scripts signed for the policy."""
    page = _OTHER_ORIGIN.sub("", chainlit_server.get_html_template(""))
    page = page.replace('<html lang="en">', '<html lang="de">') if german else page
    return page.replace("<script", f'<script nonce="{nonce}"')


def _links(person: Person, words: Wording) -> list[dict[str, Any]]:
    """The ways out of the chat: one's own data, and the console for those who keep the library."""
    links = [("me", "/me"), *([("console", "/hr")] if person.keeps_library else [])]
    return [
        {
            "name": name,
            "display_name": words(f"link_{name}"),
            "icon_url": f"/public/{name}.svg",
            "url": url,
            "target": "_self",
        }
        for name, url in links
    ]


def _language(asked: str) -> str:
    """The language tag, cut to what Chainlit understands: browsers also say things like en-US@posix."""
    found = _LANGUAGE.match(asked)
    return found.group() if found else "en-US"


def _json(response: JSONResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bytes(response.body))
    return body


def _signed_in(request: Request) -> Person:
    person = request.scope.get("person")
    if not isinstance(person, Person):
        raise Problem(401, "sign in first")
    return person


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

    async def starters(self, user: cl.User | None) -> list[cl.Starter]:
        person = await self._person(user)
        if person is None:
            return []
        documents = await asyncio.to_thread(library.visible, self.room.store, person)
        return [cl.Starter(label=starter.label, message=starter.question) for starter in starters(documents)]

    async def start(self) -> None:
        """Show what has come of the questions that were handed on; nothing where there is no news."""
        person = await self._person(cl.context.session.user)
        news = await asyncio.to_thread(self.room.handoffs.news, person.account_id) if person else []
        if person and news:
            await cl.Message(_news(news, _words())).send()
            await asyncio.to_thread(self.room.handoffs.mark_seen, person.account_id)

    async def resume(self, thread: ThreadDict) -> None:
        """Chainlit shows the conversation again by itself; it has to be told that it may."""

    async def message(self, message: cl.Message) -> None:
        """Answer a message; files in it are read into the library first, if their sender keeps the library."""
        person = await self._person(cl.context.session.user)
        if person is None:
            await cl.Message("Your account is no longer active. Sign in again.").send()
            return
        if CODE.fullmatch(message.content.strip()):
            await message.remove()  # kept with the conversation, it would lead from the question to its asker
            await cl.Message(_words()("handoff_code_elsewhere")).send()
            return
        try:
            if message.elements:
                await self._read_files(message, person)
            if message.content.strip():
                await self._answer(message.content, person)
        except PolicydeskError as error:
            await cl.Message(render.sentence(str(error))).send()
        except Exception:
            # Chainlit logs what is raised and shows nothing.
            await cl.Message(
                "Something went wrong here, and your administrator's log says what. Please ask again."
            ).send()
            raise

    async def _person(self, user: cl.User | None) -> Person | None:
        """The account as it stands now, not as it stood when the session was signed."""
        if user is None:
            return None
        person = await asyncio.to_thread(self.room.accounts.find, user.identifier)
        return person if person and person.account_id == user.metadata.get("account_id") else None

    async def _answer(self, question: str, person: Person) -> None:
        today, words = date.today(), _words()
        step = cl.Step(words("looking"), "tool", default_open=True, auto_collapse=True, metadata=_PORTRAIT)
        step.parent_id, step.start = cl.context.current_run.id, _now()
        await step.send()
        reply, drafting = cl.Message(""), render.Drafting()
        answer: Answer | None = None
        found = False
        kept: list[str | None] = []
        async for event in self.room.ask(
            question,
            scope=scope_of(person),
            history=_history(),
            place="chat",
            asker=person.account_id,
            on_kept=kept.append,
        ):
            match event:
                case Waiting(position):
                    step.name = words("in_line", position=position + 1)
                    await step.update()
                case EvidenceFound(citations) if citations:
                    found = True
                    step.name, step.output = render.found_line(citations), " "
                    step.elements = [_passages(citations, quotes=True)]
                    await step.update()
                case TokenDrafted(text):
                    await reply.stream_token(drafting.add(text))
                case AnswerDone(done):
                    answer = done
        if found:
            step.end, step.elements = _now(), []
            await step.update()
        else:
            await step.remove()
        if answer is None:
            return
        reply.content = render.own_words(answer, words) or render.answer_markdown(answer, today=today)
        if answer.citations:
            reply.elements = [_passages(answer.sources, quotes=False)]
        if answer.choices:
            reply.elements = [*reply.elements, _choice(answer, words)]
        if answer.citations or (answer.status is Status.ABSTAINED and answer.reason is not Reason.EMPTY_INDEX):
            reply.elements = [*reply.elements, _offer(answer, words, named=not self.room.privacy.works_council)]
        reply.metadata = _kept_with(answer)
        # Chainlit's page rates the whole run, not the message in it.
        rated = (reply.id, cl.context.current_run.id)
        self.room.ballot.show(rated, answer.standalone_question, kept[-1] if kept else None)
        await reply.send()

    async def _read_files(self, message: cl.Message, person: Person) -> None:
        if not person.keeps_library:
            await cl.Message("Only HR, legal and administrators can add documents. Nothing was kept.").send()
            return
        files = [(safe_name(element.name), Path(element.path)) for element in message.elements if element.path]
        job = await asyncio.to_thread(lambda: self.room.jobs.add(files, account_id=person.account_id))
        report = cl.Message(render.progress_line(0, len(job.files)))
        await report.send()
        lines: list[str] = []
        while True:
            seen = len(job.reports)
            job = await asyncio.to_thread(lambda: self.room.jobs.watch(job.job_id, seen=seen, timeout_s=20))  # noqa: B023
            lines = [render.report_markdown(each) for each in job.reports]
            if job.ended:
                break
            report.content = "\n\n".join([render.progress_line(len(lines), len(job.files)), *lines])
            await report.update()
        closing = [f"**Stopped:** {render.plain(job.failure)}"] if job.failure else []
        report.content = "\n\n".join([render.outcome_line(job.reports), *lines, *closing])
        await report.update()


def _user(person: Person | None) -> cl.User | None:
    if person is None:
        return None
    metadata = {"account_id": person.account_id, "role": person.role.value}
    return cl.User(identifier=person.name, display_name=person.name, metadata=metadata)


def _passages(citations: Sequence[Citation], *, quotes: bool) -> cl.CustomElement:
    props = render.passages_props(citations, today=date.today(), quotes=quotes)
    return cl.CustomElement(name="Passages", display="inline", props=props)


def _offer(answer: Answer, words: Wording, *, named: bool) -> cl.CustomElement:
    """The offer to send the question to whoever keeps what was cited, or came nearest."""
    owner = answer.contact or NOBODY_NAMED
    passages = [citation.passage for citation in answer.citations] or answer.nearest
    props = {
        "offer_id": secrets.token_hex(16),
        "question": answer.standalone_question,
        "owner": owner,
        "passage_ids": list(dict.fromkeys(passage.passage_id for passage in passages))[:10],
        "refused": answer.status is Status.ABSTAINED,
        "named": named,
        "words": words.beginning("handoff_", owner=owner),
    }
    return cl.CustomElement(name="Handoff", display="inline", props=props)


def _choice(answer: Answer, words: Wording) -> cl.CustomElement:
    """The question that one word settles, with the words that do."""
    names = [country_name(code) for code in answer.choices]
    options = [{"label": name, "message": words("choice_country", country=name)} for name in names]
    props = {"question": words("choice_question"), "options": options}
    return cl.CustomElement(name="Choice", display="inline", props=props)


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


def _kept_with(answer: Answer) -> dict[str, Any]:
    """What is kept with the message: for follow-up questions, and to find it when a document is removed."""
    return {
        "answer": answer.text,
        "status": answer.status.value,
        "reason": answer.reason.value if answer.reason else None,
        "documents": sorted({citation.passage.document_id for citation in answer.citations}),
    }


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


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
