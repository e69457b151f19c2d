from __future__ import annotations

from unicodedata import normalize

import pytest

from retrieval.terms import terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Employees may carry over leave", ["employe", "may", "carri", "over", "leav"]),
        ("It is in the employee's 401(k), clause 4.2", ["employe", "401", "k", "claus", "4.2"]),
        ("", []),
    ],
)
def test_words_lose_case_and_ending_and_common_words_go(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IT", ["IT"]),
        ("Ask IT, it helps.", ["ask", "IT", "help"]),
        ("IT-Sicherheit", ["IT", "sicherheit"]),
        ("IT EQUIPMENT\nwho may use it", ["IT", "equip", "may", "use"]),
        ("IS IT ALLOWED?", ["allow"]),
        ("EXIT", ["exit"]),
    ],
)
def test_the_it_department_is_no_stop_word(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_no_other_term_is_in_capitals() -> None:
    assert "IT" not in terms("it It iT")


@pytest.mark.parametrize("word", ["Überstunden", "Crèche", "Änderung"])
def test_an_accent_typed_apart_is_the_same_word(word: str) -> None:
    assert terms(normalize("NFD", word)) == terms(word)
    assert len(terms(word)) == 1


def test_sharp_s_is_written_ss_in_capitals() -> None:
    assert terms("MASSNAHME") == terms("Maßnahme")
    assert terms("²") == ["²"]  # forms of numbers are left alone
