r"""One image in the style of another at its own size: :math:`\hat x = x + \lambda d` for any number of strengths.

The same formula as `fdgst.core.fourier`, computed as little as the window and the threshold let it: where both leave
slow waves only, the content is never transformed whole, and neither is the change (`fdgst.core.low`); else by half
spectra (`fdgst.core.synthesis`).

scipy and Pillow are imported where they are used: a transform is imported in 0.1 s.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from fdgst.core import low
from fdgst.core.fourier import PHASE_FLOOR, unit_phase
from fdgst.core.sparse import Coefficients
from fdgst.core.thresholds import parse_alpha, soft_threshold, thresholded
from fdgst.core.windows import half, reach_of, window_mask

_PART = 2**17  # values mixed at once (measured at 256 and 800 px: 2**15 takes a quarter longer)


class Picture:
    """An image, and those parts of its spectrum that were asked for.

    Parameters
    ----------
    pixels : ndarray, shape (height, width, C) if `interleaved`, else (C, height, width)
        Grey levels of any real type; negative ones too.
    interleaved : bool
        The layout of `pixels`.

    Attributes
    ----------
    size_px : (int, int)
        Height and width.
    channels : int
        C.
    """

    def __init__(self, pixels: np.ndarray, *, interleaved: bool) -> None:
        self.pixels, self.interleaved = np.ascontiguousarray(pixels), interleaved
        shape = pixels.shape if interleaved else (*pixels.shape[1:], pixels.shape[0])
        self.size_px, self.channels = (shape[0], shape[1]), shape[2]

    @cached_property
    def spectrum(self) -> np.ndarray:
        """Half spectrum, complex128 (C, height, width // 2 + 1)."""
        from fdgst.core.synthesis import spectrum_of

        return spectrum_of(self.pixels if self.interleaved else self.pixels.transpose(1, 2, 0))

    @property
    def peak(self) -> np.ndarray:
        """Largest amplitude of each channel, float64 (C,): the sum, where no pixel is negative."""
        return self.spectrum[:, 0, 0].real if self.not_negative else abs(self.spectrum).max(axis=(1, 2))

    @cached_property
    def not_negative(self) -> bool:
        """Whether no pixel is negative."""
        return self.pixels.dtype.kind == "u" or not self.pixels.size or bool(self.pixels.min() >= 0)

    def block(self, reach: tuple[int, int]) -> np.ndarray:
        """Return the low block, complex128 (C, 2 U + 1, V + 1); cut out of the spectrum where that is known."""
        if "spectrum" in self.__dict__:
            return low.cut(self.spectrum, reach)
        planes = self.pixels.reshape(1, self.size_px[0], -1) if self.interleaved else self.pixels
        return low.analyse(planes, self.size_px[1], reach)

    def unit_phases(self, block: np.ndarray) -> np.ndarray:
        """Return the unit phases of a low block of this picture, complex128; 1 where it is rounding noise."""
        if self.not_negative:
            return unit_phase(block, peak=block[:, block.shape[1] // 2, 0].real)  # the sum
        most = abs(self.pixels).sum(
            axis=(0, 1) if self.interleaved else (1, 2), dtype=float
        )  # no amplitude is larger than this
        if (abs(block).min(axis=(1, 2)) > PHASE_FLOOR * most).all():
            return unit_phase(block, peak=most)
        return unit_phase(block, peak=self.peak)


@dataclass(frozen=True)
class Target:
    r"""What is kept of a style for a window, a threshold and a size: amplitudes :math:`S(\tilde A, T)`.

    Attributes
    ----------
    amplitude : ndarray of float32
        The low block (C, 2 U + 1, V + 1) outside of which nothing changes, or all amplitudes are 0 (full window);
        or a half spectrum (C, height, width // 2 + 1).
    is_low : bool
        Which of the two.
    """

    amplitude: np.ndarray
    is_low: bool

    @property
    def reach(self) -> tuple[int, int]:
        """U and V of a low block."""
        return self.amplitude.shape[1] // 2, self.amplitude.shape[2] - 1

    def scaled(self, factor: float) -> "Target":
        """Return the target of an image whose grey levels are these times `factor`."""
        return self if factor == 1 else Target(self.amplitude * np.float32(factor), self.is_low)


def target_of(style: Picture, *, window: str, alpha: float | str) -> Target:
    """Return what a style gives.

    Parameters
    ----------
    style : Picture
        Of the content's size.
    window, alpha
        See `fdgst.core.fourier.stylize`.
    """
    reach = reach_of(window, style.size_px)
    rule, share = parse_alpha(alpha)
    if reach is not None and low.is_low(reach, style.size_px) and rule == "peak" and (not share or style.not_negative):
        amplitude = abs(style.block(reach))  # and the threshold, if any, is a share of the sum
        largest = amplitude[:, reach[0], 0]
        return Target(soft_threshold(amplitude, share * largest).astype(np.float32), True)
    return target_of_amplitude(
        abs(style.spectrum).astype(np.float32), width_px=style.size_px[1], window=window, alpha=alpha
    )


def target_of_amplitude(amplitude: np.ndarray, *, width_px: int, window: str, alpha: float | str) -> Target:
    """Return what a style gives, of whose image only amplitudes are known.

    Parameters
    ----------
    amplitude : ndarray of float32, shape (C, height, width_px // 2 + 1)
        Half spectrum, native order, unnormalised.
    width_px : int
        Of the image.
    window, alpha
        See `fdgst.core.fourier.stylize`; 0 for amplitudes that were thresholded before.
    """
    size_px = (amplitude.shape[1], width_px)
    rule, share = parse_alpha(alpha)
    if rule != "peak" or share:
        amplitude = thresholded(amplitude, alpha=alpha, width_px=width_px)
    reach = reach_of(window, size_px)
    if window == "full":
        reach = _highest(amplitude)
    if reach is not None and low.is_low(reach, size_px):
        return Target(low.cut(amplitude, reach), True)
    return Target(amplitude, False)


def target_of_coefficients(
    coefficients: Coefficients,
    *,
    channels: int,
    own_px: tuple[int, int],
    size_px: tuple[int, int],
    window: str,
) -> Target:
    """Return what a sparse style gives to an image of any size.

    Parameters
    ----------
    coefficients : Coefficients
        Of the half spectrum of the style, thresholded.
    channels : int
        C.
    own_px : (int, int)
        Height and width of the style image.
    size_px : (int, int)
        Height and width of the content.
    window : str
        See `fdgst.core.fourier.stylize`.

    Notes
    -----
    An image that is resized keeps its waves per image, and its sums grow with its area. ASSUME: where the sizes
    differ, waves that the smaller of the two grids cannot tell from others (its Nyquist frequency and above) are
    left out.
    """
    if own_px != size_px:
        coefficients = _resized(coefficients, own_px, size_px)
    dense = coefficients.dense((channels, size_px[0], size_px[1] // 2 + 1))
    return target_of_amplitude(dense, width_px=size_px[1], window=window, alpha=0)


@dataclass(frozen=True)
class Change:
    """What a style makes of a picture, at every strength.

    Attributes
    ----------
    picture : Picture
        x.
    values : ndarray of float32, shape and layout of the picture's pixels
        x + d if `whole` (full window), else d; grey levels.
    whole : bool
    """

    picture: Picture
    values: np.ndarray
    whole: bool

    def copies(self, lambdas: np.ndarray, *, limits: tuple[float, float] | None) -> np.ndarray:
        """Return x + lambda d for each lambda.

        Parameters
        ----------
        lambdas : ndarray of float, shape (L,)
            Strengths in [0, 1].
        limits : (float, float) or None
            At which real numbers are cut. Whole numbers are rounded and cut at their type's limits.

        Returns
        -------
        ndarray, shape (L, ...)
            Type and layout of the picture's pixels.
        """
        pixels = self.picture.pixels
        out = np.empty((len(lambdas), *pixels.shape), pixels.dtype)
        x, values = pixels.reshape(-1), self.values.reshape(-1)
        kind = np.float32 if pixels.dtype.kind == "u" else pixels.dtype
        buffers = np.empty((2, min(x.size, _PART)), kind)
        for copy, lam in zip(out.reshape(len(lambdas), -1), lambdas, strict=True):
            for start in range(0, x.size, _PART):
                part = slice(start, start + _PART)
                mixed = self._mixed(x[part], values[part], float(lam), buffers)
                _finish(mixed, copy[part], limits)
        return out

    def _mixed(self, x: np.ndarray, values: np.ndarray, lam: float, buffers: np.ndarray) -> np.ndarray:
        """Mix a part that stays in the cache."""
        mixed, rest = buffers[:, : x.size]
        np.multiply(values, lam, out=mixed)
        np.copyto(rest, x)  # numpy computes with two types in small pieces: half as fast
        if self.whole:
            rest *= 1 - lam
        mixed += rest
        return mixed


def _finish(mixed: np.ndarray, out: np.ndarray, limits: tuple[float, float] | None) -> None:
    """Write a part of a copy in its type; whole numbers are rounded by cutting the fraction off: faster than rint."""
    if out.dtype.kind == "u":
        np.clip(mixed, 0, np.iinfo(out.dtype).max, out=mixed)
        mixed += np.float32(0.5)
    elif limits is not None:
        np.clip(mixed, *limits, out=mixed)
    np.copyto(out, mixed, casting="unsafe")


def change(content: Picture, target: Target, *, window: str) -> Change:
    """Put a style on a picture.

    Parameters
    ----------
    content : Picture
    target : Target
        Of the content's size and channels.
    window : str
        That the target was made for.
    """
    if not target.is_low:
        return Change(content, _by_transforms(content, target.amplitude, window), window == "full")
    block = content.block(target.reach)
    amplitude = target.amplitude if window == "full" else target.amplitude - abs(block)
    mixed = amplitude * content.unit_phases(block)
    values = low.synthesise(mixed, content.size_px, interleaved=content.interleaved)
    return Change(content, values, window == "full")


def _highest(amplitude: np.ndarray) -> tuple[int, int]:
    """Return the highest frequency along either axis at which a half spectrum is not 0."""
    _, row, column = np.nonzero(amplitude)
    return int(np.minimum(row, amplitude.shape[1] - row).max(initial=0)), int(column.max(initial=0))


def _resized(coefficients: Coefficients, own_px: tuple[int, int], size_px: tuple[int, int]) -> Coefficients:
    """Return the coefficients of a sparse style after its image was resized."""
    row = np.where(2 * coefficients.row > own_px[0], coefficients.row.astype(int) - own_px[0], coefficients.row)
    height, width = np.minimum(own_px, size_px)
    kept = (2 * abs(row) < height) & (2 * coefficients.column < width)
    factor = np.float32(size_px[0] * size_px[1] / (own_px[0] * own_px[1]))
    return Coefficients(
        coefficients.channel[kept], row[kept] % size_px[0], coefficients.column[kept], coefficients.value[kept] * factor
    )


def _by_transforms(content: Picture, amplitude: np.ndarray, window: str) -> np.ndarray:
    """Return w (full window) or d (another), float32 in the content's layout, by whole half spectra."""
    import scipy.fft

    from fdgst.core.synthesis import carry

    weight = None if window == "full" else _half_window(window, content.size_px)
    mixed = carry(content.spectrum, amplitude, weight, peak=content.peak)
    planes = scipy.fft.irfft2(mixed, s=content.size_px, workers=1, overwrite_x=True)
    return np.ascontiguousarray(planes.transpose(1, 2, 0)) if content.interleaved else planes


@lru_cache(maxsize=8)
def _half_window(window: str, size_px: tuple[int, int]) -> np.ndarray:
    """Return the half of a window that meets a half spectrum, float32."""
    return half(window_mask(window, size_px)).astype(np.float32)
