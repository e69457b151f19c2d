from __future__ import annotations

from assistant.evidence import EvidenceConfig, distil
from retrieval.records import Hit, Passage, Reading
from tests.fakes import WordEncoder

TEXT = "Effective 6 January 2025 · Owner: Femi Oduya\nThe parking garage opens at seven."


def evidence(question: str, text: str = TEXT) -> list[str]:
    hit = Hit(1, 1.0, Passage("d1.v1.p1", "d1", "d1.v1", "Office Guide", "office.md", text))
    return [sentence.quote for sentence in distil(question, [hit], encoder=WordEncoder())]


def test_a_control_line_is_no_evidence_for_a_rule() -> None:
    assert evidence("When does the garage open?") == ["The parking garage opens at seven."]


def test_a_control_line_answers_who_owns_the_document() -> None:
    assert "Effective 6 January 2025 · Owner: Femi Oduya" in evidence("Who is the owner of the office guide?")


def test_a_control_line_stays_where_there_is_nothing_else() -> None:
    only = "Effective 6 January 2025 · Owner: Femi Oduya"
    assert evidence("When does the garage open?", only) == [only]


def test_the_sentence_that_the_reader_points_to_is_preferred() -> None:
    text = "The parking garage opens at seven in the parking house. Parking is free for cyclists."
    question = "parking garage parking"
    reading = Reading(4.0, 57, 64, ((0, 0.1), (57, 0.9)))
    hit = Hit(1, 1.0, Passage("d1.v1.p1", "d1", "d1.v1", "Office Guide", "office.md", text), reading=reading)

    def best(weight: float) -> str:
        config = EvidenceConfig(begins=weight)
        return distil(question, [hit], encoder=WordEncoder(), config=config)[0].quote

    assert best(0.0).startswith("The parking garage")
    assert best(9.0) == "Parking is free for cyclists."


def parking(score: float, log_odds: float) -> Hit:
    reading = Reading(log_odds, 0, 7, ((0, 1.0),))
    return Hit(
        1, score, Passage(f"d{score}{log_odds}", "d1", "d1.v1", "Guide", "a.md", "Parking is free."), reading=reading
    )


def test_of_equal_sentences_the_one_of_the_better_hit_is_preferred() -> None:
    better, worse = parking(1.2, 0.0), parking(1.0, 0.0)
    found = distil("is parking free", [worse, better], encoder=WordEncoder())
    assert [one.passage for one in found] == [better.passage, worse.passage]


def test_of_equal_sentences_the_one_whose_passage_reads_as_an_answer_is_preferred() -> None:
    answers, does_not = parking(1.0, 2.0), parking(1.0, -2.0)
    found = distil("is parking free", [does_not, answers], encoder=WordEncoder())
    assert [one.passage for one in found] == [answers.passage, does_not.passage]


def test_a_sentence_that_nobody_has_read_is_not_preferred_to_one_that_was() -> None:
    read, unread = parking(1.0, 0.0), Hit(1, 1.0, Passage("d", "d", "d", "Guide", "a.md", "Parking is free."))
    found = distil("is parking free", [unread, read], encoder=WordEncoder())
    assert [one.passage for one in found] == [read.passage, unread.passage]


def test_a_sentence_is_encoded_once() -> None:
    encoder = WordEncoder()
    distil("is parking free", [parking(1.0, 0.0)], encoder=encoder)
    assert encoder.encoded == ["is parking free", "Guide\nParking is free."]


def test_an_opener_without_what_it_opens_is_no_evidence() -> None:
    text = "Notice is given in writing to Payroll.\nThe following notice periods apply:"
    assert evidence("which notice periods apply", text) == ["Notice is given in writing to Payroll."]
    assert evidence("which notice periods apply", "The following notice periods apply:") == [
        "The following notice periods apply:"
    ]
