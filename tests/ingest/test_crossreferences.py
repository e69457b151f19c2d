"""Mentions of clauses, and where they lead."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.crossreferences import references
from ingest.places import Place, Places
from retrieval.records import Passage
from retrieval.scope import Scope


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Days lapse, subject to clause 4.2.", ["clause 4.2"]),
        ("The duties in clauses 3, 4.1 and 5(b)(ii) remain.", ["clause 3", "clause 4.1", "clause 5(b)(ii)"]),
        ("The person named in Schedule 2 signs; see Annex B.", ["Schedule 2", "Annex B"]),
        ("The rest period in § 3(3) is kept, see 4.2.", ["clause 3(3)", "clause 4.2"]),
        ("Section 5 of the Employee Handbook applies.", ["section 5"]),
        ("Fees are as defined in section 3.1 (Fees).", ["section 3.1"]),
        ("Section 5 Probation and notice", []),
        ("It contains what section 1 of the Employment Rights Act 1996 asks for.", []),
        ("See section 227.7202 and Article 9(1) GDPR.", []),
        ("In section of the house 37signals works.", []),
        ("Schedule a meeting in the section a colleague runs.", []),
    ],
)
def test_mentions_are_found_and_laws_are_not(text: str, found: list[str]) -> None:
    assert [one.name for one in references(text) if one.title is None or "Act" not in one.title] == found


def test_spans_hold_the_mention() -> None:
    text = "Subject to clauses 4.2 and 5."
    assert [text[one.start : one.end] for one in references(text)] == ["clauses 4.2", "5"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Notice is governed by section 5 of the Employee Handbook.", "Employee Handbook"),
        ("It is set out in the Employee Handbook, section 10.", "Employee Handbook"),
        ("This is no special leave (Employee Handbook, section 9).", "Employee Handbook"),
        ("See the Employee Handbook, section 10, and the Family Guide, § 3.", "Employee Handbook"),
        ("In section 5 of this agreement it says so.", None),
        ("The Company keeps clause 4.", None),
    ],
)
def test_another_document_is_named(text: str, title: str | None) -> None:
    assert references(text)[0].title == title


HANDBOOK = "h"
PASSAGES = [
    Passage("h.v1.p1", "h", "h.v1", "Employee Handbook", "h.md", "5.1 Notice is one month.", ("5 Notice",), effective_to=date(2024, 12, 31)),
    Passage("h.v2.p1", "h", "h.v2", "Employee Handbook", "h.md", "4.1 Thirty days.\n4.2 Days lapse:\n  (a) in March;\n  (b) on leaving.\n4.3 Ask first.", ("4 Leave",), effective_from=date(2025, 1, 1)),
    Passage("h.v2.p2", "h", "h.v2", "Employee Handbook", "h.md", "5.1 Notice is two months.", ("5 Notice",), effective_from=date(2025, 1, 1)),
    Passage("h.v2.p3", "h", "h.v2", "Employee Handbook", "h.md", "(1) Rests are kept.\n(2) Breaks too.", ("§ 6 Rests",), effective_from=date(2025, 1, 1)),
    Passage("h.v2.p4", "h", "h.v2", "Employee Handbook", "h.md", "Room 4.", ("Schedule 2: Rooms",), effective_from=date(2025, 1, 1)),
    Passage("p.v1.p1", "p", "p.v1", "Pay Policy", "p.md", "1.1 Pay is monthly.", ("1 Pay",), audience=frozenset({"payroll"})),
]  # fmt: skip


def resolved(text: str, at: int = 1, scope: Scope | None = None) -> Place | None:
    allows = (scope or Scope(as_of=date(2025, 6, 1))).allows
    return Places(PASSAGES).resolve(references(text)[0], PASSAGES[at], allows)


def words(place: Place | None) -> list[str]:
    return [piece.passage.text[piece.start : piece.end].strip() for piece in place.pieces] if place else []


def test_a_mention_leads_to_the_clause_with_what_is_below_it() -> None:
    assert words(resolved("subject to clause 4.2")) == ["4.2 Days lapse:\n  (a) in March;\n  (b) on leaving."]
    assert words(resolved("subject to clause 4.2(b)")) == ["(b) on leaving."]
    assert words(resolved("as in § 6(2)")) == ["(2) Breaks too."]


def test_a_section_is_everything_below_its_heading() -> None:
    place = resolved("see section 4")
    assert place is not None
    assert place.is_section
    assert words(place) == [PASSAGES[1].text]
    assert words(resolved("named in Schedule 2")) == ["Room 4."]


def test_another_document_is_read_in_the_version_of_the_day() -> None:
    text = "Notice follows section 5 of the Employee Handbook."
    assert words(resolved(text, at=5)) == ["5.1 Notice is two months."]
    assert words(resolved(text, at=5, scope=Scope(as_of=date(2024, 6, 1)))) == ["5.1 Notice is one month."]


def test_what_the_reader_may_not_see_is_not_led_to() -> None:
    text = "as in section 1 of the Pay Policy"
    assert resolved(text) is None
    assert words(resolved(text, scope=Scope(frozenset({"payroll"}), date(2025, 6, 1)))) == ["1.1 Pay is monthly."]


def test_what_is_not_there_leads_nowhere() -> None:
    assert resolved("see clause 9.9") is None
    assert resolved("see section 5 of the Moon Treaty") is None


def test_a_heading_that_is_repeated_must_be_the_places_own() -> None:
    assert words(resolved("see section 5 (Notice)")) == ["5.1 Notice is two months."]
    assert resolved("see section 5 (Docking)") is None
