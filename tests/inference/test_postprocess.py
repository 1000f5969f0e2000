import numpy as np
import pytest
import torch

from fdgst.inference.postprocess import at_centre, centre, masks_of, nested, resize_bilinear
from tests.tasks import structure, task

DRAW = np.random.default_rng(0)
TWO = task().structures  # an inner structure within an outer one, each of one region without holes
FREE = {"structures": TWO, "nest": False}


@pytest.mark.parametrize(
    ("before", "after"),
    [((64, 64), (192, 192)), ((256, 256), (800, 800)), ((7, 12), (10, 9)), ((5, 6), (5, 6)), ((1, 3), (4, 1))],
)
def test_the_resize_is_torchs_bilinear_one(before, after):
    planes = DRAW.normal(size=(2, *before)).astype(np.float32)
    exact = torch.from_numpy(planes.astype(np.float64))  # torch's float32 rounds the coordinates: 1e-4 off at 800 px
    judge = torch.nn.functional.interpolate(exact[None], size=after, mode="bilinear")[0].numpy()
    np.testing.assert_allclose(resize_bilinear(planes, after), judge, atol=1e-5)


def round_logits(side, radius, *, centre_px=None):
    """A logit that is positive inside a circle."""
    middle = (side - 1) / 2 if centre_px is None else centre_px
    rows, columns = np.mgrid[:side, :side]
    return (radius - np.hypot(rows - middle, columns - middle)).astype(np.float32)


def test_masks_are_solid_regions_at_roi_size_in_the_order_of_the_structures():
    logits = np.stack([round_logits(64, 8), round_logits(64, 20)])
    inner, outer = masks_of(logits, (192, 192), threshold=0.5, **FREE)
    assert outer.shape == (192, 192)
    assert outer.dtype == bool
    assert abs(inner.sum() / (np.pi * 24**2) - 1) < 0.02
    assert abs(outer.sum() / (np.pi * 60**2) - 1) < 0.02


def test_an_oblong_roi_stretches_each_axis_by_itself():
    (mask,) = masks_of(round_logits(64, 16)[None], (64, 192), threshold=0.5, structures=TWO[:1], nest=False)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    assert abs(len(rows) - 32) <= 1
    assert abs(len(columns) - 96) <= 2


def test_a_higher_threshold_gives_a_smaller_mask():
    logits = np.stack([round_logits(64, 8), round_logits(64, 20)])
    low, high = (masks_of(logits, (192, 192), threshold=threshold, **FREE) for threshold in (0.5, 0.75))
    assert (high & ~low).sum() == 0
    assert (high.sum(axis=(1, 2)) < low.sum(axis=(1, 2))).all()


@pytest.mark.parametrize(("regions", "holes", "pixels"), [
    ("largest", "fill", 49), ("largest", "keep", 48), ("all", "fill", 53), ("all", "keep", 52),
])  # fmt: skip
def test_each_structure_keeps_the_regions_and_holes_that_it_declares(regions, holes, pixels):
    logits = np.full((1, 20, 20), -9.0)
    logits[0, 2:9, 2:9] = logits[0, 12:14, 12:14] = 9
    logits[0, 5, 5] = -9
    declared = (structure("one", regions=regions, holes=holes),)
    assert masks_of(logits, (20, 20), threshold=0.5, structures=declared, nest=False).sum() == pixels


def test_a_structure_is_cut_to_the_one_it_is_within_only_when_asked():
    logits = np.stack([round_logits(64, 15, centre_px=20), round_logits(64, 10, centre_px=30)])
    free, cut = (masks_of(logits, (64, 64), threshold=0.5, structures=TWO, nest=nest) for nest in (False, True))
    assert (free[0] & ~free[1]).any()
    assert (cut[0] == free[0] & free[1]).all()
    assert (cut[1] == free[1]).all()


def test_a_chain_of_structures_is_cut_to_all_that_hold_it_in_any_order():
    chain = (structure("b", within="a"), structure("c", within="b"), structure("a"), structure("alone"))
    masks = DRAW.random((4, 9, 9)) < 0.5
    b, c, a, alone = masks
    np.testing.assert_array_equal(nested(masks, chain), [b & a, c & b & a, a, alone])


def test_half_precision_logits_give_masks_too():
    logits = np.stack([round_logits(64, 8), round_logits(64, 20)]).astype(np.float16)
    assert masks_of(logits, (100, 100), threshold=0.75, **FREE)[1].any()


def test_as_many_planes_as_structures_are_expected():
    with pytest.raises(ValueError, match="zip"):
        masks_of(np.zeros((3, 4, 4)), (4, 4), threshold=0.5, **FREE)


def test_the_centre_of_a_roi_is_512_of_800_of_each_side_in_the_middle():
    assert centre((800, 400)) == (slice(144, 656), slice(72, 328))
    whole = at_centre(np.ones((2, 512, 256), bool), (800, 400))
    assert whole.shape == (2, 800, 400)
    assert whole[0].sum() == 512 * 256
    assert (whole == whole[:, ::-1, ::-1]).all()
