"""Mails: what was written is kept, what was quoted is not, and attachments stand by themselves."""

from __future__ import annotations

from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from corpora.formats import mail, outlook_mail, packed, slides
from ingest.load import MAX_DEPTH, load
from ingest.mail import without_quoted
from ingest.records import Block, BlockKind
from retrieval.errors import DocumentRejected


def html_mail(page: str, text: str = "") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Leave", "ada@example.com"
    message.set_content(text)
    message.add_alternative(page, subtype="html")
    return message.as_bytes()


def texts(blocks: tuple[Block, ...]) -> list[str]:
    return [block.text for block in blocks]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Yes.\n\nOn Monday Ben wrote:\n> May I?\n", "Yes."),
        ("Yes.\n\nOn Mon, 3 Mar 2025 at 09:00,\nBen Ochs <ben@example.com> wrote:\n> May I?", "Yes."),
        ("Ja.\n\nAm 03.03.2025 um 09:00 schrieb Ben Ochs:\n> Darf ich?", "Ja."),
        ("Yes.\n-----Original Message-----\nFrom: Ben\nMay I?", "Yes."),
        (
            "Yes.\n\nFrom: Ben Ochs <b@example.com>\nSent: Monday, 3 March 2025\nTo: Ada\nSubject: Leave\n\nMay I?",
            "Yes.",
        ),
        ("Ja.\n\nVon: Ben Ochs\nGesendet: Montag, 3. März 2025\nAn: Ada\nBetreff: Urlaub\n\nDarf ich?", "Ja."),
        ("Yes.\nFrom: 1 March\nUntil: 3 March", "Yes.\nFrom: 1 March\nUntil: 3 March"),
        ("Yes.\n-- \nAda Berg\nPeople team", "Yes."),
        ("> May I?\nYes, as we wrote:\nfive days.", "Yes, as we wrote:\nfive days."),
        ("FYI\n---------- Forwarded message ---------\nFrom: Ben\nLeave is paid.", "FYI\nFrom: Ben\nLeave is paid."),
    ],
)
def test_quotations_and_signatures_go(text: str, kept: str) -> None:
    assert without_quoted(text).strip() == kept


HEADERS_OF_ANOTHER = "<p><b>From:</b> Ben<br><b>Sent:</b> Monday<br><b>To:</b> Ada<br><b>Subject:</b> Leave</p>"


def test_of_a_page_what_stands_below_the_headers_of_another_mail_goes() -> None:
    blocks = load("leave.eml", html_mail(f"<p>Five days.</p>{HEADERS_OF_ANOTHER}<p>Is it ten?</p>")).blocks
    assert texts(blocks)[1:] == ["Five days."]


@pytest.mark.parametrize("text", ["", "FYI\n-- \nAda\n\n-----Original Message-----\nFrom: Ben\n\nLeave is paid.\n"])
def test_a_mail_that_another_passes_on_is_read(text: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "FW: Leave", "ada@example.com"
    message.set_content(text)
    if not text:
        page = f'<p>FYI</p><div class="gmail_quote">{HEADERS_OF_ANOTHER}<p>Leave is paid.</p></div>'
        message.add_alternative(page, subtype="html")
    assert texts(load("leave.eml", message.as_bytes()).blocks)[-1] == "Leave is paid."


def test_a_mail_that_is_all_quotation_is_read_all_the_same() -> None:
    message = EmailMessage()
    message["Subject"] = "Leave"
    message.set_content("> Leave is paid.\n")
    assert texts(load("leave.eml", message.as_bytes()).blocks)[-1] == "Leave is paid."


def test_what_a_page_has_struck_out_is_left_out_with_a_warning() -> None:
    loaded = load("leave.eml", html_mail("<p>Leave is <s>20</s> 25 days.</p>"))
    assert " ".join(loaded.blocks[-1].text.split()) == "Leave is 25 days."
    assert loaded.warnings == ("the file has struck-out text; it was left out",)


def test_of_a_page_the_quotation_goes_and_a_table_stays() -> None:
    page = (
        "<p>The rates:</p><table><tr><th>Country</th><th>Days</th></tr><tr><td>Spain</td><td>23</td></tr></table>"
        '<div class="gmail_quote"><p>Ben wrote: what are the rates?</p></div>'
    )
    blocks = load("leave.eml", html_mail(page, "The rates are in the table.")).blocks
    assert any(block.rows == (("Country", "Days"), ("Spain", "23")) for block in blocks)
    assert not any("Ben wrote" in text for text in texts(blocks))


def test_headings_of_an_attachment_stand_below_its_name() -> None:
    blocks = load("leave.eml", mail(("deck.pptx", slides()))).blocks
    headings = [(block.text, block.level) for block in blocks if block.kind is BlockKind.HEADING]
    assert headings[:2] == [("Attachment: deck.pptx", 1), ("Bicycle Leasing Policy", 2)]
    assert ("Speaker notes", 3) in headings
    assert next(block.page for block in blocks if block.text.startswith("2.1")) == 3


def test_an_attachment_that_cannot_be_read_is_named_and_the_rest_is_kept() -> None:
    loaded = load(
        "leave.eml",
        mail(("song.mp3", b"ID3"), ("rules.zip", packed({"a.txt": "x"})), ("leave.md", b"# Leave\n\nPaid.")),
    )
    assert [warning.split(":")[0] for warning in loaded.warnings] == [
        "the attachment 'song.mp3' could not be read",
        "the attachment 'rules.zip' could not be read",
    ]
    assert "Paid." in texts(loaded.blocks)


def test_mails_in_mails_are_read_to_a_depth() -> None:
    data = mail(("leave.md", b"Leave is paid."))
    for _ in range(MAX_DEPTH - 1):
        data = mail(("inner.eml", data))
    assert "Leave is paid." in texts(load("outer.eml", data).blocks)
    loaded = load("outer.eml", mail(("inner.eml", data)))
    assert "Leave is paid." not in texts(loaded.blocks)
    assert any("lies in 4 other files" in warning for warning in loaded.warnings)


def test_a_picture_in_the_text_is_no_attachment() -> None:
    message = EmailMessage()
    message["Subject"] = "Leave"
    message.set_content("Leave is paid.")
    message.add_attachment(
        b"\x89PNG", maintype="image", subtype="png", filename="logo.png", disposition="inline", cid="<logo>"
    )
    assert load("leave.eml", message.as_bytes()).warnings == ()


def test_what_is_no_mail_is_rejected() -> None:
    with pytest.raises(DocumentRejected, match="not a mail"):
        load("leave.eml", b"Leave is paid.\n")


def test_a_mail_without_text_is_rejected() -> None:
    with pytest.raises(DocumentRejected, match="no text and no attachment that can be read"):
        load("leave.eml", b"From: ada@example.com\nSubject: Leave\n\n")


def test_a_damaged_msg_is_rejected() -> None:
    data = outlook_mail()
    with pytest.raises(DocumentRejected, match="old Office format"):
        load("leave.msg", data[:700])
    with pytest.raises(DocumentRejected, match="the msg file is damaged"):
        load("leave.msg", data[:512] + b"\xff" * 512 + data[1024:])


PAGE = "<h2>Leave</h2><p>Everybody has 25 days of leave, and asks for them in good time.</p>"
READ = ["Leave", "Everybody has 25 days of leave, and asks for them in good time."]


@pytest.mark.parametrize(
    ("kind", "parts", "expected"),
    [
        ("mixed", [(PAGE, "html"), ("Sent to all by the mailing list", "plain")], [*READ, "Sent to all by the mailing list"]),
        ("mixed", [("Ten days are carried over.", "plain"), (PAGE, "html")], ["Ten days are carried over.", *READ]),
        ("alternative", [("Your program shows no pages.", "plain"), (PAGE, "html")], READ),
        ("alternative", [("Everybody has 25 days of leave, and asks in time.", "plain"), (PAGE, "html")], ["Everybody has 25 days of leave, and asks in time."]),
    ],
    ids=["page and footer", "text and page", "text says nothing", "text says the same"],
)  # fmt: skip
def test_all_that_was_written_is_read_once(kind: str, parts: list[tuple[str, str]], expected: list[str]) -> None:
    message = MIMEMultipart(kind)
    message["Subject"] = "Leave"
    for content, subtype in parts:
        message.attach(MIMEText(content, subtype))
    assert texts(load("leave.eml", message.as_bytes()).blocks) == expected
