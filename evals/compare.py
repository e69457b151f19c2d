"""Is the new result worse than the old one? Measure by measure, on the same questions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any

from evals.significance import RESAMPLES, Difference, holm, least_p, paired
from retrieval.errors import WrongUsage

#: Below this corrected p a difference counts as real.
SIGNIFICANT = 0.05


class DifferentCorpus(WrongUsage):
    """The passages were cut otherwise: what was judged then is not what is judged now."""


class TooFewQuestions(WrongUsage):
    """Something is lower, and no loss whatever would have been significant: the gate cannot tell."""


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    SAME = "no clear difference"
    TOO_FEW = "too few questions to tell"


@dataclass(frozen=True, slots=True)
class MeasureChange:
    """One measure of one system, new minus base over the questions that both have."""

    system: str
    measure: str
    base: float
    new: float
    difference: Difference
    p_holm: float
    least_p_holm: float  #: what a loss on each of its questions would give

    @property
    def verdict(self) -> Verdict:
        if self.least_p_holm >= SIGNIFICANT:
            return Verdict.TOO_FEW
        if self.p_holm >= SIGNIFICANT:
            return Verdict.SAME
        return Verdict.BETTER if self.difference.mean > 0 else Verdict.WORSE

    def to_json(self) -> dict[str, Any]:
        d = self.difference
        return {
            "system": self.system, "measure": self.measure, "base": self.base, "new": self.new,
            "difference": d.mean, "ci95": [d.low, d.high], "p": d.p, "p_holm": self.p_holm, "n": d.n,
            "least_p_holm": self.least_p_holm, "verdict": self.verdict.value,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gate:
    """Every measure both results hold. Holm's correction runs over all of them."""

    changes: tuple[MeasureChange, ...]
    same_corpus: bool
    only_base: int  #: questions that only the base has
    only_new: int

    @property
    def worse(self) -> tuple[MeasureChange, ...]:
        return tuple(change for change in self.changes if change.verdict is Verdict.WORSE)

    def to_json(self) -> dict[str, Any]:
        return {
            "gate": "failed" if self.worse else "passed",
            "same_corpus": self.same_corpus,
            "questions_only_in_base": self.only_base,
            "questions_only_in_new": self.only_new,
            "changes": [change.to_json() for change in self.changes],
        }


#: (system, measure) -> question id -> value, higher is better.
_Values = dict[tuple[str, str], dict[str, float]]


def compare_results(base: Mapping[str, Any], new: Mapping[str, Any], *, allow_different_corpus: bool = False) -> Gate:
    """Compare two results of ``eval retrieval`` or of ``eval answers``.

    Latency is left out: it depends on the machine and on what else it was doing.

    :raises DifferentCorpus: if the corpora differ, or on the same questions the titles, judgements or gold answers do, and
        that is not allowed.
    :raises TooFewQuestions: if something is lower and there are too few questions for any loss to be significant.
    :raises WrongUsage: if the results are of another kind, data or split, share no question, or ``new`` lacks a system,
        a measure or a question that ``base`` has. A measure of shown answers may be missing where ``new`` shows none, and
        questions where the corpus may be another one.
    """
    for key in ("kind", "data", "split"):
        if base.get(key) != new.get(key):
            raise WrongUsage(
                f"BASE has {key} {base.get(key)!r}, NEW has {new.get(key)!r}; compare results of the same {key}"
            )
    same_corpus = base.get("corpus_fingerprint") == new.get("corpus_fingerprint")
    if not same_corpus and not allow_different_corpus:
        raise DifferentCorpus(
            f"re-chunked corpus, not comparable: BASE was measured on {_short(base)}, NEW on {_short(new)}; measure a new "
            "baseline, or pass --allow-different-corpus to compare by question all the same"
        )
    old, now = _values(base, "BASE"), _values(new, "NEW")
    missing = sorted(
        " ".join(key) for key, values in old.items() if key not in now and not _unshown(new, values.keys())
    )
    if missing:
        raise WrongUsage(f"NEW lacks {', '.join(missing[:3])}, which BASE has; measure the same systems again")
    questions_old = {question for values in old.values() for question in values}
    questions_new = {question for values in now.values() for question in values}
    if not questions_old & questions_new:
        raise WrongUsage("BASE and NEW share no question; compare results over the same questions")
    unasked = sorted(questions_old - questions_new)
    if unasked and not allow_different_corpus:
        raise WrongUsage(
            f"NEW lacks {len(unasked)} of the {len(questions_old)} questions of BASE, {unasked[0]!r} among them; measure "
            "both over the same questions, with the same --limit"
        )
    if questions_old == questions_new and not allow_different_corpus:
        _same_test(base, new)
    pairs = []
    for (system, measure), values in old.items():
        common = sorted(values.keys() & now.get((system, measure), {}).keys())
        if common:
            before = [values[question] for question in common]
            after = [now[system, measure][question] for question in common]
            pairs.append((system, measure, before, after, paired(before, after)))
    corrected = holm([difference.p for *_, difference in pairs])
    least = holm([least_p(difference.n) for *_, difference in pairs])
    changes = tuple(
        MeasureChange(system, measure, _mean(before), _mean(after), difference, p_holm, least_p_holm)
        for (system, measure, before, after, difference), p_holm, least_p_holm in zip(
            pairs, corrected, least, strict=True
        )
    )
    _enough(changes)
    return Gate(changes, same_corpus, len(unasked), len(questions_new - questions_old))


def _enough(changes: Sequence[MeasureChange]) -> None:
    """:raises TooFewQuestions: if something is lower and nothing could have been significant, for so few questions or so many rows."""
    lower = [change for change in changes if change.difference.mean < 0]
    if lower and all(change.verdict is Verdict.TOO_FEW for change in changes):
        if len(changes) * least_p(RESAMPLES) >= SIGNIFICANT:
            raise TooFewQuestions(
                f"{len(changes)} rows are too many to tell: NEW is lower in {len(lower)} of them, and corrected for all, no loss "
                "over however many questions would be significant; measure fewer systems"
            )
        asked = max(change.difference.n for change in changes)
        needed = next(n for n in count(asked + 1) if len(changes) * least_p(n) < SIGNIFICANT)
        raise TooFewQuestions(
            f"{asked} questions are too few to tell: NEW is lower in {len(lower)} of {len(changes)} rows, and even a loss on "
            f"every question would have p {min(change.least_p_holm for change in changes):.3f}; compare {needed} questions or more"
        )


def _same_test(base: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """:raises DifferentCorpus: if both results say what they were judged by and it differs; older ones don't say."""
    fingerprints = base.get("test_fingerprint"), new.get("test_fingerprint")
    if None not in fingerprints and fingerprints[0] != fingerprints[1]:
        raise DifferentCorpus(
            "another test, not comparable: titles, questions, judgements or gold answers changed between BASE and NEW; "
            "measure a new baseline, or pass --allow-different-corpus to compare by question all the same"
        )


def _unshown(result: Mapping[str, Any], questions: Iterable[str]) -> bool:
    """Whether the result refuses or cites nothing at each of these questions, so that what is said about shown answers is
    said about none."""
    if result["kind"] != "answers":
        return False
    rows = [row for question in questions if (row := result["per_question"].get(question))]
    return bool(rows) and all(
        row["measures"].get("answered") == 0 or row["measures"].get("refused") == 1 or row.get("citations") == []
        for row in rows
    )


def read_result(path: Path) -> dict[str, Any]:
    """A JSON file that ``eval retrieval`` or ``eval answers`` wrote, or another maker in their form.

    :raises WrongUsage: if it is none.
    """
    if path.is_dir():
        inside = ", ".join(sorted(each.name for each in path.glob("*.json"))[:3])
        raise WrongUsage(f"{path} is a folder; name a result in it{f': {inside}' if inside else ''}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except OSError as error:
        raise WrongUsage(
            f"cannot read {path}: {error.strerror}; write one with: policydesk eval retrieval --json"
        ) from error
    except ValueError as error:
        raise WrongUsage(
            f"{path} is not JSON ({error}); write one with: policydesk eval retrieval DATA --json FILE"
        ) from error
    if isinstance(found, dict):
        told = next((kind for kind, field in _TELLS.items() if field in found), None)
        kind, rows = found.get("kind", told), found.get("per_question", {} if told else None)
        if kind in tuple(_TELLS) and isinstance(rows, dict):
            return {**found, "kind": kind, "per_question": rows}
    raise WrongUsage(f"{path} is no result of eval retrieval or eval answers; write one with --json FILE")


#: What every result of a kind holds, also where it does not name its kind.
_TELLS = {"retrieval": "systems", "answers": "abstention"}


def _values(result: Mapping[str, Any], name: str) -> _Values:
    """:raises WrongUsage: if a question's row is not as ``--json`` writes it."""
    values: _Values = {}
    for question_id, row in result["per_question"].items():
        try:
            by_system = row["systems"] if result["kind"] == "retrieval" else {"answers": row["measures"]}
            for system, measures in by_system.items():
                for measure, value in measures.items():
                    if measure != "first_wanted" and value is not None:
                        values.setdefault((system, measure), {})[question_id] = _finite(value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WrongUsage(
                f"{name} is damaged at question {question_id!r}: expected a figure for each measure, found"
                f" {str(row)[:60]}; measure it again"
            ) from error
    return values


def _finite(value: Any) -> float:
    """:raises ValueError: if it is no number: NaN would be neither better nor worse than anything."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no finite number")
    return number


def _no_constant(name: str) -> None:
    """:raises ValueError: always: Python reads NaN and Infinity, JSON has neither."""
    raise ValueError(f"it holds {name}")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _short(result: Mapping[str, Any]) -> str:
    return f"{result.get('passages')} passages ({str(result.get('corpus_fingerprint'))[:8]})"
