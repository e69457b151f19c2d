"""Questions a document should answer, made from its own rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.facts import Fact, FactKind, facts
from ingest.numbering import label
from ingest.statements import is_about_document
from retrieval.records import Passage, PassageKind, passage_order
from retrieval.sentences import Span, sentence_spans


@dataclass(frozen=True, slots=True)
class Question:
    """A question and where its answer stands: ``passage.text[start:end]``."""

    text: str
    passage: Passage
    start: int
    end: int


def questions(passages: Sequence[Passage], *, count: int = 5) -> list[Question]:
    """Questions that a version should answer, in document order: from as many sections as there are, those on numbers,
    dates and amounts before those on what is allowed.

    :param passages: of one version.
    :returns: at most ``count``; fewer where the version states fewer rules in plain sentences.
    """
    made = [question for passage in passages for question in _of_passage(passage)]
    chosen: list[Question] = []
    sections: dict[tuple[str, ...], int] = {}
    while made and len(chosen) < count:
        # The section asked about least; within it the first that asks for a fact.
        best = min(
            made, key=lambda question: (sections.get(question.passage.section_path, 0), not _asks_for_fact(question))
        )
        made.remove(best)
        chosen.append(best)
        sections[best.passage.section_path] = sections.get(best.passage.section_path, 0) + 1
    return sorted(chosen, key=lambda question: (passage_order(question.passage.passage_id), question.start))


_FEWEST_WORDS, _MOST_WORDS = 5, 26
#: Sentences that begin so mean something only behind others, or only under a condition that a question would lose.
_LEANING = re.compile(
    r"^(?:it|they|this|these|that|those|he|she|such|there|here|both|each|if|where|when|unless|except|in this|in that|for this|for that|otherwise|"
    r"however|then|as|see|note)\b",
)  # fmt: skip


def _of_passage(passage: Passage) -> Iterator[Question]:
    if passage.kind is PassageKind.TABLE:
        return
    for span in sentence_spans(passage.text):
        sentence = _bare(passage.text[span.start : span.end])
        if _stands_alone(sentence, span) and (asked := _asked_for_fact(sentence) or _asked_whether(sentence)):
            yield Question(asked, passage, span.start, span.end)


def _bare(sentence: str) -> str:
    """A sentence on one line without the number of its clause."""
    text = " ".join(sentence.split())
    mark = label(text)
    return mark.rest if mark is not None and mark.rest else text


def _stands_alone(sentence: str, span: Span) -> bool:
    words = sentence.split()
    return (
        not span.lead_in
        and _FEWEST_WORDS <= len(words) <= _MOST_WORDS
        and sentence[:1].isupper()
        and sentence.endswith(".")
        and ";" not in sentence
        and not _LEANING.match(f"{sentence[0].lower()}{sentence[1:]}")
        and not is_about_document(sentence)
    )


_TOLD = frozenset({FactKind.AMOUNT, FactKind.DATE, FactKind.QUANTITY, FactKind.NUMBER})
_ORDINAL = re.compile(r"^(?:first|second|third|\w+th|\d+(?:st|nd|rd|th))\b", re.IGNORECASE)
_RATE = re.compile(r"^(?:once|twice)\b", re.IGNORECASE)


def _asked_for_fact(sentence: str) -> str | None:
    """The sentence with its one number, date or amount asked for: "Claims are handed in within how many days?"."""
    told = [fact for fact in facts(sentence) if fact.kind in _TOLD]
    if len(told) != 1 or sentence.count(told[0].text) != 1 or f"({told[0].text}" in sentence:
        return None
    asking = _asking(told[0])
    if asking is None:
        return None
    before, after = sentence.rstrip(".").split(told[0].text)
    before = re.sub(
        r"\b(?:up to|at most|at least|no more than|no less than|a maximum of|a minimum of)\s*$",
        "",
        before,
        flags=re.IGNORECASE,
    )
    if told[0].kind is FactKind.DATE:
        before = re.sub(r"\b(?:by|on|from|until|before|after)\s*$", lambda found: found.group().lower(), before)
    text = re.sub(r"\s+(?=[,:’'])", "", f"{before.strip()} {asking} {after.strip()}".strip())
    return f"{text[:1].upper()}{text[1:]}?"


def _asking(fact: Fact) -> str | None:
    """What asks for a fact; None for those that nobody asks for by themselves: ordinals, weekdays, bare numbers."""
    if fact.kind is FactKind.AMOUNT:
        return "how much"
    if fact.kind is FactKind.DATE:
        return "which date" if re.search(r"\d", fact.text) and re.search(r"[A-Za-z]{3}|-", fact.text) else None
    if fact.kind is FactKind.NUMBER or _ORDINAL.match(fact.text):
        return None
    if _RATE.match(fact.text):
        return "how often"
    counted = _COUNTED.search(fact.text)
    if counted is None:
        return None
    return (
        f"how many {counted.group()}" if counted.group().endswith(("s", "people")) else f"how many {counted.group()}s"
    )


#: What a quantity counts: its last word, with the kind of day before it.
_COUNTED = re.compile(
    r"(?:(?:calendar|working|business|consecutive|sick|leave|public|unused|extra|additional|full|clear)\s+)?[A-Za-z]+$"
)


_MODAL = re.compile(
    r"^(?P<subject>(?:[\w’'-]+\s+){1,6}?)(?P<modal>must not|may not|shall not|cannot|can not|must|may|shall|can)\s+(?P<rest>[^;]+)\.$"
)


def _asked_whether(sentence: str) -> str | None:
    """A rule turned into a question: "Employees must not share passwords." gives "May employees share passwords?"."""
    found = _MODAL.match(sentence)
    if found is None or "," in found["subject"]:
        return None
    verb = "Must" if found["modal"] in ("must", "shall") else "May"
    subject = found["subject"].strip()
    if not re.match(r"[A-Z][a-z]*[A-Z]|[A-Z]{2}", subject):
        subject = f"{subject[:1].lower()}{subject[1:]}"
    return f"{verb} {subject} {found['rest'].strip()}?"


def _asks_for_fact(question: Question) -> bool:
    return bool(re.search(r"\b(?:how many|how much|how often|which date)\b", question.text, re.IGNORECASE))
