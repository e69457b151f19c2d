from __future__ import annotations

import pytest

from ingest.opposites import exclude_each_other, role_of
from retrieval.terms import terms


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("domestic invoices", "invoices from abroad", True), ("internal calls", "external calls", True),
        ("internal and external calls", "external calls", False), ("internal calls", "calls", False),
    ],
)  # fmt: skip
def test_a_case_excludes_its_opposite(one: str, other: str, apart: bool) -> None:
    assert exclude_each_other(frozenset(terms(one)), frozenset(terms(other))) is apart
    assert exclude_each_other(frozenset(terms(other)), frozenset(terms(one))) is apart


@pytest.mark.parametrize(
    ("rule", "role"),
    [
        ("new employees get leave", "employee"), ("staff get leave", "employee"), ("interns get leave", "intern"),
        ("presents from suppliers are refused", None), ("leave is paid to managers", None),
    ],
)  # fmt: skip
def test_a_rule_is_for_those_it_begins_with(rule: str, role: str | None) -> None:
    assert role_of(terms(rule)) == role
