import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fdgst.core.thresholds import canonical_alpha, parse_alpha, soft_threshold, threshold_of, thresholded
from fdgst.core.windows import half

ALPHAS = st.one_of(st.floats(0, 1), st.builds("{}:{:.3f}".format, st.sampled_from(["ac", "energy"]), st.floats(0, 1)))


@st.composite
def amplitudes(draw):
    shape = draw(st.tuples(st.just(2), st.integers(1, 12), st.integers(1, 12)))
    low, high = draw(st.sampled_from([(0, 256), (0, 65536), (-2000, 500), (-128, 128)]))
    image = np.random.default_rng(draw(st.integers(0, 2**32))).integers(low, high, shape)
    return abs(np.fft.fft2(image))


@settings(deadline=None)
@given(amplitudes(), ALPHAS)
def test_half_and_whole_spectrum_give_the_same_threshold(amplitude, alpha):
    width = amplitude.shape[-1]
    whole = threshold_of(amplitude, alpha=alpha, width_px=width)
    np.testing.assert_allclose(
        threshold_of(half(amplitude), alpha=alpha, width_px=width), whole, atol=1e-6 * whole.max(initial=1), rtol=1e-6
    )


@settings(deadline=None)
@given(amplitudes(), st.floats(0, 1))
def test_energy_leaves_its_share(amplitude, share):
    left = thresholded(amplitude, alpha=f"energy:{share:.6f}", width_px=amplitude.shape[-1])
    left, amplitude = left.reshape(2, -1)[:, 1:], amplitude.reshape(2, -1)[:, 1:]
    total = (amplitude**2).sum(1)
    np.testing.assert_allclose((left**2).sum(1), round(share, 6) * total, atol=1e-6 * total.max(initial=1))


@settings(deadline=None)
@given(amplitudes(), st.floats(0, 1))
def test_thresholding_shrinks_and_never_goes_below_zero(amplitude, alpha):
    shrunk = thresholded(amplitude, alpha=alpha, width_px=amplitude.shape[-1])
    assert (shrunk >= 0).all()
    assert (shrunk <= amplitude).all()


@settings(deadline=None)
@given(amplitudes(), st.sampled_from(["ac:0.3", "energy:0.5"]))
def test_the_rules_beyond_the_paper_leave_the_sum_untouched(amplitude, alpha):
    shrunk = thresholded(amplitude, alpha=alpha, width_px=amplitude.shape[-1])
    assert (shrunk[:, 0, 0] == amplitude[:, 0, 0]).all()


def test_soft_threshold_by_hand():
    amplitude = np.array([[[5.0, 2.0], [0.5, 1.0]]])
    assert soft_threshold(amplitude, np.array([1.0])).tolist() == [[[4.0, 1.0], [0.0, 0.0]]]
    assert amplitude[0, 0, 0] == 5


def test_a_share_is_of_the_largest_amplitude_and_not_of_the_sum():
    assert threshold_of(np.array([[[1.0, 80.0, 80.0]]]), alpha=0.1, width_px=3).tolist() == [8]


def test_an_alpha_is_kept_in_one_form():
    assert [canonical_alpha(alpha) for alpha in ("0.050", 0.05, "1e-5", 1, "ac:.050")] == [
        0.05, 0.05, 1e-5, 1, "ac:0.05"
    ]  # fmt: skip


def test_each_channel_has_its_own_threshold():
    amplitude = np.array([[[10.0, 4.0]], [[100.0, 4.0]]])
    assert threshold_of(amplitude, alpha=0.1, width_px=2).tolist() == [1, 10]
    assert thresholded(amplitude, alpha=0.1, width_px=2)[:, 0, 1].tolist() == [3, 0]


def test_ac_is_relative_to_the_largest_besides_the_sum():
    assert threshold_of(np.array([[[100.0, 4.0, 4.0]]]), alpha="ac:0.5", width_px=3).tolist() == [2]


def test_energy_by_hand():
    # one pair of coefficients, 4 and 4: (4 - 1)^2 / 4^2 = 0.5625
    assert threshold_of(np.array([[[100.0, 4.0, 4.0]]]), alpha="energy:0.5625", width_px=3).tolist() == [1]


def test_alpha_zero_is_no_threshold_and_alpha_one_leaves_nothing():
    amplitude = np.array([[[100.0, 4.0, 4.0]]])
    assert (thresholded(amplitude, alpha=0, width_px=3) == amplitude).all()
    assert not thresholded(amplitude, alpha=1, width_px=3).any()


@pytest.mark.parametrize("alpha", [-0.1, 1.01, "nan", "ac:", "dc:0.1", "energy:2", "", float("nan")])
def test_an_impossible_alpha_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha must be"):
        parse_alpha(alpha)


@pytest.mark.parametrize("threshold", [np.array([-1.0]), np.array([np.nan]), np.array([1.0, 1.0])])
def test_soft_threshold_refuses_negative_nan_and_miscounted_thresholds(threshold):
    with pytest.raises(ValueError, match="threshold"):
        soft_threshold(np.ones((1, 2, 2)), threshold)
