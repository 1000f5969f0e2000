import numpy as np
import pytest
from PIL import Image

from fdgst.core.resize import resize_grey, resize_image, resize_plane

KINDS = [(np.uint8, 3), (np.uint8, 1), (np.uint16, 3), (np.uint16, 1)]


@pytest.mark.parametrize(("kind", "channels"), KINDS)
def test_resizing_to_the_same_size_changes_nothing_and_copies(kind, channels):
    image = np.arange(20 * channels, dtype=kind).reshape(4, 5, channels)
    same = resize_image(image, (4, 5))
    np.testing.assert_array_equal(same, image)
    assert not np.shares_memory(same, image)


@pytest.mark.parametrize(("kind", "channels"), KINDS)
def test_a_resized_image_has_the_height_width_and_type_that_were_asked_for(kind, channels):
    image = np.random.default_rng(0).integers(0, np.iinfo(kind).max, (40, 30, channels), kind)
    found = resize_image(image, (13, 21))
    assert (found.shape, found.dtype) == ((13, 21, channels), kind)


def test_colour_of_8_bits_is_pillows_to_the_byte():
    image = np.random.default_rng(1).integers(0, 256, (50, 40, 3), np.uint8)
    expected = np.asarray(Image.fromarray(image).resize((17, 23), Image.Resampling.LANCZOS))
    np.testing.assert_array_equal(resize_image(image, (23, 17)), expected)


def test_a_channel_does_not_depend_on_its_neighbours():
    image = np.random.default_rng(2).integers(0, 256, (33, 47, 3), np.uint8)
    for channel in range(3):
        alone = resize_image(image[..., channel : channel + 1], (20, 11))
        np.testing.assert_array_equal(resize_image(image, (20, 11))[..., channel], alone[..., 0])


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_are_resized_as_real_numbers_and_cut_at_both_ends(channels):
    image = np.zeros((40, 40, channels), np.uint16)
    image[:, 20:] = 65535  # LANCZOS overshoots at the edge
    image[:10] = np.random.default_rng(3).integers(0, 65536, (10, 40, channels), np.uint16)
    exact = np.stack([resize_plane(image[..., channel], (13, 17)) for channel in range(channels)], -1)
    assert exact.min() < 0
    assert exact.max() > 65535
    np.testing.assert_array_equal(resize_image(image, (13, 17)), np.clip(np.rint(exact), 0, 65535))


def test_the_resize_of_a_sum_of_planes_is_the_sum_of_their_resizes():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 100, (2, 50, 61)).astype(np.float32)
    whole = resize_plane(a + b, (16, 19))
    np.testing.assert_allclose(whole, resize_plane(a, (16, 19)) + resize_plane(b, (16, 19)), atol=1e-3)


@pytest.mark.parametrize(("kind", "channels"), KINDS)
def test_a_constant_image_stays_constant(kind, channels):
    assert (resize_image(np.full((40, 30, channels), 77, kind), (13, 20)) == 77).all()
    assert (resize_grey(np.full((40, 30), 77, kind), (13, 20), rule="nearest") == 77).all()
    assert (resize_grey(np.full((40, 30), 77, kind), (13, 20), rule="bicubic") == 77).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_nearest_greys_are_the_greys_at_the_pixel_centres(kind):
    grey = np.repeat(np.repeat(np.array([[0, 128, 7], [255, 3, 0]], kind), 4, 0), 4, 1)
    found = resize_grey(grey, (2, 3), rule="nearest")
    np.testing.assert_array_equal(found, [[0, 128, 7], [255, 3, 0]])
    assert found.dtype == kind


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_bicubic_greys_lie_between(kind):
    grey = np.zeros((8, 8), kind)
    grey[:, 4:] = 255
    found = resize_grey(grey, (8, 3), rule="bicubic")
    assert found.dtype == kind
    assert ((found[:, 1] > 51) & (found[:, 1] < 200)).all()


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="'linear'"):
        resize_grey(np.zeros((4, 4), np.uint8), (2, 2), rule="linear")
