"""From a ROI file and a function from images to logits to masks and logits."""

import numpy as np
import pytest

from fdgst.inference.postprocess import masks_of
from fdgst.inference.predict import predict
from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import create_rois

ROI_PX, SIZE_PX = 80, 32
MODEL = {"method": "row", "unseen": "c", "seed": 0}
OPTIONS = {"model": MODEL, "split": "test", "threshold": 0.75, "cup_in_disc": False, "crop_centre": False}


@pytest.fixture
def rois(tmp_path):
    """A ROI file whose pictures are a bright square of 16 px in the centre, brighter from image to image."""
    shape = {"count": 20, "roi_size_px": ROI_PX, "network_size_px": SIZE_PX, "label_resize": "nearest"}
    with create_rois(tmp_path / "c.h5", settings={"domain": "c", "title": "C"}, compression="none", **shape) as writer:
        for number in range(20):
            image = np.zeros((ROI_PX, ROI_PX, 3), np.uint8)
            image[32:48, 32:48] = 150 + 5 * number
            writer.add(f"c{number}", "train" if number < 2 else "test", image, image[..., 0] // 100, "0" * 64)
    return tmp_path / "c.h5"


def brightness(images):
    """A network that finds bright pixels: a disc, and a cup where red is above 230."""
    red = images[..., 0].astype(np.float32)
    return np.stack([red - 230, red - 80], axis=1) / 4


def test_images_keep_their_order_and_names_over_batches(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        assert found.names == [f"c{number}" for number in range(2, 20)]
        assert np.all(np.diff(found.logits[:, 1, 16, 16].astype(float)) > 0)


def test_masks_lie_at_roi_size_where_the_object_is(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        disc = found.mask(17)[1]
    assert disc[33:47, 33:47].all()
    assert disc.sum() <= 20**2


def test_masks_can_be_made_again_from_the_logits_of_the_file(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        again = masks_of(found.logit(9), ROI_PX, threshold=0.75, cup_in_disc=False)
        np.testing.assert_array_equal(again, found.mask(9))


def test_the_centre_is_seen_larger_and_put_back_in_its_place(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **(OPTIONS | {"crop_centre": True}))
    with open_predictions(tmp_path / "p.h5") as found:
        disc, seen = found.mask(17)[1], found.logit(17)[1] > 0
    assert disc[33:47, 33:47].all()
    assert disc.sum() <= 20**2
    assert seen.sum() >= 9**2  # 16 px of the 51 px centre are 10 of 32, of the whole ROI 6 of 32


def test_logits_beyond_half_precision_stay_finite(rois, tmp_path):
    predict(lambda images: brightness(images) * 1e5, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        assert np.isfinite(found.logits).all()
