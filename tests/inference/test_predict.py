"""From a ROI file and a function from images to logits to masks and logits."""

import numpy as np
import pytest

from fdgst.errors import ConfigError
from fdgst.inference.postprocess import masks_of
from fdgst.inference.predict import predict
from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import create_rois
from tests.tasks import structure, task

ROI_PX, SIZE_PX = (80, 120), (32, 48)
TASK = task(channels=1)
MODEL = {"method": "row", "unseen": "c", "seed": 0, "weights": "last"}
CUT = {"threshold": 0.75, "structures": TASK.structures, "nest": False}
OPTIONS = {"model": MODEL, "view": "whole", "split": "test", **CUT}


@pytest.fixture
def rois(tmp_path):
    """A ROI file whose pictures are a bright square of 16 px in the centre, brighter from image to image."""
    shape = {"count": 20, "roi_size_px": ROI_PX, "network_size_px": SIZE_PX, "mask_resize": "nearest"}
    names = {"settings": {}, "task": TASK, "domain": "c", "title": "C"}
    with create_rois(tmp_path / "c.h5", **names, **shape, compression="none") as writer:
        for number in range(20):
            image = np.zeros((*ROI_PX, 1), np.uint8)
            image[32:48, 52:68] = 150 + 5 * number
            kept = {"name": f"c{number}", "split": "train" if number < 2 else "test", "group": f"c{number}"}
            writer.add(**kept, image=image, greys={"mask": 255 - image[..., 0]}, sha256="0" * 64)
    return tmp_path / "c.h5"


def brightness(images):
    """A network that finds bright pixels: outer ones, and inner ones above a level of 230."""
    grey = images[..., 0].astype(np.float32)
    return np.stack([grey - 230, grey - 80], axis=1) / 4


def test_images_keep_their_order_and_names_over_batches(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        assert found.names == [f"c{number}" for number in range(2, 20)]
        middle = [float(found.logit(row)[1, 16, 24]) for row in range(18)]
    assert np.all(np.diff(middle) > 0)


def test_masks_lie_at_roi_size_where_the_object_is(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        assert found.structures == ("inner", "outer")
        outer = found.masks_of(17)[1]
    assert outer.shape == ROI_PX
    assert outer[33:47, 53:67].all()
    assert outer.sum() <= 20**2


def test_masks_can_be_made_again_from_the_logits_of_the_file(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        np.testing.assert_array_equal(masks_of(found.logit(9), ROI_PX, **CUT), found.masks_of(9))


def test_the_centre_is_seen_larger_and_put_back_in_its_place(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **(OPTIONS | {"view": "centre"}))
    with open_predictions(tmp_path / "p.h5") as found:
        outer, seen = found.masks_of(17)[1], found.logit(17)[1] > 0
    assert outer[33:47, 53:67].all()
    assert outer.sum() <= 20**2
    assert seen.sum() >= 9**2  # 16 px of the 51 px centre are 10 of 32, of the whole ROI 6 of 32


def test_logits_beyond_half_precision_stay_finite(rois, tmp_path):
    predict(lambda images: brightness(images) * 1e5, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        assert all(np.isfinite(found.logit(row)).all() for row in range(18))


def test_other_structures_than_the_files_are_refused(rois, tmp_path):
    with pytest.raises(ConfigError, match=r"c\.h5: expected the structures one, found inner, outer"):
        predict(brightness, rois, tmp_path / "p.h5", **(OPTIONS | {"structures": (structure("one"),)}))


def test_what_made_the_masks_is_written_down(rois, tmp_path):
    predict(brightness, rois, tmp_path / "p.h5", **OPTIONS)
    with open_predictions(tmp_path / "p.h5") as found:
        kept = {key: found.settings[key] for key in ("weights", "view", "threshold", "nest")}
    assert kept == {"weights": "last", "view": "whole", "threshold": 0.75, "nest": False}


@pytest.mark.parametrize(
    ("batch", "sizes"), [(18, [18]), (17, [18]), (6, [6, 6, 6]), (16, [16, 2]), (1, [1] * 16 + [2])]
)
def test_images_are_given_together_in_their_order_and_no_last_one_alone(rois, tmp_path, batch, sizes):
    seen = []

    def network(images):
        seen.append(len(images))
        return brightness(images)

    predict(network, rois, tmp_path / "p.h5", **OPTIONS, batch=batch)
    assert seen == sizes
    with open_predictions(tmp_path / "p.h5") as found:
        middle = [float(found.logit(row)[1, 16, 24]) for row in range(18)]
    assert np.all(np.diff(middle) > 0)
