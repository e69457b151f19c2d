"""Mails as they are sent (RFC 5322): headers, bodies and attachments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email import policy
from email.errors import HeaderParseError
from email.message import EmailMessage, Message
from email.parser import BytesParser
from html import escape
from typing import cast

from ingest import media
from ingest.mail import Attachment, Mail, ReadAttached, load_mail, without_quoted
from ingest.plain import paragraphs
from ingest.records import Loaded
from ingest.title import title_from_name
from retrieval.errors import DocumentRejected

_HEADERS = ("From", "To", "Cc", "Date")
_MAX_PARTS = 500
_MAX_HEADER_CHARS = 500


def load_eml(name: str, data: bytes, attached: ReadAttached) -> Loaded:
    """Read a mail and its attachments into blocks.

    :raises DocumentRejected: if it has no headers, or nothing in it can be read.
    """
    if b"\0" in data[:200]:  # UTF-16, which no mail is sent in and some editors save
        data = media.decode(data).encode()
    message = BytesParser(policy=policy.default).parsebytes(data.lstrip())
    if not any(name in message for name in ("From", "To", "Subject", "Date", "Received", "MIME-Version")):
        raise DocumentRejected("not a mail: it has no From, To, Date or Subject; save it again from the mail program")
    placed = list(_parts(message))
    parts = [part for part, _ in placed]
    text, page = _bodies(placed)
    attachments = [
        Attachment(inner, content)
        for part in parts
        if (inner := _name(part)) and (content := _content(part)) is not None
    ]
    mail = Mail(
        subject=_header(message, "Subject") or title_from_name(name),
        headers=tuple((name, _header(message, name)) for name in _HEADERS),
        text=text,
        html=page,
        attachments=tuple(attachments),
        warnings=_warnings(message),
    )
    return load_mail(mail, media.EML, attached)


def _parts(message: EmailMessage) -> Iterator[tuple[EmailMessage, int]]:
    """The parts that hold something, in order, each with a number that those share of which a reader is shown one. A mail in a mail
    is one part, read as an attachment."""
    waiting: list[tuple[Message, int | None]] = [(message, None)]
    seen = 0
    while waiting and seen < _MAX_PARTS:
        part, choice = waiting.pop(0)
        seen += 1
        if part.is_multipart() and part.get_content_type() != "message/rfc822":
            if part.get_content_type() == "multipart/alternative" and choice is None:
                choice = seen
            waiting[:0] = [(inner, choice) for inner in cast(list[Message], part.get_payload())]
        else:
            yield cast(EmailMessage, part), seen if choice is None else choice


def _bodies(parts: Sequence[tuple[EmailMessage, int]]) -> tuple[str, str]:
    """What was written, as text and as a page. Neither is given where only the other has all of it: a mailing list adds a text to
    a mail that is a page."""
    texts: dict[int, str] = {}
    pages: dict[int, str] = {}
    for part, choice in parts:
        for kind, found in (("text/plain", texts), ("text/html", pages)):
            if _is_body(part, kind):
                found[choice] = f"{found.get(choice, '')}\n\n{_text(part)}".strip()
    choices = sorted({*texts, *pages})
    text = "\n\n".join(texts[choice] for choice in choices) if texts.keys() >= pages.keys() else ""
    page = "\n".join(pages.get(choice) or _page(texts[choice]) for choice in choices) if pages else ""
    return text, page


def _page(text: str) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs(without_quoted(text)))


def _is_body(part: EmailMessage, kind: str) -> bool:
    return part.get_content_type() == kind and not _name(part)


def _name(part: EmailMessage) -> str | None:
    """The name of an attachment; None for bodies, for pictures set in the text and for what programs add for each other."""
    if part.get_content_type() == "message/rfc822":
        return _file_name(part) or "message.eml"
    if part.get_content_disposition() == "inline" or "Content-ID" in part:
        return None if part.get_content_maintype() in ("image", "text") else _file_name(part)
    return _file_name(part)


def _file_name(part: EmailMessage) -> str | None:
    try:
        name = part.get_filename()
    except (HeaderParseError, ValueError, TypeError, AttributeError, IndexError, LookupError):
        return "attachment"
    return " ".join(str(name).replace("/", "_").split())[:120] or None if name else None


def _content(part: EmailMessage) -> bytes | None:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        whole = inner[0] if isinstance(inner, list) and inner else None
        return whole.as_bytes() if isinstance(whole, Message) else None
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else None


def _text(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    charset = part.get_content_charset()
    try:
        return content.decode(charset or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return media.decode(content)


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = message[name]
    except (HeaderParseError, ValueError, TypeError, AttributeError, IndexError, LookupError):
        # The library reads headers when they are asked for, and trips over some that are broken.
        value = dict(message.raw_items()).get(name, "")
    return " ".join(str(value or "").split())[:_MAX_HEADER_CHARS]


def _warnings(message: EmailMessage) -> tuple[str, ...]:
    if message.get_content_type() in ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"):
        return ("the mail is encrypted and could not be read; save it decrypted",)
    return ()
