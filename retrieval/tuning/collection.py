"""What a tuning run learns from: folders in the BEIR layout, and folders of markdown without any questions."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.tuning.sections import plain, read_markdown


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is known of its answer.

    ``positives`` are the passages that answer it. An unanswerable question has none; ``against`` are then the passages
    it was asked against, which look as if they answered. ``answers`` are gold strings, for finding them in a passage.
    """

    question_id: str
    text: str
    split: str
    positives: frozenset[str] = frozenset()
    against: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        return bool(self.positives)


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages and the questions over them; ``questions`` is empty for unlabelled documents."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Question, ...] = ()

    def split(self, *names: str) -> tuple[Question, ...]:
        """The questions of these splits, in file order."""
        return tuple(question for question in self.questions if question.split in names)


def read_collection(folder: Path) -> Collection:
    """Read a folder: the BEIR layout where it has a ``corpus.jsonl``, otherwise its markdown files as unlabelled text.

    A folder of our own kind gives the sections of its ``documents/``, with the questions of ``questions.jsonl`` that stand
    alone (quoted gold, as in our sample) or of ``lessons.jsonl`` (a sentence and several ways to ask for it, or for what it
    seems to say and doesn't). Beside the usual files, ``unanswerable.jsonl`` and ``doc_questions.jsonl`` (questions with an answer and a document,
    but no judgement) are read where they exist. Any file may be gzipped.

    :raises WrongUsage: if the folder holds neither, or a line is not what it should be; names file and line.
    """
    corpus = _file(folder, "corpus.jsonl")
    if corpus is None and (folder / "documents").is_dir():
        for name, read in (("questions.jsonl", _quoted), ("lessons.jsonl", _lessons)):
            if (folder / name).exists():
                return read(folder)
    if corpus is None:
        passages = tuple(read_markdown(folder))
        if not passages:
            raise WrongUsage(
                f"{folder} holds neither corpus.jsonl nor markdown files; give a BEIR-layout or document folder"
            )
        return Collection(folder.name, passages)
    passages = tuple(_passage(row) for row in _rows(corpus, "_id", "text"))
    by_document: dict[str, list[Passage]] = {}
    for passage in passages:
        by_document.setdefault(passage.document_id, []).append(passage)
    answers = {
        row["query_id"]: tuple(row["answers"]) for row in _rows(_file(folder, "answers.jsonl"), "query_id", "answers")
    }
    texts = {str(row["_id"]): str(row["text"]) for row in _rows(_file(folder, "queries.jsonl"), "_id", "text")}
    questions = list(_judged(folder, texts, answers))
    for row in _rows(_file(folder, "unanswerable.jsonl"), "_id", "text", "split"):
        against = tuple(str(passage_id) for passage_id in row.get("asked_against", ()))
        questions.append(Question(str(row["_id"]), row["text"], row["split"], against=against))
    for row in _rows(_file(folder, "doc_questions.jsonl"), "_id", "text", "answers", "split"):
        found = locate(" ".join(row["answers"]), by_document.get(str(row.get("pdf") or row.get("document")), []))
        if found:
            questions.append(
                Question(str(row["_id"]), row["text"], f"located-{row['split']}", found, answers=tuple(row["answers"]))
            )
    return Collection(folder.name, passages, tuple(questions))


def locate(answer: str, passages: list[Passage], *, share: float = 0.75) -> frozenset[str]:
    """Find the passage that an answer was written from: the one that holds most of its words, if it holds ``share``.

    Rare words count more. Empty where no passage holds enough, or the answer has fewer than five words of its own.
    """
    words = {passage.passage_id: _words_of(passage.text) for passage in passages}
    wanted = [word for word in frozenset(_WORD.findall(answer.lower())) if len(word) > 3]
    if len(wanted) < 5 or not words:
        return frozenset()
    weight = {word: 1.0 / (1 + sum(word in held for held in words.values())) for word in wanted}
    total = sum(weight.values())
    score = {key: sum(weight[word] for word in wanted if word in held) / total for key, held in words.items()}
    best = max(sorted(score), key=lambda key: score[key])
    covered = sum(word in words[best] for word in wanted) / len(wanted)
    return frozenset({best}) if covered >= share else frozenset()


@lru_cache(maxsize=10_000)  # each passage of a document is looked through for every question about it
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


_WORD = re.compile(r"\w+")


def origins(folders: Sequence[Path]) -> dict[str, str]:
    """What each folder says of its own origin in ``SOURCE.json``, if anything."""
    origins = {}
    for folder in sorted(folders, key=lambda folder: folder.name):
        source = folder / "SOURCE.json"
        stated = json.loads(source.read_text(encoding="utf-8")) if source.exists() else {}
        licence = stated.get("licence") or stated.get("license") if isinstance(stated, dict) else None
        origins[folder.name] = str(licence or "licence not stated in the folder")
    return origins


def _quoted(folder: Path) -> Collection:
    """Sections of the documents; a question's positives are the sections of its gold file that hold the gold quote."""
    holding = _Holding(folder / "documents")
    everything = tuple(passage.passage_id for passage in holding.passages)
    questions = []
    for row in _rows(folder / "questions.jsonl", "_id", "text", "gold"):
        quotes = [(gold["file"], gold["quote"]) for gold in row["gold"]]
        found = frozenset(key for file, quote in quotes for key in holding.sections(file, quote))
        against = () if quotes else everything
        if not row.get("history") and (found or against):
            split = str((row.get("metadata") or {}).get("split", "dev"))
            questions.append(
                Question(
                    str(row["_id"]), row["text"], split, found, against, tuple(_flat(quote) for _, quote in quotes)
                )
            )
    return Collection(folder.name, holding.passages, tuple(questions))


def _lessons(folder: Path) -> Collection:
    """Sections of the documents; each wording of a lesson is a question, asked of the sections that hold its quotes."""
    holding = _Holding(folder / "documents")
    questions = []
    path = folder / "lessons.jsonl"
    for number, row in enumerate(_rows(path, "file", "asked"), start=1):
        stated = row.get("answer", row.get("near"))
        quotes: Any = [stated] if isinstance(stated, str) else stated
        if not _are_texts(quotes) or not _are_texts(row["asked"]):
            raise WrongUsage(
                f"{path}: lesson {number} needs a list of questions in 'asked', and the words of its file in 'answer' or 'near'"
            )
        held = [key for quote in quotes for key in holding.sections(row["file"], quote)]
        sides: dict[str, Any] = {"against": tuple(held)}
        if "answer" in row:
            sides = {"positives": frozenset(held), "answers": tuple(_flat(quote) for quote in quotes)}
        split = str(row.get("split", "train"))
        for which, text in enumerate(row["asked"] if held else (), start=1):
            questions.append(Question(f"{number}.{which}", text, split, **sides))
    return Collection(folder.name, holding.passages, tuple(questions))


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(value, str) for value in values)


class _Holding:
    """The sections of a folder of markdown, found by what they hold."""

    def __init__(self, folder: Path) -> None:
        self.passages = tuple(read_markdown(folder))
        self._flat = [(passage, " ".join(passage.text.split())) for passage in self.passages]

    def sections(self, file: str, quote: str) -> list[str]:
        """The ids of the file's sections that hold the quote, markup and line breaks aside."""
        wanted = _flat(quote)
        return [passage.passage_id for passage, text in self._flat if passage.file == file and wanted in text]


def _flat(text: str) -> str:
    return " ".join(plain(text).split())


def _judged(folder: Path, texts: dict[str, str], answers: dict[str, tuple[str, ...]]) -> Iterator[Question]:
    for file in sorted([*folder.glob("qrels/*.tsv"), *folder.glob("qrels/*.tsv.gz")]):
        split = file.name.split(".")[0]
        positives: dict[str, set[str]] = {}
        with _open(file) as lines:
            for number, line in enumerate(lines, start=1):
                fields = line.rstrip("\n").split("\t")
                if number == 1 or not line.strip():
                    continue
                if len(fields) != 3 or fields[0] not in texts:
                    raise WrongUsage(
                        f"{file}:{number}: expected query-id, corpus-id, score of a known question; found {line!r:.80}"
                    )
                if float(fields[2]) > 0:
                    positives.setdefault(fields[0], set()).add(fields[1])
        for question_id, found in positives.items():
            yield Question(
                question_id, texts[question_id], split, frozenset(found), answers=answers.get(question_id, ())
            )


def _passage(row: dict[str, Any]) -> Passage:
    about = row.get("metadata") or {}
    title = str(row.get("title") or "")
    passage_id = str(row["_id"])
    document = about.get("pdf") or about.get("file") or about.get("policy") or about.get("url") or title or passage_id
    return Passage(
        passage_id=passage_id, document_id=str(document), version_id=str(document), title=title, file=str(document),
        text=str(row["text"]),
    )  # fmt: skip


def _file(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.exists()), None)


def _open(path: Path) -> Any:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _rows(path: Path | None, *fields: str) -> Iterator[dict[str, Any]]:
    if path is None:
        return
    with _open(path) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise WrongUsage(f"{path}:{number}: not a JSON object ({error}); mend or remove the line") from error
            missing = [field for field in fields if field not in row]
            if missing:
                raise WrongUsage(f"{path}:{number}: field {missing[0]!r} is missing; mend or remove the line")
            yield row
