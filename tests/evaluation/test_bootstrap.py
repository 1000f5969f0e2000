import math

import numpy as np
import pandas as pd
import pytest

from fdgst.core.seeding import generator
from fdgst.evaluation.bootstrap import interval, intervals, resampled_means
from fdgst.evaluation.catalogue import AVERAGE
from fdgst.evaluation.units import Stratum, sums


def stratum(*seeds, units=None, columns=("x",)):
    """A domain of columns: of each seed the images' values, shape (n,) or (n, K)."""
    values = np.stack([np.reshape(np.asarray(seed, float), (len(seed), -1)) for seed in seeds], axis=1)
    of = np.arange(len(values)) if units is None else np.asarray(units)
    names = pd.MultiIndex.from_tuples([("a", "b", name) for name in columns], names=["method", "structure", "metric"])
    return Stratum(values=values, units=of, seeds=tuple(range(len(seeds))), columns=names)


def resampled(values, *, samples, rng):
    """Resampled means of images that are units of their own."""
    return resampled_means(*sums(values, np.arange(len(values))), samples=samples, rng=rng)


def test_resampled_means_are_means_of_whole_rows():
    values = np.arange(5.0)[:, None] * [1, 10]
    means = resampled(values, samples=50, rng=generator("test"))
    assert means.shape == (50, 2)
    np.testing.assert_allclose(means[:, 1], 10 * means[:, 0])
    np.testing.assert_allclose(means[:, 0] * 5, np.round(means[:, 0] * 5), atol=1e-9)
    assert len(np.unique(means[:, 0])) > 5


def test_resampling_leaves_out_what_is_no_number():
    values = np.array([[1.0, 4.0], [math.nan, 4.0], [1.0, 4.0]])
    means = resampled(values, samples=200, rng=generator("test"))
    there = np.isfinite(means[:, 0])
    assert (means[there, 0] == 1).all()
    assert 0 < (~there).sum() < 30  # the middle row three times: 1 in 27
    assert (means[:, 1] == 4).all()


def coverage(draw, mean, counts, *, studies=2000, samples=400):
    """How often the interval of an average over strata holds the true mean, in so many simulated studies."""
    rng = generator("coverage", *counts)
    strata = [draw(rng, (count, studies)) for count in counts]
    means = np.mean([resampled(values, samples=samples, rng=rng) for values in strata], axis=0)
    low, high = interval(means, counts, confidence=0.95)
    return np.mean((low <= mean) & (mean <= high))


def test_the_interval_covers_at_its_rate_for_one_domain():
    assert coverage(lambda rng, shape: rng.normal(size=shape), 0, [16]) == pytest.approx(0.95, abs=0.015)


def test_the_interval_covers_at_its_rate_for_strata_of_unequal_size_and_mean():
    assert coverage(lambda rng, shape: shape[0] + rng.normal(size=shape), 15, [20, 10]) == pytest.approx(
        0.95, abs=0.015
    )


def test_the_interval_covers_nearly_at_its_rate_for_skewed_scores():
    found = coverage(lambda rng, shape: 100 * rng.beta(12, 2, size=shape), 100 * 12 / 14, [16, 16, 16, 16])
    assert found == pytest.approx(0.95, abs=0.015)


def test_the_interval_is_wider_for_fewer_images_than_its_percentiles():
    means = generator("test").normal(size=(4000, 1))
    few, many = (interval(means, [count], confidence=0.9) for count in (5, 5000))
    plain = np.quantile(means, [0.05, 0.95], axis=0)
    np.testing.assert_allclose(many, plain, atol=0.01)
    assert few[0] < plain[0] - 0.2
    assert few[1] > plain[1] + 0.2


def test_the_interval_of_one_image_is_unknown():
    assert np.isnan(interval(np.zeros((100, 3)), [16, 1], confidence=0.95)).all()


def test_the_interval_of_equal_values_is_a_point():
    assert interval(np.full((100, 1), 7.0), [16], confidence=0.95).ravel().tolist() == [7, 7]


@pytest.mark.parametrize("confidence", [0, 1, 95, math.nan])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        interval(np.zeros((100, 1)), [16], confidence=confidence)


def cell(table, domain, name="x"):
    """One row of the intervals."""
    return table.loc[("a", "b", name, domain)]


def test_the_average_is_unweighted_and_its_strata_are_the_domains():
    domains = {"d1": stratum([0.0, 2.0] * 10), "d2": stratum([10.0, 10.0])}
    found = intervals(domains, samples=500, confidence=0.95)
    assert cell(found, AVERAGE)["mean"] == (1 + 10) / 2
    width = found["high"] - found["low"]
    assert cell(width, "d2") == 0
    assert cell(width, AVERAGE) == pytest.approx(cell(width, "d1") / 2, rel=0.2)


def test_an_interval_does_not_depend_on_the_other_columns_or_domains():
    values = np.stack([np.arange(9.0), np.arange(9.0) ** 2], axis=1)
    table, one = stratum(values, columns=("x", "y")), stratum(values[:, 1], columns=("y",))
    both = intervals({"d1": table, "d2": table}, samples=200, confidence=0.95)
    alone = intervals({"d1": one}, samples=200, confidence=0.95)
    assert cell(both, "d1", "y").equals(cell(alone, "d1", "y"))


def test_one_image_alone_has_a_mean_and_no_interval():
    values = np.where(np.arange(6) < 1, 5.0, math.nan)
    found = cell(intervals({"d1": stratum(values)}, samples=200, confidence=0.95), "d1")
    assert found["mean"] == 5
    assert found[["low", "high"]].isna().all()


def test_groups_of_one_image_change_nothing():
    values = generator("test").normal(size=20)
    plain = intervals({"d1": stratum(values)}, samples=300, confidence=0.95)
    grouped = intervals({"d1": stratum(values, units=range(20))}, samples=300, confidence=0.95)
    pd.testing.assert_frame_equal(plain, grouped)


def test_two_eyes_of_a_patient_widen_the_interval_as_theory_says():
    rng, patients, ratios = generator("eyes"), 60, []
    for _ in range(30):  # correlation .7: the variance of a mean of pairs is (1 + .7) / 2 per patient, not 1 / 2
        eyes = np.sqrt(0.7) * rng.normal(size=(patients, 1)) + np.sqrt(0.3) * rng.normal(size=(patients, 2))
        units = np.repeat(np.arange(patients), 2)
        by_image, by_patient = (
            intervals({"d1": stratum(eyes.ravel(), units=of)}, samples=400, confidence=0.95) for of in (None, units)
        )
        assert by_image["mean"].tolist() == by_patient["mean"].tolist()
        ratios.append(((by_patient["high"] - by_patient["low"]) / (by_image["high"] - by_image["low"])).iloc[0])
    assert np.mean(ratios) == pytest.approx(np.sqrt(1.7), rel=0.05)


def test_a_unit_of_many_images_counts_by_its_images():
    found = intervals({"d1": stratum([0.0, 0, 0, 4], units=[0, 0, 0, 1])}, samples=400, confidence=0.8)
    assert found["mean"].iloc[0] == 1
    assert set(found[["low", "high"]].iloc[0]) == {0, 4}  # the one or the other drawn twice


def test_several_trainings_widen_the_interval_by_the_formula():
    rng = generator("test")
    seeds = [rng.normal(shift, 1, size=(10,)) for shift in (0, 1, 2)]
    found = intervals({"d1": stratum(*seeds), "d2": stratum(*seeds)}, samples=300, confidence=0.95)
    row, values = cell(found, AVERAGE), np.stack(seeds, axis=1)
    left = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    v_seed, v_res = values.mean(axis=0).var(ddof=1) / 3, 2 * ((left**2).sum() / (9 * 2)) / (10 * 3 * 2**2)
    arm = 4.302652730 * np.sqrt(v_seed - v_res)  # Student's t, two degrees of freedom
    assert row["low"] == pytest.approx(row["mean"] - np.hypot(row["mean"] - row["units_low"], arm))
    assert row["high"] == pytest.approx(row["mean"] + np.hypot(row["units_high"] - row["mean"], arm))


def test_seeds_that_differ_no_more_than_their_images_widen_nothing():
    base = generator("test").normal(size=12)
    found = cell(intervals({"d1": stratum(base, base[::-1])}, samples=300, confidence=0.95), "d1")
    assert found[["low", "high"]].tolist() == found[["units_low", "units_high"]].tolist()
    assert found["of_seeds"] < found["of_residuals"]


def test_an_average_speaks_of_the_trainings_that_all_domains_share():
    rng = generator("test")
    three, one = (stratum(*rng.normal(size=(seeds, 9))) for seeds in (3, 1))
    found = intervals({"d1": three, "d2": one}, samples=200, confidence=0.95)
    assert [cell(found, name)["seeds"] for name in ("d1", "d2", AVERAGE)] == [3, 1, 1]
    assert cell(found, AVERAGE)["low"] == cell(found, AVERAGE)["units_low"]
    assert cell(found, "d1")["low"] < cell(found, "d1")["units_low"]
