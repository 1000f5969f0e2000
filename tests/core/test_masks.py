import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from fdgst.core import masks

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))
EIGHT = np.ones((3, 3))


def drawn(*rows):
    """A mask drawn with # for its pixels."""
    return np.array([[sign == "#" for sign in row] for row in rows])


def test_the_disc_of_a_label_includes_the_cup():
    cup, disc = masks.labels_to_masks(np.array([[0, 1, 2], [1, 2, 0]], np.uint8))
    assert cup.tolist() == [[False, False, True], [False, True, False]]
    assert disc.tolist() == [[False, True, True], [True, True, False]]
    assert masks.STRUCTURES == ("cup", "disc")


def test_grey_values_in_place_of_labels_are_refused():
    with pytest.raises(ValueError, match="255"):
        masks.labels_to_masks(np.array([[0, 128, 255]], np.uint8))


def test_a_probability_equal_to_the_threshold_is_outside():
    assert not masks.postprocess(np.full((4, 4), 0.75), 0.75).any()
    assert masks.postprocess(np.full((4, 4), np.nextafter(0.75, 1)), 0.75).all()


def test_nothing_above_the_threshold_gives_an_empty_mask():
    found = masks.postprocess(np.zeros((5, 7), np.float32), 0.5)
    assert found.shape == (5, 7)
    assert found.dtype == bool
    assert not found.any()


@pytest.mark.parametrize("threshold", [0, 1, -0.1, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold"):
        masks.postprocess(np.zeros((2, 2)), threshold)


def test_probabilities_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        masks.postprocess(np.array([[0.9, np.nan]]), 0.5)


def test_the_largest_component_is_kept_and_its_hole_filled():
    probability = drawn("##.......", "......###", ".#....#.#", "..#...###").astype(float)
    expected = drawn(".........", "......###", "......###", "......###")
    assert (masks.postprocess(probability, 0.75) == expected).all()


def test_pixels_that_touch_at_a_corner_are_one_component():
    chain = drawn("#....", ".#...", "..#..", "....#")
    assert (masks.largest_component(chain) == drawn("#....", ".#...", "..#..", ".....")).all()


def test_of_components_of_one_size_the_first_row_by_row_is_kept():
    tie = drawn("....#", "##..#", ".....")
    assert (masks.largest_component(tie) == drawn("....#", "....#", ".....")).all()


def test_a_bay_open_to_the_border_of_the_image_is_no_hole():
    bay = drawn("#.#", "###")
    assert (masks.fill_holes(bay) == bay).all()


def test_a_hole_closed_by_corners_only_is_filled():
    ring = drawn(".#.", "#.#", ".#.")
    assert (masks.fill_holes(ring) == drawn(".#.", "###", ".#.")).all()


@given(MASKS)
def test_holes_are_filled_as_scipy_fills_them(mask):
    assert (masks.fill_holes(mask) == ndimage.binary_fill_holes(mask)).all()


@given(MASKS)
def test_the_kept_component_is_connected_and_none_is_larger(mask):
    labels, count = ndimage.label(mask, structure=EIGHT)
    kept = masks.largest_component(mask)
    sizes = [int((labels == number).sum()) for number in range(1, count + 1)]
    assert kept.sum() == max(sizes, default=0)
    assert len(np.unique(labels[kept])) == min(count, 1)


@given(MASKS)
def test_postprocessing_twice_changes_nothing_more(mask):
    once = masks.postprocess(mask.astype(float), 0.5)
    assert (masks.postprocess(once.astype(float), 0.5) == once).all()


@given(MASKS)
def test_the_boundary_is_what_an_erosion_by_the_cross_removes(mask):
    before = mask.copy()
    assert (masks.boundary(mask) == mask & ~ndimage.binary_erosion(mask)).all()
    assert (mask == before).all()


def test_the_border_of_the_image_is_boundary():
    assert (masks.boundary(np.ones((4, 5), bool)) == drawn("#####", "#...#", "#...#", "#####")).all()


def test_the_vertical_ratio_divides_heights_and_not_areas():
    disc, cup = np.zeros((2, 10, 10), bool)
    disc[1:9, 4], cup[3:5, 0:10] = True, True
    assert masks.vertical_cup_to_disc_ratio(cup, disc) == 2 / 8


def test_without_a_disc_the_ratio_is_none_and_without_a_cup_zero():
    empty, full = np.zeros((3, 3), bool), np.ones((3, 3), bool)
    assert np.isnan(masks.vertical_cup_to_disc_ratio(full, empty))
    assert np.isnan(masks.vertical_cup_to_disc_ratio(empty, empty))
    assert masks.vertical_cup_to_disc_ratio(empty, full) == 0


@given(arrays(bool, st.tuples(st.integers(1, 3), st.just(3), st.just(4))))
def test_the_bounding_box_holds_every_pixel_and_no_smaller_one_does(several):
    union = np.logical_or.reduce(several)
    window = masks.bounding_box(*several)
    assert union[window].sum() == union.sum()
    if union.any():
        inner = union[window]
        assert inner[0].any()
        assert inner[-1].any()
        assert inner[:, 0].any()
        assert inner[:, -1].any()
