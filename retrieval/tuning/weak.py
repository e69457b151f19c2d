"""Weak supervision: questions made from documents that nobody asked questions about.

Each kind copies a way in which people ask: by a heading, by a rule turned into a question ("Employees may work
remotely" -> "Can I work remotely?"), by the number a rule holds, by a defined term, by a few words of a sentence in other
words. Half the time the sentence (or the heading) is taken out of its passage, so that copying words is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from retrieval.records import Passage, heading_line
from retrieval.terms import terms


@dataclass(frozen=True, slots=True)
class WeakQuestion:
    """A made question, and the passage as the reranker shall read it; ``whole`` if nothing was taken out of it."""

    text: str
    passage_id: str
    heading: str
    body: str
    whole: bool

    @property
    def searchable(self) -> str:
        return f"{self.heading}\n{self.body}" if self.heading else self.body


#: Words employees use beside the words policies use; a made question swaps some of them, either way.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("holiday", "vacation", "annual leave", "time off", "paid leave"), ("sick", "ill", "unwell"), ("salary", "pay", "wages"),
    ("boss", "manager", "supervisor", "line manager"), ("fired", "dismissed", "terminated"), ("quit", "resign", "leave the company"),
    ("employee", "staff member", "worker", "team member"), ("company", "employer", "organization", "firm"),
    ("must", "have to", "need to"), ("may", "can"), ("shall", "must", "will"),
    ("purchase", "buy"), ("reimburse", "pay back", "refund"), ("expenses", "costs"), ("request", "ask for", "apply for"),
    ("provide", "give", "supply"), ("obtain", "get"), ("approval", "permission", "consent", "sign-off"), ("notify", "tell", "inform"),
    ("prior to", "before"), ("following", "after"), ("commence", "start", "begin"), ("terminate", "end", "cancel"),
    ("maternity", "pregnancy", "having a baby"), ("parental leave", "time off for a new child"), ("harassment", "bullying"),
    ("remote work", "working from home", "telework"), ("laptop", "computer", "device"), ("password", "login", "credentials"),
    ("confidential", "secret", "private"), ("disclose", "share", "reveal"), ("personal data", "personal information", "private data"),
    ("retain", "keep", "store"), ("delete", "erase", "remove"), ("agreement", "contract"), ("obligation", "duty"),
    ("prohibited", "forbidden", "not allowed", "banned"), ("assist", "help"), ("complaint", "grievance"), ("training", "course"),
    ("overtime", "extra hours", "working late"), ("bonus", "award"), ("travel", "business trip", "trip"), ("receipt", "proof of purchase"),
    ("customer", "client"), ("supplier", "vendor"), ("liable", "responsible"), ("fee", "charge", "price"), ("annually", "every year", "yearly"),
    ("monthly", "every month"), ("sufficient", "enough"), ("additional", "more", "extra"), ("concerning", "about", "regarding"),
    ("attempt", "try"), ("permit", "allow", "let"), ("require", "need"), ("submit", "send", "hand in"), ("receive", "get"),
)  # fmt: skip

_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\n+")
_MODAL = re.compile(r"^(?P<who>[A-Z][\w’' ,-]{1,50}?) (?P<modal>must not|may not|cannot|must|may|can|should|shall|will|are entitled to|is entitled to|are required to|is required to|need to) (?P<what>.{12,200})$")  # fmt: skip
_NUMBER = re.compile(
    r"(?P<unit>[$€£]\s?\d[\d,.]*|\b\d[\d,.]*\s?%|\b\d[\d,.]*(?=\s(?:days?|weeks?|months?|years?|hours?|minutes?|people|times?)\b))"
)
_DEFINED = re.compile(
    r"(?:[“\"](?P<quoted>[A-Z][\w -]{2,40}?)[”\"]|(?P<term>[A-Z]\w{3,20}(?: [A-Z]\w{2,20}){0,3})) (?:means|is defined as|refers to|is an?) "
)
_PEOPLE = re.compile(
    r"\b(employees?|you|staff|team members?|users?|workers?|everyone|the recipient|recipients?|customers?)\b", re.I
)
_EMPTY_HEADINGS = frozenset(
    "overview introduction summary notes process details other resources general read more faq".split()
)
_NO_TERMS = frozenset("this that there these they what which here where when who it".split())
_WORD = re.compile(r"\w[\w'’-]*")
_HEADING_QUESTIONS = (
    "{h}", "{h}?", "What does the policy say about {h}?", "What are the rules on {h}?", "How does {h} work?", "Where can I read about {h}?",
    "{t}: {h}", "I have a question about {h}", "What should I know about {h}?",
)  # fmt: skip


def weak_questions(passages: Sequence[Passage], *, limit: int, seed: int) -> list[WeakQuestion]:
    """At most ``limit`` made questions, no more than two a passage, in an order drawn by ``seed``."""
    random = Random(seed)
    order = [*passages, *passages]
    random.shuffle(order)
    made: list[WeakQuestion] = []
    for passage in order:
        if len(made) == limit:
            break
        kinds: list[Callable[[Passage, Random], WeakQuestion | None]] = [
            _from_heading,
            _from_rule,
            _from_number,
            _from_term,
            _from_words,
        ]
        random.shuffle(kinds)
        made.extend([question for question in (kind(passage, random) for kind in kinds) if question is not None][:1])
    return made


def sentence_question(sentence: str, random: Random) -> str | None:
    """A question about one sentence, as :func:`weak_questions` makes them; None if it gives none."""
    alone = Passage("", "", "", "", "", sentence)
    kinds = random.sample((_from_rule, _from_number, _from_words), 3)
    return next((made.text for kind in kinds if (made := kind(alone, random))), None)


def heading_question(passage: Passage, random: Random) -> str | None:
    """A question by the heading that a passage stands under; None if it says nothing."""
    made = _from_heading(passage, random)
    return made.text if made else None


def reworded(text: str, random: Random) -> str:
    """The text with some words swapped for a synonym, most of the ones there is a synonym for."""
    for group in SYNONYMS:
        for word in group:
            pattern = rf"\b{re.escape(word)}\b"
            if random.random() < 0.7 and re.search(pattern, text, re.I):
                text = re.sub(
                    pattern, random.choice([other for other in group if other != word]), text, count=1, flags=re.I
                )
                break
    return text


def _from_heading(passage: Passage, random: Random) -> WeakQuestion | None:
    heading = passage.section_path[-1].strip(" :.#") if passage.section_path else ""
    if (
        not 3 < len(heading) < 90
        or heading.casefold() in _EMPTY_HEADINGS
        or heading.casefold() == passage.title.casefold()
    ):
        return None
    if len(terms(heading)) < 2:
        heading = f"{heading} ({passage.title})"
    name = heading.lower() if random.random() < 0.6 else heading
    text = heading if heading.endswith("?") else random.choice(_HEADING_QUESTIONS).format(h=name, t=passage.title)
    whole = random.random() < 0.4
    shown = _heading(passage) if whole else passage.title
    return WeakQuestion(
        reworded(text, random) if random.random() < 0.5 else text, passage.passage_id, shown, passage.text, whole
    )


def _from_rule(passage: Passage, random: Random) -> WeakQuestion | None:
    rules = [
        (sentence, found) for sentence in _sentences(passage.text) if (found := _MODAL.match(sentence.rstrip(".;: ")))
    ]
    if not rules:
        return None
    sentence, found = random.choice(rules)
    who, modal, what = found["who"], found["modal"].split()[0], found["what"]
    if _PEOPLE.search(who) and random.random() < 0.7:
        who, what = "I", re.sub(r"\b(your|their)\b", "my", re.sub(r"\b(you|they)\b", "I", what))
    asked = {"are": "Are", "is": "Is", "need": "Do"}.get(modal, modal.capitalize())
    if modal in ("are", "is"):
        asked, what = ("Am" if who == "I" else asked), f"{found['modal'].split(' ', 1)[1]} {what}"
    elif modal == "need":
        what = f"need to {what}"
    text = f"{asked} {who if who == 'I' else who[0].lower() + who[1:]} {_shortened(what, random)}?"
    return _asked(text.replace("Cannot", "Can"), sentence, passage, random)


def _from_number(passage: Passage, random: Random) -> WeakQuestion | None:
    numbers = [(sentence, found) for sentence in _sentences(passage.text) if (found := _NUMBER.search(sentence))]
    if not numbers:
        return None
    sentence, found = random.choice(numbers)
    how = "how much" if found["unit"][0] in "$€£" else "what percentage" if "%" in found["unit"] else "how many"
    rest = sentence[: found.start()] + how + sentence[found.end() :]
    if random.random() < 0.5:  # the question first, the circumstances after
        rest = f"{how} {sentence[found.end() :].strip(' .')[:60]} {sentence[: found.start()].strip()}"
    return _asked(rest.strip(" .;:").capitalize() + "?", sentence, passage, random)


def _from_term(passage: Passage, random: Random) -> WeakQuestion | None:
    for sentence in _sentences(passage.text):
        found = _DEFINED.match(sentence)
        term = (found["quoted"] or found["term"]) if found else ""
        if term and term.lower() not in _NO_TERMS:
            ask = random.choice(
                ["What does {} mean?", "What is {}?", "Define {}", "meaning of {}", "How is {} defined?"]
            )
            return WeakQuestion(ask.format(term), passage.passage_id, _heading(passage), passage.text, True)
    return None


def _from_words(passage: Passage, random: Random) -> WeakQuestion | None:
    sentences = _sentences(passage.text)
    if not sentences:
        return None
    sentence = random.choice(sentences)
    return _asked(_shortened(sentence, random, keep=0.6).strip(" .;:"), sentence, passage, random)


def _asked(text: str, sentence: str, passage: Passage, random: Random) -> WeakQuestion | None:
    whole = random.random() < 0.6
    rest = passage.text if whole else passage.text.replace(sentence, " ").strip()
    if len(rest.split()) < 12:
        rest, whole = passage.text, True
    text = reworded(text, random) if random.random() < 0.7 else text
    return WeakQuestion(text, passage.passage_id, _heading(passage), rest, whole) if len(terms(text)) > 3 else None


def _heading(passage: Passage) -> str:
    return heading_line(passage.title, passage.section_path)


def _shortened(text: str, random: Random, *, keep: float = 0.85) -> str:
    """Cut at a comma now and then, and drop some words."""
    if random.random() < 0.5:
        text = text.split(",")[0]
    words = text.split()
    return " ".join(word for word in words if random.random() < keep) if len(words) > 5 else text


def _sentences(text: str) -> list[str]:
    return [sentence.strip(" -*•\t") for sentence in _SENTENCE.split(text) if 6 <= len(_WORD.findall(sentence)) <= 40]
