"""Is the new result worse than the old one? Measure by measure, on the same questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from evals.significance import Difference, holm, paired
from retrieval.errors import WrongUsage

#: Below this corrected p a difference counts as real.
SIGNIFICANT = 0.05


class DifferentCorpus(WrongUsage):
    """The passages were cut otherwise: what was judged then is not what is judged now."""


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    SAME = "no clear difference"


@dataclass(frozen=True, slots=True)
class MeasureChange:
    """One measure of one system, new minus base over the questions that both have."""

    system: str
    measure: str
    base: float
    new: float
    difference: Difference
    p_holm: float

    @property
    def verdict(self) -> Verdict:
        if self.p_holm >= SIGNIFICANT:
            return Verdict.SAME
        return Verdict.BETTER if self.difference.mean > 0 else Verdict.WORSE

    def to_json(self) -> dict[str, Any]:
        d = self.difference
        return {
            "system": self.system, "measure": self.measure, "base": self.base, "new": self.new,
            "difference": d.mean, "ci95": [d.low, d.high], "p": d.p, "p_holm": self.p_holm, "n": d.n,
            "verdict": self.verdict.value,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
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


def compare_results(
    base: Mapping[str, Any], new: Mapping[str, Any], *, allow_different_corpus: bool = False
) -> Comparison:
    """Compare two results of ``eval retrieval`` or of ``eval answers``.

    Latency is left out: it depends on the machine and on what else it was doing.

    :raises DifferentCorpus: if the corpora differ and that is not allowed.
    :raises WrongUsage: if the results are of another kind, data or split, share no question, or ``new`` lacks a system
        or a measure that ``base`` has.
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
    missing = sorted({" ".join(key) for key in old.keys() - now.keys()})
    if missing:
        raise WrongUsage(f"NEW lacks {', '.join(missing[:3])}, which BASE has; measure the same systems again")
    questions_old = {question for values in old.values() for question in values}
    questions_new = {question for values in now.values() for question in values}
    if not questions_old & questions_new:
        raise WrongUsage("BASE and NEW share no question; compare results over the same questions")
    pairs = []
    for (system, measure), values in old.items():
        common = sorted(values.keys() & now[system, measure].keys())
        if common:
            before = [values[question] for question in common]
            after = [now[system, measure][question] for question in common]
            pairs.append((system, measure, before, after, paired(before, after)))
    corrected = holm([difference.p for *_, difference in pairs])
    return Comparison(
        tuple(
            MeasureChange(system, measure, _mean(before), _mean(after), difference, p_holm)
            for (system, measure, before, after, difference), p_holm in zip(pairs, corrected, strict=True)
        ),
        same_corpus,
        len(questions_old - questions_new),
        len(questions_new - questions_old),
    )


def read_result(path: Path) -> dict[str, Any]:
    """A JSON file that ``eval retrieval`` or ``eval answers`` wrote.

    :raises WrongUsage: if it is none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongUsage(
            f"cannot read {path}: {error.strerror}; write one with: policydesk eval retrieval --json"
        ) from error
    except ValueError as error:
        raise WrongUsage(
            f"{path} is not JSON ({error}); write one with: policydesk eval retrieval DATA --json FILE"
        ) from error
    kinds = ("retrieval", "answers")
    if not isinstance(found, dict) or found.get("kind") not in kinds or not isinstance(found.get("per_question"), dict):
        raise WrongUsage(f"{path} is no result of eval retrieval or eval answers; write one with --json FILE")
    return found


def _values(result: Mapping[str, Any], name: str) -> _Values:
    """:raises WrongUsage: if a question's row is not as ``--json`` writes it."""
    values: _Values = {}
    for question_id, row in result["per_question"].items():
        try:
            by_system = row["systems"] if result["kind"] == "retrieval" else {"answers": row["measures"]}
            for system, measures in by_system.items():
                for measure, value in measures.items():
                    if measure != "first_wanted" and value is not None:
                        values.setdefault((system, measure), {})[question_id] = float(value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WrongUsage(
                f"{name} is damaged at question {question_id!r}: expected a figure for each measure, found"
                f" {str(row)[:60]}; measure it again"
            ) from error
    return values


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _short(result: Mapping[str, Any]) -> str:
    return f"{result.get('passages')} passages ({str(result.get('corpus_fingerprint'))[:8]})"
