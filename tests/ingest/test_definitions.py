"""Terms that a version defines, and their uses."""

from __future__ import annotations

import pytest

from ingest.definitions import Glossary, definitions
from retrieval.records import Passage, PassageKind


def passage(text: str, *, at: int = 1, kind: PassageKind = PassageKind.CLAUSE) -> Passage:
    return Passage(f"d.v1.p{at:04d}", "d", "d.v1", "Policy", "p.md", text, kind=kind)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ('1.1 "Eligible employee" means a person who has finished probation.', ["Eligible employee"]),
        ("“Acceptable Use Policy” or “AUP” is defined in Section 9.1.", ["Acceptable Use Policy", "AUP"]),
        ('1.1 "EWC" means the week of birth. "SMP" means statutory pay.', ["EWC", "SMP"]),
        ("For the purposes of this policy, “contribution” means making software available.", ["contribution"]),
        ('The "green" team means well.', []),
        ("Ask your manager. It means a lot.", []),
    ],
)
def test_quoted_terms_are_defined(text: str, terms: list[str]) -> None:
    assert [one.term for one in definitions([passage(text)])] == terms


def test_a_list_of_definitions_defines_term_by_term() -> None:
    text = "In this handbook:\n- Base salary means the gross salary.\n- Working day means Monday to Friday."
    found = definitions([passage(text, kind=PassageKind.DEFINITION)])
    assert [(one.term, text[one.start : one.end]) for one in found] == [
        ("Base salary", "- Base salary means the gross salary."),
        ("Working day", "- Working day means Monday to Friday."),
    ]
    assert definitions([passage(text)]) == []


def test_the_first_definition_counts() -> None:
    found = definitions([passage('"Day" means a date.'), passage('"Day" means 24 hours.', at=2)])
    assert [one.passage.passage_id for one in found] == ["d.v1.p0001"]


GLOSSARY = Glossary.of(
    [
        passage('"Customer" means the buyer. "Customer Data" means what it stores. "Order" means a written order.'),
        *(passage(f"The rule number {word} is kept.", at=at) for at, word in enumerate(("one", "two"), start=2)),
    ]
)


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("Customer data are deleted in order to save room.", ["Customer Data"]),
        ("Each Customer signs its Orders.", ["Customer", "Order"]),
        ("The customers come.", []),
        ("", []),
    ],
)
def test_terms_are_found_where_they_are_used(text: str, used: list[str]) -> None:
    assert [one.term for one in GLOSSARY.used_in(text)] == used


def test_a_term_on_every_page_is_known_to_its_readers() -> None:
    pages = [
        passage('"Company" means the employer.'),
        *(passage(f"The Company pays {at}.", at=at) for at in range(2, 8)),
    ]
    assert Glossary.of(pages).used_in("The Company pays.") == []
