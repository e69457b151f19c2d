"""Nothing reaches a person that is not theirs; and the check that says so notices when a filter is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.answer import Assistant
from assistant.records import Answer
from assistant.router import AnswerCache
from corpora.catalog import SAMPLE
from corpora.sources import BlockKind, read_sources
from evals.access import AccessConfig, measure_access
from evals.readership import Library, RememberedEncoder, open_library, open_quoting
from retrieval.dense import DenseIndex
from retrieval.home import Home
from retrieval.lexical import LexicalIndex
from retrieval.records import Passage
from tests.fakes import WordEncoder

FEW = AccessConfig(pairs=150, questions=60, people=40)
MANY = AccessConfig(pairs=600, questions=60, people=60)
MaskIgnored = Callable[..., Any]


def sample_documents() -> list[list[Passage]]:
    """The clauses of the sample's sources: what a reader makes of them is another test's matter."""
    return [
        [
            Passage("", "", "", source.title, source.file, block.text)
            for block in source.blocks
            if block.kind in (BlockKind.CLAUSE, BlockKind.PARAGRAPH, BlockKind.ITEM) and len(block.text) > 40
        ]
        for source in read_sources(SAMPLE / "sources")
    ]


@pytest.fixture(scope="module")
def encoder() -> RememberedEncoder:
    return RememberedEncoder(WordEncoder(max_tokens=4096))


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, encoder: RememberedEncoder) -> Iterator[Library]:
    stocked = open_library(Home(tmp_path_factory.mktemp("access") / "home"), sample_documents(), encoder, seed=6)
    yield stocked
    stocked.store.close()


@pytest.fixture
def assistant(stocked: Library, encoder: RememberedEncoder) -> Assistant:
    """Its cache is empty."""
    return open_quoting(stocked.room.home, encoder)


def leaks(stocked: Library, assistant: Assistant) -> dict[str, int]:
    found = measure_access(stocked, assistant, FEW)
    return {surface: count for surface, count in found["leaks"].items() if count}


def test_nothing_reaches_random_askers_that_is_not_theirs(stocked: Library, assistant: Assistant) -> None:
    found = measure_access(stocked, assistant, MANY)
    assert found["leaks"] == dict.fromkeys(found["looked_at"], 0)
    assert found["out_of_reach"] > 0.5, "most of the library is somebody else's"
    assert found["answered"] > 100
    assert found["cached"] > 20, "people meet answers that others were given"
    assert {
        "search, bm25", "search, dense", "search, hybrid", "answer", "citation", "nearest passage of a refusal",
        "list of documents", "document", "diff", "original", "evidence of a hand-off", "export", "history", "gap report",
    } == set(found["looked_at"])  # fmt: skip


@pytest.mark.parametrize(("index", "surface"), [(LexicalIndex, "search, bm25"), (DenseIndex, "search, dense")])
def test_without_its_mask_a_search_is_found_out_and_answers_still_hold(
    stocked: Library, assistant: Assistant, monkeypatch: pytest.MonkeyPatch, index: type, surface: str
) -> None:
    search = index.search  # type: ignore[attr-defined]
    monkeypatch.setattr(index, "search", lambda self, asked, *, k, mask=None: search(self, asked, k=k, mask=None))
    found = leaks(stocked, assistant)
    assert found.pop(surface) > 0
    found.pop("search, hybrid")
    found.pop("gap report", None)
    assert found == {}, "the check before the prompt holds what the search let through"


def test_without_the_check_before_the_prompt_too_answers_are_found_out(
    stocked: Library, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.index.PassageIndex.mask", lambda self, scope: None)
    assert "citation" not in leaks(stocked, assistant)
    monkeypatch.setattr("retrieval.scope.Scope.allows", lambda self, passage: True)
    found = leaks(stocked, open_quoting(stocked.room.home, assistant.encoder))
    assert found["citation"] > 0
    assert found["answer"] > 0
    assert found["export"] > 0


def test_a_cache_that_forgets_who_asked_is_found_out(
    stocked: Library, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, put = AnswerCache.get, AnswerCache.put

    def for_all(key: tuple[int, tuple[Any, ...]]) -> tuple[object, ...]:
        """Generation and what is asked, without who asks."""
        generation, readings = key
        return generation, *(question for question, *_ in readings)

    def put_for_all(cache: AnswerCache, key: tuple[int, tuple[Any, ...]], answer: Answer) -> None:
        put(cache, for_all(key), answer)

    monkeypatch.setattr(AnswerCache, "get", lambda cache, key: get(cache, for_all(key)))
    monkeypatch.setattr(AnswerCache, "put", put_for_all)
    assert leaks(stocked, assistant)["citation"] > 0


def test_a_library_that_shows_everything_is_found_out(
    stocked: Library, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library._may_read", lambda document, person: True)
    found = leaks(stocked, assistant)
    assert {"list of documents", "document", "diff", "evidence of a hand-off"} <= set(found)


def test_a_gap_report_that_reads_everything_is_found_out(
    stocked: Library, assistant: Assistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("retrieval.index.PassageIndex.mask", lambda self, scope: None)
    assert leaks(stocked, assistant)["gap report"] > 0
