"""Hand-offs by mail, where a mail server is configured: tried again until it works, and never the only copy."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from assistant.handoffs import Handoff, Handoffs
from retrieval.errors import PolicydeskError, WrongUsage

log = logging.getLogger(__name__)

#: After so many failures a hand-off waits in the inbox only.
TRIES = 12
TIMEOUT_S = 20.0
#: What a server says about one mail: its recipient, its size or its words.
_REFUSALS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}")


@dataclass(frozen=True, slots=True)
class MailConfig:
    """Where mail goes out, and to whom.

    :param encryption: ``"none"``, ``"starttls"`` or ``"tls"``.
    :param recipient: who gets what was sent to an owner that is no mail address.
    :param desk_url: the address people open Policydesk at; None leaves the link to the inbox out.
    """

    host: str
    port: int
    encryption: str
    user: str | None
    password: str | None
    sender: str
    recipient: str
    desk_url: str | None = None

    @classmethod
    def read(cls, url: str, *, sender: str | None, recipient: str | None, desk_url: str | None = None) -> MailConfig:
        """From an address such as ``smtp://user:password@mail.example.com:587`` (STARTTLS), ``smtps://…`` (TLS from the start)
        or ``smtp+plain://127.0.0.1:25`` (not encrypted).

        :raises WrongUsage: if the address, the sender or the recipient is missing or malformed, or the name or the password
            holds letters that mail servers are not asked with.
        """
        schemes = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("none", 25)}
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:  # a port that is no number, a bracket that is not closed
            host, port = None, None
        if host is None or parts.scheme not in schemes:
            raise WrongUsage(
                "POLICYDESK_SMTP_URL is not smtp://, smtps:// or smtp+plain:// with a host; "
                "for example: smtp://user:password@mail.example.com:587"
            )
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        if not f"{user or ''}{password or ''}".isascii():
            raise WrongUsage(
                "the name or the password in POLICYDESK_SMTP_URL holds letters other than A to Z, such as an umlaut, which mail "
                "servers are not asked with; give that mail account a password without them"
            )
        for name, address in (("POLICYDESK_MAIL_FROM", sender), ("POLICYDESK_MAIL_TO", recipient)):
            if address is None or not is_address(address):
                raise WrongUsage(
                    f"{name} is {address or 'not set'}; with POLICYDESK_SMTP_URL it has to be a mail address"
                )
        assert sender
        assert recipient
        encryption, usual_port = schemes[parts.scheme]
        return cls(host, port or usual_port, encryption, user, password, sender, recipient, desk_url)


class Postman:
    """Mails what waits to be mailed, on a thread of its own; nobody waits for it."""

    def __init__(
        self, handoffs: Handoffs, config: MailConfig, *, public_documents: Callable[[], Collection[str]]
    ) -> None:
        """:param public_documents: gives the ids of what everybody may read; only their words go into a mail."""
        self._handoffs = handoffs
        self._config = config
        self._public_documents = public_documents
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")

    def deliver(self) -> Future[int]:
        """Send everything that waits; :returns: how many were sent, when that is done."""
        delivered = self._thread.submit(self._deliver)
        delivered.add_done_callback(_log_failure)
        return delivered

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _deliver(self) -> int:
        sent = 0
        waiting = self._handoffs.waiting_for_mail(tries=TRIES)
        public = self._public_documents() if waiting else ()
        for handoff in waiting:
            try:
                send(compose(handoff.for_reader(public), self._config), self._config)
            except MailFailed as error:
                log.warning("a hand-off waits in the inbox only: %s", error)
                if isinstance(error, MailServerAway):
                    break  # the next one would meet the same server, and it is no hand-off's fault
                self._handoffs.mailed(handoff.handoff_id, sent=False)
                continue
            self._handoffs.mailed(handoff.handoff_id, sent=True)
            sent += 1
        return sent


def is_address(text: str) -> bool:
    """Whether mail could be sent to this."""
    return _ADDRESS.fullmatch(text) is not None


def compose(handoff: Handoff, config: MailConfig) -> EmailMessage:
    """The mail for a hand-off: to its owner where that is a mail address. Who asked is not in it."""
    message = EmailMessage()
    message["From"] = config.sender
    message["To"] = handoff.owner if is_address(handoff.owner) else config.recipient
    message["Subject"] = f"Policydesk: a question for {_one_line(handoff.owner)}"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = (
        f"<{handoff.handoff_id}@policydesk>"  # the same at each try: what arrives twice is shown once
    )
    lines = ["Somebody asked a question and would like your answer:", "", f"    {_one_line(handoff.question)}", ""]
    if handoff.note:
        lines += ["They add:", "", *(f"    {line}" for line in handoff.note.splitlines()), ""]
    for shown in handoff.evidence:
        where = " > ".join([shown.title, *shown.section_path])
        lines += [f"{where}{f', page {shown.page}' if shown.page else ''}:", f"    {_one_line(shown.quote)}", ""]
    inbox = f"{config.desk_url.rstrip('/')}/hr/inbox" if config.desk_url else "the inbox of Policydesk's HR console"
    lines += [f"Answer in {inbox}; mail to this address does not reach them.", ""]
    message.set_content("\n".join(lines))
    return message


def send(message: EmailMessage, config: MailConfig) -> None:
    """Hand a mail to the server.

    :raises MailServerAway: if it could not be reached, or turns all mail of ours away.
    :raises MailFailed: if it refused this one.
    """
    try:
        with _connection(config) as server:
            if config.encryption == "starttls":
                server.starttls(context=ssl.create_default_context())
            if config.user:
                server.login(config.user, config.password or "")
            server.send_message(message)
    except _REFUSALS as error:
        raise MailFailed(f"the mail server {config.host}:{config.port} refused this one ({error})") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerAway(f"the mail server {config.host}:{config.port} did not take it ({error})") from error


class MailFailed(PolicydeskError):
    """A mail that could not be handed to the server."""


class MailServerAway(MailFailed):
    """The server takes no mail at the moment, whomever it is for."""


def _connection(config: MailConfig) -> smtplib.SMTP:
    if config.encryption == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(config.host, config.port, timeout=TIMEOUT_S, context=context)
    return smtplib.SMTP(config.host, config.port, timeout=TIMEOUT_S)


def _log_failure(delivered: Future[int]) -> None:
    if not delivered.cancelled() and (error := delivered.exception()):
        log.error("hand-offs could not be mailed", exc_info=error)


def _one_line(text: str) -> str:
    return " ".join(text.split())
