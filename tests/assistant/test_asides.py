"""Clauses that quotations refer to, and defined terms, beside an answer."""

from __future__ import annotations

from datetime import date

from assistant.asides import Asides
from assistant.records import Answer, Aside, AsideKind, Citation, Status
from assistant.render import aside_line
from assistant.wording import wording
from retrieval.records import Passage
from retrieval.scope import Scope

PASSAGES = [
    Passage("a.v1.p1", "a", "a.v1", "Addendum", "a.md", "Notice is as in section 5 of the Handbook. See the Vault Rules, clause 1.", ("1 Notice",)),
    Passage("h.v1.p1", "h", "h.v1", "Handbook", "h.md", "5.1 Notice is one month.", ("5 Notice",), effective_to=date(2024, 12, 31)),
    Passage("h.v2.p1", "h", "h.v2", "Handbook", "h.md", '4.1 Days are taken by June, subject to clause 4.2.\n4.2 Days lapse on a Cut-off Date.\n4.3 Except as clause 4.3 says, "Cut-off Date" is not used.', ("4 Leave",), effective_from=date(2025, 1, 1)),
    Passage("h.v2.p2", "h", "h.v2", "Handbook", "h.md", '1.1 "Cut-off Date" means 31 March.', ("1 Definitions",), effective_from=date(2025, 1, 1)),
    Passage("h.v2.p3", "h", "h.v2", "Handbook", "h.md", "5.1 The canteen opens at noon.\n5.2 Notice periods are two months.\n5.3 Letters are white.", ("5 Notice",), effective_from=date(2025, 1, 1)),
    Passage("r.v1.p1", "r", "r.v1", "Vault Rules", "r.md", "1. The code is secret.", ("Vault",), audience=frozenset({"guards"})),
]  # fmt: skip
BY_ID = {passage.passage_id: passage for passage in PASSAGES}


def beside(question: str, passage_id: str, quote: str, scope: Scope | None = None) -> list[tuple[str, str, int, str]]:
    passage = BY_ID[passage_id]
    start = passage.text.index(quote)
    citation = Citation(1, passage, start, start + len(quote))
    found = Asides(PASSAGES).beside(question, [citation], scope or Scope(as_of=date(2025, 6, 1)))
    return [(one.kind.value, one.about, one.citation.number, one.citation.quote) for one in found]


def test_the_clause_a_quotation_is_subject_to_is_offered() -> None:
    found = beside("By when are days taken?", "h.v2.p1", "4.1 Days are taken by June, subject to clause 4.2.")
    assert found == [("reference", "clause 4.2", 2, "4.2 Days lapse on a Cut-off Date.")]


def test_a_term_is_offered_with_its_definition() -> None:
    found = beside("When do days lapse?", "h.v2.p1", "4.2 Days lapse on a Cut-off Date.")
    assert found == [("definition", "Cut-off Date", 2, '1.1 "Cut-off Date" means 31 March.')]


def test_of_a_section_the_sentence_on_the_question_is_offered() -> None:
    quote = "Notice is as in section 5 of the Handbook."
    assert beside("How long are notice periods?", "a.v1.p1", quote) == [
        ("reference", "section 5 of the Handbook", 2, "5.2 Notice periods are two months.")
    ]
    assert beside("Who signs?", "a.v1.p1", quote) == []


def test_the_version_of_the_day_is_offered() -> None:
    found = beside("How long is notice?", "a.v1.p1", "Notice is as in section 5 of the Handbook.", Scope(as_of=date(2024, 5, 1)))  # fmt: skip
    assert [quote for *_, quote in found] == ["5.1 Notice is one month."]


def test_what_the_reader_may_not_see_is_not_offered() -> None:
    quote = "See the Vault Rules, clause 1."
    assert beside("What is the code?", "a.v1.p1", quote) == []
    guard = Scope(frozenset({"guards"}), date(2025, 6, 1))
    assert [shown for *_, shown in beside("What is the code?", "a.v1.p1", quote, guard)] == ["1. The code is secret."]


def test_what_is_quoted_already_and_the_clause_itself_are_not_offered() -> None:
    whole = PASSAGES[2].text
    assert [kind for kind, *_ in beside("days?", "h.v2.p1", whole)] == ["definition"]
    assert beside("days?", "h.v2.p1", "Except as clause 4.3 says") == []


def test_asides_are_sources_and_lines_of_the_answer() -> None:
    first, second = Citation(1, PASSAGES[0], 0, 6), Citation(2, PASSAGES[2], 0, 3)
    aside = Aside(AsideKind.REFERENCE, "clause 4.2", 1, second)
    answer = Answer(
        "q", "q", Status.ANSWERED, None, "t", (), (first,), (), 1.0, date(2025, 6, 1), "quote", 1, asides=(aside,)
    )
    assert answer.sources == (first, second)
    assert aside_line(aside, wording("en")) == "See clause 4.2\\: 4.1\u00a0[2](#source-2)"
    assert aside_line(aside, wording("de-DE")).startswith("Siehe clause 4.2\\: 4.1")
