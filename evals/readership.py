"""A library whose documents have readers, countries and days drawn at random, with what was drawn beside it."""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from assistant.accounts import Person, Role
from assistant.answer import Assistant
from assistant.keeper import LibraryKeeper
from assistant.room import Room
from ingest.pipeline import ingest
from retrieval.documents import NewPassage, NewVersion
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.generations import CurrentIndex, publish
from retrieval.home import Home
from retrieval.records import Passage
from retrieval.store import Store

GROUPS = ("board", "finance", "managers", "works-council", "site-north")


COUNTRIES = ("DE", "GB", "FR")


#: Between these days everybody's "as of" lies.
FIRST_DAY, LAST_DAY = date(2022, 1, 1), date(2028, 12, 31)


_LIBRARIANS = (Role.HR, Role.LEGAL, Role.ADMIN)


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
        change = FIRST_DAY + timedelta(days=chance.randrange((LAST_DAY - FIRST_DAY).days))
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


def open_quoting(home: Home, encoder: Encoder) -> Assistant:
    """An assistant that quotes: which words a model would choose is of no matter here."""
    return Assistant(CurrentIndex(home, encoder=encoder.name), encoder)
