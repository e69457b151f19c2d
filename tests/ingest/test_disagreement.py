from __future__ import annotations

import pytest

from ingest.disagreement import Difference, difference, disagree, saying


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


def told(one: str, other: str) -> Difference | None:
    """What two sentences on one matter differ in, which has to be the same either way round."""
    found = difference(saying(one), saying(other), on_one_matter=True)
    assert found == difference(saying(other), saying(one), on_one_matter=True)
    return found


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Remote work is possible on three days a week.", "Employees may work remotely on up to two days a week.", Difference.NUMBER),
        ("The core time begins at 9:00.", "The core time begins at 10 a.m. on all days.", Difference.NUMBER),
        ("Smoking is allowed on the terrace.", "Smoking is forbidden on the terrace.", Difference.BAN),
        ("Company cars may be used privately.", "Private use of company cars is not permitted.", Difference.BAN),
        ("Visitors must wear a badge.", "Visitors need not wear a badge.", Difference.DUTY),
        ("Overtime is paid.", "Overtime is not paid.", Difference.NEGATION),
        ("Codes have at least 14 letters.", "A code has at least ten letters.", Difference.NUMBER),
        ("Vests must be worn by everyone.", "Vests may be worn by everyone who wants to.", Difference.DUTY),
        ("Everyone must wear a vest in the hall.", "Wearing a vest in the hall is voluntary.", Difference.DUTY),
        ("Visitors must wear a helmet.", "Visitors may borrow a helmet.", None),
        ("In 2012 we had 14 letters.", "We have ten letters.", None),
        ("Leave is announced at least 5 days ahead.", "Leave is announced at most 10 days ahead.", None),
        ("You work little in the first few weeks.", "You work little in the first two weeks.", None),
        ("Leave is 2 hours long.", "Leave is 1 year long.", None),
        ("Visitors must wear a badge if they come alone.", "Visitors need not wear a badge.", None),
        ("Managers shall not waive it.", "Managers do not waive it.", None),
        ("The portal holds mandatory and optional trainings.", "The portal is not just for mandatory trainings.", None),
        ("We do not permit visitors on our site.", "Visitors of our site must sign, wear a badge, park behind the gate and leave phones at reception.", None),
    ],
)  # fmt: skip
def test_on_one_matter_fewer_words_have_to_be_the_same(one: str, other: str, kind: Difference | None) -> None:
    assert told(one, other) is kind
