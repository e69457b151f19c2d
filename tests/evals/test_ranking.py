"""Which questions are scored inside a document."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.data import BenchData, CorpusText, Question
from evals.ranking import named_documents


@pytest.mark.parametrize(
    ("title", "metadata", "named"),
    [
        ("Orchid agreement", {}, True),
        ("", {"file": "orchid agreement"}, True),
        ("", {"document_id": "Orchid Agreement"}, True),
        ("", {"kind": "agreement"}, False),
        ("", {"owner": "Orchid", "file": 7}, False),
    ],
)
def test_title_file_and_id_name_a_document_and_nothing_else_does(
    title: str, metadata: dict[str, object], named: bool
) -> None:
    corpus = tuple(CorpusText(f"deed-{n}", title, "term", {"document_id": "deed", **metadata}) for n in range(2))
    question = Question("q", "How long is the term of the Orchid agreement?", wanted={"deed-0": 1})
    assert bool(named_documents(BenchData(Path("x"), "test", corpus, (question,)))) is named
