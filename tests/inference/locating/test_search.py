"""The locator as a whole, on drawn photographs."""

import numpy as np
import pytest
from PIL import Image

from fdgst.inference.locating import LIMIT, candidates, locate


def middle_is_in(found, mask):
    row, column = int(found.top + found.height / 2), int(found.left + found.width / 2)
    return mask[row, column]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_the_middle_of_what_is_located_lies_in_the_disc(drawn, number):
    drawing = drawn(number)
    assert middle_is_in(locate(drawing.image), drawing.mask("disc"))


@pytest.mark.parametrize("number", [1, 4])
def test_a_disc_at_the_edge_is_found(drawn, number):
    drawing = drawn(number, disc="edge")
    assert middle_is_in(locate(drawing.image), drawing.mask("disc"))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_without_a_disc_nothing_is_found(drawn, number):
    assert locate(drawn(number, disc="outside").image) is None


def test_bright_lesions_are_passed_over(drawn):
    drawing = drawn(3, plaques=True)
    assert drawing.mask("lesion").sum() > 200
    assert middle_is_in(locate(drawing.image), drawing.mask("disc"))


def test_the_box_is_that_of_the_disc(drawn):
    drawing = drawn(1)
    found = locate(drawing.image)
    rows, columns = np.nonzero(drawing.mask("disc"))
    assert found.width == pytest.approx(np.ptp(columns) + 1, rel=0.2)
    assert found.height == pytest.approx(np.ptp(rows) + 1, rel=0.2)


def test_a_mirrored_eye_is_located_at_the_mirrored_place(drawn):
    image = drawn(2).image
    here, there = locate(image), locate(np.ascontiguousarray(image[:, ::-1]))
    assert there.left == pytest.approx(image.shape[1] - here.left - here.width, abs=4)


def test_four_times_the_pixels_hold_the_disc_at_the_same_place(drawn):
    image = drawn(4).image
    large = np.asarray(Image.fromarray(image).resize((1600, 1280), Image.Resampling.BICUBIC))
    here, there = locate(image), locate(large)
    assert there.left / 4 == pytest.approx(here.left, abs=3)
    assert there.width / 4 == pytest.approx(here.width, rel=0.15)


def test_a_photograph_cropped_to_its_field_needs_no_black(drawn):
    drawing = drawn(5)
    columns = np.nonzero(drawing.mask("disc"))[1]
    left = int(columns.mean()) - 90
    window = np.s_[70:250, left : left + 180]
    assert middle_is_in(locate(drawing.image[window]), drawing.mask("disc")[window])


def test_candidates_are_sorted_and_the_first_is_what_is_located(drawn):
    found = candidates(drawn(3, plaques=True).image, most=4)
    confidences = [item.confidence for item in found]
    assert confidences == sorted(confidences, reverse=True)
    assert found[0] == locate(drawn(3, plaques=True).image)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_an_even_picture_holds_no_disc(shade):
    assert locate(np.full((200, 250, 3), shade, np.uint8)) is None


def test_noise_holds_no_disc():
    assert locate(np.random.default_rng(0).integers(0, 256, (200, 250, 3), np.uint8)) is None
    assert 0 < LIMIT < 1
