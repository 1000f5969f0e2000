import numpy as np
import pytest

from fdgst.core.seeding import generator
from fdgst.data.phantom.frame import Frame
from fdgst.data.phantom.vessels import ARTERY_RADIUS, THINNEST, VEIN_RADIUS, draw, grow


@pytest.fixture(scope="module")
def vessels():
    return grow(generator("test"), side=1, reach=1.5)


def test_vessels_taper_and_end_before_they_are_too_thin(vessels):
    for vessel in vessels:
        assert vessel.radii.min() >= THINNEST
        assert vessel.radii.max() < 1.1 * (ARTERY_RADIUS if vessel.artery else VEIN_RADIUS)
        assert np.abs(vessel.points).max() <= 1.5
    longest = max(vessels, key=lambda vessel: len(vessel.points))
    assert longest.radii[-1] < longest.radii[len(longest.radii) // 3]


def test_veins_are_thicker_than_arteries(vessels):
    thickest = {artery: max(v.radii.max() for v in vessels if v.artery == artery) for artery in (False, True)}
    assert thickest[False] > 1.15 * thickest[True]


def test_trees_branch(vessels):
    starts = np.array([vessel.points[0] for vessel in vessels])
    assert len(vessels) > 25
    assert (np.hypot(*starts.T) > 0.5).sum() > 10  # beyond the disc only branches begin


def test_trees_leave_upwards_and_downwards_to_both_sides(vessels):
    ends = np.array([vessel.points[-1] for vessel in vessels if len(vessel.points) > 20])
    assert {(right, down) for right, down in ends > 0} == {(False, False), (False, True), (True, False), (True, True)}


@pytest.mark.parametrize("artery", [False, True])
def test_the_blood_in_a_picture_does_not_depend_on_its_pixels(vessels, artery):
    small, large = (draw(vessels, Frame(px, px, 2.5, (0.0, 0.0)), artery=artery)[0] for px in (128, 512))
    assert large.max() <= 1
    np.testing.assert_allclose(large.mean(), small.mean(), rtol=0.12)
