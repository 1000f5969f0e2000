"""Sparse half spectra: what soft thresholding leaves of a style, and the phases of a content's low frequencies.

Of a fundus ROI's amplitudes a threshold of 5 % leaves some ten of 320 000 per channel, all of them slow waves. With
the unit phases of a small low-frequency block, kept once per image, such a style is put on a content without any
transform. Half spectra (`rfft2`) in native order, unnormalised.
"""

from dataclasses import dataclass

import numpy as np

from fdgst.core.fourier import PHASE_FLOOR, unit_phase

LOW = 25  # the block holds rows -25..25 and columns 0..25


@dataclass(frozen=True)
class Coefficients:
    """A sparse half spectrum.

    Attributes
    ----------
    channel, row, column : ndarray of int, shape (n,)
        Where, in native order.
    value : ndarray of float32 or complex64, shape (n,)
        Amplitudes, or amplitudes on phases.
    """

    channel: np.ndarray
    row: np.ndarray
    column: np.ndarray
    value: np.ndarray

    def on(self, phase: np.ndarray) -> "Coefficients":
        """Return the same coefficients on unit phases, complex64 of shape (n,)."""
        return Coefficients(self.channel, self.row, self.column, self.value * phase)

    def dense(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the half spectrum of `shape` (C, height, columns), zeros elsewhere, in the type of the values."""
        whole = np.zeros(shape, self.value.dtype)
        whole[self.channel, self.row, self.column] = self.value
        return whole

    def phases_of(self, spectrum: np.ndarray, *, peak: np.ndarray | None = None) -> np.ndarray:
        """Pick the unit phases of a content's half spectrum, complex128 (C, height, columns).

        Parameters
        ----------
        spectrum : ndarray of complex128, shape (C, height, columns)
        peak : ndarray of float, shape (C,), or None
            Largest amplitude of each channel, where it is known; see `fdgst.core.synthesis.carry`.

        Returns
        -------
        ndarray of complex64, shape (n,)
        """
        if peak is None:
            peak = abs(spectrum).max(axis=(1, 2))
        picked = spectrum[self.channel, self.row, self.column]
        magnitude = abs(picked)
        noise = magnitude <= PHASE_FLOOR * peak[self.channel]
        return np.where(noise, 1, picked / np.where(noise, 1, magnitude)).astype(np.complex64)

    def phases_in(self, block: np.ndarray, height: int) -> np.ndarray | None:
        """Pick the unit phases from a low-frequency block of an image of that height; None if one lies outside."""
        frequency = np.where(self.row > (height - 1) // 2, self.row - height, self.row)
        reach = block.shape[1] // 2
        if self.value.size and (abs(frequency).max() > reach or self.column.max() >= block.shape[2]):
            return None
        return block[self.channel, frequency + reach, self.column]


def sparse(amplitude: np.ndarray) -> Coefficients:
    """Return the coefficients of a half spectrum (C, height, columns) that are not zero, by channel, row, column."""
    channel, row, column = np.nonzero(amplitude)
    return Coefficients(channel, row, column, amplitude[channel, row, column].astype(np.float32))


def low_block_shape(height: int, width: int) -> tuple[int, int]:
    """Return rows and columns of an image's low-frequency block: 51 and 26, fewer in an image smaller than that."""
    return 2 * min(LOW, (height - 1) // 2) + 1, min(LOW, width // 2) + 1


def low_phases(spectrum: np.ndarray, width: int, *, peak: np.ndarray | None = None) -> np.ndarray:
    """Return the unit phases of a low-frequency block.

    Parameters
    ----------
    spectrum : ndarray of complex128, shape (C, height, width // 2 + 1)
        Half spectrum of an image.
    width : int
        Of the image.
    peak : ndarray of float, shape (C,), or None
        Largest amplitude of each channel, where it is known; see `fdgst.core.synthesis.carry`.

    Returns
    -------
    ndarray of complex64, shape (C, 51, 26)
        Rows in the order of frequencies -25..25, columns 0..25; see `low_block_shape` for small images.
    """
    rows, columns = low_block_shape(spectrum.shape[1], width)
    frequencies = np.arange(rows) - rows // 2
    if peak is None:  # noise is relative to the largest amplitude, which need not lie in the block
        peak = abs(spectrum).max(axis=(1, 2))
    return unit_phase(spectrum[:, frequencies, :columns], peak=peak).astype(np.complex64)
