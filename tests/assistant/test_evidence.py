from __future__ import annotations

from dataclasses import replace

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


def test_a_control_line_stays_where_the_reader_takes_nothing_else_for_an_answer() -> None:
    def read(text: str, log_odds: float) -> Hit:
        passage = Passage(f"d{log_odds}.v1.p1", "d", "d.v1", "Guide", "guide.md", text)
        return Hit(1, 1.0, passage, reading=Reading(log_odds, 0, 4, ((0, 1.0),)))

    owner, rule = "Owner: Ada Moss, Head of People", "Every trip needs the approval of the department head."
    hits = [read(owner, 3.0), read(rule, -1.0)]
    assert distil("Who is head of people?", hits, encoder=WordEncoder())[0].quote == owner
    both = [read(owner, 3.0), read(rule, 1.0)]
    assert [one.quote for one in distil("Who is head of people?", both, encoder=WordEncoder())] == [rule]
    assert distil("Who is head of people?", [], encoder=WordEncoder()) == []


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


def parking(score: float, log_odds: float, further: str = "") -> Hit:
    reading = Reading(log_odds, 0, 7, ((0, 1.0),))
    text = f"Parking is free. {further}".strip()
    return Hit(1, score, Passage(f"d{score}{log_odds}", "d1", "d1.v1", "Guide", "a.md", text), reading=reading)


def test_of_equal_sentences_the_one_of_the_better_hit_is_preferred() -> None:
    better, worse = parking(1.2, 0.0), parking(1.0, 0.0, "Yes.")
    found = distil("is parking free", [worse, better], encoder=WordEncoder())
    assert [one.passage for one in found if "free" in one.quote] == [better.passage]


def test_of_equal_sentences_the_one_whose_passage_reads_as_an_answer_is_preferred() -> None:
    answers, does_not = parking(1.0, 2.0), parking(1.0, -2.0, "Yes.")
    found = distil("is parking free", [does_not, answers], encoder=WordEncoder())
    assert [one.passage for one in found if "free" in one.quote] == [answers.passage]


def policy(
    number: int, text: str, section: str = "Rules", jurisdiction: str | None = None, title: str = "Guide"
) -> Hit:
    name = f"d{number}"
    passage = Passage(
        f"{name}.v1.p1",
        name,
        f"{name}.v1",
        title,
        f"{name}.md",
        text,
        section_path=(section,),
        jurisdiction=jurisdiction,
    )
    return Hit(number, 1.0 / number, passage)


def documents(question: str, *hits: Hit, **few: int) -> list[str]:
    found = distil(question, hits, encoder=WordEncoder(), config=replace(EvidenceConfig(), **few))
    return [one.passage.document_id for one in found]


def test_what_several_documents_say_alike_is_said_once() -> None:
    rule = "Unused days of annual leave may be carried over until the end of March."
    copies = [policy(1, f"- {rule}"), policy(2, rule), policy(3, f"{rule} Sick leave is another matter.")]
    assert documents("unused days of leave", *copies, sentences=2) == ["d1", "d3"]
    # A copy takes no other document's place among the hits that sentences are taken from.
    other = policy(4, "Leave is requested in the portal.")
    assert "d4" in documents("unused days of leave", policy(1, rule), policy(2, rule), policy(3, rule), other, hits=2)


def test_what_differs_in_a_sign_a_heading_or_a_country_is_not_one_thing() -> None:
    rule = "Unused days of annual leave may be carried over until the end of March."
    assert documents("unused leave", policy(1, rule, jurisdiction="DE"), policy(2, rule, jurisdiction="GB")) == [
        "d1",
        "d2",
    ]
    allowance = "The allowance for a day on a business trip is €50 for everybody."
    for other in (allowance.replace("€", "£"), allowance.replace("€50", "50%"), allowance.replace("50", "5.0")):
        assert documents("allowance", policy(1, allowance), policy(2, other)) == ["d1", "d2"]
    benefit = "Paid from the first day of employment onwards to all employees."
    assert documents("pension", policy(1, benefit, "Bike lease"), policy(2, benefit, "Pension")) == ["d1", "d2"]
    short = "Up to five days."
    assert documents("how many days", policy(1, short), policy(2, short)) == ["d1"]
    assert documents("how many days", policy(1, short), policy(2, short, title="Sabbatical")) == ["d1", "d2"]


def test_an_item_under_other_words_is_not_the_same() -> None:
    items = "\n".join(f"- {number} take the oldest company cars out of the garage at night" for number in range(8))
    text = f"Sales staff may:\n{items}\nEmployees must not:\n{items}"
    assert len(documents("oldest company cars", policy(1, text), sentences=20)) == 16


def test_a_question_in_the_text_is_evidence_with_its_answer_alone() -> None:
    text = "How do I request leave? Requests go to the manager through the portal."
    assert evidence("How do I request leave?", text) == [text]
    faq = "May I carry days over? No. May I sell days? Yes, if the manager agrees."
    assert set(evidence("May I carry days over?", faq)) == {
        "May I carry days over? No.",
        "May I sell days? Yes, if the manager agrees.",
    }
    assert evidence("When is lunch?", "Lunch is at noon. What else?") == ["Lunch is at noon."]
    assert evidence("How do I request leave?", "How do I request leave?") == ["How do I request leave?"]


def test_a_sentence_that_nobody_has_read_is_not_preferred_to_one_that_was() -> None:
    read, unread = parking(1.0, 0.0), Hit(1, 1.0, Passage("d", "d", "d", "Guide", "a.md", "Parking is free. No."))
    found = distil("is parking free", [unread, read], encoder=WordEncoder())
    assert [one.passage for one in found if "free" in one.quote] == [read.passage]


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
