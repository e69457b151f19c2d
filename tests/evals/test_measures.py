from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from evals.measures import MEASURES, per_question
from evals.trec import Run, TrecError, ranked, read_run, write_qrels, write_run


def test_values_equal_trec_eval_on_the_run_file_we_write(tmp_path: Path) -> None:
    import pytrec_eval

    chance = random.Random(3)
    texts = [f"t{n:03d}" for n in range(200)]
    qrels = {
        f"q{n}": {text: chance.choice([1, 1, 2]) for text in chance.sample(texts, chance.randint(1, 8))}
        for n in range(40)
    }
    # Scores are rounded so that many tie; texts are listed by id within a tie, as the house rule has it.
    run: Run = {}
    for question in qrels:
        scores = {text: round(chance.random(), 1) for text in chance.sample(texts, 120)}
        run[question] = tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
    ours = per_question(qrels, run)
    write_run(tmp_path / "x.run", run, "x")
    write_qrels(tmp_path / "x.qrels", qrels)
    with (tmp_path / "x.run").open() as a, (tmp_path / "x.qrels").open() as b:
        theirs = pytrec_eval.RelevanceEvaluator(
            pytrec_eval.parse_qrel(b), {"ndcg_cut_10", "recall_10", "recall_100", "P_5", "success_1"}
        ).evaluate(pytrec_eval.parse_run(a))
    names = {"nDCG@10": "ndcg_cut_10", "R@10": "recall_10", "R@100": "recall_100", "P@5": "P_5", "hit@1": "success_1"}
    for question in qrels:
        for name, trec in names.items():
            assert ours[question][name] == pytest.approx(theirs[question][trec], abs=1e-6)


def test_a_known_ranking_has_known_values() -> None:
    found = per_question({"q": {"a": 1, "b": 1}}, {"q": (("x", 3.0), ("a", 2.0), ("y", 1.0))})["q"]
    assert found["RR@10"] == 0.5
    assert found["R@10"] == 0.5
    assert found["P@5"] == 0.2
    assert found["hit@1"] == 0.0
    assert found["nDCG@10"] == pytest.approx(0.63093 / (1 + 0.63093), abs=1e-5)


def test_ties_go_to_the_earlier_id_unlike_trec_evals_own_rule() -> None:
    assert per_question({"q": {"a": 1}}, {"q": (("a", 1.0), ("b", 1.0))})["q"]["hit@1"] == 1.0


def test_a_question_without_results_scores_zero() -> None:
    found = per_question({"q": {"a": 1}, "r": {"b": 1}}, {"q": (), "other": (("b", 1.0),)})
    assert found == {"q": dict.fromkeys(MEASURES, 0.0), "r": dict.fromkeys(MEASURES, 0.0)}


def test_ranked_scores_fall_strictly_and_keep_their_order() -> None:
    found = ranked([("a", 1.0), ("b", 1.0), ("c", 1.0), ("d", 0.5), ("e", 7.0)])
    scores = [score for _, score in found]
    assert [text for text, _ in found] == ["a", "b", "c", "d", "e"]
    assert all(before > after for before, after in pairwise(scores))
    assert scores[3] == 0.5


def test_a_run_file_reads_back_in_order(tmp_path: Path) -> None:
    run: Run = {"q": (("b", 2.0), ("a", 1.0), ("c", 1.0))}
    write_run(tmp_path / "x.run", run, "ours")
    assert (tmp_path / "x.run").read_text().splitlines()[0] == "q Q0 b 1 2 ours"
    assert [text for text, _ in read_run(tmp_path / "x.run")["q"]] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("q Q0 a 1 2.0", "expected 6 fields, found 5"),
        ("q Q0 a 1 high x", "'high' is not a number"),
        ("q Q0 a 1 nan x", "'nan' is not a number"),
        ("q Q0 a 1 inf x", "'inf' is not a number"),
        ("q Q0 b 3 1 x", "ranked twice"),
    ],
)
def test_a_bad_run_line_is_refused(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "x.run").write_text(f"q Q0 b 1 2 x\n{line}\n")
    with pytest.raises(TrecError, match=rf"x.run:2: .*{said}"):
        read_run(tmp_path / "x.run")


def test_a_run_from_an_editor_that_marks_utf_8_keeps_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "x.run").write_bytes(b"\xef\xbb\xbfq Q0 b 1 2 x\r\nq Q0 a 2 1 x\r\n")
    assert read_run(tmp_path / "x.run") == {"q": (("b", 2.0), ("a", 1.0))}


def test_an_id_with_a_space_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TrecError, match="holds a space"):
        write_run(tmp_path / "x.run", {"a question": (("a", 1.0),)}, "x")
