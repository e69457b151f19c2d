"""Read evaluators' data: folders in the BEIR layout, plain or gzipped, refused with file and line where they are wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.finding import history_of
from evals.data import BenchData, CorpusText, DataError, Question, Unanswerable
from evals.trec import Qrels, TrecError, read_grade, read_qrels
from retrieval.errors import WrongUsage
from retrieval.particulars import scope_of
from retrieval.tuning.rows import read_lines

#: What ``json`` makes of one half of an escaped pair; nothing can write it as UTF-8.
_SURROGATE = re.compile("[\ud800-\udfff]")


def load_data(folder: Path, split: str | None = None) -> BenchData:
    """Read a BEIR folder: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/<split>.tsv`` (or a TREC ``qrels/<split>.qrels``),
    and where they exist ``answers.jsonl``, ``unanswerable.jsonl`` and ``doc_questions.jsonl``. Each may be ``.gz``.

    :param split: None takes ``test`` where the folder has it, else ``dev``, else its only split.
    :raises DataError: for a missing file, a malformed line, a duplicated id, an empty question, or a judgement, answer or
        unanswerable question that points nowhere.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; give one in the BEIR layout (corpus.jsonl, queries.jsonl, qrels/)")
    split = split or _default_split(folder)
    corpus = tuple(_corpus(folder))
    known_texts = {text.text_id for text in corpus}
    queries = _queries(folder)
    qrels = _qrels(folder, split, known_texts, set(queries))
    known = _answers(folder, set(queries))
    questions = [
        Question(
            question_id=question_id,
            text=text,
            metadata=metadata,
            wanted={text_id: grade for text_id, grade in qrels[question_id].items() if grade > 0},
            answers=(gold := known.get(question_id, _Gold())).answers,
            must_hold=gold.must_hold,
            quotes=gold.quotes,
        )
        for question_id, (text, metadata) in queries.items()
        if any(grade > 0 for grade in qrels.get(question_id, {}).values())
    ]
    questions += _document_questions(folder, split, set(queries))
    if not questions:
        raise DataError(f"{folder}: split {split!r} judges no passage as wanted; check qrels/{split}.tsv")
    return BenchData(folder, split, corpus, tuple(questions), tuple(_unanswerable(folder, split, known_texts)))


def _default_split(folder: Path) -> str:
    names = {path.name.removesuffix(".gz") for path in (folder / "qrels").glob("*")}
    found = sorted({name.removesuffix(kind) for name in names for kind in (".tsv", ".qrels") if name.endswith(kind)})
    for split in ("test", "dev"):
        if split in found:
            return split
    if len(found) == 1:
        return found[0]
    raise DataError(f"{folder / 'qrels'} holds {', '.join(found) or 'no judgements'}; choose one with --split")


def _corpus(folder: Path) -> Iterator[CorpusText]:
    path = _required(folder / "corpus.jsonl")
    seen: set[str] = set()
    for at, row in _rows(path):
        text_id = _text_of(row, "_id", path, at)
        _new(text_id, seen, path, at)
        title = row.get("title") or ""
        if not isinstance(title, str):
            raise DataError(f"{path}:{at}: title is {type(title).__name__}, expected text")
        # Collections of web pages and abstracts hold texts with a title alone, or with nothing.
        yield CorpusText(text_id, title, _text_of(row, "text", path, at, or_empty=True), _metadata(row, path, at))
    if not seen:
        raise DataError(f"{path}: the corpus is empty")


def _queries(folder: Path) -> dict[str, tuple[str, Mapping[str, Any]]]:
    path = _required(folder / "queries.jsonl")
    queries: dict[str, tuple[str, Mapping[str, Any]]] = {}
    seen: set[str] = set()
    for at, row in _rows(path):
        question_id = _text_of(row, "_id", path, at)
        _new(question_id, seen, path, at)
        queries[question_id] = (_text_of(row, "text", path, at), _asker(row, path, at))
    return queries


def _qrels(folder: Path, split: str, texts: set[str], queries: set[str]) -> Qrels:
    trec = _present(folder / "qrels" / f"{split}.qrels")
    try:
        if trec is not None:
            path, judged = trec, list(read_qrels(trec))
        else:
            path = _required(folder / "qrels" / f"{split}.tsv")
            judged = list(_judgements(path))
    except TrecError as error:
        raise DataError(str(error)) from error
    qrels: Qrels = {}
    for at, question_id, text_id, grade in judged:
        if question_id not in queries:
            raise DataError(
                f"{path}:{at}: the judgement points to question {question_id!r}, which queries.jsonl does not hold"
            )
        if text_id not in texts:
            raise DataError(f"{path}:{at}: the judgement points to text {text_id!r}, which corpus.jsonl does not hold")
        if text_id in qrels.setdefault(question_id, {}):
            raise DataError(f"{path}:{at}: question {question_id!r} and text {text_id!r} are judged twice")
        qrels[question_id][text_id] = grade
    return qrels


def _judgements(path: Path) -> Iterator[tuple[int, str, str, int]]:
    for at, line in _lines(path):
        fields = line.split("\t")
        if at == 1 and fields[:1] == ["query-id"]:
            continue
        if at == 1:
            raise DataError(
                f"{path}:1: expected the header query-id, corpus-id, score (tab-separated), found {line[:60]!r}"
            )
        if len(fields) != 3:
            raise DataError(f"{path}:{at}: expected 3 tab-separated fields, found {len(fields)}")
        try:
            yield at, fields[0], fields[1], read_grade(fields[2])
        except ValueError as error:
            raise DataError(f"{path}:{at}: the score {fields[2]!r} is not a whole number up to 1000") from error


@dataclass(frozen=True, slots=True)
class _Gold:
    """One line of ``answers.jsonl``."""

    answers: tuple[str, ...] = ()
    must_hold: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


def _answers(folder: Path, queries: set[str]) -> dict[str, _Gold]:
    path = _present(folder / "answers.jsonl")
    answers: dict[str, _Gold] = {}
    if path is None:
        return answers
    seen: set[str] = set()
    for at, row in _rows(path):
        question_id = _text_of(row, "query_id", path, at)
        _new(question_id, seen, path, at)
        if question_id not in queries:
            raise DataError(
                f"{path}:{at}: the answer points to question {question_id!r}, which queries.jsonl does not hold"
            )
        answers[question_id] = _Gold(*(_strings(row, key, path, at) for key in ("answers", "must_hold", "quotes")))
    return answers


def _document_questions(folder: Path, split: str, queries: set[str]) -> Iterator[Question]:
    """Questions with an answer but no judged passage."""
    path = _present(folder / "doc_questions.jsonl")
    if path is None:
        return
    seen = set(queries)
    for at, row in _rows(path):
        question_id = _text_of(row, "_id", path, at)
        _new(question_id, seen, path, at)
        if "split" not in row or _text_of(row, "split", path, at) == split:
            yield Question(
                question_id=question_id,
                text=_text_of(row, "text", path, at),
                metadata=_asker(row, path, at),
                answers=_strings(row, "answers", path, at),
                must_hold=_strings(row, "must_hold", path, at),
            )


def _unanswerable(folder: Path, split: str, texts: set[str]) -> Iterator[Unanswerable]:
    path = _present(folder / "unanswerable.jsonl")
    if path is None:
        return
    seen: set[str] = set()
    for at, row in _rows(path):
        question_id = _text_of(row, "_id", path, at)
        _new(question_id, seen, path, at)
        against = _strings(row, "asked_against", path, at)
        for text_id in against:
            if text_id not in texts:
                raise DataError(
                    f"{path}:{at}: asked_against points to text {text_id!r}, which corpus.jsonl does not hold"
                )
        if "split" not in row or _text_of(row, "split", path, at) == split:
            yield Unanswerable(question_id, _text_of(row, "text", path, at), _asker(row, path, at), against)


def _present(path: Path) -> Path | None:
    """The file or its ``.gz``; None where there is neither."""
    return next((found for found in (path, path.with_name(path.name + ".gz")) if found.is_file()), None)


def _required(path: Path) -> Path:
    found = _present(path)
    if found is None:
        raise DataError(f"{path} (or {path.name}.gz) is missing; see docs/evaluating.md for the layout")
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that hold something, with their numbers from 1."""
    try:
        yield from read_lines(path)
    except WrongUsage as error:
        raise DataError(str(error)) from error


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for at, line in _lines(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{at}: malformed JSON ({error.msg} at column {error.colno})") from error
        if not isinstance(row, dict):
            raise DataError(f"{path}:{at}: expected a JSON object, found {type(row).__name__}")
        if "\\u" in line and _SURROGATE.search(json.dumps(row, ensure_ascii=False)):
            raise DataError(f"{path}:{at}: holds half of a character (such as \\ud83d alone), which is no text")
        yield at, row


def _text_of(row: dict[str, Any], key: str, path: Path, at: int, *, or_empty: bool = False) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise DataError(
            f"{path}:{at}: {key!r} is {'missing' if value is None else type(value).__name__}, expected text"
        )
    if not or_empty and not value.strip():
        raise DataError(f"{path}:{at}: {key!r} is empty")
    return value


def _strings(row: dict[str, Any], key: str, path: Path, at: int) -> tuple[str, ...]:
    value = row.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DataError(f"{path}:{at}: {key!r} is not a list of texts")
    return tuple(value)


def _metadata(row: dict[str, Any], path: Path, at: int) -> Mapping[str, Any]:
    value = row.get("metadata") or {}
    if not isinstance(value, dict):
        raise DataError(f"{path}:{at}: 'metadata' is {type(value).__name__}, expected an object")
    return value


def _asker(row: dict[str, Any], path: Path, at: int) -> Mapping[str, Any]:
    """The metadata of a question, whose asker's day, groups and history are what they should be: found out while questions
    are asked, it would cost the run."""
    metadata = _metadata(row, path, at)
    try:
        scope_of(metadata)
        history_of(metadata)
    except WrongUsage as error:
        raise DataError(f"{path}:{at}: {error}") from error
    return metadata


def _new(identifier: str, seen: set[str], path: Path, at: int) -> None:
    if identifier in seen:
        raise DataError(f"{path}:{at}: the id {identifier!r} is used twice")
    seen.add(identifier)
