from __future__ import annotations

import pytest

from ingest.disagreement import disagree


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A lost laptop is reported within 2 hours.", "Loss of a laptop is reported within 24 hours of noticing it."),
        ("The notice period is 3 months.", "The notice period is 4 weeks."),
        ("The leave year ends on 31 March.", "The leave year ends on 31 December."),
        ("Employees may work from abroad.", "Employees must not work from abroad."),
    ],
)
def test_contradictions_disagree_either_way_round(one: str, other: str) -> None:
    assert disagree(one, other)
    assert disagree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A lost laptop is reported within 24 hours.", "Loss of a laptop is reported within one day."),
        ("Leave is 25 days.", "Training lasts 3 days."),
        ("The notice is at least 4 weeks.", "The notice is at most 12 weeks."),
        ("Dinner is paid up to €38.", "Hotels cost 12 percent more in May."),
        ("Employees may work from abroad.", "Employees must not work from abroad unless the tax team agrees."),
        ("Employees may work from abroad.", "Interns must not smoke at work."),
    ],
)
def test_different_matters_do_not_disagree(one: str, other: str) -> None:
    assert not disagree(one, other)
    assert not disagree(other, one)
