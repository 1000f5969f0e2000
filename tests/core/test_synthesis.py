import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fdgst.core.fourier import stylize, unit_phase
from fdgst.core.mixing import clipped_share, mix, statistics
from fdgst.core.sparse import low_block_shape, low_phases, sparse
from fdgst.core.synthesis import Synthesis, carry, lanczos_matrix, spectrum_of
from fdgst.core.thresholds import thresholded
from fdgst.core.windows import half, window_mask
from tests.core.pictures import ALPHAS, SHAPES, WINDOWS, draw_image, pairs, size_of


def fast(content, style, window, alpha, target):
    """Go the generator's way: x + d for the full window, d for another; (height, width, C)."""
    width = content.shape[-1]
    amplitude = abs(spectrum_of(style.transpose(1, 2, 0))).astype(np.float32)
    goal = thresholded(amplitude, alpha=alpha, width_px=width)
    weight = None if window == "full" else half(window_mask(window, content.shape[1:])).astype(np.float32)
    spectrum = carry(spectrum_of(content.transpose(1, 2, 0)), goal, weight)
    return Synthesis(content.shape[1:], target)(spectrum)


def literal(content, style, window, alpha):
    """The same by the oracle, at the image's own size."""
    mixed = stylize(content, style, lam=1, window=window, alpha=alpha)
    return (mixed if window == "full" else mixed - content).transpose(1, 2, 0)


def lanczos(image, target):
    planes = [Image.fromarray(plane.astype(np.float32)) for plane in image.transpose(2, 0, 1)]
    return np.stack([np.asarray(plane.resize(target[::-1], Image.Resampling.LANCZOS)) for plane in planes], -1)


@settings(deadline=None, max_examples=300)
@given(pairs(), WINDOWS, ALPHAS)
def test_the_fast_path_is_the_formula_at_full_size(pair, window, alpha):
    found = fast(*pair, window, alpha, pair[0].shape[1:])
    np.testing.assert_allclose(found, literal(*pair, window, alpha), atol=1e-2 * size_of(*pair))


@settings(deadline=None)
@given(pairs(), WINDOWS, ALPHAS, SHAPES)
def test_the_fast_path_is_the_formula_resized(pair, window, alpha, target):
    found = fast(*pair, window, alpha, target)
    np.testing.assert_allclose(found, lanczos(literal(*pair, window, alpha), target), atol=1e-2 * size_of(*pair))


@settings(deadline=None)
@given(pairs(), ALPHAS, SHAPES)
def test_few_coefficients_give_what_the_whole_spectrum_gives(pair, alpha, target):
    content, style = (image.transpose(1, 2, 0) for image in pair)
    goal = thresholded(abs(spectrum_of(style)).astype(np.float32), alpha=alpha, width_px=style.shape[1])
    coefficients, phase = sparse(goal), unit_phase(spectrum_of(content)).astype(np.complex64)
    kept = coefficients.on(phase[coefficients.channel, coefficients.row, coefficients.column])
    synthesis = Synthesis(content.shape[:2], target)
    whole = synthesis(carry(spectrum_of(content), goal, None))
    np.testing.assert_allclose(synthesis.few(kept, len(pair[0])), whole, atol=1e-3 * size_of(*pair))


@settings(deadline=None)
@given(pairs(), ALPHAS)
def test_picked_phases_are_those_of_the_whole_spectrum(pair, alpha):
    content, style = (spectrum_of(image.transpose(1, 2, 0)) for image in pair)
    height, width = pair[0].shape[1:]
    kept, phase = sparse(thresholded(abs(style), alpha=alpha, width_px=width)), unit_phase(content)
    expected = phase[kept.channel, kept.row, kept.column]
    np.testing.assert_allclose(kept.phases_of(content), expected, atol=1e-6)
    found, (rows, columns) = kept.phases_in(low_phases(content, width), height), low_block_shape(height, width)
    outside = (kept.row > rows // 2) & (kept.row < height - rows // 2) | (kept.column >= columns)
    assert (found is None) == outside.any()
    np.testing.assert_allclose(expected if found is None else found, expected, atol=1e-6)


@pytest.mark.parametrize("window", ["full", "released", "dc"])
@pytest.mark.parametrize("depth", ["negative", "zero"])
def test_an_image_without_a_positive_mean_is_itself_in_its_own_style(window, depth):
    content = draw_image((24, 31), "noise", 3, depth=depth)
    assert (content.mean((1, 2)) <= 0).all()
    expected = content if window == "full" else np.zeros_like(content)
    found = fast(content, content, window, 0, (24, 31)).transpose(2, 0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-2 * size_of(content))


@settings(deadline=None)
@given(pairs().filter(lambda pair: pair[0].dtype.kind == "u"), WINDOWS)
def test_the_sum_of_an_unsigned_image_may_be_given_as_its_largest_amplitude(pair, window):
    content, style = (spectrum_of(image.transpose(1, 2, 0)) for image in pair)
    weight = half(window_mask(window, pair[0].shape[1:])).astype(np.float32)
    goal = abs(style).astype(np.float32)
    given_peak = carry(content, goal, weight, peak=content[:, 0, 0].real)
    assert (carry(content, goal, weight) == given_peak).all()


def test_many_coefficients_take_the_way_of_the_whole_spectrum():
    rng = np.random.default_rng(5)
    spectrum = (rng.normal(size=(1, 300, 151)) + 1j * rng.normal(size=(1, 300, 151))).astype(np.complex64)
    spectrum[0, :, 1:] *= rng.random((300, 150)) < 0.5
    synthesis = Synthesis((300, 300), (64, 64))
    kept = sparse(spectrum.real != 0)
    kept = kept.on(spectrum[kept.channel, kept.row, kept.column])
    np.testing.assert_allclose(synthesis.few(kept, 1), synthesis(spectrum.copy()), atol=1e-5)


def test_a_large_photograph_keeps_the_formula():
    content, style = (draw_image((800, 800), "fundus", seed) for seed in (1, 2))
    for window in ("full", "released"):
        found = fast(content, style, window, 0, (256, 256))
        expected = lanczos(literal(content, style, window, 0), (256, 256))
        np.testing.assert_allclose(found, expected, atol=1e-2)


def test_the_matrix_is_pillows_resize():
    column = np.random.default_rng(0).normal(size=50).astype(np.float32)
    resized = np.asarray(Image.fromarray(column[None]).resize((17, 1), Image.Resampling.LANCZOS))[0]
    np.testing.assert_allclose(lanczos_matrix(50, 17) @ column, resized, atol=1e-5)
    assert (lanczos_matrix(9, 9) == np.eye(9)).all()


@settings(deadline=None)
@given(st.integers(0, 99), st.sampled_from([0.004, 0.16, 1.6]), st.sampled_from([1, 3]), st.sampled_from([255, 65535]))
def test_mixing_is_clip_of_round(seed, size, channels, white):
    rng, shape, kind = np.random.default_rng(seed), (70, 80, channels), np.min_scalar_type(white)
    x, d = rng.integers(0, white + 1, shape, kind), rng.normal(0, size * white, shape).astype(np.float32)
    lambdas, out = np.array([0, 0.3, 1]), np.empty((3, *shape), kind)
    clipped = mix(x, d, lambdas, out, white=white)
    exact = np.rint(x + lambdas[:, None, None, None] * d.astype(float))
    assert abs(np.clip(exact, 0, white) - out).max() <= 1  # one: a half in float64 need not be one in float32
    assert (out[0] == x).all()
    np.testing.assert_allclose(clipped, ((exact < 0) | (exact > white)).mean((1, 2, 3)), atol=4e-4)


@settings(deadline=None)
@given(st.integers(0, 99), st.sampled_from([0.004, 0.16, 1.6]), st.sampled_from([255, 65535]))
def test_what_would_be_clipped_is_counted_as_mixing_counts_it(seed, size, white):
    rng, shape, kind = np.random.default_rng(seed), (70, 240, 3), np.min_scalar_type(white)
    x, d = rng.integers(0, white + 1, shape, kind), rng.normal(0, size * white, shape).astype(np.float32)
    d[: rng.integers(70)] = 0  # parts of which nothing is clipped
    lambdas, out = rng.random(4), np.empty((4, *shape), kind)
    assert (clipped_share(x, d, lambdas, white=white) == mix(x, d, lambdas, out, white=white)).all()


def test_mixing_without_lambdas_writes_nothing():
    x = np.zeros((4, 4, 3), np.uint8)
    assert mix(x, x.astype(np.float32), np.array([]), np.empty((0, 4, 4, 3), np.uint8), white=255).shape == (0,)


@pytest.mark.parametrize("white", [255, 65535])
@pytest.mark.parametrize("channels", [1, 3])
def test_statistics_are_those_of_the_sum_before_it_is_clipped(white, channels):
    rng, shape = np.random.default_rng(4), (30, 41, channels)
    x = rng.integers(0, white + 1, shape, np.min_scalar_type(white))
    d, lambdas = rng.normal(0.1 * white, 0.2 * white, shape).astype(np.float32), np.array([0.4])
    shift, contrast, similarity = statistics(x, d, lambdas, white=white)[:, 0]
    mixed, own = x + 0.4 * d.astype(float), x.astype(float)
    spread, other = own - own.mean((0, 1)), mixed - mixed.mean((0, 1))
    assert shift == pytest.approx((mixed - own).mean(), rel=1e-3)
    assert contrast == pytest.approx(np.sqrt((other**2).sum() / (spread**2).sum()), rel=1e-3)
    assert similarity == pytest.approx((spread * other).sum() / np.sqrt((spread**2).sum() * (other**2).sum()), rel=1e-3)


@pytest.mark.parametrize("kind", ["black", "constant", "stripes"])
def test_degenerate_contents_give_finite_numbers(kind):
    content, style = draw_image((20, 20), kind, 1), draw_image((20, 20), "noise", 2)
    assert np.isfinite(fast(content, style, "full", 0, (7, 7))).all()


def test_rounding_noise_is_told_by_the_largest_amplitude_and_not_by_the_sum():
    stripes = draw_image((33, 31), "stripes", 0, channels=1, depth="zero").transpose(1, 2, 0)
    spectrum = spectrum_of(stripes)
    noise = abs(spectrum) <= 1e-12 * abs(spectrum).max()
    assert abs(spectrum[noise]).any()  # noise, and no exact zeros: the sum is zero, and would let it all pass
    every = sparse(np.ones(spectrum.shape, np.float32))
    phase = np.empty(spectrum.shape, np.complex64)
    phase[every.channel, every.row, every.column] = every.phases_of(spectrum)
    assert (phase[noise] == 1).all()
    block = low_phases(spectrum, 31)
    assert (block[noise[:, np.arange(33) - 16]] == 1).all()
