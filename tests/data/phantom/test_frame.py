import numpy as np
import pytest

from fdgst.core.seeding import generator
from fdgst.data.phantom.frame import Frame, clouds, noise


@pytest.mark.parametrize("size_px", [(64, 64), (65, 64), (30, 90)])
def test_pixels_stand_for_their_centres(size_px):
    x, y = Frame(*size_px, 2.0, (0.5, -0.25)).axes()
    assert x.shape == (1, size_px[1])
    assert y.shape == (size_px[0], 1)
    assert (x.mean(), y.mean()) == pytest.approx((0.5, -0.25), abs=1e-6)
    assert x[0, 0] - 1 / size_px[1] == pytest.approx(-0.5, abs=1e-6)
    assert np.diff(y[:, 0]).mean() == pytest.approx(2 / size_px[1])


def test_noise_has_mean_0_and_deviation_1():
    drawn = np.stack([noise(generator("test", index), Frame(90, 90, 3.0, (0, 0)), cell=0.15) for index in range(9)])
    assert abs(drawn.mean()) < 0.05
    assert drawn.std() == pytest.approx(1, abs=0.1)


def test_clouds_are_the_same_at_any_number_of_pixels():
    small, large = (clouds(generator("test"), Frame(px, px, 3.0, (0, 0)), cell=0.6, octaves=2) for px in (60, 240))
    np.testing.assert_allclose(large.reshape(60, 4, 60, 4).mean(axis=(1, 3)), small, atol=0.1)
