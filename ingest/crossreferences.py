"""Mentions of other clauses: "subject to clause 4.2", "see Schedule 2", "section 5 of the Employee Handbook"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = (
    r"(?:\d{1,3}[A-Z]?(?:\.\d{1,3}){0,4}(?!\w|\.\d|-\d)(?:\s?\((?:\d{1,2}|[a-zA-Z]|[ivx]{1,5})\)){0,3}"
    r"|(?<!\w)(?-i:[A-Z])(?![\w’']|\.\w))"
)
_MENTION = re.compile(
    rf"\b(?P<word>clauses?|sections?|articles?|paragraphs?|schedules?|annex(?:es)?|appendix|appendices|exhibits?|attachments?)\s+(?P<numbers>{_NUMBER}(?:(?:,\s+|,?\s+(?:and|or|to)\s+|\s?[–-]\s?)(?=[\dA-Z(]){_NUMBER})*)"
    rf"|(?P<sign>§§?)\s*(?P<paragraphs>{_NUMBER}(?:(?:,\s+|,?\s+(?:and|or|to)\s+)(?=\d){_NUMBER})*)"
    rf"|\b(?:see|under|per)\s+(?P<bare>\d{{1,3}}(?:\.\d{{1,3}}){{1,4}}(?:\([a-z]{{1,4}}\))*)(?![\w%])",
    re.IGNORECASE,
)
_ONE = re.compile(_NUMBER)
_NAME = r"[A-Z][\w’'&-]*(?:\s+(?:(?:of|and|on|for|the|at|to|in|with|against)\s+){0,2}[A-Z][\w’'&-]*)*"
#: "… of the Employee Handbook" behind a number; "in this policy" means the document itself.
_TITLE_BEHIND = re.compile(rf"\s*(?:\([^()]{{1,60}}\)\s*)?,?\s*(?:of|in|to)\s+(?:the\s+|our\s+)?(?P<title>{_NAME})")
_OWN = re.compile(
    r"\s*(?:\([^()]{1,60}\)\s*)?(?:of|in|to)\s+(?:this\s+\w+|(?-i:the\s+(?:agreement|contract|policy|document|handbook|addendum|guide|procedure|plan|notice)\b))",
    re.IGNORECASE,
)
_HEADING_BEHIND = re.compile(r"\s*\((?P<heading>[A-Z][^()]{2,80})\)")
#: "the Employee Handbook, " in front of it.
_TITLE_BEFORE = re.compile(rf"(?P<title>{_NAME})\s?[,(]\s*(?:[a-z][a-z ]{{0,40}},\s*)?$")
#: Laws are no documents of the library.
_LAW = re.compile(
    r"\b(?:Act|Acts|Regulations?|Directive|Code|Constitution|Law|Statute|Ordinance|U\.?S\.?C|C\.?F\.?R|GDPR|BGB|BetrVG)\b"
)
_LEADING = re.compile(r"^(?:The|See|In|Under|As|With|For|Per|Of)\s+(?:in\s+)?(?:the\s+)?")
_PLURALS = {"annexes": "annex", "appendices": "appendix"}


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of one number: ``text[start:end]``; "clauses 3 and 4" are two."""

    start: int
    end: int
    word: str  #: clause, section, article, paragraph, schedule, annex, appendix, exhibit, attachment
    number: str  #: without spaces: ``4.2(b)``, ``B``
    title: str | None = None  #: of the other document it names; None: its own
    heading: str | None = None  #: of the place, where the mention repeats it: "section 5 (Security)"

    @property
    def name(self) -> str:
        """As a reader would call it: "clause 4.2", "Schedule 2"."""
        word = self.word.capitalize() if self.word in NAMED_PARTS else self.word
        return f"{word} {self.number}"


#: Parts with a count of their own; what the other words number is one tree.
NAMED_PARTS = frozenset({"schedule", "annex", "appendix", "exhibit", "attachment"})


def references(text: str) -> list[Reference]:
    """The mentions of numbered places in a text, in order. Those of a law, and the number a line begins with, are left out."""
    return [reference for match in _MENTION.finditer(text) for reference in _read(match, text)]


def _read(match: re.Match[str], text: str) -> Iterator[Reference]:
    if not text[: match.start()].rpartition("\n")[2].strip(" -*•"):
        behind = text[match.end() : match.end() + 2]
        if not re.match(r"\s[a-z]", behind):  # a heading or a clause's own number, not "Section 5 applies"
            return
    behind, before = text[match.end() :], text[: match.start()].rpartition("\n")[2][-90:]
    title = None
    if not _OWN.match(behind):
        named = _TITLE_BEHIND.match(behind) or _TITLE_BEFORE.search(before)
        title = _LEADING.sub("", named["title"]) if named else None
    if (title and _LAW.search(title)) or _LAW.match(behind.lstrip()):
        return
    heading = _HEADING_BEHIND.match(behind)
    numbers = match["numbers"] or match["paragraphs"] or match["bare"]
    begin = (
        match.start("numbers")
        if match["numbers"]
        else match.start("paragraphs")
        if match["paragraphs"]
        else match.start("bare")
    )
    word = (match["word"] or "clause").lower()
    word = _PLURALS.get(word, word.rstrip("s"))
    for at, one in enumerate(_ONE.finditer(numbers)):
        start = match.start() if at == 0 else begin + one.start()
        yield Reference(
            start, begin + one.end(), word, re.sub(r"\s", "", one[0]), title, heading["heading"] if heading else None
        )
