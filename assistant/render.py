"""Answers as the chat shows them. Text from documents is data: nothing in it becomes a link, an image or markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from assistant.handoffs import NOBODY_NAMED
from assistant.records import Answer, Aside, AsideKind, Check, Citation, Claim, Conflict, Reason, Status
from assistant.refusal import as_told, in_words_of, to_look_at
from assistant.smalltalk import is_thanks
from assistant.tabular import parts
from assistant.wording import Wording, wording

#: What GitHub's markdown turns into a link by itself; shown as code it stays text.
_AUTOLINK = re.compile(
    r"(?:https?://|ftp://|www\.|mailto:|xmpp:|(?<![\w/:])//\w)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~:&$^=@])")
_BARE_BAR = re.compile(r"(?<!\\)((?:\\\\)*)\|")  #: not behind a backslash that another one does not take back
_INDENT = re.compile(r"^(?:[ \t]{4,}|\t)", re.MULTILINE)
_LIST_NUMBER = re.compile(r"^(\s*\d{1,9})([.)])", re.MULTILINE)


def plain(text: str) -> str:
    """Markdown that reads exactly as the text, whatever the text holds."""
    pieces: list[str] = []
    at = 0
    for found in _AUTOLINK.finditer(text):
        pieces.append(_escaped(text[at : found.start()]))
        pieces.append("`" + found.group().replace("`", "'") + "`")
        at = found.end()
    return "".join([*pieces, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return _LIST_NUMBER.sub(r"\1\\\2", _INDENT.sub("", _SPECIAL.sub(r"\\\1", text)))


def linked(text: str, numbers: Sequence[int]) -> str:
    """Like :func:`plain`, with links to the sources of these numbers behind it."""
    return plain(text) + _links(numbers)


def _links(numbers: Sequence[int]) -> str:
    # Held to the word before it: a mark alone on a line looks like an answer of its own.
    return "\u00a0" + "".join(map(_link, numbers)) if numbers else ""


def _link(number: int) -> str:
    return f"[{number}](#source-{number})"


class Drafting:
    """Checked text as it comes in, handed on in whole words: half a web address is not recognised as one."""

    def __init__(self) -> None:
        self._held = ""

    def add(self, text: str) -> str:
        """The markdown that can be shown now; may be empty."""
        self._held += text
        cut = max(self._held.rfind(" "), self._held.rfind("\n")) + 1
        ready, self._held = self._held[:cut], self._held[cut:]
        return plain(ready)

    def rest(self) -> str:
        ready, self._held = self._held, ""
        return plain(ready)


def answer_markdown(answer: Answer, *, today: date, words: Wording | None = None) -> str:
    """The answer as markdown; its [1] marks open the sources.

    :param words: what stands around the documents' own words; English without it.
    """
    words = words or wording(None)
    lines: list[str] = []
    if answer.as_of != today and answer.citations:
        name = "answer_as_of" if answer.as_of < today else "answer_as_will"
        lines.append(f"*{words(name, day=words.day(answer.as_of))}*")
    if answer.doubtful:
        lines.append(f"*{words('answer_doubtful')}*")
    if answer.claims and all(claim.check is Check.QUOTED for claim in answer.claims):
        lines += _set_off(answer, words)
    elif answer.claims:
        lines.append(" ".join(linked(claim.text, claim.citations) for claim in answer.claims))
    else:
        lines.append(plain(answer.text))
    lines += [_disagreement(answer, conflict, words) for conflict in answer.conflicts]
    lines += [aside_line(aside, words) for aside in answer.asides]
    return "\n\n".join(lines)


def _set_off(answer: Answer, words: Wording) -> list[str]:
    """Quotations below what leads in to them, each behind its country where it is for one and the asker has named none."""
    return [plain(_lead_in(answer, words)), *(_quotation(claim, words) for claim in answer.claims)]


def _quotation(claim: Claim, words: Wording) -> str:
    """A quotation set off from the left, the rows of a table as a table."""
    text = f"{claim.heading}:\n{claim.text}" if claim.heading else claim.text
    if claim.country:
        text = f"{words.country(claim.country)}:" + ("\n" if "\n" in text else " ") + text
    links = _links(claim.citations)
    lines: list[str] = []
    *before, last = parts(text)
    for part, behind in [*((part, "") for part in before), (last, links)]:
        if isinstance(part, str):
            lines += (plain(part) + behind).splitlines()
        else:
            heads, *rows = ([plain(cell) for cell in row] for row in (part.heads, *part.rows))
            rows[-1][-1] += behind
            lines += ["", _row(heads), _row(["---"] * len(part.heads)), *map(_row, rows), ""]
    return "\n".join(f"> {line}".rstrip() for line in "\n".join(lines).strip("\n").split("\n"))


def _row(cells: Sequence[str]) -> str:
    """A row of a markdown table; a bar within a cell's code would end the cell."""
    held = [_BARE_BAR.sub(r"\1\\|", cell) for cell in cells]
    return f"| {' | '.join(held)} |"


def _lead_in(answer: Answer, words: Wording) -> str:
    if answer.conflicts:
        return words("answer_disputed")
    if answer.choices:
        return words("answer_depends")
    *titles, last = dict.fromkeys(citation.passage.title for citation in answer.citations)
    return words("answer_say", titles=", ".join(titles), last=last) if titles else words("answer_says", title=last)


def aside_line(aside: Aside, words: Wording) -> str:
    """A clause that a quotation refers to, or a term it uses, in one line with its mark."""
    what = words("answer_see" if aside.kind is AsideKind.REFERENCE else "answer_defined", about=aside.about)
    return linked(f"{what} {' '.join(aside.citation.quote.split())}", [aside.citation.number])


def own_words(answer: Answer, words: Wording) -> str | None:
    """What is said without any document, in the reader's language: a greeting or a refusal; None for everything else."""
    if answer.status is Status.CLARIFY and answer.reason is None:
        return words("welcome" if is_thanks(answer.question) else "greeting")
    reason = as_told(answer).reason
    if reason is Reason.TOO_VAGUE:
        titles = list(dict.fromkeys(one.passage.title for one in answer.nearest))
        return words("vague_examples", titles=plain("; ".join(titles))) if titles else words("vague")
    if reason is Reason.OTHER_LANGUAGE:
        words = in_words_of(answer.question, words)
    if answer.status is Status.ABSTAINED and reason is not None:
        name = f"refused_{reason.value}" + ("_near" if to_look_at(answer) else "")
        return words(name, owner=plain(answer.contact or NOBODY_NAMED))
    return None


def _disagreement(answer: Answer, conflict: Conflict, words: Wording) -> str:
    """Which two sources differ, since when each is in force, and whom to ask."""
    sides = [citation for citation in answer.citations if citation.number in conflict.citations]
    since = [
        words("answer_since", mark=_link(side.number), day=words.day(side.passage.effective_from))
        for side in sides
        if side.passage.effective_from
    ]
    owners = list(dict.fromkeys(side.passage.owner for side in sides if side.passage.owner)) or ["HR"]
    first, second = conflict.citations
    differ = words("answer_differ", one=_link(first), other=_link(second))
    line = f"**{differ}** {words('answer_ask', owner=plain(words('or').join(owners)))}"
    return f"{line} {', '.join(since)}." if since else line


def found_line(citations: Sequence[Citation], words: Wording | None = None) -> str:
    """``Found 3 passages in 2 documents``."""
    words = words or wording(None)
    passages = len({citation.passage.passage_id for citation in citations})
    documents = len({citation.passage.document_id for citation in citations})
    return words(
        "found",
        passages=_count(words, "found_passage", passages),
        documents=_count(words, "found_document", documents),
    )


def report_markdown(report: dict[str, Any], words: Wording | None = None) -> str:
    """One line for one file that was read; its reason and warnings are as they were reported, in English."""
    words = words or wording(None)
    name = plain(str(report.get("file", "")))
    reason = plain(str(report.get("reason") or ""))
    status = str(report.get("status"))
    if status == "rejected":
        return f"✗ **{name}** — {words('upload_rejected', reason=reason)}"
    if status == "unchanged":
        return f"= **{name}** — {words('upload_known')}"
    parts = [_count(words, "found_passage", int(report.get("passages") or 0))]
    if report.get("pages"):
        parts.insert(0, _count(words, "upload_page", int(report["pages"])))
    notes = [plain(str(warning)) for warning in report.get("warnings") or ()]
    if status == "partial" and reason:
        notes.insert(0, reason)
    title = plain(str(report.get("title") or ""))
    line = f"{'✓' if status == 'indexed' else '~'} **{name}** — {title + ', ' if title else ''}{', '.join(parts)}"
    return line + (f" ({'; '.join(notes)})" if notes else "")


def progress_line(done: int, files: int, words: Wording | None = None) -> str:
    """How far an upload is."""
    words = words or wording(None)
    return words("upload_reading", files=files, done=done) if files > 1 else words("upload_reading_one")


def outcome_line(reports: Sequence[dict[str, Any]], words: Wording | None = None) -> str:
    """``3 added, 1 not added``."""
    words = words or wording(None)
    names = {"indexed": "added", "partial": "added", "unchanged": "unchanged", "rejected": "not_added"}
    counts = Counter(names.get(str(report.get("status")), "not_added") for report in reports)
    parts = [
        words(f"upload_{name}", count=counts[name]) for name in ("added", "unchanged", "not_added") if counts[name]
    ]
    return f"**{', '.join(parts) or words('upload_nothing')}**"


def sentence(text: str) -> str:
    """A one-line error as a sentence."""
    return plain(text[:1].upper() + text[1:].rstrip(".") + ".")


def _count(words: Wording, name: str, number: int) -> str:
    return words(name if number == 1 else f"{name}s", count=number)
