"""Mails as Outlook saves them (msg)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from ingest import media
from ingest.mail import Attachment, Mail, ReadAttached, load_mail
from ingest.records import Loaded
from ingest.title import title_from_name
from retrieval.errors import DocumentRejected

#: What python-oxmsg and olefile raise for streams that are missing or not what they say.
_DAMAGE = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError, NotImplementedError, OSError, EOFError, OverflowError,
    struct.error,
)  # fmt: skip


def load_outlook(name: str, data: bytes, attached: ReadAttached) -> Loaded:
    """Read a mail and its attachments into blocks.

    :raises DocumentRejected: if it is damaged, or nothing in it can be read.
    """
    from oxmsg import Message

    try:
        message = Message.load(data)
        mail = Mail(
            subject=_squeezed(message.subject) or title_from_name(name),
            headers=_headers(message),
            text=(message.body or "").replace("\r\n", "\n"),
            html=message.html_body or "",
            attachments=tuple(_attachments(message)),
        )
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:160]
        raise DocumentRejected(f"the msg file is damaged ({type(error).__name__}: {reason}); save it again") from error
    return load_mail(mail, media.MSG, attached)


def _headers(message: Any) -> tuple[tuple[str, str], ...]:
    stated: Mapping[str, str] = message.message_headers
    people = ", ".join(
        f"{person.name} <{person.email_address}>" if person.name else person.email_address
        for person in message.recipients
    )
    sent = message.sent_date.strftime("%Y-%m-%d %H:%M") if message.sent_date else stated.get("Date", "")
    named = {
        "From": message.sender or stated.get("From", ""),
        "To": stated.get("To", "") or people,
        "Cc": stated.get("Cc", ""),
        "Date": sent,
    }
    return tuple((name, _squeezed(value)) for name, value in named.items())


def _attachments(message: Any) -> list[Attachment]:
    return [
        Attachment(_squeezed(one.file_name).replace("/", "_")[:120] or "attachment", one.file_bytes)
        for one in message.attachments
        if one.file_bytes
    ]


def _squeezed(text: str | None) -> str:
    return " ".join((text or "").replace("\0", "").split())[:500]
