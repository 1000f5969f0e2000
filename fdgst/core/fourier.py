r"""Fourier style augmentation by one formula, literally: the oracle of the fast path (`fdgst.core.synthesis`).

.. math:: \hat x^{(\lambda)} = \Re F^{-1}\left( [A + \lambda W (S(\tilde A, T) - A)]\, e^{+jP} \right)

with amplitude A and phase P of the content, amplitude :math:`\tilde A` of the style, soft threshold S and window W.
Spectra are in numpy's native order and unnormalised: bin (0, 0) is the sum.
"""

import numpy as np

from fdgst.core.thresholds import thresholded
from fdgst.core.windows import window_mask

PHASE_FLOOR = 1e-12  # of a channel's largest amplitude; exact zeros come out of float64 below 1e-16


def stylize(content: np.ndarray, style: np.ndarray, *, lam: float, window: str, alpha: float | str) -> np.ndarray:
    """Mix the amplitude of a style image into a content image (paper, Eq. 2-7).

    Parameters
    ----------
    content : ndarray, shape (C, height, width)
        Image that gives the phase, grey levels. Any real type; the arithmetic is float64.
    style : ndarray, shape (C, height, width)
        Image that gives the amplitude, grey levels, of the same shape.
    lam : float
        Strength in [0, 1]; 0 is the identity.
    window : str
        ``full``, ``released``, ``dc`` or ``low:beta``; see `fdgst.core.windows.window_mask`.
    alpha : float or str
        Threshold fraction; 0 is no threshold. See `fdgst.core.thresholds`.

    Returns
    -------
    ndarray of float64, shape (C, height, width)
        Grey levels, neither clipped nor rounded.

    Raises
    ------
    ValueError
        If the shapes differ or are not three-dimensional, or `lam`, `window` or `alpha` is out of range.
    """
    return stylize_complex(content, style, lam=lam, window=window, alpha=alpha).real


def stylize_complex(
    content: np.ndarray, style: np.ndarray, *, lam: float, window: str, alpha: float | str
) -> np.ndarray:
    """Return what `stylize` takes the real part of (same arguments): complex128, imaginary part rounding only."""
    if content.ndim != 3 or content.shape != style.shape:
        raise ValueError(f"content and style must share one shape (C, H, W), got {content.shape} and {style.shape}")
    if not 0 <= lam <= 1:
        raise ValueError(f"lam must be in [0, 1], got {lam}")
    spectrum = np.fft.fft2(content.astype(float))
    amplitude = abs(spectrum)
    target = thresholded(abs(np.fft.fft2(style.astype(float))), alpha=alpha, width_px=style.shape[-1])
    mixed = amplitude + lam * window_mask(window, content.shape[1:]) * (target - amplitude)
    return np.fft.ifft2(mixed * unit_phase(spectrum))


def unit_phase(spectrum: np.ndarray, *, peak: np.ndarray | None = None) -> np.ndarray:
    """Return X / abs(X), and 1 where X is rounding noise.

    Parameters
    ----------
    spectrum : ndarray of complex128, shape (..., height, width)
        Whole or half spectra, one per channel. In complex64, zeros come out above many true coefficients of a
        photograph, and their phase would be noise.
    peak : ndarray of float, shape (...), or None
        Largest amplitude of each channel, where `spectrum` is a part of it; None: of `spectrum` itself.

    Returns
    -------
    ndarray of complex128, same shape
        ASSUME: 1 where abs(X) <= 1e-12 of its channel's largest amplitude.
    """
    amplitude = abs(spectrum)
    largest = amplitude.max(axis=(-2, -1)) if peak is None else np.asarray(peak)
    noise = amplitude <= PHASE_FLOOR * largest[..., None, None]
    return np.where(noise, 1, spectrum / np.where(noise, 1, amplitude))


def log_amplitude(amplitude: np.ndarray) -> np.ndarray:
    """Return amplitudes as a picture: log(1 + A), the sum in the centre, normalised to [0, 1] by the largest.

    Parameters
    ----------
    amplitude : ndarray of float, shape (..., height, width)
        Amplitudes of whole spectra, native order, grey levels, not negative.

    Returns
    -------
    ndarray of float64, same shape
        All 0 for an amplitude that is 0 everywhere.
    """
    picture = np.log1p(np.fft.fftshift(amplitude.astype(float), axes=(-2, -1)))
    return picture / max(float(picture.max(initial=0)), np.finfo(float).tiny)
