import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from fdgst.core.seeding import generator
from fdgst.evaluation.bootstrap import intervals
from fdgst.evaluation.catalogue import AVERAGE
from fdgst.evaluation.rates import average_count, wilson
from tests.evaluation.test_bootstrap import cell, stratum

RATE = np.array([True])


def of_rates(*domains):
    """The intervals of a rate, by domain."""
    named = {f"d{place}": domain for place, domain in enumerate(domains, start=1)}
    return intervals(named, samples=400, confidence=0.95, rates=RATE)


@pytest.mark.parametrize("count", [0, 1, 7, 16])
def test_wilsons_interval_is_statsmodels(count):
    found = wilson(np.array([100 * count / 16]), np.array([16]), confidence=0.95)[:, 0]
    expected = proportion_confint(count, 16, alpha=0.05, method="wilson")
    np.testing.assert_allclose(found / 100, expected, atol=1e-12)


def test_nothing_of_sixteen_is_not_nothing():
    row = cell(of_rates(stratum([0.0] * 16)), "d1")
    assert row[["low", "high"]].tolist() == pytest.approx([0, 19.36], abs=0.01)


def test_the_average_of_equal_domains_has_the_interval_of_all_their_images():
    row = cell(of_rates(stratum([0.0] * 16), stratum([0.0] * 12 + [100.0] * 4)), AVERAGE)
    expected = proportion_confint(4, 32, alpha=0.05, method="wilson")
    assert row[["low", "high"]].tolist() == pytest.approx([100 * end for end in expected])


def test_domains_of_unequal_size_count_as_precisely_as_their_mean_is():
    assert average_count(np.array([[16.0], [16.0]])) == 32
    assert average_count(np.array([[10.0], [1000.0]])) == pytest.approx(4 / (1 / 10 + 1 / 1000))


def test_a_rate_of_groups_is_resampled_by_groups_and_has_wilsons_bound_at_nothing():
    pairs = np.repeat(np.arange(8), 2)
    seldom = cell(of_rates(stratum([100.0, 100] + [0.0] * 14, units=pairs)), "d1")
    assert seldom["high"] > cell(of_rates(stratum([100.0, 100] + [0.0] * 14)), "d1")["high"] - 5
    never = cell(of_rates(stratum([0.0] * 16, units=pairs)), "d1")
    assert never["high"] == pytest.approx(100 * proportion_confint(0, 8, alpha=0.05, method="wilson")[1])


def test_a_rate_of_several_seeds_counts_images_and_not_trainings():
    never = cell(of_rates(stratum([0.0] * 16, [0.0] * 16)), "d1")
    assert never["high"] == pytest.approx(19.36, abs=0.01)
    always = cell(of_rates(stratum([100.0] * 16, [100.0] * 16)), "d1")
    assert always["low"] == pytest.approx(100 - 19.36, abs=0.01)


@pytest.mark.parametrize(
    ("sizes", "rates"), [((16,) * 4, (0, 0, 0.1, 0.3)), ((16,) * 4, (0.03,) * 4), ((51, 45, 10, 80), (0.05,) * 4)]
)
def test_wilsons_average_covers_at_its_rate(sizes, rates):
    rng, studies = generator("rates"), 4000
    mean = np.mean([rng.binomial(size, rate, studies) / size for size, rate in zip(sizes, rates, strict=True)], axis=0)
    count = average_count(np.repeat(np.array(sizes, float)[:, None], studies, axis=1))
    low, high = wilson(100 * mean, count, confidence=0.95)
    assert np.mean((low <= 100 * np.mean(rates)) & (100 * np.mean(rates) <= high)) > 0.94
