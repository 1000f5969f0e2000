import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fdgst.core.masks import boundary
from fdgst.core.metrics import (
    SurfaceMetrics,
    average_surface_distance,
    compare,
    dice,
    dice_released,
    hausdorff,
    normalised_surface_distance,
    surface_metrics,
)

PAIRS = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9).flatmap(
    lambda shape: st.tuples(*[arrays(bool, shape).filter(np.any)] * 2)
)
EVERY = [
    dice,
    dice_released,
    surface_metrics,
    lambda prediction, truth: hausdorff(prediction, truth, percentile=100),
    lambda prediction, truth: average_surface_distance(prediction, truth, directed=False),
    lambda prediction, truth: normalised_surface_distance(prediction, truth, tolerance_px=1),
    lambda prediction, truth: compare(prediction, truth, tolerances_px=[1]),
]


def box(top, left, height, width, *, shape=(20, 20)):
    """A mask that is one rectangle."""
    mask = np.zeros(shape, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def blobs(seed, *, side=120):
    """A pair of ragged, overlapping regions, some with holes and islands."""
    draw = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side] / side - 0.5
    waves = [np.sin(7 * rows * draw.normal() + 9 * columns * draw.normal() + draw.normal()) for _ in range(4)]
    radius = np.hypot(rows, columns)
    return radius < 0.25 + 0.1 * waves[0] * waves[1], radius < 0.28 + 0.1 * waves[2] * waves[3]


def brute(prediction, truth):
    """All distances from every boundary point to the nearest of the other mask, in plain Python."""
    edges = [np.argwhere(boundary(mask)).tolist() for mask in (prediction, truth)]
    forth, back = ([min(math.dist(a, b) for b in to) for a in of] for of, to in (edges, edges[::-1]))
    return forth, back


def test_equal_masks_have_dice_one_and_no_distance():
    mask = box(3, 4, 6, 5)
    assert dice(mask, mask) == dice_released(mask, mask) == 1
    assert surface_metrics(mask, mask) == (0, 0, 0, 0)


def test_two_boxes_apart_give_the_numbers_computed_by_hand():
    # 2x2 pixels, the second 3 to the right: the distances are 3, 2 | 3, 2 forth and 2, 3 | 2, 3 back
    prediction, truth = box(5, 2, 2, 2), box(5, 5, 2, 2)
    assert dice(prediction, truth) == 0
    assert dice_released(prediction, truth) == 1 / 9
    assert surface_metrics(prediction, truth) == SurfaceMetrics(hd=3, hd95=3, asd=2.5, asd_directed=2.5)


def test_a_box_grown_on_one_side_gives_the_numbers_computed_by_hand():
    # 3x3 within 3x4: the predicted ring of 8 lies on the truth but for its right middle, 1 off;
    # of the true ring of 10 the right column of 3 is 1 off
    prediction, truth = box(5, 5, 3, 3), box(5, 5, 3, 4)
    assert dice(prediction, truth) == 18 / 21
    assert dice_released(prediction, truth) == 19 / 22
    found = surface_metrics(prediction, truth)
    assert found.hd == 1
    assert found.hd95 == 1
    assert found.asd == pytest.approx((1 + 3) / 18)
    assert found.asd_directed == pytest.approx(1 / 8)


def test_the_share_within_a_tolerance_is_that_of_both_boundaries_counted_by_hand():
    # forth 3, 2 | 3, 2 and back 2, 3 | 2, 3: a distance of just the tolerance is within it
    pair = box(5, 2, 2, 2), box(5, 5, 2, 2)
    shares = [normalised_surface_distance(*pair, tolerance_px=tolerance) for tolerance in (0, 1.9, 2, 3)]
    assert shares == [0, 0, 0.5, 1]


@pytest.mark.parametrize("tolerance", [-1, float("nan"), float("inf")])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance must be a number of pixels >= 0"):
        compare(box(1, 1, 2, 2), box(1, 1, 2, 2), tolerances_px=[4, tolerance])


def test_one_far_pixel_moves_the_maximum_but_not_the_percentile():
    truth = box(0, 0, 20, 1)
    prediction = truth.copy()
    prediction[10, 15] = True
    found = surface_metrics(prediction, truth)  # 41 distances: forty 0, one 15
    assert found.hd == 15
    assert found.hd95 == 0
    assert found.asd == pytest.approx(15 / 41)
    assert found.asd_directed == pytest.approx(15 / 21)


def test_the_percentile_of_pooled_distances_is_interpolated_linearly():
    prediction, truth = box(0, 0, 1, 1), box(0, 4, 1, 1) | box(0, 8, 1, 1)  # distances 4 | 4, 8
    assert hausdorff(prediction, truth, percentile=50) == 4
    assert hausdorff(prediction, truth, percentile=75) == 6
    assert hausdorff(prediction, truth, percentile=95) == pytest.approx(7.6)
    assert hausdorff(prediction, truth, percentile=100) == 8


def test_one_pixel_to_one_pixel_is_the_distance_of_their_centres():
    prediction, truth = box(2, 3, 1, 1), box(5, 7, 1, 1)
    assert surface_metrics(prediction, truth) == (5, 5, 5, 5)
    assert dice(prediction, truth) == 0


def test_a_mask_that_fills_the_image_has_the_border_as_its_boundary():
    full, middle = np.ones((5, 5), bool), box(2, 2, 1, 1, shape=(5, 5))
    assert hausdorff(full, middle, percentile=100) == math.hypot(2, 2)
    # 4 corners, 4 middles, 8 between; back from the middle 2
    ring = (4 * math.hypot(2, 2) + 4 * 2 + 8 * math.hypot(2, 1)) / 16
    assert average_surface_distance(full, middle, directed=True) == pytest.approx(ring)
    assert average_surface_distance(full, middle, directed=False) == pytest.approx((16 * ring + 2) / 17)


@pytest.mark.parametrize("metric", EVERY)
@pytest.mark.parametrize(("which", "empty"), [("prediction", (1, 0)), ("truth", (0, 1)), ("prediction", (1, 1))])
def test_an_empty_mask_is_refused_by_name(metric, which, empty):
    masks = [np.zeros((20, 20), bool) if nothing else box(1, 1, 2, 2) for nothing in empty]
    with pytest.raises(ValueError, match=f"{which} is empty"):
        metric(*masks)


@pytest.mark.parametrize("metric", EVERY)
def test_a_mask_that_is_not_boolean_is_a_type_error(metric):
    mask = box(1, 1, 2, 2)
    with pytest.raises(TypeError, match="prediction must be a boolean mask, got float32"):
        metric(mask.astype(np.float32), mask)
    with pytest.raises(TypeError, match="truth must be a boolean mask, got uint8"):
        metric(mask, mask.astype(np.uint8))


@pytest.mark.parametrize("metric", EVERY)
def test_masks_of_two_shapes_are_refused(metric):
    with pytest.raises(ValueError, match="one shape"):
        metric(box(1, 1, 2, 2), box(1, 1, 2, 2, shape=(20, 21)))


@pytest.mark.parametrize("percentile", [-1, 101, float("nan")])
def test_a_percentile_outside_its_range_is_refused(percentile):
    with pytest.raises(ValueError, match="percentile"):
        hausdorff(box(1, 1, 2, 2), box(1, 1, 2, 2), percentile=percentile)


@given(PAIRS)
def test_all_but_the_directed_distance_are_symmetric(pair):
    prediction, truth = pair
    assert dice(prediction, truth) == dice(truth, prediction)
    forth, back = surface_metrics(prediction, truth), surface_metrics(truth, prediction)
    np.testing.assert_allclose(forth[:3], back[:3], rtol=1e-12)


@given(PAIRS, st.integers(0, 3), st.integers(0, 3))
def test_where_the_masks_lie_in_the_image_changes_nothing_but_at_the_border(pair, rows, columns):
    moved = [np.pad(mask, ((rows, 2), (columns, 1))) for mask in pair]
    assert surface_metrics(*moved) == surface_metrics(*pair)
    assert dice(*moved) == dice(*pair)


@given(PAIRS)
def test_the_trees_find_what_brute_force_finds(pair):
    forth, back = brute(*pair)
    found = surface_metrics(*pair)
    assert found.hd == pytest.approx(max(forth + back), abs=1e-12)
    assert found.hd95 == pytest.approx(np.percentile(forth + back, 95), abs=1e-12)
    assert found.asd == pytest.approx(np.mean(forth + back), abs=1e-12)
    assert found.asd_directed == pytest.approx(np.mean(forth), abs=1e-12)


@given(PAIRS)
def test_one_pass_gives_what_the_single_functions_give(pair):
    found = surface_metrics(*pair)
    assert found.hd == hausdorff(*pair, percentile=100)
    assert found.hd95 == hausdorff(*pair, percentile=95)
    assert found.asd == average_surface_distance(*pair, directed=False)
    assert found.asd_directed == average_surface_distance(*pair, directed=True)


@given(PAIRS)
def test_the_comparison_of_everything_is_that_of_the_single_functions(pair):
    found = compare(*pair, tolerances_px=[0, 1.5])
    assert found.surface == surface_metrics(*pair)
    assert (found.dice, found.dice_released) == (dice(*pair), dice_released(*pair))
    assert found.nsd == tuple(normalised_surface_distance(*pair, tolerance_px=tolerance) for tolerance in (0, 1.5))
    assert found.dice == pytest.approx(2 * (pair[0] & pair[1]).sum() / (pair[0].sum() + pair[1].sum()))


@given(PAIRS)
def test_the_percentile_is_numpys(pair):
    pooled = np.concatenate(brute(*pair))
    for percentile in (0, 33, 95, 100):
        assert hausdorff(*pair, percentile=percentile) == pytest.approx(np.percentile(pooled, percentile), abs=1e-12)


def test_neither_mask_is_changed():
    prediction, truth = blobs(0)
    before = prediction.copy(), truth.copy()
    surface_metrics(prediction, truth)
    dice(prediction, truth)
    assert (prediction == before[0]).all()
    assert (truth == before[1]).all()


@pytest.mark.parametrize("seed", range(8))
def test_medpy_agrees_on_all_five(seed):
    from medpy.metric import binary

    pair = blobs(seed)
    judged = [binary.hd(*pair), binary.hd95(*pair), binary.assd(*pair), binary.asd(*pair)]
    np.testing.assert_allclose(surface_metrics(*pair), judged, atol=1e-9)
    assert dice(*pair) == pytest.approx(binary.dc(*pair), abs=1e-12)


def monai(name, prediction, truth, *more, **options):
    """A metric of MONAI on one pair of masks."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MONAI's own imports
        import monai.metrics

        batch = [torch.from_numpy(mask)[None, None] for mask in (prediction, truth)]
        return float(getattr(monai.metrics, name)(*batch, *more, include_background=True, **options))


@pytest.mark.parametrize("seed", range(8))
def test_monai_agrees_on_dice_maximum_and_both_averages(seed):
    pair = blobs(seed)
    found = surface_metrics(*pair)
    assert dice(*pair) == pytest.approx(monai("compute_dice", *pair), rel=1e-6)
    assert found.hd == pytest.approx(monai("compute_hausdorff_distance", *pair), rel=1e-6)
    assert found.asd == pytest.approx(monai("compute_average_surface_distance", *pair, symmetric=True), rel=1e-6)
    assert found.asd_directed == pytest.approx(monai("compute_average_surface_distance", *pair), rel=1e-6)


@pytest.mark.parametrize("tolerance", [0, 1, 2.5, 4, 50])
@pytest.mark.parametrize("seed", range(8))
def test_monai_agrees_on_the_share_within_a_tolerance(seed, tolerance):
    pair = blobs(seed)
    judged = monai("compute_surface_dice", *pair, [float(tolerance)])
    assert normalised_surface_distance(*pair, tolerance_px=tolerance) == pytest.approx(judged, abs=1e-6)


def test_monai_takes_the_percentile_of_each_direction_and_then_the_larger():
    pair = blobs(3)
    forth, back = brute(*pair)
    apart = max(np.percentile(forth, 95), np.percentile(back, 95))
    assert monai("compute_hausdorff_distance", *pair, percentile=95) == pytest.approx(apart, abs=1e-5)
    assert hausdorff(*pair, percentile=95) < apart - 0.01


def deepmind(prediction, truth):
    """The distances of surface-distance: (hd, hd95, truth to prediction, prediction to truth)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses names that scipy has deprecated
        import surface_distance

        found = surface_distance.compute_surface_distances(truth, prediction, (1, 1))
    robust = [surface_distance.compute_robust_hausdorff(found, percent) for percent in (100, 95)]
    return *robust, *surface_distance.compute_average_surface_distance(found)


def test_surface_distance_agrees_on_dice():
    import surface_distance

    pair = blobs(2)
    assert dice(*pair) == pytest.approx(surface_distance.compute_dice_coefficient(*pair), abs=1e-12)


def test_surface_distance_agrees_on_boxes_that_only_moved_sideways():
    # corners of pixels move as their centres do; between ragged masks they do not
    prediction, truth = box(5, 3, 1, 1), box(5, 8, 1, 1)
    assert deepmind(prediction, truth)[0] == surface_metrics(prediction, truth).hd == 5


def test_surface_distance_weighs_the_corners_of_pixels_by_the_length_of_contour_through_them():
    small, large = box(6, 6, 1, 1), box(5, 5, 3, 3)
    _, _, back, _ = deepmind(small, large)
    cut = math.sqrt(1 / 2)  # the contour's length at each of the four corners of the large box; 1 at the other eight
    assert back == pytest.approx((4 * cut * math.sqrt(2) + 8) / (4 * cut + 8))
    assert average_surface_distance(large, small, directed=True) == pytest.approx((4 * math.sqrt(2) + 4) / 8)


@pytest.mark.parametrize("seed", range(4))
def test_surface_distance_differs_by_less_than_a_pixel(seed):
    pair = blobs(seed)
    found, (hd, _, back, forth) = surface_metrics(*pair), deepmind(*pair)
    assert hd == pytest.approx(found.hd, abs=1)
    assert forth == pytest.approx(found.asd_directed, abs=0.5)
    assert back == pytest.approx(average_surface_distance(*pair[::-1], directed=True), abs=0.5)
