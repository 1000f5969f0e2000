"""The field of view, in black or cropped, at any size."""

import numpy as np
import pytest
from PIL import Image

from fdgst.inference.locating.field import FIELD_PX, view_of


def field(size, *, radius, shift=(0, 0)):
    """A grey disc in black."""
    y, x = np.mgrid[: size[0], : size[1]]
    inside = np.hypot(x - size[1] / 2 - shift[0], y - size[0] / 2 - shift[1]) < radius
    return np.repeat(np.where(inside, 120, 3).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("size", [(320, 400), (800, 1300), (97, 120)])
def test_the_field_is_brought_to_one_diameter(size):
    view = view_of(field(size, radius=size[0] * 0.45))
    assert view.scale * size[0] * 0.9 == pytest.approx(FIELD_PX, rel=0.03)
    assert view.inside.sum() == pytest.approx(np.pi * FIELD_PX**2 / 4, rel=0.06)


def test_a_field_cut_above_and_below_is_measured_by_its_arcs():
    assert view_of(field((400, 700), radius=260)).scale * 520 == pytest.approx(FIELD_PX, rel=0.03)


def test_without_black_the_diagonal_stands_for_the_diameter():
    view = view_of(np.full((300, 400, 3), 90, np.uint8))
    assert view.inside.all()
    assert view.scale * 500 == pytest.approx(FIELD_PX)


def test_text_in_the_black_is_no_part_of_the_field():
    photograph = field((400, 500), radius=180)
    photograph[380:395, 10:60] = 200
    assert not view_of(photograph).inside[-15:, :40].any()


def test_a_black_photograph_has_no_field():
    assert view_of(np.zeros((50, 60, 3), np.uint8)) is None


def test_a_grey_photograph_is_seen_as_its_colours_would_be():
    photograph = field((200, 260), radius=90)
    np.testing.assert_array_equal(view_of(photograph).green, view_of(photograph[..., :1]).green)


def test_one_pixel_has_a_view():
    assert view_of(np.asarray(Image.new("RGB", (1, 1), "white"))) is not None
