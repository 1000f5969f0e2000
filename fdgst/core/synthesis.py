r"""The fast path: one residual per pair of images serves every lambda, and the resize is part of the transform.

The formula of `fdgst.core.fourier` is affine in lambda, :math:`\hat x = x + \lambda d`, and LANCZOS is linear: a shard
needs d once, at network size. Half spectra (`rfft2`) in native order, unnormalised. The content's transform is float64
(phases of exact zeros, see `fdgst.core.fourier.unit_phase`); everything after its phase is float32.

scipy is imported where it is used: it takes 0.2 s, a tenth of a whole soft-thresholded shard, which needs none of it.
"""

from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from fdgst.core.fourier import PHASE_FLOOR
from fdgst.core.sparse import Coefficients
from fdgst.core.thresholds import column_weights

_ROWS = 100  # of a spectrum handled at once: a block that stays in the cache (measured: 3.2 ms -> 2.8 ms at 800 px)
_FEW = 128 * 128  # rows x columns of coefficients up to which thin products beat the transform


def spectrum_of(image: np.ndarray) -> np.ndarray:
    """Return the half spectrum of an image.

    Parameters
    ----------
    image : ndarray, shape (height, width, C)
        Grey levels.

    Returns
    -------
    ndarray of complex128, shape (C, height, width // 2 + 1)
    """
    import scipy.fft

    planes = image.transpose(2, 0, 1).astype(float, order="C")
    return scipy.fft.rfft2(planes, workers=1, overwrite_x=True)


def carry(
    spectrum: np.ndarray, amplitude: np.ndarray, window: np.ndarray | None, *, peak: np.ndarray | None = None
) -> np.ndarray:
    r"""Put a target amplitude on a content's phase.

    Parameters
    ----------
    spectrum : ndarray of complex128, shape (C, height, columns)
        Half spectrum X of a content image.
    amplitude : ndarray of float32, same shape
        Target amplitude S.
    window : ndarray of float32, shape (height, columns), or None
        W. None for the full window.
    peak : ndarray of float, shape (C,), or None
        Largest amplitude of each channel, to which rounding noise is relative. None: it is looked for, which takes a
        tenth of the time. The caller knows it of an image without negative values: it is the sum,
        ``spectrum[:, 0, 0].real``.

    Returns
    -------
    ndarray of complex64, same shape
        :math:`S e^{jP}` for the full window, :math:`W (S - A) e^{jP}` for another: the spectrum of x + d, or of d.
    """
    out = np.empty(spectrum.shape, np.complex64)
    largest = abs(spectrum).max(axis=(1, 2)) if peak is None else peak
    for channel, plane in enumerate(spectrum):
        for top in range(0, len(plane), _ROWS):
            rows = slice(top, top + _ROWS)
            weight = None if window is None else window[rows]
            _carry_rows(plane[rows], float(largest[channel]), amplitude[channel, rows], weight, out[channel, rows])
    return out


def _carry_rows(
    spectrum: np.ndarray, peak: float, amplitude: np.ndarray, window: np.ndarray | None, out: np.ndarray
) -> None:
    """Write some rows of `carry` to `out`."""
    numbers = out.view(np.float32)  # real and imaginary parts in turn
    scale = 1 / peak if peak else 1.0  # into float32's range when squared
    np.multiply(spectrum.view(float), scale, out=numbers, casting="same_kind")
    squares = numbers * numbers
    magnitude = squares[:, ::2] + squares[:, 1::2]
    noise = magnitude <= PHASE_FLOOR**2 if magnitude.min() <= PHASE_FLOOR**2 else None
    np.sqrt(magnitude, out=magnitude)
    target = amplitude
    if window is not None:
        target = (amplitude - magnitude * np.float32(peak)) * window
    if noise is not None:
        out[noise] = magnitude[noise] = 1
    np.divide(target, magnitude, out=magnitude)
    out *= magnitude


class Synthesis:
    """Half spectrum to image, resized as Pillow's LANCZOS does, without cutting.

    Both steps are linear and separable, so that they are one matrix per axis. Coefficients that are few are summed by
    thin matrix products with those; a whole spectrum is transformed along its columns, reduced to the target's rows,
    and then meets the matrix of its rows: a second transform and a second resize in one.

    Parameters
    ----------
    source : (int, int)
        Height and width of the image that the spectrum belongs to.
    target : (int, int)
        Height and width of the result.
    """

    def __init__(self, source: tuple[int, int], target: tuple[int, int]) -> None:
        self.source, self.target = source, target

    def __call__(self, spectrum: np.ndarray) -> np.ndarray:
        """Synthesise a whole half spectrum.

        Parameters
        ----------
        spectrum : ndarray of complex64, shape (C, height, width // 2 + 1)
            Overwritten.

        Returns
        -------
        ndarray of float32, shape (target height, target width, C)
        """
        import scipy.fft

        tall = scipy.fft.ifft(spectrum, axis=-2, workers=1, overwrite_x=True)
        out = np.empty((*self.target, len(spectrum)), np.float32)
        for channel, plane in enumerate(tall):
            short = self._reduce_rows @ np.ascontiguousarray(plane).view(np.float32)
            out[..., channel] = short @ self._columns_real
        return out

    def few(self, coefficients: Coefficients, channels: int) -> np.ndarray:
        """Synthesise coefficients that may be few.

        Parameters
        ----------
        coefficients : Coefficients
            Values complex64.
        channels : int
            C.

        Returns
        -------
        ndarray of float32, shape (target height, target width, C)
            The same as the whole spectrum gives, to rounding.
        """
        rows, row = np.unique(coefficients.row, return_inverse=True)
        columns, column = np.unique(coefficients.column, return_inverse=True)
        if len(rows) * len(columns) > _FEW:
            return self(coefficients.dense((channels, self.source[0], self.source[1] // 2 + 1)))
        block = np.zeros((len(rows), channels, len(columns)), np.complex64)
        block[row, coefficients.channel, column] = coefficients.value
        wide = block @ self._columns.take(columns)  # (rows, C, target width)
        wide = wide.transpose(0, 2, 1).reshape(len(rows), self.target[1] * channels)
        tall = self._rows.take(rows)
        # the real part of a complex product, as one real product
        out = np.concatenate([tall.real, -tall.imag]).T @ np.concatenate([wide.real, wide.imag])
        return out.reshape(*self.target, channels)

    def low_waves(self, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the waves of a low-frequency block (see `fdgst.core.sparse.low_phases`), for other array libraries.

        Parameters
        ----------
        rows, columns : int
            Of the block; its rows are the frequencies -(rows // 2) to rows // 2.

        Returns
        -------
        ndarray of complex64, shape (rows, target height)
        ndarray of complex64, shape (columns, target width)
            An image is the real part of the product of both with the block between them.
        """
        return self._rows.take((np.arange(rows) - rows // 2) % self.source[0]), self._columns.take(np.arange(columns))

    @cached_property
    def _reduce_rows(self) -> Any:
        """LANCZOS along the height, a sparse matrix (target height, source height)."""
        import scipy.sparse

        return scipy.sparse.csr_array(lanczos_matrix(self.source[0], self.target[0]))

    @cached_property
    def _rows(self) -> "_Waves":
        """Wave of each row of a spectrum on the target's rows."""
        return _Waves(self.source[0], self.target[0], np.ones(self.source[0]))

    @cached_property
    def _columns(self) -> "_Waves":
        """Wave of each column of a half spectrum on the target's columns, its mirror image included."""
        columns = self.source[1] // 2 + 1
        return _Waves(self.source[1], self.target[1], column_weights(columns, self.source[1]))

    @cached_property
    def _columns_real(self) -> np.ndarray:
        """All of the columns for interleaved real and imaginary parts, float32 (2 columns, target width)."""
        waves = self._columns.take(np.arange(self.source[1] // 2 + 1))
        return np.stack([waves.real, -waves.imag], axis=1).reshape(-1, self.target[1])


class _Waves:
    """Inverse transforms of unit vectors along one axis, resized; made when first asked for."""

    def __init__(self, source_px: int, target_px: int, weights: np.ndarray) -> None:
        self._lanczos = lanczos_matrix(source_px, target_px).astype(float)
        self._weights = weights / source_px
        self._made = np.zeros(len(weights), bool)
        self._waves = np.empty((len(weights), target_px), np.complex64)

    def take(self, frequencies: np.ndarray) -> np.ndarray:
        """Return the waves of some frequencies (native order), complex64 (n, target_px)."""
        missing = frequencies[~self._made[frequencies]]
        if len(missing):
            length = self._lanczos.shape[1]
            turns = np.outer(np.arange(length), missing) % length / length  # whole turns are exact before the division
            self._waves[missing] = ((self._lanczos @ np.exp(2j * np.pi * turns)) * self._weights[missing]).T
            self._made[missing] = True  # last: another thread may look
        return self._waves[frequencies]


def lanczos_matrix(source_px: int, target_px: int) -> np.ndarray:
    """Return Pillow's LANCZOS along one axis as a matrix, float32 (target_px, source_px).

    Pillow itself makes it, from the identity. The identity matrix where the sizes are equal.
    """
    identity = Image.fromarray(np.eye(source_px, dtype=np.float32))
    return np.asarray(identity.resize((target_px, source_px), Image.Resampling.LANCZOS)).T
