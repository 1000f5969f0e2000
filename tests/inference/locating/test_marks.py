"""Rings and arcades, each on pictures made for it."""

import numpy as np
import pytest

from fdgst.inference.locating import arcade, rings
from fdgst.inference.locating.correlation import correlate

SIDE = 240


def everywhere():
    return np.ones((SIDE, SIDE), bool)


def spot(x, y, radius, *, height=0.5):
    """A flat bright disc in grey."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return (height * np.clip(radius + 1 - np.hypot(columns - x, rows - y), 0, 1)).astype(np.float32)


def star(x, y, angles):
    """Dark lines that leave a point."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    picture = np.zeros((SIDE, SIDE), np.float32)
    for angle in np.deg2rad(angles):
        along = (columns - x) * np.cos(angle) + (rows - y) * np.sin(angle)
        across = -(columns - x) * np.sin(angle) + (rows - y) * np.cos(angle)
        picture -= 0.3 * np.exp(-((across / 2) ** 2)) * (along > 0)
    return picture


def test_a_correlation_is_the_sum_over_the_template():
    rng = np.random.default_rng(0)
    picture = (rng.normal(size=(9, 11)) + 1j * rng.normal(size=(9, 11))).astype(np.complex64)
    template = (rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))).astype(np.complex64)
    (found,) = correlate(picture, [template])
    assert found[4, 6] == pytest.approx((picture[2:7, 4:9] * template.conj()).sum().real, rel=1e-4)
    assert found[0, 0] == pytest.approx((picture[:3, :3] * template[2:, 2:].conj()).sum().real, rel=1e-4)


def test_the_best_ring_is_that_of_the_disc_and_has_its_radius():
    ring, radius = rings.rings(spot(100, 140, 26), everywhere())
    row, column = np.unravel_index(ring.argmax(), ring.shape)
    assert np.hypot(column * rings.STEP - 100, row * rings.STEP - 140) < 3
    assert radius[row, column] == 26


def test_four_times_the_brightness_makes_hardly_a_better_ring():
    dull, bright = (rings.rings(spot(100, 140, 26, height=height), everywhere())[0].max() for height in (0.5, 2.0))
    assert dull < bright < 1.25 * dull


def test_a_dark_disc_is_no_ring():
    ring, _ = rings.rings(spot(100, 140, 26, height=-0.5), everywhere())
    assert ring[70, 50] < 0.1


def test_vessels_are_closed_and_the_disc_is_kept():
    disc = spot(120, 120, 26)
    closed = rings.close_vessels(disc + star(120, 120, [60, 200]))
    np.testing.assert_allclose(closed[110:130, 110:130], disc[110:130, 110:130], atol=0.1)
    assert closed[120, 80] < 0.1


def test_a_fitted_outline_has_the_middle_and_the_axes():
    rows, columns = np.mgrid[:SIDE, :SIDE]
    oval = np.clip(26 - 26 * np.hypot((columns - 111) / 22, (rows - 126) / 28) + 1, 0, 1).astype(np.float32) * 0.5
    found = rings.fit_outline(oval, everywhere(), 105, 130, 26)
    np.testing.assert_allclose(found, (111, 126, 22, 28), atol=2.5)


def test_vessels_are_found_with_their_direction():
    weight, direction = arcade.vessels(star(120, 120, [30, 210]), everywhere())
    assert weight[150, 172] > 0.5  # on the line at 30 degrees
    assert weight[60, 60] == 0
    assert np.angle(direction[150, 172]) == pytest.approx(np.deg2rad(60), abs=0.1)


def test_lines_converge_on_the_point_that_they_leave():
    picture = star(90, 120, [-80, -55, 55, 80, 100, 125, 235, 260])
    found, _ = arcade.convergence(*arcade.vessels(picture, everywhere()), everywhere())
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert np.hypot(column - 90, row - 120) < 20


def test_lines_that_lead_nowhere_crowd_without_an_arcade():
    rng = np.random.default_rng(0)
    picture = sum(star(*rng.uniform(40, 200, 2), [angle, angle + 180]) for angle in rng.uniform(0, 180, 12))
    weight, direction = arcade.vessels(picture, everywhere())
    found, crowd = arcade.convergence(weight, direction, everywhere())
    led, _ = arcade.convergence(*arcade.vessels(star(120, 120, range(45, 360, 30)), everywhere()), everywhere())
    assert crowd.max() > 0.1
    assert found[100:140, 100:140].max() < 0.5 * led[100:140, 100:140].max()
