from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Assistant
from assistant.readahead import ReadAhead, ReadAheadConfig
from retrieval.documents import NewPassage, NewVersion
from retrieval.generations import CurrentIndex, publish
from retrieval.home import Home
from retrieval.keptvectors import KeptVectors
from retrieval.records import Passage
from retrieval.store import Store
from tests.fakes import OverlapReader, OverlapReranker, WordEncoder

LEAVE = "Up to five unused days may be carried over until 31 March. Other days lapse."
TRAVEL = "Train journeys are booked in first class."


class ReadingReranker(OverlapReranker):
    def __init__(self) -> None:
        self.read_texts: list[str] = []

    def read(self, texts: Sequence[str]) -> None:
        self.read_texts.extend(texts)


class KeepingReader(OverlapReader):
    """A reader that keeps what it reads."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def keep(self, passages: Sequence[Passage]) -> None:
        self.kept.extend(passage.text for passage in passages)


class House:
    """A home with two documents, one no longer in force, and what answers from it."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.inner = WordEncoder()
        self.reranker = ReadingReranker()
        self.reader = KeepingReader()
        self.store = Store.open(self.home)
        self.add("Leave", LEAVE)
        self.add("Travel 2024", TRAVEL, effective_to=date(2024, 12, 31))
        current = CurrentIndex(self.home, encoder=self.inner.name)
        self.assistant = Assistant(current, KeptVectors(self.inner), reranker=self.reranker, reader=self.reader)
        self.ahead = ReadAhead(lambda: self.assistant, ReadAheadConfig(step_texts=1))
        self.inner.encoded.clear()

    def add(self, title: str, text: str, *, effective_to: date | None = None) -> None:
        version = NewVersion(
            title=title, file=f"{title}.md", source=title, sha256=(title.encode().hex() * 64)[:64],
            media_type="text/markdown", size_bytes=1, passages=(NewPassage(text=text),), effective_to=effective_to,
        )  # fmt: skip
        self.store.add_version(version)
        publish(self.home, self.store, WordEncoder())


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_after_reading_ahead_only_the_question_is_read(house: House) -> None:
    assert list(house.ahead.steps()) == [True]
    house.inner.encoded.clear()
    question = "How many unused days may be carried over until 31 March?"
    answer = house.assistant.answer(question)
    assert answer.citations[0].quote == LEAVE.split(". ")[0] + "."
    assert house.inner.encoded == [question]
    assert house.reranker.read_texts == [f"Leave\n{LEAVE}"]
    assert house.reader.kept == [LEAVE]


def test_the_answer_is_the_same_without_reading_ahead(house: House) -> None:
    question = "How many unused days may be carried over until 31 March?"
    plain = Assistant(
        CurrentIndex(house.home, encoder="words"), WordEncoder(), reranker=OverlapReranker(), reader=OverlapReader()
    )
    before = plain.answer(question)
    list(house.ahead.steps())
    after = house.assistant.answer(question)
    assert (after.text, after.citations, after.confidence) == (before.text, before.citations, before.confidence)


def test_a_library_is_read_once_and_what_is_added_to_it_then(house: House) -> None:
    list(house.ahead.steps())
    assert list(house.ahead.steps()) == []
    house.add("Pay", "Salary bands are reviewed each spring.")
    house.inner.encoded.clear()
    list(house.ahead.steps())
    assert house.inner.encoded == ["Pay\nSalary bands are reviewed each spring."]


def test_an_empty_library_is_nothing_to_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    Store.open(home)
    assistant = Assistant(CurrentIndex(home, encoder="words"), KeptVectors(WordEncoder()))
    assert list(ReadAhead(lambda: assistant).steps()) == []
