"""The small model's drafts and their decoding, measured with a model that says what it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.confidence import load_confidence
from evals.beir import load_data
from evals.data import BenchData
from evals.decoding import Timed, Written, time_decoding, to_json
from evals.drafts import Drafting, Recorded, conditions, cut, evaluate_drafts, quoted
from evals.drafts import to_json as drafts_json
from evals.systems import passages_of
from retrieval.index import PassageIndex
from retrieval.search import Searcher
from tests.evals.folders import write_lines
from tests.fakes import ScriptedModel, WordEncoder

REPLY = "Unused days may be carried over until 31 March."


@pytest.fixture
def data(tmp_path: Path) -> BenchData:
    folder = tmp_path / "rules"
    texts = {"leave": f"{REPLY} Other days lapse.", "pay": "Salaries are paid on the last working day."}
    write_lines(folder / "corpus.jsonl", [{"_id": key, "title": key, "text": text} for key, text in texts.items()])
    write_lines(folder / "queries.jsonl", [{"_id": "q1", "text": "Until when may unused days be carried over?"}])
    write_lines(folder / "answers.jsonl", [{"query_id": "q1", "answers": ["31 March"]}])
    (folder / "qrels").mkdir()
    (folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tleave\t1\n")
    return load_data(folder, "dev")


def searcher(data: BenchData) -> Searcher:
    return Searcher(PassageIndex.build(passages_of(data.corpus), WordEncoder()), WordEncoder())


def test_a_draft_that_passes_is_right_and_not_longer_than_what_it_cites(data: BenchData) -> None:
    shown = evaluate_drafts(
        data,
        searcher(data),
        {"said": Drafting(Recorded(ScriptedModel(REPLY)))},
        confidence=replace(load_confidence(), threshold=0.0),
    )
    assert [(one.evidence, one.answered) for one in shown] == [("found", True), ("gold", True)]
    for one in shown:
        assert (one.measures["right"], one.measures["phrased"], one.measures["passed"]) == (1.0, 1.0, 1.0)
        assert (one.measures["words"], one.measures["within_twice"]) == (9.0, 1.0)


def test_a_draft_that_fails_is_replaced_by_quotations(data: BenchData) -> None:
    wrong = ScriptedModel("Unused days may be carried over until 30 June.")
    gold = evaluate_drafts(data, searcher(data), {"wrong": Drafting(Recorded(wrong)), "quoted": quoted})[-2:]
    assert [one.measures["phrased"] for one in gold] == [0.0, 0.0]
    assert [one.measures["right"] for one in gold] == [1.0, 1.0]
    assert gold[0].measures["passed"] == 0.0


def test_a_rule_cuts_the_best_sentence(data: BenchData) -> None:
    gold = evaluate_drafts(data, searcher(data), {"cut": cut})[-1]
    assert (gold.measures["right"], gold.measures["words"]) == (1.0, 9.0)


def test_a_refused_question_counts_as_not_right_in_the_end(data: BenchData) -> None:
    shown = evaluate_drafts(
        data,
        searcher(data),
        {"said": Drafting(Recorded(ScriptedModel(REPLY)))},
        confidence=replace(load_confidence(), threshold=1.1),
    )
    found = drafts_json(shown)["found"]["said"]
    assert (found["right"]["mean"], found["right_and_not_refused"]["mean"]) == (1.0, 0.0)


def test_citations_are_held_against_the_judged_passages(data: BenchData) -> None:
    both = replace(data.questions[0], wanted={"leave": 1, "pay": 1})
    shown = evaluate_drafts(replace(data, questions=(both,)), searcher(data), {"cut": cut})
    assert {(one.measures["citation_precision"], one.measures["citation_recall"]) for one in shown} == {(1.0, 0.5)}


def test_citations_of_refused_questions_are_left_aside(data: BenchData) -> None:
    wrong = replace(data.questions[0], wanted={"pay": 1})
    shown = evaluate_drafts(
        replace(data, questions=(wrong,)),
        searcher(data),
        {"cut": cut},
        confidence=replace(load_confidence(), threshold=0.0),
    )
    one = next(row for row in shown if row.evidence == "found")
    right = replace(one, measures={"right": 1.0, "citation_precision": 1.0, "citation_recall": 1.0})
    found = drafts_json([replace(one, answered=False), right])["found"]["cut"]
    assert (found["citation_precision"]["mean"], found["citation_precision_of_answered"]["mean"]) == (0.5, 1.0)
    nothing = drafts_json([replace(one, answered=False)])["found"]["cut"]
    assert "citation_precision_of_answered" not in nothing


def test_conditions_of_the_gold_answer_are_looked_for(data: BenchData) -> None:
    assert conditions("yes (if: you are over 18; you live in Wales)") == ["you are over 18", "you live in Wales"]
    assert conditions("yes") == []
    golds = ("31 March (if: unused days may be carried over; the tide is high)",)
    asked = replace(data, questions=(replace(data.questions[0], answers=golds),))
    for one in evaluate_drafts(asked, searcher(data), {"cut": cut}):
        assert (one.measures["right"], one.measures["conditions"]) == (1.0, 0.5)


def test_a_sample_is_spread_over_all_questions(data: BenchData) -> None:
    many = replace(data, questions=tuple(replace(data.questions[0], question_id=f"q{at}") for at in range(10)))
    assert [question.question_id for question in many.sampled(4).questions] == ["q0", "q2", "q5", "q7"]
    assert many.sampled(40) is many.sampled(None) is many


def test_decoding_is_compared_over_the_same_drafts() -> None:
    timed = [
        Timed(200, 20, {"plain": Written("One.", 500, 2000, 3000, 20), "lookup": Written("One.", 600, 1000, 1500, 3)}),
        Timed(300, 40, {"plain": Written("Two.", 700, 4000, 6000, 40), "lookup": Written("2.", 600, 1000, 1500, 4)}),
    ]
    found = to_json(timed)
    lookup = found["lookup"]
    assert (lookup["times_quicker"], lookup["times_less_processor"], lookup["same_text"]) == (3.0, 3.0, 0.5)
    assert lookup["times_quicker_after_reading"] == 4800 / 800
    assert (found["plain"]["tokens_per_s"], found["plain"]["times_quicker"]) == (10.0, 1.0)
    assert to_json([]) == {"drafts": 0}


def test_every_prompt_is_drafted_by_every_model() -> None:
    prompts = [[{"role": "user", "content": text}] for text in ("a", "b", "c")]
    models = {"plain": ScriptedModel(REPLY), "lookup": ScriptedModel(REPLY)}
    timed = time_decoding(prompts, models, lambda text: len(text.split()))
    assert [(one.prompt_tokens, one.reply_tokens, list(one.written)) for one in timed] == [
        (1, 9, ["plain", "lookup"])
    ] * 3
    assert to_json(timed)["lookup"]["same_text"] == 1.0
