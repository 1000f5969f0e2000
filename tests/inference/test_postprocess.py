import numpy as np
import pytest
import torch

from fdgst.inference.postprocess import at_centre, centre, masks_of, resize_bilinear

DRAW = np.random.default_rng(0)


@pytest.mark.parametrize(("side", "size_px"), [(64, 192), (256, 800), (7, 10), (10, 7), (5, 5), (1, 4)])
def test_the_resize_is_torchs_bilinear_one(side, size_px):
    planes = DRAW.normal(size=(2, side, side)).astype(np.float32)
    exact = torch.from_numpy(planes.astype(np.float64))  # torch's float32 rounds the coordinates: 1e-4 off at 800 px
    judge = torch.nn.functional.interpolate(exact[None], size=size_px, mode="bilinear")[0].numpy()
    np.testing.assert_allclose(resize_bilinear(planes, size_px), judge, atol=1e-5)


def disc_logits(side, radius, *, centre_px=None):
    """A logit that is positive inside a circle."""
    middle = (side - 1) / 2 if centre_px is None else centre_px
    rows, columns = np.mgrid[:side, :side]
    return (radius - np.hypot(rows - middle, columns - middle)).astype(np.float32)


def test_masks_are_solid_regions_at_roi_size_in_the_order_cup_disc():
    logits = np.stack([disc_logits(64, 8), disc_logits(64, 20)])
    cup, disc = masks_of(logits, 192, threshold=0.5, cup_in_disc=False)
    assert disc.shape == (192, 192)
    assert disc.dtype == bool
    assert abs(cup.sum() / (np.pi * 24**2) - 1) < 0.02
    assert abs(disc.sum() / (np.pi * 60**2) - 1) < 0.02


def test_a_higher_threshold_gives_a_smaller_mask():
    logits = np.stack([disc_logits(64, 8), disc_logits(64, 20)])
    low = masks_of(logits, 192, threshold=0.5, cup_in_disc=False)
    high = masks_of(logits, 192, threshold=0.75, cup_in_disc=False)
    assert (high & ~low).sum() == 0
    assert (high.sum(axis=(1, 2)) < low.sum(axis=(1, 2))).all()


def test_the_cup_is_cut_to_the_disc_only_when_asked():
    logits = np.stack([disc_logits(64, 15, centre_px=20), disc_logits(64, 10, centre_px=30)])
    free, cut = (masks_of(logits, 64, threshold=0.5, cup_in_disc=option) for option in (False, True))
    assert (free[0] & ~free[1]).any()
    assert (cut[0] == free[0] & free[1]).all()


def test_half_precision_logits_give_masks_too():
    logits = np.stack([disc_logits(64, 8), disc_logits(64, 20)]).astype(np.float16)
    assert masks_of(logits, 100, threshold=0.75, cup_in_disc=False)[1].any()


def test_the_centre_of_800_pixels_is_512_wide_and_in_the_middle():
    assert centre(800) == slice(144, 656)
    whole = at_centre(np.ones((2, 512, 512), bool), 800)
    assert whole.shape == (2, 800, 800)
    assert whole[0].sum() == 512**2
    assert (whole == whole[:, ::-1, ::-1]).all()
