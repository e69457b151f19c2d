"""What stands below an answer in the chat: its passages, the offer to ask somebody, and a choice."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

import chainlit as cl

from assistant import panel
from assistant.conversation import in_country
from assistant.handoffs import NOBODY_NAMED
from assistant.records import Answer, Citation, Status
from assistant.wording import Wording


def passages(citations: Sequence[Citation], words: Wording, *, quotes: bool) -> cl.CustomElement:
    props = panel.passages_props(citations, today=date.today(), quotes=quotes, words=words)
    return _drawn("Passages", props)


def offer(answer: Answer, words: Wording, *, named: bool) -> cl.CustomElement:
    """The offer to send the question to whoever keeps what was cited, or came nearest."""
    owner = answer.contact or NOBODY_NAMED
    found = answer.citations or answer.nearest
    props = {
        "offer_id": secrets.token_hex(16),
        "question": answer.standalone_question,
        "owner": owner,
        "passage_ids": list(dict.fromkeys(one.passage.passage_id for one in found))[:10],
        "refused": answer.status is Status.ABSTAINED,
        "named": named,
        "words": words.beginning("handoff_", owner=owner),
    }
    return _drawn("Handoff", props)


def choice(answer: Answer, words: Wording) -> cl.CustomElement:
    """The question that one word settles, with the words that do; its own question goes along, whatever is asked in between."""
    options = [
        {"label": words.country(code), "message": in_country(answer.standalone_question, code)}
        for code in answer.choices
    ]
    props = {"question": words("choice_question"), "options": options}
    return _drawn("Choice", props)


def _drawn(name: str, props: dict[str, Any]) -> cl.CustomElement:
    # The page draws it from its properties. Without an address Chainlit would write them to a file as well, at each sending.
    return cl.CustomElement(name=name, display="inline", props=props, url="#")
