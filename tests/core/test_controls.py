import numpy as np
import pytest

from fdgst.core.controls import contrast_residual, jittered
from tests.core.pictures import draw_image


def image(channels, depth):
    return draw_image((9, 14), "fundus", 1, channels=channels, depth=depth).transpose(1, 2, 0)


@pytest.mark.parametrize("depth", ["u1", "u2"])
@pytest.mark.parametrize("channels", [1, 3])
def test_without_strength_nothing_is_jittered(channels, depth):
    x = image(channels, depth)
    found = jittered(x, strength=0, directions=np.array([1.0, -1, 1]))
    np.testing.assert_allclose(found, x, rtol=1e-6)


@pytest.mark.parametrize("depth", ["u1", "u2"])
def test_one_channel_has_no_saturation(depth):
    x = image(1, depth)
    one, other = (jittered(x, strength=0.5, directions=np.array([0.3, 0.2, last])) for last in (-1, 1))
    np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_brightness_multiplies_and_contrast_keeps_the_grey_mean(channels):
    x = image(channels, "u1").astype(np.float32)
    np.testing.assert_allclose(jittered(x, strength=0.5, directions=np.array([1, 0, 0])), 1.5 * x, rtol=1e-5)
    flat = jittered(x, strength=1, directions=np.array([0, -1, 0]))
    assert np.ptp(flat) < 1e-3


def test_three_equal_channels_are_jittered_as_one():
    x = image(1, "u1")
    directions = np.array([0.4, -0.7, 0.9])
    colour = jittered(x.repeat(3, 2), strength=0.8, directions=directions)
    np.testing.assert_allclose(colour, jittered(x, strength=0.8, directions=directions).repeat(3, 2), atol=1e-3)


@pytest.mark.parametrize("depth", ["u1", "u2"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_whole_contrast_residual_leaves_each_channels_mean(channels, depth):
    x = image(channels, depth)
    np.testing.assert_allclose(x + contrast_residual(x), np.broadcast_to(x.mean((0, 1)), x.shape), rtol=1e-5)
