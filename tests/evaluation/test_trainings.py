import numpy as np
import pytest

from fdgst.core.seeding import generator
from fdgst.evaluation.trainings import seed_means, trainings_p, variances, widened


def test_an_interval_is_widened_as_by_hand():
    ends = widened(np.array([5.0]), np.array([2.0]), np.array([9.0]), of_seeds=np.array([0.5]),
                   of_residuals=np.array([0.1]), seeds=2, confidence=0.95)  # fmt: skip
    arm = 12.706204736**2 * 0.4
    np.testing.assert_allclose(np.ravel(ends), [5 - np.sqrt(9 + arm), 5 + np.sqrt(16 + arm)])


def test_one_seed_has_no_arm():
    with pytest.raises(ValueError, match="seeds"):
        widened(*np.zeros((3, 1)), of_seeds=np.ones(1), of_residuals=np.ones(1), seeds=1, confidence=0.95)


def test_residuals_alone_explain_seeds_that_move_nothing():
    rng = generator("test")
    domains = [seed_means(rng.normal(size=(16, 3, 4000)), np.arange(16)) for _ in range(4)]
    of_seeds, of_residuals = variances(domains)
    assert of_seeds.mean() == pytest.approx(1 / (64 * 3), rel=0.05)
    assert of_residuals.mean() == pytest.approx(1 / (64 * 3), rel=0.02)


def test_residuals_of_pairs_of_images_are_those_of_the_pairs():
    rng = generator("test")
    pairs = np.repeat(rng.normal(size=(20, 3, 500)), 2, axis=0)  # two images of a unit with one value each
    grouped = seed_means(pairs, np.repeat(np.arange(20), 2)).residual
    np.testing.assert_allclose(grouped, seed_means(pairs[::2], np.arange(20)).residual)
    assert grouped.mean() == pytest.approx(2 * seed_means(pairs, np.arange(40)).residual.mean(), rel=0.05)


@pytest.mark.parametrize("mean", [1.0, 2.0, 4.0])
def test_the_p_of_trainings_says_of_one_cell_what_the_interval_says(mean):
    found = {"of_seeds": np.array([0.05]), "of_residuals": np.array([0.03])}
    ends = np.array([mean]), np.array([mean - 0.9]), np.array([mean + 0.8])
    low, _ = widened(*ends, **found, seeds=2, confidence=0.95)
    p = trainings_p(*ends, **found, seeds=np.array([2]))
    assert (p[0] < 0.05) == (low[0] > 0)
    at = widened(*ends, **found, seeds=2, confidence=1 - p[0])
    assert at[0][0] == pytest.approx(0, abs=1e-9)  # the arm of that level reaches 0


def test_trainings_prove_nothing_where_images_do_not_and_one_seed_never():
    found = {"of_seeds": np.zeros(1), "of_residuals": np.zeros(1), "seeds": np.array([2])}
    assert trainings_p(np.array([1.0]), np.array([-0.1]), np.array([2.0]), **found) == 1
    assert trainings_p(np.array([1.0]), np.array([0.1]), np.array([2.0]), **found) == 0
    one = {"of_seeds": np.full(1, np.nan), "of_residuals": np.full(1, np.nan), "seeds": np.array([1])}
    assert np.isnan(trainings_p(np.array([1.0]), np.array([0.1]), np.array([2.0]), **one))
