import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fdgst.core.windows import window_mask

SHAPES = st.tuples(st.integers(1, 17), st.integers(1, 17))
WINDOWS = st.sampled_from(["full", "released", "dc", "low:0", "low:0.1", "low:.3", "low:1"])


def mirrored(mask):
    height, width = mask.shape
    return mask[np.ix_(-np.arange(height) % height, -np.arange(width) % width)]


@settings(deadline=None)
@given(WINDOWS, SHAPES)
def test_a_window_is_symmetric_and_within_zero_and_one(window, shape):
    mask = window_mask(window, shape)
    assert mask.shape == shape
    assert (mask == mirrored(mask)).all()
    assert mask.min() >= 0
    assert mask.max() <= 1


@settings(deadline=None)
@given(WINDOWS, SHAPES)
def test_every_window_holds_the_sum_whole(window, shape):
    assert window_mask(window, shape)[0, 0] == 1


def test_low_counts_frequencies_from_the_shorter_side():
    mask = window_mask("low:0.1", (40, 25))  # floor(2.5) = 2
    assert mask.sum() == 25
    assert mask[2, 2] == mask[-2, -2] == 1
    assert mask[3, 0] == mask[0, -3] == 0


def test_dc_is_one_bin():
    assert window_mask("dc", (6, 7)).sum() == 1


def test_released_of_even_size_by_hand():
    expected = [[1, 0.5, 0, 0.5], [0.5, 0.5, 0, 0], [0, 0, 0, 0], [0.5, 0, 0, 0.5]]
    assert window_mask("released", (4, 4)).tolist() == expected


def test_released_of_odd_size_has_no_nyquist_row():
    expected = [[1, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5]]
    assert window_mask("released", (3, 3)).tolist() == expected


@pytest.mark.parametrize("window", ["", "half", "low", "low:", "low:1.5", "low:-0.1", "low:nan", "full "])
def test_an_unknown_window_is_refused_by_name(window):
    with pytest.raises(ValueError, match=f"got {window!r}"):
        window_mask(window, (4, 4))
