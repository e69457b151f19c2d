"""Our own reading and cutting of the corpora keeps every quotation findable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from corpora.beir import BeirPassage, passages_of
from corpora.catalog import GERMAN, SAMPLE, SISTER, document_paths
from corpora.questions import read_questions
from ingest.chunk import chunk
from ingest.read import read


class WordCounter:
    """Counts about as many tokens as the default encoder, without its weights."""

    max_tokens = 256

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) * 3 // 2 + 2 for text in texts]


def passages(corpus: Path) -> list[BeirPassage]:
    found: list[BeirPassage] = []
    for path in document_paths(corpus):
        reading = read(path.name, path.read_bytes())
        for number, passage in enumerate(chunk(reading.clauses, title=path.stem, encoder=WordCounter())):
            found.append(BeirPassage(f"{path.stem}.{number:04d}", path.stem, passage.text, path.name, {}))
    return found


@pytest.mark.parametrize("corpus", [SAMPLE, SISTER, GERMAN], ids=["sample", "sister", "german"])
def test_every_quotation_stands_in_a_passage(corpus: Path) -> None:
    cut = passages(corpus)
    lost = [
        (question.question_id, gold.file, gold.quote)
        for question in read_questions(corpus)
        for gold in question.gold
        if not passages_of(gold, cut)
    ]
    assert lost == []
