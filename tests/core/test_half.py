import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fdgst.core.half import to_half

EVERY = np.arange(2**16, dtype=np.uint16).view(np.float16)
NUMBERS = EVERY[~np.isnan(EVERY)]


def same(found, expected):
    return found.dtype == expected.dtype and (found.view(np.uint16) == expected.view(np.uint16)).all()


def test_every_half_comes_back():
    assert same(to_half(NUMBERS.astype(np.float32)), NUMBERS)


def test_what_lies_midway_and_beside_it_is_rounded_as_numpy_does():
    finite = np.sort(NUMBERS[np.isfinite(NUMBERS)].astype(np.float32))
    midway = (finite[1:] + finite[:-1]) / 2
    for values in (midway, np.nextafter(midway, np.float32(np.inf)), np.nextafter(midway, np.float32(-np.inf))):
        assert same(to_half(values), values.astype(np.float16))


@settings(deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False), max_size=30))
def test_any_number_is_rounded_as_numpy_does(numbers):
    values = np.array(numbers, np.float32)
    with np.errstate(over="ignore"):
        assert same(to_half(values), values.astype(np.float16))


def test_what_is_no_number_stays_none():
    values = np.array([np.nan, -np.nan, 1, np.inf, -np.inf], np.float32)
    np.testing.assert_array_equal(to_half(values), values.astype(np.float16))
