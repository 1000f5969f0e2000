import numpy as np
import pytest

from fdgst.core.resize import resize_image
from fdgst.storage.rois import create_rois, open_rois

SHAPE = {"roi_size_px": 32, "network_size_px": 16, "label_resize": "nearest", "compression": "none"}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "domain1.h5"
    rng = np.random.default_rng(0)
    with create_rois(path, settings={"domain": "domain1", "title": "Camera 1"}, count=3, **SHAPE) as writer:
        for number, (split, side) in enumerate([("train", 32), ("train", 50), ("test", 32)]):
            image = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
            writer.add(f"image{number}", split, image, np.full((side, side), number, np.uint8), "0" * 64)
    return path


def test_both_sizes_and_the_splits_come_back(path):
    with open_rois(path) as rois:
        assert (rois.domain, rois.title, rois.roi_size_px, rois.network_size_px) == ("domain1", "Camera 1", 32, 16)
        assert rois.names == ["image0", "image1", "image2"]
        assert [rois.indices(split).tolist() for split in ("train", "test", "all")] == [[0, 1], [2], [0, 1, 2]]
        assert (rois.label(2) == 2).all()
        assert rois.network_labels(np.array([0, 2])).shape == (2, 16, 16)


def test_the_network_image_is_the_resize_of_the_stored_roi(path):
    with open_rois(path) as rois:
        for row in range(3):
            np.testing.assert_array_equal(rois.network_image(row), resize_image(rois.image(row), 16))


def test_an_unknown_split_is_named(path):
    with open_rois(path) as rois, pytest.raises(ValueError, match="'validation'"):
        rois.indices("validation")
