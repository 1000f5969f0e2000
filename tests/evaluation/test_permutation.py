import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from fdgst.core.seeding import generator
from fdgst.evaluation import permutation
from fdgst.evaluation.permutation import sign_flip_p


def p_of(*domains, units=None):
    """The p of one column; domains are called by their number, and every image is a unit, unless it is said."""
    units = units or [range(len(values)) for values in domains]
    columns = [np.asarray(values, float).reshape(len(values), -1) for values in domains]
    named = [(f"d{place}", columns[place], np.asarray(of)) for place, of in enumerate(units)]
    return float(sign_flip_p(named)[0])


def test_a_few_units_are_tested_with_every_combination_of_signs():
    first, second = [1.0, -2.0, 4.0], [3.0, 0.5]
    observed = abs(np.mean(first) + np.mean(second))
    signs = [np.array(s) for s in product((-1, 1), repeat=5)]
    flips = [abs(np.mean(first * s[:3]) + np.mean(second * s[3:])) for s in signs]
    assert p_of(first, second) == np.mean([flip >= observed for flip in flips])


def test_five_gains_of_any_size_are_two_in_two_to_the_five():
    assert p_of([1.0, 2, 3, 4, 90]) == 2 / 2**5


def test_thirteen_units_are_the_last_that_are_tested_exactly():
    assert p_of(np.ones(13)) == 2 / 2**13
    assert p_of(np.ones(14)) * 10_001 == pytest.approx(round(p_of(np.ones(14)) * 10_001))  # (1 + count) / 10 001
    assert p_of(np.ones(40)) == pytest.approx(1 / 10_001)


def test_drawn_signs_agree_with_all_of_them(monkeypatch):
    values = generator("test").normal(0.5, 1, size=(12, 40))
    exact = sign_flip_p([("d", values, np.arange(12))])
    monkeypatch.setattr(permutation, "EXACT_UNITS", 0)
    np.testing.assert_allclose(sign_flip_p([("d", values, np.arange(12))]), exact, atol=0.02)


def test_the_p_of_many_normal_units_is_students():
    values = generator("test").normal(0.2, 1, size=(100, 20))
    p = sign_flip_p([("d", values, np.arange(100))])
    np.testing.assert_allclose(p, stats.ttest_1samp(values, 0).pvalue, atol=0.02)


def test_the_statistic_is_the_unweighted_mean_over_domains():
    # a large domain of small gains, a small one of large losses: the mean over domains is 0
    assert p_of([1.0] * 80, [-1.0] * 10) == 1
    assert p_of([1.0] * 80 + [-1.0] * 10) < 0.001  # pooled they would be a gain


def test_groups_are_flipped_whole():
    assert p_of([1.0, 1, 1, 1, 1, 1], units=[[0, 0, 1, 1, 2, 2]]) == 2 / 2**3


def test_a_group_counts_by_its_images():
    p = p_of([1.0, 1, 1, -2, -2], units=[[0, 0, 0, 1, 1]])  # 3 against -4, of five images: -1, 1, -7, 7
    assert p == 1


def test_equal_rows_and_domains_without_a_value_have_a_p_of_one():
    assert p_of(np.zeros(20)) == 1
    assert p_of([1.0] * 20, [math.nan] * 3) == 1


def test_units_without_a_value_are_no_units():
    assert p_of([1.0] * 5 + [math.nan] * 20) == 2 / 2**5


def test_a_p_depends_on_no_other_column_and_not_on_how_many_are_drawn_at_once(monkeypatch):
    values = generator("test").normal(0.2, 1, size=(50, 3))
    together = sign_flip_p([("d", values, np.arange(50))])
    monkeypatch.setattr(permutation, "_VALUES_AT_ONCE", 51 * 7)
    assert sign_flip_p([("d", values[:, 1:2], np.arange(50))])[0] == together[1]


def test_the_level_is_kept_under_the_null():
    values = generator("level").normal(size=(30, 2000)) ** 3
    found = np.mean(sign_flip_p([("d", values, np.arange(30))]) < 0.05)
    assert found == pytest.approx(0.05, abs=0.015)
