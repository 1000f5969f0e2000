"""What speaks against a photograph."""

import numpy as np
import pytest
from scipy import ndimage

from fdgst.inference.locating.field import view_of
from fdgst.inference.quality import quality_of
from tests.inference.locating.conftest import drawn

__all__ = ["drawn"]


def flags(image):
    return quality_of(image, view_of(image)).flags


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_good_photograph_has_no_flag(drawn, number):
    assert flags(drawn(number).image) == []


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_blur_of_a_hundredth_of_the_field_is_flagged(drawn, number):
    image = ndimage.gaussian_filter(drawn(number).image, (3.2, 3.2, 0))
    assert "too blurred" in flags(image)[0]


def test_a_dark_photograph_is_flagged_with_its_level(drawn):
    image = (drawn(1).image * 0.12).astype(np.uint8)
    assert "photograph too dark (median level" in flags(image)[0]


def test_a_black_one_is_too_dark_and_has_no_detail():
    assert len(flags(np.zeros((60, 80, 3), np.uint8))) == 2
