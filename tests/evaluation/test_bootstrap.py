import math

import numpy as np
import pandas as pd
import pytest

from fdgst.core.seeding import generator
from fdgst.evaluation.bootstrap import image_means, interval, intervals, resampled_means
from fdgst.evaluation.catalogue import AVERAGE, per_image
from tests.compared import FUNDUS

DOMAINS = ["d1", "d2"]


def test_images_are_averaged_over_the_seeds_first(made):
    scores = made("a", DOMAINS, lambda method, domain, seed, image, of: {"dsc": 10.0 * seed + image}, seeds=(0, 1))
    means = image_means(per_image(scores, task=FUNDUS, protocol="paper"), DOMAINS)["d2"]
    assert means[("a", "cup", "dsc")].tolist() == [5, 6, 7, 8]
    assert means.index.tolist() == ["i000", "i001", "i002", "i003"]


def test_a_seed_without_a_value_is_left_out_of_an_images_mean(made):
    def of(method, domain, seed, image, structure):
        return {"vcdr_prediction": [0.7, math.nan][seed] if image else math.nan}

    means = image_means(per_image(made("a", ["d1"], of, seeds=(0, 1)), task=FUNDUS, protocol="paper"), ["d1"])["d1"]
    assert means[("a", "both", "vcdr_error")].tolist() == pytest.approx([math.nan, 0.2, 0.2, 0.2], nan_ok=True)


def test_resampled_means_are_means_of_whole_rows():
    values = np.arange(5.0)[:, None] * [1, 10]
    means = resampled_means(values, samples=50, rng=generator("test"))
    assert means.shape == (50, 2)
    np.testing.assert_allclose(means[:, 1], 10 * means[:, 0])
    np.testing.assert_allclose(means[:, 0] * 5, np.round(means[:, 0] * 5), atol=1e-9)
    assert len(np.unique(means[:, 0])) > 5


def test_resampling_leaves_out_what_is_no_number():
    values = np.array([[1.0, 4.0], [math.nan, 4.0], [1.0, 4.0]])
    means = resampled_means(values, samples=200, rng=generator("test"))
    there = np.isfinite(means[:, 0])
    assert (means[there, 0] == 1).all()
    assert 0 < (~there).sum() < 30  # the middle row three times: 1 in 27
    assert (means[:, 1] == 4).all()


def coverage(draw, mean, counts, *, studies=2000, samples=400):
    """How often the interval of an average over strata holds the true mean, in so many simulated studies."""
    rng = generator("coverage", *counts)
    strata = [draw(rng, (count, studies)) for count in counts]
    means = np.mean([resampled_means(values, samples=samples, rng=rng) for values in strata], axis=0)
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


def test_the_average_is_unweighted_and_its_strata_are_the_domains():
    images = {
        "d1": pd.DataFrame({"x": [0.0, 2.0] * 10}),
        "d2": pd.DataFrame({"x": [10.0, 10.0]}),
    }
    found = intervals(images, samples=500, confidence=0.95)
    assert found.loc[("x", AVERAGE), "mean"] == (1 + 10) / 2
    width = found["high"] - found["low"]
    assert width["x", "d2"] == 0
    assert width["x", AVERAGE] == pytest.approx(width["x", "d1"] / 2, rel=0.2)


def test_an_interval_does_not_depend_on_the_other_columns_or_domains():
    table = pd.DataFrame({"x": np.arange(9.0), "y": np.arange(9.0) ** 2})
    both = intervals({"d1": table, "d2": table}, samples=200, confidence=0.95)
    alone = intervals({"d1": table[["y"]]}, samples=200, confidence=0.95)
    assert both.loc[("y", "d1")].equals(alone.loc[("y", "d1")])
