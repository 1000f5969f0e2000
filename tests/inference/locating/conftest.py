"""Drawn photographs, small: each is drawn once."""

from functools import cache

import pytest

from fdgst.data.phantom.drawing import whole


@pytest.fixture(scope="session")
def drawn():
    """A function that draws the photograph of a number."""

    @cache
    def draw(number, *, disc="inside", plaques=False):
        shape = {"height_px": 320, "width_px": 400}
        return whole(seed=3, number=number, index=number, disc=disc, plaques=plaques, **shape)

    return draw
