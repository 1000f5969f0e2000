import numpy as np
import pytest

from fdgst.core.masks import pack
from fdgst.core.resize import resize_grey, resize_image
from fdgst.storage.contracts import verify
from fdgst.storage.rois import create_rois, open_rois
from tests.tasks import structure, task

SHAPE = {"roi_size_px": (32, 40), "network_size_px": (16, 12), "compression": "none"}
KINDS = [(3, 8), (1, 8), (3, 16), (1, 16)]
SIDES = [("train", (32, 40)), ("train", (50, 61)), ("test", (32, 40))]


def write(path, study, *, mask_resize="nearest", columns=("mask",)):
    """Write three images, one of another size; return their images and greys, and what the writer says it stored."""
    rng, kind, samples = np.random.default_rng(0), np.min_scalar_type(study.white), []
    named = {"domain": "domain1", "title": "Camera 1", "settings": {"made": "by a test"}}
    with create_rois(path, task=study, count=3, mask_resize=mask_resize, **named, **SHAPE) as writer:
        for number, (split, size) in enumerate(SIDES):
            image = rng.integers(0, study.white + 1, (*size, study.channels), kind)
            greys = {column: rng.choice(np.array([0, 128, 255], np.uint8), size) for column in columns}
            pixels = {"image": image, "greys": greys, "sha256": "0" * 64}
            stored = writer.add(name=f"image{number}", split=split, group=f"patient{number // 2}", **pixels)
            samples.append((image, greys, stored))
    return samples


@pytest.mark.parametrize(("channels", "bits"), KINDS)
def test_images_of_any_channels_depth_and_size_come_back(tmp_path, channels, bits):
    samples = write(tmp_path / "a.h5", task(channels=channels, bits=bits))
    assert verify(tmp_path / "a.h5") == "rois"
    with open_rois(tmp_path / "a.h5") as rois:
        assert (rois.channels, rois.white) == (channels, 2**bits - 1)
        assert (rois.roi_size_px, rois.network_size_px) == ((32, 40), (16, 12))
        for row, (image, *_) in enumerate(samples):
            np.testing.assert_array_equal(rois.image(row), resize_image(image, (32, 40)))
            np.testing.assert_array_equal(rois.network_image(row), resize_image(rois.image(row), (16, 12)))


def test_names_splits_groups_and_structures_come_back(tmp_path):
    write(tmp_path / "a.h5", task(structure("inner", within="outer", optional=True), structure("outer", ((0, 200),))))
    with open_rois(tmp_path / "a.h5") as rois:
        assert (rois.domain, rois.title) == ("domain1", "Camera 1")
        assert rois.names == ["image0", "image1", "image2"]
        assert rois.groups == ["patient0", "patient0", "patient1"]
        assert [rois.indices(split).tolist() for split in ("train", "test", "all")] == [[0, 1], [2], [0, 1, 2]]
        assert rois.structures == ("inner", "outer")
        assert rois.within == {"inner": "outer", "outer": None}
        assert rois.optional == {"inner"}


def test_masks_are_read_off_the_greys_at_both_sizes(tmp_path):
    samples = write(tmp_path / "a.h5", task())
    with open_rois(tmp_path / "a.h5") as rois:
        for row, (_, greys, _) in enumerate(samples):
            grey = resize_grey(greys["mask"], (32, 40), rule="nearest")
            small = resize_grey(grey, (16, 12), rule="nearest")
            np.testing.assert_array_equal(rois.masks(row), [grey < 51, grey < 201])
            np.testing.assert_array_equal(rois.network_bits(np.array([row]))[0], (small < 51) + 2 * (small < 201))


@pytest.mark.parametrize("mask_resize", ["nearest", "released"])
def test_the_writer_returns_what_it_stores(tmp_path, mask_resize):
    samples = write(tmp_path / "a.h5", task(), mask_resize=mask_resize)
    with open_rois(tmp_path / "a.h5") as rois:
        for row, (*_, stored) in enumerate(samples):
            np.testing.assert_array_equal(stored.image, rois.image(row))
            np.testing.assert_array_equal(stored.masks, rois.masks(row))
            np.testing.assert_array_equal(pack(stored.network_masks), rois.network_bits(row))


def test_the_released_rule_reads_greys_that_were_resized_bicubically(tmp_path):
    samples = write(tmp_path / "a.h5", task(), mask_resize="released")
    with open_rois(tmp_path / "a.h5") as rois:
        grey = resize_grey(samples[1][1]["mask"], (32, 40), rule="bicubic")
        assert len(np.unique(grey)) > 3
        np.testing.assert_array_equal(rois.masks(1), [grey < 51, grey < 201])


def test_eight_structures_of_two_mask_files_overlap_as_they_like(tmp_path):
    eight = [structure(f"s{k}", ((0, 16 * k),), column="mask" if k % 2 else "other") for k in range(1, 9)]
    samples = write(tmp_path / "a.h5", task(*eight), columns=("mask", "other"))
    with open_rois(tmp_path / "a.h5") as rois:
        greys = samples[0][1]
        expected = [greys["mask" if k % 2 else "other"] <= 16 * k for k in range(1, 9)]
        np.testing.assert_array_equal(rois.masks(0), expected)


def test_an_unknown_split_is_named(tmp_path):
    write(tmp_path / "a.h5", task())
    with open_rois(tmp_path / "a.h5") as rois, pytest.raises(ValueError, match="'validation'"):
        rois.indices("validation")
