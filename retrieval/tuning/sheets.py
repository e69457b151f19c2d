"""Sheets: a passage and questions about it, some answered there and some not. What the reader learns from.

A passage is read once for all of its questions, so several questions a sheet cost little more than one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from random import Random
from types import MappingProxyType
from typing import Protocol

from retrieval.records import Passage, heading_line
from retrieval.tuning.cloze import cloze, look_alike, names_in, telling_words
from retrieval.tuning.collection import Collection, Question
from retrieval.tuning.mining import names
from retrieval.tuning.weak import heading_question, sentence_question

_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9\"(])|\n+")
_WORDS = re.compile(r"\w[\w'’-]*")
#: Made questions are about passages of at least so many words, of which a window of whole sentences is shown.
_LEAST_WORDS, _WINDOW_WORDS = 30, 120
#: How often a passage stands under its title and headings, and how often a sentence that answers is taken out of it.
_HEADED, _TAKEN_OUT = 0.75, 0.2


@dataclass(frozen=True, slots=True)
class SheetQuestion:
    """A question and whether the passage answers it; ``span`` is where in the text, where that is known."""

    text: str
    answered: bool
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A passage and questions about it; ``heading`` may be empty."""

    source: str
    heading: str
    text: str
    questions: tuple[SheetQuestion, ...]


class SheetSource(Protocol):
    """Draws sheets without end."""

    @property
    def name(self) -> str: ...

    def draw(self, random: Random, most: int) -> Sheet | None:
        """A sheet of at most ``most`` questions; None where the draw came to nothing."""


class AskedSheets:
    """Sheets from a collection's own questions of some splits.

    Beside the questions that a passage answers stand those asked against it, and those that other passages of its
    document answer or that search brings the passage for. From some passages a sentence that answers is taken out, and its questions are unanswered then: what
    is left looks as much like an answer as can be.

    :param complete: whether a passage that is not judged to answer a question surely doesn't; if not, only questions about
        other documents are taken for unanswered.
    :param misleading: by question id, passages that search brings for it and that do not answer it.
    """

    def __init__(
        self, collection: Collection, questions: Sequence[Question], *, complete: bool = True,
        misleading: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.name = collection.name
        self.complete = complete
        self._passages = {passage.passage_id: passage for passage in collection.passages}
        self._in_document: defaultdict[str, list[str]] = defaultdict(list)
        for passage in collection.passages:
            self._in_document[passage.document_id].append(passage.passage_id)
        self._answered: defaultdict[str, list[Question]] = defaultdict(list)
        self._against: defaultdict[str, list[Question]] = defaultdict(list)
        self._about: defaultdict[str, list[Question]] = defaultdict(list)
        self._found: defaultdict[str, list[Question]] = defaultdict(list)
        for question in questions:
            for passage_id in misleading.get(question.question_id, ()):
                self._found[passage_id].append(question)
            for passage_id in sorted(question.positives & self._passages.keys()):
                self._answered[passage_id].append(question)
            for document in sorted(
                {self._passages[one].document_id for one in question.positives & self._passages.keys()}
            ):
                self._about[document].append(question)
            for passage_id in question.against:
                if passage_id in self._passages:
                    self._against[passage_id].append(question)
        self._answerable = [question for asked in self._answered.values() for question in asked]
        self._ids = sorted(self._answered)
        self._against_ids = sorted(self._against)

    def __bool__(self) -> bool:
        return bool(self._answered)

    def draw(self, random: Random, most: int) -> Sheet | None:
        passage = self._passages[random.choice(self._ids)]
        if self._against and random.random() < 0.3:  # a passage that answers less
            beside = self._in_document[passage.document_id] if random.random() < 0.5 else self._against_ids
            passage = self._passages[random.choice(beside)]
        answered = _shuffled(self._answered.get(passage.passage_id, []), random)[: most // 2 + 1]
        text = passage.text
        if self.complete and answered and random.random() < _TAKEN_OUT:
            text = _without(find_answer(answered[0].answers, text), text)
        chosen = [
            SheetQuestion(_untitled(one.text, passage.title, random), found is not None or text == passage.text, found)
            for one in answered
            for found in [find_answer(one.answers, text)]
            if text == passage.text or find_answer(one.answers, passage.text)
        ]
        # Where only questions about other documents are known to be unanswered, a title would tell them from the others.
        headed = _HEADED if self.complete else 0.0
        heading = heading_line(passage.title, passage.section_path) if random.random() < headed else ""
        chosen += [
            SheetQuestion(_untitled(one.text, passage.title, random), False)
            for one in self._unanswered(passage, most, min(most - len(chosen), len(chosen) + 2), random)
            if heading or not self._names_another(one, passage)
        ]
        return Sheet(self.name, heading, text, tuple(chosen[:most])) if chosen else None

    def _names_another(self, question: Question, passage: Passage) -> bool:
        """Whether only the heading tells that the passage does not answer: the question is about a document by name."""
        own = [self._passages[key] for key in question.positives & self._passages.keys()]
        return any(names(question.text, one.title) for one in own) and all(
            one.document_id != passage.document_id for one in own
        )

    def _unanswered(self, passage: Passage, most: int, room: int, random: Random) -> list[Question]:
        """Questions that the passage does not answer, the likeliest to look as if it did first."""
        against = _shuffled(self._against.get(passage.passage_id, []), random)[: most // 2]
        about = self._about.get(passage.document_id, []) if self.complete else []
        others = _shuffled([one for one in about if passage.passage_id not in one.positives], random)
        brought = _shuffled(self._found.get(passage.passage_id, []), random)
        others = [one for pair in zip_longest(brought, others) for one in pair if one is not None]
        found = [*against, *others[: max(1, most // 2 - len(against))]]
        if len(found) < room:
            foreign = random.choice(self._answerable)
            documents = {self._passages[key].document_id for key in foreign.positives & self._passages.keys()}
            found += [foreign] if passage.document_id not in documents else []
        return found[:room]


class MadeSheets:
    """Sheets with questions made from the sentences of any passages.

    Half of them are answered. The others are look-alikes, or were made from a sentence that was taken out of the passage,
    or from one of its neighbours. They are asked in several ways, because people ask in more: with one thing taken out of a
    sentence, by a rule turned round, by a few words, by a heading.
    """

    name = "made"

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._documents: defaultdict[str, list[Passage]] = defaultdict(list)
        for passage in passages:
            if len(passage.text.split()) >= _LEAST_WORDS:
                self._documents[passage.document_id].append(passage)
        self._places = [(document, at) for document, held in self._documents.items() for at in range(len(held))]

    def __bool__(self) -> bool:
        return bool(self._places)

    def draw(self, random: Random, most: int) -> Sheet | None:
        document, at = random.choice(self._places)
        held = self._documents[document]
        text = _window(held[at].text, random)
        own = list(_sentences(text))
        if len(own) < 2:
            return None
        removed = random.choice(own) if random.random() < 0.6 else None
        if removed:
            own.remove(removed)
            text = text.replace(removed, " ", 1)
        around = [
            one for step in (-1, 1, 2, -2) if 0 <= at + step < len(held) for one in _sentences(held[at + step].text)
        ]
        near = [held[at + step] for step in (-1, 1) if 0 <= at + step < len(held)]
        near = [one for one in near if one.section_path[-1:] != held[at].section_path[-1:]]
        made = _Making(text, own, around, removed, self._elsewhere(random), held[at], near)
        questions: list[SheetQuestion] = []
        for _ in range(5 * most):
            if len(questions) < most and (question := made.question(random)):
                questions.append(question)
        heading = heading_line(held[at].title, held[at].section_path) if random.random() < _HEADED else ""
        return Sheet(self.name, heading, text, tuple(questions)) if questions else None

    def _elsewhere(self, random: Random) -> list[str]:
        document, at = random.choice(self._places)
        return names_in(self._documents[document][at].text) if random.random() < 0.5 else []


class _Making:
    """Makes questions about one text."""

    def __init__(
        self, text: str, own: Sequence[str], around: Sequence[str], removed: str | None, names: Sequence[str],
        passage: Passage, near: Sequence[Passage],
    ) -> None:  # fmt: skip
        self._text, self._own, self._around, self._removed = text, own, around, removed
        self._passage, self._near = passage, near
        self._telling = telling_words(text)
        nearby = [*own, *around]
        self._names = [*dict.fromkeys(name for one in nearby for name in names_in(one)), *names]
        self._things = sorted({word for one in nearby for word in telling_words(one) if len(word) > 4})

    def question(self, random: Random) -> SheetQuestion | None:
        style = random.random()
        if style < 0.55:
            return self._by_cloze(random)
        return self._by_sentence(random) if style < 0.92 else self._by_heading(random)

    def _by_cloze(self, random: Random) -> SheetQuestion | None:
        kind = random.random()
        if kind >= 0.75:
            sentence = self._elsewhere(random)
            made = cloze(sentence, random) if sentence else None
            if made is None or sentence is None or self._says(made.text, sentence[made.start : made.end]):
                return None
            return SheetQuestion(made.text, False)
        sentence = random.choice(self._own)
        made = cloze(sentence, random)
        if made is None or kind >= 0.5:
            return self._look_alike(made.text, random) if made else None
        at = self._text.find(sentence)
        return SheetQuestion(made.text, True, (at + made.start, at + made.end)) if at >= 0 else None

    def _by_sentence(self, random: Random) -> SheetQuestion | None:
        kind = random.random()
        sentence = self._elsewhere(random) if kind >= 0.7 else random.choice(self._own)
        text = sentence_question(sentence, random) if sentence else None
        if text is None or sentence is None:
            return None
        if kind >= 0.7:
            return None if self._says(text, sentence) else SheetQuestion(text, False)
        if kind >= 0.5:
            return self._look_alike(text, random)
        at = self._text.find(sentence)
        return SheetQuestion(text, True, (at, at + len(sentence)) if at >= 0 else None)

    def _by_heading(self, random: Random) -> SheetQuestion | None:
        answered = random.random() < 0.5
        passage = self._passage if answered else random.choice(self._near) if self._near else None
        text = heading_question(passage, random) if passage else None
        return SheetQuestion(text, answered) if text else None

    def _elsewhere(self, random: Random) -> str | None:
        """A sentence that the text does not hold."""
        if self._removed and random.random() < 0.6:
            return self._removed
        return random.choice(self._around) if self._around else None

    def _look_alike(self, question: str, random: Random) -> SheetQuestion | None:
        changed = look_alike(question, self._names, self._things, random)
        if changed and random.random() < 0.35:
            changed = look_alike(changed, self._names, self._things, random) or changed
        return SheetQuestion(changed, False) if changed else None

    def _says(self, question: str, answer: str) -> bool:
        """Whether the text seems to answer all the same."""
        asked = telling_words(question)
        return answer in self._text and len(asked & self._telling) > 0.7 * len(asked)


def find_answer(answers: Sequence[str], text: str) -> tuple[int, int] | None:
    """Where the first of the answers that stands in the text does, letter case aside; None if none does."""
    lower = text.lower()
    for answer in answers:
        at = lower.find(answer.lower()) if len(answer) > 3 or answer[:1].isdigit() else -1
        if at >= 0:
            return at, at + len(answer)
    return None


def _without(answer: tuple[int, int] | None, text: str) -> str:
    """The text without the sentence that holds the answer; the whole text where that is not known or all there is."""
    if answer is None:
        return text
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    begin = max((end for end in ends if end <= answer[0]), default=0)
    end = min((end for end in ends if end >= answer[1]), default=len(text))
    left = (text[:begin] + text[end:]).strip()
    return left if len(left.split()) >= _LEAST_WORDS // 2 else text


def _untitled(question: str, title: str, random: Random) -> str:
    """The question without the document's name in front, half of the time: "In the lease X: may I sublet?"."""
    behind = question.find(": ", question.find(title) + len(title)) if names(question, title) else -1
    return question[behind + 2 :] if behind >= 0 and random.random() < 0.5 else question


def _window(text: str, random: Random) -> str:
    """The text, or of a long one some sentences in a row."""
    if len(text.split()) <= 1.4 * _WINDOW_WORDS:
        return text
    sentences = [one for one in _SENTENCE.split(text) if one and one.strip()]
    shown: list[str] = []
    words = 0
    for sentence in sentences[random.randrange(len(sentences)) :]:
        words += len(sentence.split())
        if words > _WINDOW_WORDS:
            break
        shown.append(sentence)
    return " ".join(shown) or " ".join(text.split()[:_WINDOW_WORDS])


def _sentences(text: str) -> Iterator[str]:
    return (one.strip() for one in _SENTENCE.split(text) if one and 6 <= len(_WORDS.findall(one)) <= 60)


def _shuffled(questions: Sequence[Question], random: Random) -> list[Question]:
    return random.sample(questions, len(questions))
