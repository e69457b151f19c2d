"""Whether anything reaches a person that is not theirs to read: random people ask random questions, and all they get is checked.

Documents are given readers, countries and days at random, so that most of what a question is about is out of its asker's
reach. What may be seen is decided here once more from those facts alone, by nothing that the product decides it with.
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant import library, owndata, render
from assistant.accounts import Person, Role, scope_of
from assistant.answer import Assistant
from assistant.contract import answer_json
from assistant.gaps import find_gaps, gaps_json, nearest_in
from assistant.keeper import LibraryKeeper
from assistant.problems import Problem
from assistant.records import Answer, Status
from assistant.room import Room
from ingest.pipeline import ingest
from retrieval.documents import NewPassage, NewVersion
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.generations import CurrentIndex, publish
from retrieval.home import Home
from retrieval.records import Passage
from retrieval.scope import Scope
from retrieval.search import Mode
from retrieval.store import Store

GROUPS = ("board", "finance", "managers", "works-council", "site-north")
COUNTRIES = ("DE", "GB", "FR")
#: Between these days everybody's "as of" lies.
_FIRST, _LAST = date(2022, 1, 1), date(2028, 12, 31)
#: Refused questions that make the gap report.
_GAPS = 12
_LIBRARIANS = (Role.HR, Role.LEGAL, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class AccessConfig:
    """How much is asked, by whom."""

    pairs: int = 10_000
    questions: int = 200  #: different ones; far fewer than pairs, so that people meet each other's cached answers
    people: int = 100
    seed: int = 6


@dataclass(frozen=True, slots=True)
class Facts:
    """Who may see one version, and when; as it was decided, not as the product keeps it."""

    code: (
        str  #: stands in its owner and file name, and nowhere else: found in an answer, it tells where words came from
    )
    title_code: str  #: the same of its document's title
    audience: frozenset[str]
    jurisdiction: str | None
    first_day: date | None
    last_day: date | None
    published: bool


@dataclass(slots=True)
class Findings:
    """What was looked at, and what should not have been there, by surface."""

    looked_at: Counter[str] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)

    def see(self, surface: str, *, leaked: bool) -> None:
        self.looked_at[surface] += 1
        self.leaks[surface] += leaked


@dataclass(frozen=True, slots=True)
class Library:
    """Documents with random readers, and what was decided about each version."""

    room: Room
    facts: dict[str, Facts]  #: by version id

    @property
    def store(self) -> Store:
        return self.room.store

    def may_ever_read(self, version_id: str, person: Person) -> bool:
        facts = self.facts[version_id]
        groups = {person.role.value, *person.groups}
        return not facts.audience or bool(facts.audience & groups)

    def may_see(self, version_id: str, person: Person) -> bool:
        """In the library, where days don't matter and those who keep it see drafts too."""
        return self.may_ever_read(version_id, person) and (
            self.facts[version_id].published or person.role in _LIBRARIANS
        )

    def may_hear(self, version_id: str, person: Person, day: date, jurisdiction: str | None) -> bool:
        """In a search or an answer as of a day."""
        facts = self.facts[version_id]
        return (
            facts.published
            and self.may_ever_read(version_id, person)
            and (facts.first_day is None or facts.first_day <= day)
            and (facts.last_day is None or day <= facts.last_day)
            and (jurisdiction is None or facts.jurisdiction in (None, jurisdiction))
        )

    def names_forbidden(self, text: str, person: Person, allowed: Callable[[str], bool]) -> bool:
        """Whether a text names a version that is not allowed, or a document that the person may never read."""
        return any(
            (facts.code in text and not allowed(version))
            or (facts.title_code in text and not self.may_ever_read(version, person))
            for version, facts in self.facts.items()
        )


class RememberedEncoder:
    """An encoder that reads no text twice in one run."""

    def __init__(self, encoder: Encoder) -> None:
        self.inner = encoder
        self.name, self.dimension, self.max_tokens = encoder.name, encoder.dimension, encoder.max_tokens
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            # The codes in the titles make some passages longer than what was cut to fit.
            self._known.update(zip(new, self.inner.encode(new, truncate=True, progress=progress), strict=True))
        return np.stack([self._known[text] for text in texts]) if texts else np.empty((0, self.dimension), np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self.inner.count_tokens(texts)


# -- a library with random readers -------------------------------------------------------------------------------------


def stock(store: Store, documents: Sequence[Sequence[Passage]], *, seed: int) -> dict[str, Facts]:
    """Put documents into a store, each as two versions with readers, country and days drawn at random.

    :param documents: the passages of each; empty ones are left out.
    :returns: what was drawn, by version id.
    """
    chance = random.Random(seed)
    facts: dict[str, Facts] = {}
    for number, passages in enumerate(each for each in documents if each):
        groups = [*GROUPS, *(role.value for role in Role)]
        audience = frozenset(chance.sample(groups, chance.choice((0, 1, 1, 2))))
        country = chance.choice((None, None, *COUNTRIES))
        change = _FIRST + timedelta(days=chance.randrange((_LAST - _FIRST).days))
        document_id: str | None = None
        for turn in (1, 2):
            one = Facts(
                code=f"q{number:03d}x{turn}z", title_code=f"q{number:03d}t", audience=audience, jurisdiction=country,
                first_day=None if turn == 1 else change, last_day=change - timedelta(days=1) if turn == 1 else None,
                published=turn == 1 or chance.random() < 0.8,
            )  # fmt: skip
            version = store.add_version(_version(one, passages), document_id=document_id)
            document_id = version.document_id
            facts[version.version_id] = one
    return facts


def _version(facts: Facts, passages: Sequence[Passage]) -> NewVersion:
    title = f"{passages[0].title or 'Document'} {facts.title_code}"
    return NewVersion(
        title=title, file=f"{facts.code}.md", source=facts.code, sha256=hashlib.sha256(facts.code.encode()).hexdigest(), media_type="text/markdown",
        size_bytes=1, effective_from=facts.first_day, effective_to=facts.last_day, jurisdiction=facts.jurisdiction,
        audience=facts.audience, owner=f"Owner {facts.title_code}", published=facts.published,
        passages=tuple(NewPassage(p.text, p.section_path, p.page, p.kind) for p in passages),
    )  # fmt: skip


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
    days = [_FIRST + timedelta(days=chance.randrange((_LAST - _FIRST).days)) for _ in range(8)]
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
    for passage in answer.nearest:
        found.see("nearest passage of a refusal", leaked=not allowed(passage.version_id))
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
    props = render.passages_props(answer.sources, today=answer.as_of, quotes=False)
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


def open_library(home: Home, documents: Sequence[Sequence[Passage]], encoder: Encoder, *, seed: int) -> Library:
    """A home with these documents, stocked and indexed."""
    home.create()
    store = Store.open(home)
    facts = stock(store, documents, seed=seed)
    with home.writing():
        publish(home, store, encoder)
    room = Room.furnish(
        home, store, secret=secrets.token_hex(32), load=lambda: open_quoting(home, encoder),
        keeper=LibraryKeeper(home, store, lambda: encoder),
    )  # fmt: skip
    return Library(room, facts)


def open_quoting(home: Home, encoder: Encoder) -> Assistant:
    """An assistant that quotes: which words a model would choose is of no matter here."""
    return Assistant(CurrentIndex(home, encoder=encoder.name), encoder)


def read_documents(folders: Sequence[Path], encoder: Encoder) -> list[list[Passage]]:
    """What an upload of these folders makes of their files, a list of passages each.

    :raises WrongUsage: if nothing in them can be read.
    """
    with TemporaryDirectory(prefix="policydesk-access-") as scratch:
        home = Home(Path(scratch) / "home")
        home.create()
        store = Store.open(home)
        ingest(list(folders), home=home, store=store, encoder=encoder)
        found = [store.passages(document.versions[-1].version_id) for document in store.documents()]
        store.close()
    if not any(found):
        raise WrongUsage(f"no document could be read in {', '.join(map(str, folders))}; name folders of documents")
    return found
