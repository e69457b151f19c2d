from __future__ import annotations

import numpy as np
import pytest

from evals.abstention import auroc
from evals.significance import estimate, holm, least_p, paired


def test_an_interval_is_that_of_the_normal_approximation_for_many_values() -> None:
    values = np.random.default_rng(5).normal(0.5, 0.2, 2000)
    found = estimate(values)
    half = 1.96 * values.std() / np.sqrt(2000)
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.001)
    assert found.high == pytest.approx(values.mean() + half, abs=0.001)
    assert found.n == 2000


def test_the_same_values_give_the_same_interval() -> None:
    assert estimate([0.0, 1.0, 1.0, 0.5]) == estimate([0.0, 1.0, 1.0, 0.5])


def test_perfection_on_few_questions_is_not_certainty() -> None:
    assert estimate([1.0] * 10).to_json() == {"mean": 1.0, "ci95": [pytest.approx(0.6915, abs=1e-4), 1.0], "n": 10}
    assert estimate([0.0] * 10).high == pytest.approx(0.3085, abs=1e-4)


def test_what_is_no_number_counts_for_nothing() -> None:
    assert estimate([0.0, float("nan"), 1.0, float("inf")]) == estimate([0.0, 1.0])


@pytest.mark.parametrize("n", [2, 5, 9])
def test_the_least_p_is_that_of_a_loss_on_every_question(n: int) -> None:
    assert paired([1.0] * n, [0.0] * n).p == pytest.approx(least_p(n))


def test_telling_two_from_two_is_not_certainty() -> None:
    assert auroc([0.9, 0.8], [0.1, 0.2]).low == pytest.approx(0.158, abs=1e-3)
    assert auroc([0.9], [0.1]).low == 0.025
    assert auroc([0.1], [0.9, 0.8]).high == 0.975


def test_nothing_measured_has_no_mean() -> None:
    assert estimate([]).to_json() == {"mean": None, "ci95": None, "n": 0}


def test_equal_systems_do_not_differ() -> None:
    found = paired([0.2, 0.8, 0.5], [0.2, 0.8, 0.5])
    assert (found.mean, found.p) == (0.0, 1.0)


def test_one_changed_question_proves_nothing() -> None:
    assert paired([0.0, 0.5, 0.5], [1.0, 0.5, 0.5]).p == 1.0


def test_a_steady_loss_is_significant_and_noise_is_not() -> None:
    chance = np.random.default_rng(1)
    a = chance.random(80)
    assert paired(a.tolist(), (a - 0.1).tolist()).p < 0.001
    assert paired(a.tolist(), (a + chance.normal(0, 0.1, 80)).tolist()).p > 0.05


def test_few_questions_are_tested_exactly() -> None:
    # Three changes of one sign: the chance of that is 2 of 8 sign flips.
    assert paired([0.0, 0.0, 0.0, 1.0], [1.0, 0.5, 0.7, 1.0]).p == pytest.approx(0.25)


def test_holm_multiplies_the_smallest_most_and_never_falls() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]) == []
