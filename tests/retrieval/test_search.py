from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from retrieval.errors import IndexMismatch
from retrieval.index import PassageIndex
from retrieval.records import Passage
from retrieval.scope import Scope
from retrieval.search import Mode, SearchConfig, Searcher
from tests.fakes import OverlapReader, OverlapReranker, WordEncoder


def passage(number: int, text: str, **fields: object) -> Passage:
    base = Passage(
        passage_id=f"d{number}.v1.p0001",
        document_id=f"d{number}",
        version_id=f"d{number}.v1",
        title="",
        file="a.md",
        text=text,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


PASSAGES = [
    passage(1, "unused leave days lapse in march"),
    passage(2, "managers may see salary bands", audience=frozenset({"managers"})),
    passage(3, "old travel rule: first class", effective_to=date(2024, 12, 31)),
    passage(4, "new travel rule: second class", effective_from=date(2025, 1, 1)),
    passage(5, "parental leave in Germany is 14 months", jurisdiction="DE"),
    passage(6, "parental leave in Britain is 26 weeks", jurisdiction="GB"),
]


def searcher(passages: list[Passage] = PASSAGES) -> Searcher:
    encoder = WordEncoder()
    return Searcher(PassageIndex.build(passages, encoder), encoder, reranker=OverlapReranker())


def found(question: str, scope: Scope, mode: Mode = Mode.HYBRID) -> list[str]:
    return [hit.passage.document_id for hit in searcher().search(question, mode=mode, scope=scope).hits]


def test_scores_do_not_tell_which_words_restricted_passages_hold() -> None:
    scores = [searcher().search(f"travel {word}", rerank=False).hits[0].scores for word in ("salary", "elephant")]
    covered = [(each.fused or 0.0) - (each.dense or 0.0) for each in scores]
    assert covered[0] == pytest.approx(covered[1])


def test_equal_passages_rank_by_id() -> None:
    same = [passage(number, "unused leave days lapse in march") for number in range(1, 8)]
    result = searcher(same + PASSAGES[3:]).search("unused leave", rerank=False)
    assert len({hit.score for hit in result.hits[:7]}) == 1
    assert [hit.passage.document_id for hit in result.hits[:7]] == [f"d{number}" for number in range(1, 8)]


@pytest.mark.parametrize("mode", list(Mode))
class TestScope:
    def test_nobody_finds_no_restricted_passage(self, mode: Mode) -> None:
        assert "d2" not in found("salary bands", Scope(), mode)
        assert found("salary bands", Scope(groups=frozenset({"managers"})), mode)[0] == "d2"

    def test_only_what_is_in_force_that_day_is_found(self, mode: Mode) -> None:
        assert found("travel rule class", Scope(as_of=date(2024, 6, 1)), mode)[0] == "d3"
        now = found("travel rule class", Scope(as_of=date(2025, 6, 1)), mode)
        assert now[0] == "d4"
        assert "d3" not in now

    def test_other_countries_are_left_out(self, mode: Mode) -> None:
        here = found("parental leave", Scope(jurisdiction="DE"), mode)
        assert here[0] == "d5"
        assert "d6" not in here


def test_ranks_start_at_one_and_scores_fall() -> None:
    hits = searcher().search("parental leave months").hits
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    reranked = [hit.scores.rerank for hit in hits if hit.scores.rerank is not None]
    assert reranked == sorted(reranked, reverse=True)


def test_every_hybrid_hit_has_both_scores() -> None:
    hits = searcher().search("leave", rerank=False).hits
    assert all(hit.scores.bm25 is not None and hit.scores.dense is not None for hit in hits)


def test_ties_break_by_passage_id() -> None:
    hits = searcher([passage(n, "the same words") for n in (3, 1, 2)]).search("same words").hits
    assert [hit.passage.document_id for hit in hits] == ["d1", "d2", "d3"]


def test_question_without_known_words_does_not_fail() -> None:
    assert searcher().search("zzz", mode=Mode.BM25).hits == ()
    searcher().search("zzz")


@pytest.mark.parametrize("question", ["", "  \n", "?!", "…"])
@pytest.mark.parametrize("mode", list(Mode))
def test_a_question_without_words_finds_nothing(question: str, mode: Mode) -> None:
    assert searcher().search(question, mode=mode).hits == ()


def test_empty_index_gives_no_hits() -> None:
    assert searcher([]).search("leave").hits == ()


def test_another_encoder_is_refused() -> None:
    index = PassageIndex.build(PASSAGES, WordEncoder(name="old"))
    with pytest.raises(IndexMismatch, match="index rebuild"):
        Searcher(index, WordEncoder(name="new"))


def test_unchanged_passages_are_not_encoded_again() -> None:
    encoder = WordEncoder()
    first = PassageIndex.build(PASSAGES, encoder)
    encoder.encoded.clear()
    added = passage(0, "a new passage about bicycles")
    second = PassageIndex.build([*PASSAGES[1:], added], encoder, previous=first)
    assert encoder.encoded == [added.searchable]
    anew = Searcher(PassageIndex.build([*PASSAGES[1:], added], WordEncoder()), WordEncoder())
    for question in ("bicycles", "travel rule class", "unused leave"):
        ours = Searcher(second, encoder).search(question).hits
        assert [(h.passage, round(h.score, 5)) for h in ours] == [
            (h.passage, round(h.score, 5)) for h in anew.search(question).hits
        ]


def test_what_reads_best_of_the_best_comes_first_and_the_rest_stays_below() -> None:
    encoder = WordEncoder()
    texts = [
        "leave leave leave leave leave",
        "leave",
        "unused leave days lapse in march",
        "leave and leave and more leave",
    ]
    index = PassageIndex.build([passage(number, text) for number, text in enumerate(texts, start=1)], encoder)
    config = SearchConfig(read_pool=3)
    plain = Searcher(index, encoder, config=config).search("unused leave lapse").hits
    hits = Searcher(index, encoder, reader=OverlapReader(), config=config).search("unused leave lapse").hits
    assert {hit.passage.passage_id for hit in hits} == {hit.passage.passage_id for hit in plain}
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert [hit.reading is not None for hit in hits] == [True, True, True, False]
    assert hits[0].passage.document_id == "d3"
    assert hits[0].score == pytest.approx(plain[0].score + OverlapReader.rank_weight * 4)  # sure, but counted up to 4
    assert all(
        hit.reading is None
        for hit in Searcher(index, encoder, reader=OverlapReader()).search("leave", rerank=False).hits
    )


GERMAN = [
    passage(1, "Der Jahresurlaub beträgt 30 Arbeitstage."),
    passage(2, "Reisekosten werden nach der Reise abgerechnet."),
    passage(3, "Sonderurlaub nur für Führungskräfte", audience=frozenset({"managers"})),
    passage(4, "Früher: Urlaub von 28 Tagen", effective_to=date(2024, 12, 31)),
]


@pytest.mark.parametrize(
    ("question", "best"), [("wie viel urlaub hab ich", "d1"), ("bis wann muss ich die kosten meiner reisen abrechnen", "d2")]
)  # fmt: skip
def test_german_words_are_found_within_others(question: str, best: str) -> None:
    hits = searcher(GERMAN).search(question, rerank=False, scope=Scope(as_of=date(2026, 1, 1))).hits
    assert hits[0].passage.document_id == best
    assert {hit.passage.document_id for hit in hits} == {"d1", "d2"}  # what is restricted or over stays so


def test_pieces_do_not_tell_which_words_restricted_passages_hold() -> None:
    scores = [
        searcher(GERMAN).search(f"wie viel urlaub {word}", rerank=False).hits[0].scores
        for word in ("Führungskräfte", "Quarz")
    ]
    covered = [(each.fused or 0.0) - (each.dense or 0.0) for each in scores]
    assert covered[0] == pytest.approx(covered[1])


def test_english_questions_are_found_by_whole_words() -> None:
    joined = [passage(1, "homework"), passage(2, "work at home"), passage(3, "leave")]
    covered = {
        hit.passage.document_id: (hit.scores.fused or 0.0) - (hit.scores.dense or 0.0)
        for hit in searcher(joined).search("may I work", rerank=False).hits
    }
    assert covered["d1"] == pytest.approx(0)
    assert covered["d2"] > 0
