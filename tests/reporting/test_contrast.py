"""Nearly black pictures are shown brighter, and say so."""

import numpy as np
import pytest

from fdgst.reporting.contrast import MOST, stretched


@pytest.mark.parametrize(("grey", "times"), [(0, 1), (200, 1), (64, 1), (63, 3), (20, 11), (2, MOST)])
def test_dark_pictures_alone_are_brightened(grey, times):
    image = np.full((40, 50, 3), grey, np.uint8)
    shown, found = stretched(image)
    assert found == times
    np.testing.assert_array_equal(shown, image * times)


def test_colours_stay_and_few_bright_pixels_are_cut_at_white():
    image = np.zeros((100, 100, 3), np.uint8)
    image[:50] = (10, 20, 40)
    image[0, :20] = 250
    shown, times = stretched(image)
    assert times == 5
    assert shown[40, 0].tolist() == [50, 100, 200]
    assert shown[0, 0].tolist() == [255, 255, 255]
