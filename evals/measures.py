"""Retrieval measures, computed by ir-measures over trec_eval; none is our own arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.trec import Qrels, Run, ranked
from retrieval.errors import NotReady

#: Our names, in the order they are shown, and ir-measures' names for them.
MEASURES: Mapping[str, str] = {
    "nDCG@10": "nDCG@10",  # Järvelin & Kekäläinen, 2002
    "R@10": "R@10",
    "R@100": "R@100",
    "RR@10": "RR@10",  # reciprocal rank of the first wanted passage; its mean is MRR@10
    "P@5": "P@5",
    "hit@1": "Success@1",
}
#: The deepest rank any measure looks at.
DEPTH = 100


def per_question(qrels: Qrels, run: Run, names: Sequence[str] = tuple(MEASURES)) -> dict[str, dict[str, float]]:
    """Each measure of each judged question.

    :returns: question id -> measure -> value in 0 to 1, in the order of ``qrels``; a question the run does not hold
        scores 0.
    :raises NotReady: if ir-measures is not installed.
    """
    try:
        import ir_measures
    except ImportError as error:
        raise NotReady("ir-measures is not installed; run: pip install ir-measures") from error
    parsed = {ir_measures.parse_measure(MEASURES[name]): name for name in names}
    values = {question_id: dict.fromkeys(names, 0.0) for question_id in qrels}
    scored = {question_id: dict(ranked(found)) for question_id, found in run.items() if question_id in qrels and found}
    if scored:
        for result in ir_measures.pytrec_eval.iter_calc(list(parsed), qrels, scored):
            if result.query_id in scored:
                values[result.query_id][parsed[result.measure]] = float(result.value)
    return values
