"""A version as its statements: numbered clauses, items, table rows and sentences, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ingest.numbering import Label, label
from retrieval.records import Passage, PassageKind
from retrieval.sentences import sentence_spans
from retrieval.terms import terms

_BULLET = re.compile(r"^[-*•–▪◦]\s+")
_TERM = re.compile(r"^[“\"'‘](?P<term>[^”\"'’]{1,80})[”\"'’]")
#: A sign counts only before a number, and a dash between two is none.
_WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W_]+|[€£$%§<>≤≥=±]|(?<![\w)])(?<!\d\s)[+-](?=[€£$]?\d)")
#: Signs that are written in several ways.
_SIGNS = {"−": "-", "<=": "≤", ">=": "≥", "per cent": "%", "percent": "%"}
_CONTROL = re.compile(
    r"^\W*(?:document\s+)?(?:version|revision|rev\.?|issue|edition|effective|valid from|in force from|date|dated|owner|author|approved|"
    r"approval|adopted|last (?:reviewed|updated|revised|amended)|review(?:ed| date)?|next review|replaces|supersedes|"
    r"this version replaces|published|status|classification|stand|gültig ab)\b",
    re.IGNORECASE,
)
_LONGEST_CONTROL_WORDS = 30
#: Words that rules of every kind have in common.
_RULE_WORDS = frozenset(terms("not no may must shall should only each every any more than least one"))


@dataclass(frozen=True)
class Statement:
    """The smallest part of a version that is compared: a clause, an item, a row, or a sentence without a number."""

    text: str  #: without its number, white space collapsed
    number: str | None  #: in full: ``4.2(b)``
    section_path: tuple[str, ...]
    passage_id: str
    anchor: str | None = None  #: what it is known by in its section: number, defined term, first cell of a row
    is_control: bool = False  #: says something about the document itself: version, dates, owner
    place: int = 0  #: from 0, in document order
    paragraph: int = 0  #: sentences of one paragraph have the same number

    def joined(self, other: Statement) -> Statement:
        """This sentence and another of its paragraph as one, in their order."""
        first, last = sorted((self, other), key=lambda statement: statement.place)
        return replace(first, text=f"{first.text} {last.text}")

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words and signs that are compared: without case, punctuation and the spelling of numbers."""
        text = self.text.casefold()
        for spelling, sign in _SIGNS.items():
            text = text.replace(spelling, sign)
        found = _WORD.findall(text)
        return tuple(re.sub(r",(?=\d{3}\b)", "", word) for word in found)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The stems that tell what it is about; all words where it has no others."""
        return tuple(term for term in terms(self.text) if term not in _RULE_WORDS) or self.words


@dataclass(slots=True)
class _Numbers:
    """The numbers that are open at a point of a document, outermost first."""

    open: list[tuple[str, tuple[int, ...], str]] = field(default_factory=list)

    section: str = ""  #: number of the section they stand in

    def anchor(self, number: str) -> str:
        """A number as it counts within its section: "4.2" in section 4 is ``.2``."""
        return number.removeprefix(self.section) if number != self.section else number

    def full(self, mark: Label) -> str:
        """The label with the numbers it hangs from: "(b)" under "4.2" is ``4.2(b)``."""
        if len(mark.ordinals) > 1 or mark.series.isalpha() or mark.series == "decimal1":
            self.open = [(mark.series, mark.ordinals, mark.number)]
            return mark.number
        series, ordinals = mark.series, mark.ordinals
        above = self.open[-1] if self.open else None
        # "(i)" behind "(h)" is a letter.
        if above and "roman" in series and above[0] == series.replace("roman", "alpha") and above[1] == (8,):
            series, ordinals = above[0], (9,)
        level = next((at for at, (known, _, _) in enumerate(self.open) if known == series), len(self.open))
        own = mark.number if mark.number.startswith("(") or level == 0 else f"({mark.number})"
        full = (self.open[level - 1][2] if level else "") + own
        self.open[level:] = [(series, ordinals, full)]
        return full


def statements(passages: Sequence[Passage]) -> list[Statement]:
    """The statements of a version, in document order.

    What splitting into passages has added is taken back: lead-ins and table headers that a further piece repeats, and the
    clause number in the section path of a long clause's later pieces.

    :param passages: of one version, in document order.
    """
    found: list[Statement] = []
    numbers = _Numbers()
    previous: Passage | None = None
    path: tuple[str, ...] = ()
    paragraph = 0
    for passage in passages:
        before, path = path, _own_path(passage.section_path, found)
        if path != before:
            heading = label(path[-1]) if path else None
            numbers = _Numbers(section=heading.number if heading else "")
        lines = _without_repeats(passage, previous)
        if len(path) < len(passage.section_path) and lines and found and _is_prose(lines[0], passage):
            # The clause was too long for one passage: this is how it goes on.
            found[-1] = replace(found[-1], text=f"{found[-1].text} {lines.pop(0)}")
        for line in lines:
            paragraph += 1
            for text, number, anchor in _parts(line, passage, numbers):
                is_control = _is_control(text, number)
                found.append(
                    Statement(text, number, path, passage.passage_id, anchor, is_control, len(found), paragraph)
                )
        previous = passage
    return found


def _own_path(path: tuple[str, ...], found: Sequence[Statement]) -> tuple[str, ...]:
    """The section path without the clause that a long clause's later pieces carry at its end."""
    mark = label(path[-1]) if len(path) > 1 else None
    if mark is None:
        return path
    known = any(
        statement.number and (statement.number == mark.number or statement.number.startswith(f"{mark.number}("))
        for statement in reversed(found)
        if statement.section_path == path[:-1]
    )
    return path[:-1] if known else path


def _without_repeats(passage: Passage, previous: Passage | None) -> list[str]:
    """A passage's lines without those that only repeat the lead-in or header of the passage before."""
    lines = [line for line in passage.text.split("\n") if line.strip()]
    if previous is None or previous.section_path != passage.section_path[: len(previous.section_path)]:
        return lines
    said = {line.strip() for line in previous.text.split("\n")}
    at = 0
    while at < len(lines) - 1 and lines[at].strip() in said:
        at += 1
    return lines[at:]


def _is_prose(line: str, passage: Passage) -> bool:
    return passage.kind is not PassageKind.TABLE and not _BULLET.match(line.strip()) and label(line.strip()) is None


def _parts(line: str, passage: Passage, numbers: _Numbers) -> Iterator[tuple[str, str | None, str | None]]:
    """Text, number and anchor of what stands in one line."""
    text = " ".join(line.split())
    # What has no cells is the clause that announces the table.
    if passage.kind is PassageKind.TABLE and re.search(r" \| |; ", text):
        yield text, None, re.split(r"\s*[|;]\s*", text)[0].casefold()
        return
    bullet = _BULLET.match(text)
    bare = text[bullet.end() :] if bullet else text
    mark = label(bare)
    if mark is not None and mark.rest:
        number = numbers.full(mark)
        yield mark.rest, number, numbers.anchor(number)
    elif term := _TERM.match(bare):
        yield bare, None, term["term"].casefold()
    elif bullet or _is_control(bare, None):
        yield bare, None, None
    else:
        for span in sentence_spans(bare):
            yield bare[span.start : span.end], None, None


def _is_control(text: str, number: str | None) -> bool:
    return number is None and is_about_document(text)


def is_about_document(text: str) -> bool:
    """Whether a line says something about the document itself: version, dates, owner."""
    return len(text.split()) <= _LONGEST_CONTROL_WORDS and _says_about_itself(text)


def _says_about_itself(text: str) -> bool:
    named = _CONTROL.match(text)
    # "Approved claims are paid on Thursdays" begins alike but is a rule: a control line names a date, a number or a colon.
    return bool(
        named and re.match(r"\W*(?:\S+\s+){0,4}?\S*(?::|\d)|.*[·|]|\W*(?:replaces|supersedes)\b", text, re.IGNORECASE)
    )
