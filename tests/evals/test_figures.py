from __future__ import annotations

import json

from evals.figures import figures_only

RESULT = {
    "systems": {"bm25": {"nDCG@10": {"mean": 0.5}}},
    "weakest": [{"question": "secret words"}],
    "per_question": {
        "q1": {
            "text": "secret words",
            "answer": "secret words",
            "status": "answered",
            "citations": [{"passage_id": "p1", "quote": "secret words"}],
            "systems": {"bm25": {"nDCG@10": 0.5}},
        }
    },
}


def test_no_text_is_left_and_every_figure_is_kept():
    found = figures_only(RESULT)

    assert "secret" not in json.dumps(found)
    assert found["systems"] == RESULT["systems"]
    assert found["per_question"]["q1"] == {
        "status": "answered",
        "citations": [{"passage_id": "p1"}],
        "systems": {"bm25": {"nDCG@10": 0.5}},
    }


def test_the_whole_result_is_left_as_it_was():
    figures_only(RESULT)

    assert RESULT["per_question"]["q1"]["text"] == "secret words"
