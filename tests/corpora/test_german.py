"""German questions over German documents: what is found without any model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpora.beir import passages_of
from corpora.catalog import GERMAN, document_paths, read_catalog
from corpora.questions import QuestionKind, read_questions
from retrieval.language import language_of
from retrieval.lexical import LexicalIndex
from retrieval.terms import terms
from tests.corpora.test_passages import passages


def test_the_german_company_has_a_catalog_and_questions_of_both_kinds() -> None:
    assert len(read_catalog(GERMAN)) == len(document_paths(GERMAN)) == 8
    kinds = Counter((question.kind, question.split) for question in read_questions(GERMAN))
    assert kinds == {
        (QuestionKind.PLAIN, "dev"): 30, (QuestionKind.PLAIN, "test"): 30,
        (QuestionKind.UNANSWERABLE, "dev"): 20, (QuestionKind.UNANSWERABLE, "test"): 20,
    }  # fmt: skip


def test_questions_and_documents_pass_for_german() -> None:
    assert {language_of(question.text) for question in read_questions(GERMAN)} == {"de"}
    assert {language_of(path.read_text("utf-8")) for path in document_paths(GERMAN)} == {"de"}


def test_pieces_of_words_find_what_whole_words_miss() -> None:
    cut = passages(GERMAN)
    title = {entry.file: entry.title for entry in read_catalog(GERMAN)}
    index = LexicalIndex.build([terms(f"{title[one.file]}\n{one.text}") for one in cut])
    asked = [
        (terms(question.text), passages_of(question.gold[0], cut))
        for question in read_questions(GERMAN)
        if question.answerable
    ]

    def found(covered: NDArray[np.float32], gold: Sequence[str]) -> bool:
        return any(cut[at].passage_id in gold for at in np.argsort(-covered, kind="stable")[:3])

    rows = np.arange(len(cut))
    by_words = sum(found(index.coverage_of(question, rows), gold) for question, gold in asked)
    in_pieces = sum(found(index.coverage_in_pieces(question), gold) for question, gold in asked)
    assert in_pieces >= 40
    assert in_pieces >= by_words + 10
