from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from evals.answers import evaluate_answers
from evals.beir import load_data
from evals.compare import read_result
from evals.data import BenchData, CorpusText, Question
from evals.models import Models
from evals.plots import latencies
from evals.report import render
from evals.retrieval import evaluate_retrieval
from retrieval.errors import WrongUsage
from tests.evals.folders import write_folder
from tests.evals.test_gate import Citing
from tests.fakes import OverlapReranker, WordEncoder

VOID = {"meta", "br", "img", "link", "input", "hr", "line", "rect", "path", "circle"}


class Tags(HTMLParser):
    """Every tag with its attributes; fails on one that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID or tag in ("rect", "path", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def data(tmp_path: Path) -> BenchData:
    return load_data(write_folder(tmp_path / "rules"))


def retrieval(data: BenchData, cache: Path) -> dict[str, Any]:
    models = Models(WordEncoder(), OverlapReranker())
    return evaluate_retrieval(data, ["bm25", "dense", "reranked"], models, cache=cache).to_json()


def tags_of(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    return tags


@pytest.mark.parametrize("kind", ["retrieval", "answers"])
def test_the_report_asks_nothing_from_anywhere(data: BenchData, tmp_path: Path, kind: str) -> None:
    result = (
        retrieval(data, tmp_path)
        if kind == "retrieval"
        else evaluate_answers(data, Citing(data, 1), model="fake").to_json()
    )
    page = render(result)
    found = tags_of(page).found
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in found}
    assert not any({"src", "href", "srcset", "style"} & attributes.keys() for _, attributes in found)
    assert not re.search(r"https?://|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page


def test_the_retrieval_report_shows_measures_latency_and_the_weakest_questions(data: BenchData, tmp_path: Path) -> None:
    result = retrieval(data, tmp_path)
    page = render(result)
    for part in (
        "Retrieval on rules",
        "nDCG@10",
        "Who is better than whom",
        "Latency of single searches",
        "half=first",
        "Where it went wrong",
    ):
        assert part in page
    assert result["weakest"][0]["question"] in page
    assert result["corpus_fingerprint"][:16] in page
    # One panel a measure, the differences and the latencies.
    assert sum(tag == "svg" for tag, _ in tags_of(page).found) == 8


def test_the_answers_report_shows_risk_over_coverage(data: BenchData) -> None:
    page = render(evaluate_answers(data, Citing(data), model="fake").to_json())
    assert "100 % of 60 answerable questions get an answer that rests on the gold words" in page
    assert "100 % of 10 unanswerable ones are refused" in page
    assert "as set: 86% answered, 0.0% of those wrong" in page


def test_texts_of_documents_are_shown_not_run(tmp_path: Path) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    corpus = (CorpusText("a", attack, f"leave {attack}"), CorpusText("b", "", "leave"))
    data = BenchData(tmp_path, "test", corpus, (Question("q", f"leave {attack}", wanted={"b": 1}),))
    page = render(evaluate_retrieval(data, ["bm25"], Models(WordEncoder(), None), cache=tmp_path).to_json())
    assert attack not in page
    assert "&lt;script&gt;" in page


def test_lines_of_a_plot_are_the_figures_of_the_result() -> None:
    drawn = latencies({"a": {"samples": [1.0, 100.0], "p50": 50.5, "p95": 95.05}}, title="speed")
    assert re.findall(r"p\d\d [\d.]+ ms", drawn) == ["p50 50.5 ms", "p95 95.0 ms"]


def figure(mean: float) -> dict[str, Any]:
    return {"mean": mean, "ci95": [mean - 0.1, mean + 0.1], "n": 10}


def test_a_result_that_holds_what_the_contract_says_and_no_more_is_drawn(tmp_path: Path) -> None:
    """As another maker's tool would write it."""
    systems = {
        name: {measure: figure(mean) for measure in ("nDCG@10", "R@10", "R@100", "RR@10")} | {"latency_ms": {"p50": 3.0, "p95": 9.0}}
        for name, mean in (("ours", 0.8), ("theirs", 0.5))
    }  # fmt: skip
    about = {"data": "rules", "split": "test", "questions": 10, "machine": "a laptop", "commit": "c0ffee"}
    compared = {"a": "theirs", "b": "ours", "measure": "nDCG@10", "difference": 0.3, "ci95": [0.1, 0.5], "p": 0.001}
    retrieval = {**about, "systems": systems, "comparisons": [compared], "per_question": {}}
    names = ("answer_f1", "must_hold", "citation_precision", "citation_recall", "page_match", "supported_claims")
    rates = {name: figure(0.2) for name in ("false_answer_rate", "false_refusal_rate", "auroc")}
    times = {name: figure(900.0) for name in ("first_evidence", "first_token", "total")}
    answers = {**{name: figure(0.7) for name in names}, "data": "rules", "split": "test", "questions": 10,
               "abstention": rates, "latency_ms": times}  # fmt: skip
    for result, parts in (
        (retrieval, ("Retrieval on rules", "ours ranks best, significantly ahead of theirs.", "a laptop", "0.800")),
        (answers, ("Answers on rules", "80 % of 10 unanswerable ones are refused", "required words held")),
    ):
        (tmp_path / "r.json").write_text(json.dumps(result))
        page = render(read_result(tmp_path / "r.json"))
        tags_of(page)
        for part in parts:
            assert part in page


def test_a_folder_is_asked_for_the_result_in_it(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("{}")
    with pytest.raises(WrongUsage, match=r"is a folder; name a result in it: r\.json"):
        read_result(tmp_path)
