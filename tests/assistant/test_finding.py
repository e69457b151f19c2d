"""Asking as in service: who asks, as of when and where, and after what, up to the point where confidence decides."""

from __future__ import annotations

import pytest

from assistant.finding import ask, history_of
from retrieval.errors import WrongUsage
from retrieval.index import PassageIndex
from retrieval.particulars import scope_of, with_particulars
from retrieval.records import Passage
from retrieval.search import Searcher
from tests.fakes import WordEncoder


def searcher() -> Searcher:
    rules: dict[str, tuple[str, dict[str, list[str] | str]]] = {
        "de": ("Leave in Germany is 30 days a year.", {"jurisdiction": "DE"}),
        "gb": ("Leave in Britain is 25 days a year.", {"jurisdiction": "GB"}),
        "old": ("Leave was 20 days a year.", {"effective_to": "2020-12-31"}),
        "hr": ("Leave of managers is 40 days a year.", {"audience": ["hr"]}),
    }
    passages = [with_particulars(Passage(key, key, key, "", key, text), about) for key, (text, about) in rules.items()]
    encoder = WordEncoder()
    return Searcher(PassageIndex.build(passages, encoder), encoder)


@pytest.mark.parametrize(
    ("question", "metadata", "found"),
    [
        ("How many days of leave a year?", {}, {"de", "gb"}),
        ("How many days of leave a year?", {"jurisdiction": "DE"}, {"de"}),
        ("How many days of leave a year?", {"jurisdiction": "de"}, {"de"}),
        ("How many days of leave a year?", {"groups": ["hr"]}, {"de", "gb", "hr"}),
        ("How many days of leave a year?", {"as_of": "2020-05-01"}, {"de", "gb", "old"}),
        ("How many days of leave a year in Germany?", {}, {"de"}),
        ("How many days of leave a year in France?", {}, set()),
        ("And in Germany?", {"history": [{"question": "How many days of leave a year?", "answer": "25"}]}, {"de"}),
    ],
)
def test_the_asker_decides_what_is_found(question: str, metadata: dict[str, object], found: set[str]) -> None:
    asked = ask(question, metadata, searcher())
    assert {hit.passage.passage_id for hit in asked.hits} == found
    assert {sentence.passage.passage_id for sentence in asked.evidence} == found


@pytest.mark.parametrize("groups", ["hr", 3, [1]])
def test_groups_are_a_list_of_texts(groups: object) -> None:
    with pytest.raises(WrongUsage, match="expected a list of texts"):
        scope_of({"groups": groups})


@pytest.mark.parametrize("history", ["before", 3, ["before"], [{"answer": "25"}]])
def test_a_history_is_a_list_of_turns(history: object) -> None:
    with pytest.raises(WrongUsage, match="history"):
        history_of({"history": history})
