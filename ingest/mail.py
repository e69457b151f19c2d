"""A mail as blocks: who wrote to whom and when, what they wrote without what they quote, and each attachment as a part of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest import markup, partition
from ingest.clean import clean
from ingest.outline import MAX_HEADING_CHARS, outline
from ingest.plain import lines_apart, paragraphs
from ingest.records import Block, BlockKind, Loaded, OcrPage
from retrieval.errors import DocumentRejected

#: More attachments than these are not read.
MAX_ATTACHMENTS = 50

#: Reads a file that lies in another one, by name and bytes.
ReadAttached = Callable[[str, bytes], Loaded]


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as its format gives it."""

    subject: str  #: or what the file is called, where it has none
    headers: tuple[tuple[str, str], ...]  #: as people read them: From, To, Cc, Date
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    warnings: tuple[str, ...] = ()


def load_mail(mail: Mail, media_type: str, attached: ReadAttached) -> Loaded:
    """A mail and its attachments as blocks. An attachment that can't be read is a warning, not the end of the mail."""
    headers = "\n".join(f"{name}: {value}" for name, value in mail.headers if value)
    blocks = [Block(BlockKind.PARAGRAPH, headers)] if headers else []
    body = _body(mail)
    blocks.extend(body)
    warnings = [*mail.warnings, *(markup.left_out(mail.html) if _is_page(mail) else ())]
    ocr_pages: list[OcrPage] = []
    read = 0
    for attachment in mail.attachments[:MAX_ATTACHMENTS]:
        try:
            loaded = attached(attachment.name, attachment.data)
        except DocumentRejected as error:
            warnings.append(f"the attachment {attachment.name!r} could not be read: {error}")
            continue
        read += 1
        blocks.append(Block(BlockKind.HEADING, f"Attachment: {attachment.name}"[:MAX_HEADING_CHARS], level=1))
        blocks.extend(_nested(loaded))
        ocr_pages.extend(loaded.ocr_pages)
        warnings.extend(f"{attachment.name}: {warning}" for warning in loaded.warnings)
        if loaded.empty_pages:
            pages = ", ".join(map(str, loaded.empty_pages))
            warnings.append(f"page {pages} of the attachment {attachment.name!r} could not be read: no text on it")
    if len(mail.attachments) > MAX_ATTACHMENTS:
        warnings.append(
            f"{len(mail.attachments) - MAX_ATTACHMENTS} attachments could not be read: too many in one mail"
        )
    if not body and not read:
        why = f"; {warnings[-1]}" if warnings else ""
        raise DocumentRejected(f"the mail has no text and no attachment that can be read{why}")
    return Loaded(media_type, tuple(blocks), title=mail.subject, warnings=tuple(warnings), ocr_pages=tuple(ocr_pages))


def _body(mail: Mail) -> list[Block]:
    """What was written, and of a mail that passes another on all of it; as where nothing is left without the quotations."""
    if _is_page(mail):
        fresh = [] if _passes_on(mail) else _before_quoted(_html_blocks(_without_quoted(mail.html)))
        return fresh if fresh else _html_blocks(mail.html)
    fresh_text = "" if _passes_on(mail) else without_quoted(mail.text)
    return _text_blocks(fresh_text) or _text_blocks(_unquoted(mail.text))


_PASSES_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv|i)\s*:", re.IGNORECASE)


def _passes_on(mail: Mail) -> bool:
    """Whether a mail's subject says that it passes another on."""
    return _PASSES_ON.match(mail.subject) is not None


def _is_page(mail: Mail) -> bool:
    """Whether a mail is read as the page it holds: it has no text beside it, or a table that the text would lose, or its text only
    says that there is a page."""
    if not mail.html:
        return False
    return "<table" in mail.html.lower() or len(mail.text.split()) < 0.5 * _count_words(mail.html)


def _count_words(page: str) -> int:
    return len(re.sub(r"<[^>]*>", " ", markup.prepare_html(page)[1]).split())


def _html_blocks(source: str) -> list[Block]:
    _, page = markup.prepare_html(source)
    return partition.page_blocks(page)


def _text_blocks(text: str) -> list[Block]:
    return partition.text_blocks(list(paragraphs(text)), apart=lines_apart(text))


# -- quotations ------------------------------------------------------------------------------------------------------

_REPLY = re.compile(
    r"^\s*(?:-{3,}\s*(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine)\s*-{3,}"
    r"|(?:on|am|le)\b.{4,200}(?:wrote|schrieb.{0,80}|a écrit)\s*:\s*)$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"^\s*-{3,}\s*(?:forwarded|weitergeleitete|begin forwarded)", re.IGNORECASE)
_SIGNATURE = re.compile(r"^-- ?$")


#: How mail programs write the headers of a mail above what they quote of it: its sender first.
_SENDER = re.compile(r"[\s*]*(?:from|von|de|da|van)\s*:", re.IGNORECASE)
_HEADER = re.compile(
    r"[\s*]*(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha|para|asunto|inviato|data|a|oggetto|verzonden|aan"
    r"|onderwerp)\s*:",
    re.IGNORECASE,
)


def _opens_quoted(lines: Sequence[str]) -> bool:
    """Whether lines begin with the headers of another mail."""
    return len(lines) > 2 and _SENDER.match(lines[0]) is not None and all(map(_HEADER.match, lines[1:3]))


def _before_quoted(blocks: Sequence[Block]) -> list[Block]:
    """The blocks above the headers of another mail."""
    for position, block in enumerate(blocks):
        following = "\n".join(each.text for each in blocks[position : position + 3])
        if block.kind is not BlockKind.TABLE and _opens_quoted(following.split("\n")):
            return list(blocks[:position])
    return list(blocks)


def without_quoted(text: str) -> str:
    """A mail's text without quoted lines, what stands above a quotation, and the signature."""
    kept: list[str] = []
    lines = text.splitlines()
    for position, line in enumerate(lines):
        if _FORWARDED.match(line):
            # What is passed on is the message.
            kept.extend(lines[position + 1 :])
            break
        if _opens_quoted([each for each in lines[position : position + 6] if each.strip()]):
            break
        two = f"{line.strip()} {lines[position + 1].strip()}" if position + 1 < len(lines) else line
        if _SIGNATURE.match(line) or ((_REPLY.match(line) or _REPLY.match(two)) and _is_quoted(lines[position + 1 :])):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept)


def _is_quoted(lines: Sequence[str]) -> bool:
    """Whether what follows "… wrote:" is the end of the mail or a quotation, not an answer below one."""
    filled = [line for line in lines if line.strip()]
    return (
        not filled or not any(line.lstrip().startswith(">") for line in filled) or filled[-1].lstrip().startswith(">")
    )


def _unquoted(text: str) -> str:
    return "\n".join(re.sub(r"^\s*(?:>\s?)+", "", line) for line in text.splitlines())


_QUOTATIONS = (
    "//blockquote[@type='cite']",
    "//*[contains(concat(' ', @class, ' '), ' gmail_quote ')]",
    "//*[contains(concat(' ', @class, ' '), ' gmail_signature ')]",
    "//*[contains(concat(' ', @class, ' '), ' moz-cite-prefix ')]",
    "//*[@id='divRplyFwdMsg' or @id='appendonsend']",
    "//*[@id='divRplyFwdMsg']/following-sibling::*",
)


def _without_quoted(source: str) -> str:
    from lxml import etree, html

    try:
        root: Any = html.document_fromstring(
            source.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8")
        )
    except etree.ParserError:
        return source
    for path in _QUOTATIONS:
        for node in root.xpath(path):
            if node.getparent() is not None:
                node.drop_tree()
    return str(html.tostring(root, encoding="unicode"))


# -- attachments -----------------------------------------------------------------------------------------------------


def _nested(loaded: Loaded) -> Iterator[Block]:
    """An attachment's blocks with its headings one level further in, so that its sections stand under its name."""
    for item in outline(clean(loaded.blocks), title=loaded.title or ""):
        block = item.block
        if item.is_heading:
            yield replace(block, kind=BlockKind.HEADING, level=len(item.section_path) + 2, size=None)
        else:
            # Settled as no heading by its own file; the sizes of other files must not make it one.
            yield replace(block, size=None, bold=False)
