"""Whether anything reaches a person that is not theirs to read: random people ask random questions, and all they get is checked.

Documents are given readers, countries and days at random, so that most of what a question is about is out of its asker's
reach. What may be seen is decided here once more from those facts alone, by nothing that the product decides it with.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from assistant import library, owndata, panel, render
from assistant.accounts import Person, Role, scope_of
from assistant.answer import Assistant
from assistant.contract import answer_json
from assistant.gaps import find_gaps, gaps_json, nearest_in
from assistant.problems import Problem
from assistant.records import Answer, Status
from evals.readership import COUNTRIES, FIRST_DAY, GROUPS, LAST_DAY, Library
from retrieval.records import Passage
from retrieval.scope import Scope
from retrieval.search import Mode

#: Refused questions that make the gap report.
_GAPS = 12


@dataclass(frozen=True, slots=True)
class AccessConfig:
    """How much is asked, by whom."""

    pairs: int = 10_000
    questions: int = 200  #: different ones; far fewer than pairs, so that people meet each other's cached answers
    people: int = 100
    seed: int = 6


@dataclass(slots=True)
class Findings:
    """What was looked at, and what should not have been there, by surface."""

    looked_at: Counter[str] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)

    def see(self, surface: str, *, leaked: bool) -> None:
        self.looked_at[surface] += 1
        self.leaks[surface] += leaked


# -- people and their questions ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """Somebody asks something."""

    person: Person
    question: str
    scope: Scope
    mode: Mode


def draw_people(config: AccessConfig) -> list[Person]:
    chance = random.Random(config.seed + 1)
    return [
        Person(f"{n:016x}", f"person{n}", chance.choice(list(Role)), frozenset(chance.sample(GROUPS, chance.choice((0, 0, 1, 2)))))
        for n in range(config.people)
    ]  # fmt: skip


def draw_pairs(people: Sequence[Person], passages: Sequence[Passage], config: AccessConfig) -> Iterator[Pair]:
    """Questions in the words of passages from anywhere in the library, most of them not for whoever asks."""
    chance = random.Random(config.seed + 2)
    questions = [_question(chance, chance.choice(passages)) for _ in range(config.questions)]
    days = [FIRST_DAY + timedelta(days=chance.randrange((LAST_DAY - FIRST_DAY).days)) for _ in range(8)]
    for _ in range(config.pairs):
        person = chance.choice(people)
        day = None if chance.random() < 0.5 else chance.choice(days)
        country = None if chance.random() < 0.6 else chance.choice(COUNTRIES)
        scope = scope_of(person, as_of=day, jurisdiction=country)
        yield Pair(person, chance.choice(questions), scope, chance.choice(list(Mode)))


def _question(chance: random.Random, passage: Passage) -> str:
    words = passage.text.split()
    begin = chance.randrange(max(1, len(words) - 8))
    asked = " ".join(words[begin : begin + chance.randint(4, 9)])
    return f"What does {passage.title} say about {asked}?" if chance.random() < 0.3 else f"What about {asked}?"


# -- looking -----------------------------------------------------------------------------------------------------------


def measure_access(
    stocked: Library, assistant: Assistant, config: AccessConfig | None = None, *, every: int = 50
) -> dict[str, Any]:
    """Let random people ask, and look through everything they get.

    :param assistant: answers from the library's documents, its cache on.
    :param every: so many pairs go by between looks at what does not depend on the question: library, diff, export.
    :returns: ``pairs``, ``looked_at`` and ``leaks`` by surface, ``cached`` answers, and ``out_of_reach``: the share of
        published versions that an average asker may not hear of.
    """
    config = config or AccessConfig()
    found = Findings()
    people = draw_people(config)
    passages = stocked.store.published_passages()
    # Held, so that no two have the same address.
    seen: dict[int, object] = {}
    refused: list[Answer] = []
    cached = hidden = answered = 0
    versions = [version for version, facts in stocked.facts.items() if facts.published]
    for number, pair in enumerate(draw_pairs(people, passages, config)):
        _look_at_search(stocked, assistant, pair, found)
        answer = assistant.answer(pair.question, scope=pair.scope)
        shown = answer.citations or answer.nearest
        cached += bool(shown) and id(shown) in seen
        answered += bool(answer.citations)
        seen[id(shown)] = shown
        _look_at_answer(stocked, pair, answer, found)
        if answer.status is Status.ABSTAINED and len(refused) < _GAPS:
            refused.append(answer)
        if number % every == 0:
            hidden += sum(
                not stocked.may_hear(v, pair.person, pair.scope.day, pair.scope.jurisdiction) for v in versions
            )
            _look_at_library(stocked, pair.person, random.Random(number), found)
            _look_at_history(stocked, pair, answer, people[number % len(people)], found)
    for person in [each for each in people if each.keeps_library][:3]:
        _look_at_gaps(stocked, assistant, person, refused, found)
    looks = -(-config.pairs // every)
    return {
        "pairs": config.pairs, "questions": config.questions, "people": config.people, "versions": len(stocked.facts),
        "passages": len(passages), "out_of_reach": round(hidden / max(1, looks * len(versions)), 3), "answered": answered, "cached": cached,
        "looked_at": dict(found.looked_at), "leaks": {surface: found.leaks[surface] for surface in found.looked_at},
        "leaked": found.leaks.total(),
    }  # fmt: skip


def _look_at_search(stocked: Library, assistant: Assistant, pair: Pair, found: Findings) -> None:
    hits = assistant.searcher().search(pair.question, k=10, mode=pair.mode, rerank=False, scope=pair.scope).hits
    for hit in hits:
        allowed = stocked.may_hear(hit.passage.version_id, pair.person, pair.scope.day, pair.scope.jurisdiction)
        found.see(f"search, {pair.mode.value}", leaked=not allowed)


def _look_at_answer(stocked: Library, pair: Pair, answer: Answer, found: Findings) -> None:
    def allowed(version_id: str) -> bool:
        # A day or country that the question names narrows the asker's own scope.
        return stocked.may_hear(version_id, pair.person, answer.as_of, pair.scope.jurisdiction)

    for citation in answer.sources:
        found.see("citation", leaked=not allowed(citation.passage.version_id))
    for citation in answer.nearest:
        found.see("nearest passage of a refusal", leaked=not allowed(citation.passage.version_id))
    told = json.dumps(answer_json(replace(answer, question="", standalone_question="")))
    found.see("answer", leaked=stocked.names_forbidden(told, pair.person, allowed))


def _look_at_library(stocked: Library, person: Person, chance: random.Random, found: Findings) -> None:
    def allowed(version_id: str) -> bool:
        return stocked.may_see(version_id, person)

    listed = json.dumps(library.listing(stocked.store, person))
    found.see("list of documents", leaked=stocked.names_forbidden(listed, person, allowed))
    version_id = chance.choice(list(stocked.facts))
    document_id = version_id.rpartition(".")[0]
    older, newer = f"{document_id}.v1", f"{document_id}.v2"
    for surface, look in (
        ("document", lambda: library.show(stocked.store, person, document_id)),
        ("diff", lambda: library.changes(stocked.store, person, document_id, older, newer)),
        ("original", lambda: library.original(stocked.room, person, document_id, version_id)),
    ):
        forbidden = [older, newer] if surface == "diff" else [version_id] if surface == "original" else [older]
        try:
            shown = json.dumps(look(), default=str)
        except Problem as problem:
            # "Not kept here" is said to those who may read it only.
            told = str(problem.detail)
            found.see(surface, leaked="not kept" in told and not allowed(version_id))
            continue
        leaked = not all(map(allowed, forbidden)) or stocked.names_forbidden(shown, person, allowed)
        found.see(surface, leaked=leaked)
    ids = [passage.passage_id for passage in stocked.store.passages(version_id)][:3]
    handed_on = library.passages(stocked.store, person, ids)
    found.see("evidence of a hand-off", leaked=any(not allowed(passage.version_id) for passage in handed_on))


def _look_at_history(stocked: Library, pair: Pair, answer: Answer, other: Person, found: Findings) -> None:
    """Keep the answer as the chat does, then export it as its owner and as somebody else."""
    chats, thread_id = stocked.room.chats, f"thread-{pair.person.account_id}-{abs(hash(pair)) % 10**9}"
    props = panel.passages_props(answer.sources, today=answer.as_of, quotes=False)
    chats.save(thread_id, account_id=pair.person.account_id, name="asked")
    for step, body in (
        ("q", {"type": "user_message", "output": "asked"}),
        ("a", {"type": "assistant_message", "output": render.answer_markdown(answer, today=answer.as_of)}),
    ):
        chats.save_step(thread_id, f"{thread_id}-{step}", {"id": f"{thread_id}-{step}", "threadId": thread_id, **body})
    element_id = f"{thread_id}-e"
    element = {"id": element_id, "forId": f"{thread_id}-a", "name": "Passages", "props": props}
    chats.save_element(thread_id, element_id, element)
    own = json.dumps(owndata.conversation(stocked.room, pair.person, thread_id))

    def allowed(version_id: str) -> bool:
        return stocked.may_hear(version_id, pair.person, answer.as_of, pair.scope.jurisdiction)

    found.see("export", leaked=stocked.names_forbidden(own, pair.person, allowed))
    if other.account_id != pair.person.account_id:
        try:
            owndata.conversation(stocked.room, other, thread_id)
        except Problem:
            found.see("history", leaked=False)
        else:
            found.see("history", leaked=True)
    chats.remove(thread_id)


def _look_at_gaps(
    stocked: Library, assistant: Assistant, person: Person, refused: Sequence[Answer], found: Findings
) -> None:
    for answer in refused:
        for asker in range(5):  # fewer are not shown
            stocked.room.asked.record(answer, account_id=f"asker {asker}")
    nearest = nearest_in(assistant.searcher(), scope_of(person))
    report = gaps_json(find_gaps(stocked.room.asked, assistant.encoder, nearest=nearest))
    for gap in report["gaps"]:
        shown = gap["nearest"]
        version_id = shown["passage_id"].rpartition(".")[0] if shown else None
        allowed = version_id is None or stocked.may_hear(version_id, person, date.today(), None)
        found.see("gap report", leaked=not allowed)
