from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals import peers, ranking
from evals.beir import load_data
from evals.data import BenchData, CorpusText, Question
from evals.measures import MEASURES, per_question
from evals.models import Models
from evals.ranking import named_documents, slices
from evals.retrieval import RetrievalOutcome, evaluate_retrieval
from evals.systems import RetrieverSystem, other_system, passages_of
from evals.trec import read_run
from retrieval.errors import NotReady, WrongUsage
from retrieval.particulars import scope_of
from tests.evals.folders import write_folder
from tests.fakes import OverlapReranker, WordEncoder


@pytest.fixture
def data(tmp_path: Path) -> BenchData:
    return load_data(write_folder(tmp_path / "rules"))


def evaluate(data: BenchData, cache: Path, *names: str) -> RetrievalOutcome:
    return evaluate_retrieval(data, names, Models(WordEncoder(), OverlapReranker()), cache=cache)


def test_every_system_is_scored_with_intervals_latency_and_comparisons(data: BenchData, tmp_path: Path) -> None:
    found = evaluate(data, tmp_path, "bm25", "dense", "hybrid", "reranked").to_json()
    assert (found["data"], found["split"], found["questions"]) == ("rules", "test", 60)
    assert list(found["systems"]) == ["bm25", "dense", "hybrid", "reranked"]
    for system in found["systems"].values():
        for measure in MEASURES:
            low, high = system[measure]["ci95"]
            assert 0 <= low <= system[measure]["mean"] <= high <= 1
            assert system[measure]["n"] == 60
        assert 0 < system["latency_ms"]["p50"] <= system["latency_ms"]["p95"]
    assert found["systems"]["bm25"]["R@10"]["mean"] > 0.9
    assert len(found["comparisons"]) == 6 * len(MEASURES)
    assert found["comparisons"][0].keys() >= {"a", "b", "measure", "difference", "ci95", "p"}
    assert found["per_question"]["q00"]["systems"]["bm25"].keys() >= set(MEASURES)
    json.dumps(found)


def test_the_same_run_twice_gives_the_same_values(data: BenchData, tmp_path: Path) -> None:
    first, second = (evaluate(data, tmp_path, "hybrid", "reranked").to_json() for _ in range(2))
    assert first["per_question"] == second["per_question"]
    assert first["corpus_fingerprint"] == second["corpus_fingerprint"]


def test_run_files_give_the_same_values_again(data: BenchData, tmp_path: Path) -> None:
    outcome = evaluate(data, tmp_path, "bm25", "dense")
    outcome.write_runs(tmp_path / "runs")
    again = per_question(data.qrels, read_run(tmp_path / "runs" / "rules-test-dense.run"))
    for question, values in outcome.systems[1].values.items():
        assert again[question] == pytest.approx(values, abs=1e-6)


def test_a_run_file_of_another_tool_is_a_system(data: BenchData, tmp_path: Path) -> None:
    path = tmp_path / "peer.run"
    path.write_text("".join(f"q{n:02d} Q0 rule-{n:02d} 1 1.0 peer\n" for n in range(30)))
    found = evaluate_retrieval(data, [str(path)], None, cache=tmp_path).to_json()
    assert found["systems"]["peer"]["hit@1"]["mean"] == 0.5
    assert found["slices"]["half=first"]["systems"]["peer"]["hit@1"]["mean"] == 1.0


def make_retriever(documents: list[Any]) -> Any:
    """What ``--systems tests.evals.test_retrieval:make_retriever`` imports."""

    class Reversed:
        def invoke(self, question: str) -> list[Any]:
            return documents[::-1]

    return Reversed()


def test_a_langchain_retriever_is_a_system(data: BenchData) -> None:
    system = other_system("tests.evals.test_retrieval:make_retriever", data.corpus)
    assert [text for text, _ in system.search(data.judged[0], k=2)] == ["rule-59", "rule-58"]


def test_a_run_file_is_not_timed(data: BenchData, tmp_path: Path) -> None:
    path = tmp_path / "peer.run"
    path.write_text("q00 Q0 rule-00 1 1.0 peer\n")
    latency = evaluate_retrieval(data, [str(path)], None, cache=tmp_path).to_json()["systems"]["peer"]["latency_ms"]
    assert (latency["p50"], latency["p95"], latency["n"]) == (None, None, 0)


def test_a_run_of_other_questions_is_refused_not_scored_0(data: BenchData, tmp_path: Path) -> None:
    path = tmp_path / "other.run"
    path.write_text("x1 Q0 rule-00 1 1.0 peer\n")
    with pytest.raises(WrongUsage, match="ranks none of the 60 questions; give the run of rules, test"):
        evaluate_retrieval(data, [str(path)], None, cache=tmp_path)


def test_a_run_of_another_corpus_is_refused_not_scored_0(data: BenchData, tmp_path: Path) -> None:
    path = tmp_path / "other.run"
    path.write_text("".join(f"q{n:02d} Q0 text{n} 1 1.0 peer\n" for n in range(60)))
    with pytest.raises(
        WrongUsage, match=r"ranks no text that corpus\.jsonl holds, but such as 'text0'; give the run of"
    ):
        evaluate_retrieval(data, [str(path)], None, cache=tmp_path)


def test_questions_that_a_run_leaves_out_are_counted(data: BenchData, tmp_path: Path) -> None:
    path = tmp_path / "peer.run"
    path.write_text("".join(f"q{n:02d} Q0 rule-{n:02d} 1 1.0 peer\n" for n in range(20)))
    found = evaluate_retrieval(data, [str(path)], None, cache=tmp_path).to_json()["systems"]["peer"]
    assert (found["hit@1"]["mean"], found["nothing_found"]) == (pytest.approx(1 / 3), 40)


def test_documents_that_a_store_gave_ids_of_its_own_are_known_by_their_text(data: BenchData) -> None:
    from langchain_core.documents import Document

    class Store:
        def invoke(self, question: str) -> list[Document]:
            return [Document(id="7c9e6679", page_content=text) for text in (data.corpus[3].text, question)]

    system = RetrieverSystem("store", Store(), data.corpus)
    assert system.search(Question("q", data.corpus[5].text), k=9) == (("rule-03", 1.0), ("rule-05", 0.5))
    with pytest.raises(WrongUsage, match=r"store returned a document without an id of corpus\.jsonl"):
        system.search(Question("q", "text that the corpus does not hold"), k=9)


def test_a_peer_is_timed_as_deep_as_ours() -> None:
    asked: list[int] = []

    class Peer:
        def build(self, *_: object) -> None: ...

        def search(self, question: str, k: int = 1) -> list[str]:
            asked.append(k)
            return []

    retriever = peers._AsRetriever.__new__(peers._AsRetriever)
    retriever._contender, retriever._documents = Peer(), {}
    system = RetrieverSystem("peer", retriever, ())
    ranking.measure_latency(system, [Question("q", "what?")])
    assert set(asked) == {ranking.LATENCY_K}
    system.search(Question("q", "what?"), k=100)
    assert asked[-1] == 100


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bm26", "no system 'bm26'"),
        ("no.module:x", "cannot be imported"),
        ("json:decoder", "no retriever"),
        ("json:nothing", "cannot be imported"),
    ],
)
def test_what_is_no_system_is_refused(data: BenchData, name: str, said: str) -> None:
    with pytest.raises(WrongUsage, match=said):
        other_system(name, data.corpus)


def test_reranked_without_a_reranker_is_not_ready(data: BenchData, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no reranker"):
        evaluate_retrieval(data, ["reranked"], Models(WordEncoder(), None), cache=tmp_path)


def test_texts_the_encoder_cannot_read_to_their_end_are_counted(data: BenchData, tmp_path: Path) -> None:
    outcome = evaluate_retrieval(data, ["dense"], Models(WordEncoder(max_tokens=10), None), cache=tmp_path)
    assert outcome.long_texts == 60


def test_questions_that_name_their_document_are_scored_inside_it_too(tmp_path: Path) -> None:
    corpus = tuple(
        CorpusText(f"{deed}-{n}", f"{deed} agreement", text)
        for deed in ("orchid", "walnut")
        for n, text in enumerate(["term is one year", "notice in writing", "law of the land"])
    )
    questions = tuple(
        Question(f"{deed}{n}", f"{deed} agreement: {word}?", wanted={f"{deed}-{n}": 1})
        for deed in ("orchid", "walnut")
        for n, word in enumerate(["year", "notice", "law"])
    )
    data = BenchData(tmp_path, "test", corpus, questions)
    assert named_documents(data) == {question.question_id: question.question_id[:-1] for question in questions}
    found = evaluate(data, tmp_path, "bm25").to_json()["systems"]["bm25"]
    assert found["inside_named_document"]["hit@1"]["mean"] == 1.0
    assert found["inside_named_document"]["hit@1"]["n"] == 6


def test_slices_need_a_few_values_shared_by_enough_questions() -> None:
    questions = [
        Question(f"q{n}", "?", {"kind": "ab"[n % 2], "id": f"x{n}", "all": "same", "rare": "yes" if n < 3 else "no"})
        for n in range(40)
    ]
    assert {name: len(ids) for name, ids in slices(questions).items()} == {"kind=a": 20, "kind=b": 20, "rare=no": 37}


def test_metadata_sets_dates_country_and_audience() -> None:
    metadata = {"effective_to": "2024-12-31", "jurisdiction": "DE", "audience": ["hr"], "page": 3}
    passage = passages_of([CorpusText("a", "", "text", metadata)])[0]
    assert (str(passage.effective_to), passage.jurisdiction, passage.audience, passage.page) == (
        "2024-12-31",
        "DE",
        {"hr"},
        3,
    )
    assert scope_of({"as_of": "2024-06-01", "groups": ["hr"], "jurisdiction": "DE"}).allows(passage)
    assert not scope_of({}).allows(passage)
    with pytest.raises(WrongUsage, match="YYYY-MM-DD"):
        scope_of({"as_of": "yesterday"})


@pytest.mark.parametrize(
    "metadata",
    [
        {"audience": "everybody", "section_path": "4 Leave"},
        {"audience": [1, 2], "section_path": {"4": "Leave"}},
        {"effective_from": "last spring", "effective_to": 2024, "jurisdiction": ["DE"], "owner": 7},
        {"page": "3", "kind": ["table"], "file": 12, "version_id": 3.5, "document_id": ["x"]},
    ],
)
def test_metadata_of_another_kind_counts_for_nothing(metadata: dict[str, Any]) -> None:
    assert passages_of([CorpusText("a", "", "text", metadata)]) == passages_of([CorpusText("a", "", "text")])


def test_a_slow_system_is_timed_for_a_while_and_not_on_every_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "LATENCY_BUDGET_S", 0.0)
    questions = [Question(f"q{number}", "how?") for number in range(40)]
    asked: list[str] = []

    class Slow:
        name = "slow"
        filters = False

        def search(self, question: Question, *, k: int, document: str | None = None) -> list[tuple[str, float]]:
            asked.append(question.question_id)
            return []

    assert len(ranking.measure_latency(Slow(), questions).samples_ms) == ranking.LATENCY_LEAST
    assert len(asked) == 3 + ranking.LATENCY_LEAST
