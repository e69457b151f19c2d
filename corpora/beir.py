"""A corpus's questions over somebody's passages, written in the BEIR layout that the bench reads.

The questions quote documents, not passages, so the same questions judge any way of cutting the documents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Protocol

from corpora.errors import GoldNotFound
from corpora.questions import Gold, Question

_SPACES = re.compile(r"[\s|]+")
#: Two cells of one table row lie at most this many characters apart, with the column's header between them.
_CELL_GAP = 160


class JudgedPassage(Protocol):
    """What a passage has to show to be judged and written."""

    @property
    def passage_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def metadata(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class BeirPassage:
    """A passage with nothing to it but what BEIR keeps."""

    passage_id: str
    title: str
    text: str
    file: str  #: may stand in folders: only the last part is compared with a quotation's file
    metadata: Mapping[str, Any]


def normalised(text: str) -> str:
    """The text with every run of white space and cell borders (``|``) as one space."""
    return _SPACES.sub(" ", text).strip()


def passages_of(gold: Gold, passages: Iterable[JudgedPassage]) -> tuple[str, ...]:
    """Ids of the passages that hold a quotation, in the order given.

    A quotation is held by every passage that contains it whole. Where none does, it is held by every passage that
    contains at least half of its words in one run. Table cells quoted as ``cell | cell`` may have their headers between
    them.
    """
    own = [passage for passage in passages if PurePath(passage.file).name == gold.file]
    texts = [normalised(passage.text) for passage in own]
    quote = normalised(gold.quote)
    held = [quote in text for text in texts]
    if not any(held) and "|" in gold.quote:
        cells = [normalised(cell) for cell in gold.quote.split("|")]
        held = [_holds_row(text, cells) for text in texts]
    if not any(held):
        held = [_longest_run(text.split(), quote.split()) * 2 >= len(quote.split()) for text in texts]
    return tuple(passage.passage_id for passage, holds in zip(own, held, strict=True) if holds)


def write_beir(passages: Sequence[JudgedPassage], questions: Sequence[Question], folder: Path) -> None:
    """Write ``corpus.jsonl``, ``queries.jsonl``, ``qrels/<split>.tsv``, ``answers.jsonl`` and ``unanswerable.jsonl``.

    Judgements are 1. The unanswerable questions stand only in their own file.

    :raises GoldNotFound: naming every question, file and quotation that no passage holds; nothing is written then.
    """
    answerable = [question for question in questions if question.answerable]
    judged = _judgements(answerable, passages)
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    _write_lines(
        folder / "corpus.jsonl",
        [
            {
                "_id": passage.passage_id,
                "title": passage.title,
                "text": passage.text,
                "metadata": {**passage.metadata, "file": passage.file},
            }
            for passage in passages
        ],
    )
    _write_lines(
        folder / "queries.jsonl",
        [
            {"_id": question.question_id, "text": question.text, "metadata": _metadata(question)}
            for question in answerable
        ],
    )
    _write_lines(
        folder / "answers.jsonl",
        [
            {
                "query_id": question.question_id,
                # A question may have quotations alone: no answer is another one than an empty one.
                "answers": [question.answer] if question.answer else [],
                "must_hold": list(question.must_hold),
                "quotes": [gold.quote for gold in question.gold],
            }
            for question in answerable
        ],
    )
    _write_lines(
        folder / "unanswerable.jsonl",
        [
            {
                "_id": question.question_id,
                "text": question.text,
                "split": question.split,
                "asked_against": [],
                "metadata": _metadata(question),
            }
            for question in questions
            if not question.answerable
        ],
    )
    for split in sorted({question.split for question in answerable}):
        rows = [
            f"{question.question_id}\t{passage_id}\t1\n"
            for question in answerable
            if question.split == split
            for passage_id in judged[question.question_id]
        ]
        (folder / "qrels" / f"{split}.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(rows), encoding="utf-8")


def _judgements(questions: Sequence[Question], passages: Sequence[JudgedPassage]) -> dict[str, tuple[str, ...]]:
    judged: dict[str, tuple[str, ...]] = {}
    lost: list[str] = []
    for question in questions:
        found: dict[str, None] = {}  # a set that keeps its order
        for gold in question.gold:
            held = passages_of(gold, passages)
            found |= dict.fromkeys(held)
            if not held:
                lost.append(f"{question.question_id}: {gold.file}: {gold.quote!r}")
        judged[question.question_id] = tuple(found)
    if lost:
        raise GoldNotFound(
            f"{len(lost)} quotations stand in no passage; mend the quotation or the cutting: {'; '.join(lost)}"
        )
    return judged


def _holds_row(text: str, cells: Sequence[str]) -> bool:
    """Whether the cells follow one another in the text, each near the one before."""
    start = text.find(cells[0])
    while start >= 0:
        end = start + len(cells[0])
        for cell in cells[1:]:
            at = text.find(cell, end, end + _CELL_GAP + len(cell))
            if at < 0:
                break
            end = at + len(cell)
        else:
            return True
        start = text.find(cells[0], start + 1)
    return False


def _longest_run(words: Sequence[str], wanted: Sequence[str]) -> int:
    """Length of the longest run of words that stands in both."""
    best = 0
    row = [0] * (len(wanted) + 1)
    for word in words:
        row = [0, *(row[column] + 1 if word == other else 0 for column, other in enumerate(wanted))]
        best = max(best, *row)
    return best


def _metadata(question: Question) -> dict[str, Any]:
    return {
        "kind": question.kind.value,
        "as_of": question.as_of.isoformat() if question.as_of else None,
        "jurisdiction": question.jurisdiction,
        "groups": sorted(question.groups),
        "history": [{"question": turn.question, "answer": turn.answer} for turn in question.history],
        "tags": sorted(question.tags),
    }


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
