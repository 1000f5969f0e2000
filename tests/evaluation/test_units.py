import math

import numpy as np
import pytest

from fdgst.evaluation.catalogue import per_image
from fdgst.evaluation.units import paired, strata, sums, unit_means
from tests.compared import FUNDUS

DOMAINS = ["d1", "d2"]


def column(stratum, *key):
    """The values of one column, images by seeds."""
    return stratum.values[:, :, stratum.columns.get_loc(key)]


def test_values_stand_by_image_and_seed(made):
    scores = made("a", DOMAINS, lambda method, domain, seed, image, of: {"dsc": 10.0 * seed + image}, seeds=(0, 3))
    stratum = strata(per_image(scores, task=FUNDUS, protocol="paper"), DOMAINS)["d2"]
    np.testing.assert_array_equal(column(stratum, "a", "cup", "dsc"), [[0, 30], [1, 31], [2, 32], [3, 33]])
    assert stratum.seeds == (0, 3)
    assert stratum.units.tolist() == [0, 1, 2, 3]
    assert not stratum.grouped


def test_a_seed_without_a_value_is_left_out_of_an_images_mean(made):
    def of(method, domain, seed, image, structure):
        return {"vcdr_prediction": [0.7, math.nan][seed] if image else math.nan}

    stratum = strata(per_image(made("a", ["d1"], of, seeds=(0, 1)), task=FUNDUS, protocol="paper"), ["d1"])["d1"]
    means = stratum.means[:, stratum.columns.get_loc(("a", "both", "vcdr_error"))]
    assert means.tolist() == pytest.approx([math.nan, 0.2, 0.2, 0.2], nan_ok=True)


def test_groups_are_units_within_their_domain(made):
    scores = made("a", DOMAINS, lambda *key: {})
    scores["group"] = scores["image"].map({"i000": "p", "i001": "q", "i002": "p", "i003": "r"})
    found = strata(per_image(scores, task=FUNDUS, protocol="paper"), DOMAINS)
    assert [found[name].units.tolist() for name in DOMAINS] == [[0, 1, 0, 2]] * 2
    assert found["d1"].grouped
    assert found["d1"].count == 3


def test_units_are_summed_over_what_they_have():
    values = np.array([[1.0, 2], [3, math.nan], [5, 6], [7, math.nan]])
    total, count = sums(values, np.array([0, 1, 0, 1]))
    np.testing.assert_array_equal(total, [[6, 8], [10, 0]])
    np.testing.assert_array_equal(count, [[2, 2], [2, 0]])
    np.testing.assert_array_equal(unit_means(values, np.array([0, 1, 0, 1])), [[3, 4], [5, math.nan]])


def test_a_difference_is_method_minus_reference(made):
    scores = made("ab", ["d1"], lambda method, domain, seed, image, of: {"dsc": 80.0 + image * (method == "b")})
    stratum = strata(per_image(scores, task=FUNDUS, protocol="paper"), ["d1"])["d1"]
    difference = paired(stratum, [("b", "a")])
    assert column(difference, "b", "a", "disc", "dsc").ravel().tolist() == [0, 1, 2, 3]
