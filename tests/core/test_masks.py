import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from fdgst.core import masks
from tests.tasks import structure

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))
EIGHT = np.ones((3, 3))


def drawn(*rows):
    """A mask drawn with # for its pixels."""
    return np.array([[sign == "#" for sign in row] for row in rows])


@given(arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 9), st.integers(1, 9))))
def test_masks_come_back_from_their_bits(planes):
    bits = masks.pack(planes)
    assert (bits.dtype, bits.shape) == (np.uint8, planes.shape[1:])
    assert (masks.unpack(bits, len(planes)) == planes).all()


def test_bit_k_is_structure_k():
    assert masks.pack(np.array([[[True, False]], [[True, True]]])).tolist() == [[3, 2]]
    assert masks.pack(np.eye(8, dtype=bool)[:, None, :]).tolist() == [[1, 2, 4, 8, 16, 32, 64, 128]]


def test_leading_axes_of_bits_are_kept():
    bits = np.random.default_rng(0).integers(0, 8, (2, 4, 5, 6), np.uint8)
    found = masks.unpack(bits, 3)
    assert found.shape == (2, 4, 3, 5, 6)
    assert (found[1, 2] == masks.unpack(bits[1, 2], 3)).all()


@pytest.mark.parametrize("count", [0, 9])
def test_more_structures_than_bits_are_refused(count):
    with pytest.raises(ValueError, match="1 to 8 planes"):
        masks.pack(np.zeros((count, 2, 2), bool))


def test_labels_in_place_of_masks_are_refused():
    with pytest.raises(TypeError, match="uint8"):
        masks.pack(np.zeros((2, 2, 2), np.uint8))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_structures_are_read_off_their_ranges_and_columns(kind):
    greys = {"mask": np.array([[0, 50, 51, 200, 201]], kind), "vessels": np.array([[0, 0, 255, 0, 254]], kind)}
    inner = structure("inner", ((0, 50),))
    outer = structure("outer", ((0, 50), (200, 200)))
    vessels = structure("vessels", ((255, 255),), column="vessels")
    found = masks.masks_of_greys(greys, (inner, outer, vessels)).astype(int)
    assert found.tolist() == [[[1, 1, 0, 0, 0]], [[1, 1, 0, 1, 0]], [[0, 0, 1, 0, 0]]]


SOLID = {"regions": "largest", "holes": "fill"}


def test_a_probability_equal_to_the_threshold_is_outside():
    assert not masks.postprocess(np.full((4, 4), 0.75), 0.75, **SOLID).any()
    assert masks.postprocess(np.full((4, 4), np.nextafter(0.75, 1)), 0.75, **SOLID).all()


def test_nothing_above_the_threshold_gives_an_empty_mask():
    found = masks.postprocess(np.zeros((5, 7), np.float32), 0.5, **SOLID)
    assert found.shape == (5, 7)
    assert found.dtype == bool
    assert not found.any()


@pytest.mark.parametrize("threshold", [0, 1, -0.1, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold"):
        masks.postprocess(np.zeros((2, 2)), threshold, **SOLID)


def test_probabilities_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        masks.postprocess(np.array([[0.9, np.nan]]), 0.5, **SOLID)


def test_the_largest_component_is_kept_and_its_hole_filled():
    probability = drawn("##.......", "......###", ".#....#.#", "..#...###").astype(float)
    expected = drawn(".........", "......###", "......###", "......###")
    assert (masks.postprocess(probability, 0.75, **SOLID) == expected).all()


def test_every_component_and_every_hole_is_kept_where_the_structure_asks_for_it():
    probability = drawn("##.......", "......###", ".#....#.#", "..#...###").astype(float)
    kept = masks.postprocess(probability, 0.75, regions="all", holes="keep")
    filled = masks.postprocess(probability, 0.75, regions="all", holes="fill")
    assert (kept == probability.astype(bool)).all()
    assert filled.sum() == kept.sum() + 1
    assert masks.postprocess(probability, 0.75, regions="largest", holes="keep").sum() == 8


@pytest.mark.parametrize("choice", [{"regions": "most", "holes": "fill"}, {"regions": "all", "holes": "open"}])
def test_an_unknown_way_of_postprocessing_is_refused(choice):
    with pytest.raises(ValueError, match="regions must be"):
        masks.postprocess(np.zeros((2, 2)), 0.5, **choice)


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
    once = masks.postprocess(mask.astype(float), 0.5, **SOLID)
    assert (masks.postprocess(once.astype(float), 0.5, **SOLID) == once).all()


@given(MASKS)
def test_the_boundary_is_what_an_erosion_by_the_cross_removes(mask):
    before = mask.copy()
    assert (masks.boundary(mask) == mask & ~ndimage.binary_erosion(mask)).all()
    assert (mask == before).all()


def test_the_border_of_the_image_is_boundary():
    assert (masks.boundary(np.ones((4, 5), bool)) == drawn("#####", "#...#", "#...#", "#####")).all()


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
