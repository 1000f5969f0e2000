import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fdgst.core.fourier import log_amplitude, stylize, stylize_complex, unit_phase
from tests.core.pictures import ALPHAS, SIDES, WINDOWS, draw_image, pairs, size_of

LAMBDAS = st.sampled_from([0.0, 0.1, 0.5, 1.0])


@settings(deadline=None)
@given(pairs(), WINDOWS, ALPHAS)
def test_lambda_zero_is_the_identity(pair, window, alpha):
    np.testing.assert_allclose(stylize(*pair, lam=0, window=window, alpha=alpha), pair[0], atol=1e-9 * size_of(*pair))


@settings(deadline=None)
@given(pairs(), WINDOWS, ALPHAS, LAMBDAS)
def test_the_result_is_real_before_its_real_part_is_taken(pair, window, alpha, lam):
    mixed = stylize_complex(*pair, lam=lam, window=window, alpha=alpha)
    assert abs(mixed.imag).max() <= 1e-6 * max(abs(mixed.real).max(), 1)


@settings(deadline=None)
@given(pairs(), WINDOWS, ALPHAS, LAMBDAS)
def test_the_result_is_affine_in_lambda(pair, window, alpha, lam):
    start, end = (stylize(*pair, lam=end, window=window, alpha=alpha) for end in (0, 1))
    between = stylize(*pair, lam=lam, window=window, alpha=alpha)
    np.testing.assert_allclose(between, (1 - lam) * start + lam * end, atol=1e-8 * size_of(*pair))


@settings(deadline=None)
@given(pairs(), WINDOWS, LAMBDAS)
def test_an_image_in_its_own_style_is_unchanged(pair, window, lam):
    content = pair[0]
    np.testing.assert_allclose(
        stylize(content, content, lam=lam, window=window, alpha=0), content, atol=1e-8 * size_of(content)
    )


@settings(deadline=None)
@given(pairs())
def test_lambda_one_takes_the_whole_amplitude_of_the_style(pair):
    mixed = stylize(*pair, lam=1, window="full", alpha=0)
    expected = abs(np.fft.fft2(pair[1].astype(float)))
    np.testing.assert_allclose(abs(np.fft.fft2(mixed)), expected, atol=1e-9 * max(expected.max(), 1))


@settings(deadline=None)
@given(pairs(), LAMBDAS)
def test_dc_brings_each_channels_mean_to_the_size_of_the_styles_and_keeps_its_sign(pair, lam):
    content, style = pair
    means, others = content.mean((1, 2)), style.mean((1, 2))
    shift = np.where(means < 0, -1, 1) * (abs(others) - abs(means))
    mixed = stylize(content, style, lam=lam, window="dc", alpha=0)
    np.testing.assert_allclose(mixed, content + lam * shift[:, None, None], atol=1e-9 * size_of(*pair))


def released_scripts(content, style, lam, alpha):
    """Mix as the authors' scripts do, with one threshold: centred spectra and a slice whose start is negative."""
    source, target = np.fft.fft2(content.astype(float)), np.fft.fft2(style.astype(float))
    amplitude = np.abs(target)
    amplitude = np.maximum(amplitude - alpha * amplitude.max((1, 2), keepdims=True), 0)
    own, other = np.fft.fftshift(np.abs(source), (1, 2)), np.fft.fftshift(amplitude, (1, 2))
    height, width = own.shape[1:]
    border = min(height, width)  # L = 1
    rows = slice(height // 2 - border, height // 2 + border + 1)
    columns = slice(width // 2 - border, width // 2 + border + 1)
    own[:, rows, columns] = (1 - lam) * own[:, rows, columns] + lam * other[:, rows, columns]
    return np.real(np.fft.ifft2(np.fft.ifftshift(own, (1, 2)) * np.exp(1j * np.angle(source))))


@settings(deadline=None)
@given(SIDES, st.integers(0, 99), LAMBDAS, st.sampled_from([0, 0.05, 0.5]), st.sampled_from(["u1", "u2", "negative"]))
def test_released_equals_the_scripts_wrapped_slice_on_square_images(side, seed, lam, alpha, depth):
    content, style = (draw_image((side, side), kind, seed, depth=depth) for kind in ("fundus", "noise"))
    mixed = stylize(content, style, lam=lam, window="released", alpha=alpha)
    np.testing.assert_allclose(mixed, released_scripts(content, style, lam, alpha), atol=1e-8 * size_of(content, style))


@pytest.mark.parametrize("side", [32, 33])
def test_released_keeps_half_of_the_amplitude_and_is_not_full(side):
    content, style = (draw_image((side, side), kind, 3) for kind in ("fundus", "noise"))
    full, released = (stylize(content, style, lam=1, window=window, alpha=0) for window in ("full", "released"))
    assert abs(released - content).mean() < abs(full - content).mean()


def test_the_phase_of_rounding_noise_is_one():
    stripes = draw_image((16, 12), "stripes", 0).astype(float)
    spectrum = np.fft.fft2(stripes)
    exact = np.zeros(spectrum.shape, bool)
    exact[:, [0, 8], 0] = True  # the sum and the stripes' frequency
    assert (unit_phase(spectrum)[~exact] == 1).all()
    np.testing.assert_allclose(unit_phase(spectrum)[:, 8, 0], -1)


def test_black_in_any_style_is_centred_on_the_first_pixel():
    style = draw_image((8, 8), "noise", 1)
    mixed = stylize(np.zeros_like(style), style, lam=1, window="full", alpha=0)
    np.testing.assert_allclose(mixed, np.fft.ifft2(abs(np.fft.fft2(style.astype(float)))).real, atol=1e-9)


def test_log_amplitude_is_centred_and_within_zero_and_one():
    picture = log_amplitude(abs(np.fft.fft2(draw_image((9, 12), "fundus", 1))))
    assert picture.max() == picture[0, 4, 6] == 1
    assert picture.min() >= 0
    assert not log_amplitude(np.zeros((4, 4))).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lam": 1.5}, "lam must be"),
        ({"lam": float("nan")}, "lam must be"),
        ({"window": "half"}, "window must be"),
        ({"alpha": 2}, "alpha must be"),
        ({"style": np.zeros((3, 4, 5))}, "share one shape"),
    ],
)
def test_impossible_arguments_are_refused(change, message):
    arguments = {"content": np.zeros((3, 4, 4)), "style": np.zeros((3, 4, 4)), "lam": 1, "window": "full", "alpha": 0}
    with pytest.raises(ValueError, match=message):
        stylize(**(arguments | change))
