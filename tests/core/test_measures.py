import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fdgst.core.measures import KINDS, measure, names

MASKS = st.tuples(*[arrays(bool, (7, 9))] * 2)
RATIOS = ("height_ratio", "width_ratio", "area_ratio")


def box(rows, columns):
    mask = np.zeros((20, 30), bool)
    mask[rows, columns] = True
    return mask


INNER, OUTER = box(slice(5, 9), slice(10, 20)), box(slice(2, 18), slice(8, 28))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("height_ratio", 4 / 16),
        ("width_ratio", 10 / 20),
        ("area_ratio", 40 / 320),
        ("area", 40),
        ("rim_width", (3, 8, 9, 2)),
    ],
)
def test_boxes_are_measured_as_by_hand(kind, expected):
    assert measure(kind, INNER, OUTER) == expected


def test_a_height_counts_from_the_first_row_to_the_last_and_no_area():
    outer, inner = np.zeros((2, 10, 10), bool)
    outer[1:9, 4], inner[3:5, 0:10] = True, True
    assert measure("height_ratio", inner, outer) == 2 / 8


@pytest.mark.parametrize("kind", RATIOS)
def test_a_ratio_to_nothing_is_none_and_of_nothing_zero(kind):
    empty, full = np.zeros((3, 3), bool), np.ones((3, 3), bool)
    assert math.isnan(measure(kind, full, empty))
    assert math.isnan(measure(kind, empty, empty))
    assert measure(kind, empty, full) == 0


def test_a_rim_needs_both_structures():
    assert np.isnan(measure("rim_width", np.zeros_like(OUTER), OUTER)).all()
    assert np.isnan(measure("rim_width", INNER, np.zeros_like(OUTER))).all()
    assert measure("rim_width", OUTER, INNER) == (-3, -8, -9, -2)


@given(MASKS)
def test_a_turned_image_has_its_heights_for_widths(pair):
    turned = [mask.T for mask in pair]
    np.testing.assert_equal(measure("height_ratio", *turned), measure("width_ratio", *pair))
    np.testing.assert_equal(measure("area_ratio", *turned), measure("area_ratio", *pair))


@given(MASKS)
def test_the_rims_are_what_the_heights_and_widths_leave(pair):
    inner, outer = pair[0] & pair[1], pair[1]
    top, right, bottom, left = measure("rim_width", inner, outer)
    if inner.any():
        rows, columns = (np.flatnonzero(outer.any(axis)) for axis in (1, 0))
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert (height - top - bottom) / height == pytest.approx(measure("height_ratio", inner, outer))
        assert (width - left - right) / width == pytest.approx(measure("width_ratio", inner, outer))


def test_an_area_needs_no_second_structure_and_everything_else_does():
    assert measure("area", INNER, None) == 40
    for kind in set(KINDS) - {"area"}:
        with pytest.raises(ValueError, match="needs a second structure"):
            measure(kind, INNER, None)


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="'depth'"):
        measure("depth", INNER, OUTER)


def test_a_rim_has_four_names_and_the_rest_one():
    assert names("rim", "rim_width") == ("rim_top", "rim_right", "rim_bottom", "rim_left")
    assert names("ratio", "height_ratio") == ("ratio",)
