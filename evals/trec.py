"""TREC run and qrels files: what other evaluation tools read and write."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from retrieval.errors import WrongUsage

_HIGHEST_GRADE = 1000

#: Question id -> text id -> grade.
Qrels = dict[str, dict[str, int]]
#: Question id -> text ids with their scores, best first.
Run = dict[str, tuple[tuple[str, float], ...]]


class TrecError(WrongUsage):
    """A run or qrels file that cannot be read; the message names file and line."""


def ranked(found: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """The same ranking with strictly falling scores.

    trec_eval ignores ranks: it sorts by score as a 32-bit float and breaks ties by the *later* id, ours break by the
    earlier one. A score that does not fall is lowered to the next smaller float, so that both see one order.
    """
    result: list[tuple[str, float]] = []
    ceiling = np.float32(np.inf)
    for text_id, score in found:
        lowered = min(np.float32(score), np.nextafter(ceiling, np.float32(-np.inf), dtype=np.float32))
        result.append((text_id, float(lowered)))
        ceiling = lowered
    return tuple(result)


def write_run(path: Path, run: Run, tag: str) -> None:
    """``question Q0 text rank score tag``, scores as :func:`ranked` leaves them.

    :raises TrecError: if an id holds a space; then nothing is written.
    """
    lines = [
        # Nine digits tell any two 32-bit floats apart.
        f"{_field(question_id)} Q0 {_field(text_id)} {rank} {score:.9g} {tag}\n"
        for question_id, found in run.items()
        for rank, (text_id, score) in enumerate(ranked(found), start=1)
    ]
    path.write_text("".join(lines), encoding="utf-8")


def read_run(path: Path) -> Run:
    """Rankings in the order of their scores, ties by text id.

    :raises TrecError: for a malformed line or a text ranked twice for one question.
    """
    found: dict[str, dict[str, float]] = {}
    for at, fields in _lines(path, 6):
        question_id, _, text_id, _, score, _ = fields
        if text_id in found.setdefault(question_id, {}):
            raise TrecError(f"{path}:{at}: text {text_id!r} is ranked twice for question {question_id!r}")
        try:
            found[question_id][text_id] = _finite(score)
        except ValueError as error:
            raise TrecError(f"{path}:{at}: the score {score!r} is not a number") from error
    return {
        question_id: tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
        for question_id, scores in found.items()
    }


def write_qrels(path: Path, qrels: Mapping[str, Mapping[str, int]]) -> None:
    """``question 0 text grade``.

    :raises TrecError: if an id holds a space; then nothing is written.
    """
    lines = [
        f"{_field(question_id)} 0 {_field(text_id)} {grade}\n"
        for question_id, judged in qrels.items()
        for text_id, grade in judged.items()
    ]
    path.write_text("".join(lines), encoding="utf-8")


def read_qrels(path: Path) -> Iterator[tuple[int, str, str, int]]:
    """Line number, question, text and grade of each judgement.

    :raises TrecError: for a malformed line.
    """
    for at, (question_id, _, text_id, grade) in _lines(path, 4):
        try:
            yield at, question_id, text_id, read_grade(grade)
        except ValueError as error:
            raise TrecError(f"{path}:{at}: the grade {grade!r} is not a whole number up to 1000") from error


def read_grade(text: str) -> int:
    """A judgement's grade, which other tools also write as 1.0.

    :raises ValueError: if it is not a whole number, or one so far from 0 that it is none: trec_eval counts each grade below it.
    """
    grade = float(text)
    if not grade.is_integer() or abs(grade) > _HIGHEST_GRADE:
        raise ValueError(f"{text!r} is not a whole number up to {_HIGHEST_GRADE}")
    return int(grade)


def _finite(text: str) -> float:
    """:raises ValueError: if it is no finite number: nothing ranks above or below NaN."""
    score = float(text)
    if not math.isfinite(score):
        raise ValueError(f"{text!r} is not finite")
    return score


def _lines(path: Path, fields: int) -> Iterator[tuple[int, list[str]]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as stream:
            for at, line in enumerate(stream, start=1):
                found = line.split()
                if found and len(found) != fields:
                    raise TrecError(f"{path}:{at}: expected {fields} fields, found {len(found)}")
                if found:
                    yield at, found
    except (OSError, EOFError, zlib.error) as error:
        raise TrecError(f"{path}: cannot be read ({error})") from error
    except UnicodeDecodeError as error:
        raise TrecError(f"{path}: not UTF-8 text") from error


def _field(identifier: str) -> str:
    if len(identifier.split()) != 1:
        raise TrecError(f"the id {identifier!r} holds a space, which TREC files cannot carry; rename it to write them")
    return identifier
