import numpy as np
import pytest

from fdgst.core.seeding import generator
from fdgst.data.phantom.anatomy import RIM_MINIMUM, Contour, draw_eye

ANGLES = np.linspace(-np.pi, np.pi, 200)
FLAT = np.zeros(5)


def ellipse(tilt=0.0):
    """An outline without bumps, twice as wide as high."""
    return Contour(x=0.5, y=-0.25, half_width=1.0, half_height=0.5, tilt=tilt, amplitudes=FLAT, phases=FLAT)


@pytest.mark.parametrize(
    ("x", "y", "distance"), [(1.5, -0.25, 0), (0.5, 0.25, 0), (0.5, 0.75, 0.5), (0.0, -0.25, -0.5)]
)
def test_distance_is_along_the_ray_from_the_centre(x, y, distance):
    assert ellipse().distance(np.float32([x]), np.float32([y])) == pytest.approx(distance, abs=1e-4)


def test_tilt_turns_an_outline():
    np.testing.assert_allclose(ellipse(tilt=np.pi / 2).radius(ANGLES), ellipse().radius(ANGLES - np.pi / 2))


def test_even_the_largest_cups_leave_a_rim_all_round():
    for index in range(60):
        ranges = {"pallor": (0.5, 1), "pigment": (0, 1), "tessellation": (0, 1)}
        eye = draw_eye(generator("test", index), cup_ratio=(0.75, 0), **ranges)
        radius = eye.cup.radius(ANGLES)
        x, y = eye.cup.x + radius * np.cos(ANGLES), eye.cup.y + radius * np.sin(ANGLES)
        assert eye.disc.distance(x, y).max() < -0.9 * RIM_MINIMUM
