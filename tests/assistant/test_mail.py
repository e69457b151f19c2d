"""Hand-offs by mail, against a mail server that runs here."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from assistant.handoffs import Handoffs
from assistant.mail import TRIES, MailConfig, Postman, compose
from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.store import Store

LEAVE = Passage("d1.v1.p0001", "d1", "d1.v1", "Leave", "leave.md", "Leave is 30 days.", owner="People team")
PAY = Passage("d2.v1.p0001", "d2", "d2.v1", "Board pay", "pay.md", "Forty thousand.", audience=frozenset({"board"}))


class Server:
    """Keeps what it is sent, or refuses everything, or what is for nobody here."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.refuses = False

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.refuses:
            return "451 come again later"
        assert isinstance(envelope.content, bytes)
        self.received.append(message_from_bytes(envelope.content))
        return "250 taken"


@pytest.fixture
def server() -> Iterator[tuple[Server, MailConfig]]:
    keeper = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    yield (
        keeper,
        MailConfig("127.0.0.1", port, "none", None, None, "desk@example.com", "hr@example.com", "https://desk"),
    )
    controller.stop()


def test_a_handoff_is_mailed_with_public_words_only_and_without_the_asker(
    store: Store, server: tuple[Server, MailConfig]
) -> None:
    keeper, config = server
    handoffs = Handoffs(store)
    handoffs.add(
        "How much leave?\nBcc: x@y.z", account_id="emma-id", evidence=[LEAVE, PAY], note="Thanks", by_mail=True
    )
    postman = Postman(handoffs, config, public_documents=lambda: {"d1"})
    assert postman.deliver().result(20) == 1
    assert postman.deliver().result(20) == 0
    (mail,) = keeper.received
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert (mail["To"], mail["Subject"]) == ("hr@example.com", "Policydesk: a question for People team")
    assert b"How much leave? Bcc: x@y.z" in text
    assert b"Leave is 30 days." in text
    assert b"Answer in https://desk/hr/inbox;" in text
    assert abs(parsedate_to_datetime(mail["Date"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert b"Forty thousand" not in text
    assert b"emma-id" not in mail.as_bytes()


def test_a_mail_that_is_refused_waits_and_the_handoff_stays(store: Store, server: tuple[Server, MailConfig]) -> None:
    keeper, config = server
    handoffs = Handoffs(store)
    handoffs.add("How much leave?", account_id="a1", by_mail=True)
    postman = Postman(handoffs, config, public_documents=lambda: ())
    keeper.refuses = True
    assert postman.deliver().result(20) == 0
    assert len(handoffs.inbox(())) == 1
    keeper.refuses = False
    assert postman.deliver().result(20) == 1


def test_a_recipient_that_is_refused_delays_its_own_mail_only(store: Store, server: tuple[Server, MailConfig]) -> None:
    keeper, config = server
    handoffs = Handoffs(store)
    handoffs.add("Where do I park?", account_id="a1", owner="nobody@example.com", by_mail=True)
    handoffs.add("How much leave?", account_id="a1", by_mail=True)
    assert Postman(handoffs, config, public_documents=lambda: ()).deliver().result(20) == 1
    assert [mail["To"] for mail in keeper.received] == ["hr@example.com"]
    assert [each.owner for each in handoffs.waiting_for_mail(tries=TRIES)] == ["nobody@example.com"]


def test_while_the_server_is_away_every_mail_waits(store: Store, server: tuple[Server, MailConfig]) -> None:
    handoffs = Handoffs(store)
    for question in ("How much leave?", "Where do I park?"):
        handoffs.add(question, account_id="a1", by_mail=True)
    away = MailConfig("127.0.0.1", 1, "none", None, None, "desk@example.com", "hr@example.com")
    postman = Postman(handoffs, away, public_documents=lambda: ())
    for _ in range(TRIES + 1):
        assert postman.deliver().result(20) == 0
    assert Postman(handoffs, server[1], public_documents=lambda: ()).deliver().result(20) == 2


def test_what_the_server_refuses_is_tried_so_often_and_then_left_in_the_inbox(
    store: Store, server: tuple[Server, MailConfig]
) -> None:
    handoffs = Handoffs(store)
    handoffs.add("How much leave?", account_id="a1", owner="nobody@example.com", by_mail=True)
    postman = Postman(handoffs, server[1], public_documents=lambda: ())
    for _ in range(TRIES + 1):
        assert postman.deliver().result(20) == 0
    assert handoffs.waiting_for_mail(tries=TRIES) == []
    assert len(handoffs.inbox(())) == 1


def test_an_owner_that_is_an_address_gets_the_mail(store: Store) -> None:
    handoff = Handoffs(store).add("How much leave?", account_id="a1", owner="people@example.com")
    config = MailConfig.read(
        "smtps://ada:p%40ss@mail.example.com", sender="desk@example.com", recipient="hr@example.com"
    )
    assert compose(handoff, config)["To"] == "people@example.com"
    assert (config.port, config.encryption, config.user, config.password) == (465, "tls", "ada", "p@ss")


@pytest.mark.parametrize(
    ("url", "sender", "says"),
    [
        ("mail.example.com", "desk@example.com", "smtp://"),
        ("http://mail.example.com", "desk@example.com", "smtp://"),
        ("smtp://mail.example.com", None, "POLICYDESK_MAIL_FROM is not set"),
        ("smtp://mail.example.com", "desk\nBcc: x", "POLICYDESK_MAIL_FROM"),
        ("smtp://mail.example.com:smtp", "desk@example.com", "smtp://user:password@mail.example.com:587"),
        ("smtp://mail.example.com:99999", "desk@example.com", "smtp://user:password@mail.example.com:587"),
        ("smtp://[mail.example.com", "desk@example.com", "smtp://user:password@mail.example.com:587"),
        ("smtp://ada:p%C3%A4ss@mail.example.com", "desk@example.com", "umlaut"),
    ],
)
def test_a_wrong_setting_is_one_line(url: str, sender: str | None, says: str) -> None:
    with pytest.raises(WrongUsage, match=says):
        MailConfig.read(url, sender=sender, recipient="hr@example.com")


def test_what_keeps_mails_from_going_out_is_in_the_log(
    store: Store, server: tuple[Server, MailConfig], caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable() -> set[str]:
        raise RuntimeError("the database is gone")

    handoffs = Handoffs(store)
    handoffs.add("How much leave?", account_id=None, by_mail=True)
    postman = Postman(handoffs, server[1], public_documents=unreadable)
    delivered = postman.deliver()
    postman._thread.shutdown()
    assert isinstance(delivered.exception(), RuntimeError)
    assert "hand-offs could not be mailed" in caplog.text
