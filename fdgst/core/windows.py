"""Windows: which share of the style's amplitude each frequency takes, W(u, v) in [0, 1] with W(u, v) = W(-u, -v).

Spectra are in numpy's native order: bin (0, 0) is the sum, negative frequencies come last.
"""

import math
import re

import numpy as np

_LOW = re.compile(r"low:(0?\.[0-9]+|[01](?:\.[0-9]*)?)")


def window_mask(window: str, shape: tuple[int, int]) -> np.ndarray:
    r"""Return the window of a whole spectrum.

    Parameters
    ----------
    window : str
        ``full``: 1 everywhere (paper, Eq. 3). ``dc``: 1 at the sum only. ``low:beta``: 1 where
        :math:`\max(|u|, |v|) \le \lfloor \beta \min(H, W) \rfloor`, beta in [0, 1]. ``released``: 1 at the sum; 1/2
        where u and v are both non-negative, and at the mirror images of these frequencies; 0 elsewhere, the Nyquist
        row and column of an even size included.
    shape : (int, int)
        Height and width of the spectrum.

    Returns
    -------
    ndarray of float64, shape (height, width)

    Raises
    ------
    ValueError
        If the window is none of these.

    Notes
    -----
    ``released`` is what the authors' scripts come to on square images. Their slice of the centred spectrum starts
    at a negative index and wraps, so that only the quadrant of non-negative frequencies is mixed; the real part of
    the inverse transform of that asymmetric spectrum is the inverse transform of its Hermitian half, which shares
    the change equally between a frequency and its mirror image.
    """
    u, v = _frequencies(shape[0])[:, None], _frequencies(shape[1])[None, :]
    if window == "full":
        return np.ones(shape)
    if window == "dc":
        return ((u == 0) & (v == 0)).astype(float)
    if window == "released":
        return _released(u, v, shape)
    return (np.maximum(abs(u), abs(v)) <= math.floor(_beta(window) * min(shape))).astype(float)


def reach_of(window: str, shape: tuple[int, int]) -> tuple[int, int] | None:
    """Return the highest frequency of a window along the height and along the width; None if it has no such bound.

    Parameters
    ----------
    window : str
        As for `window_mask`.
    shape : (int, int)
        Height and width of the spectrum.

    Returns
    -------
    (int, int) or None
        Of ``dc`` and ``low:beta``, in which each frequency up to these has the weight 1; None for the others.

    Raises
    ------
    ValueError
        If the window is none that `window_mask` knows.
    """
    if window in ("full", "released"):
        return None
    highest = 0 if window == "dc" else math.floor(_beta(window) * min(shape))
    return min(highest, shape[0] // 2), min(highest, shape[1] // 2)


def half(spectrum: np.ndarray) -> np.ndarray:
    """Return the columns that `rfft2` keeps of a whole spectrum, (..., height, width // 2 + 1)."""
    return spectrum[..., : spectrum.shape[-1] // 2 + 1]


def _beta(window: str) -> float:
    """Return the beta of a window ``low:beta``."""
    low = _LOW.fullmatch(window)
    if low is None or float(low[1]) > 1:
        raise ValueError(f"window must be 'full', 'released', 'dc' or 'low:beta' with beta in [0, 1], got {window!r}")
    return float(low[1])


def _frequencies(length: int) -> np.ndarray:
    """Integer frequencies in native order; fftfreq, not arange, for odd lengths."""
    return np.rint(np.fft.fftfreq(length) * length).astype(int)


def _released(u: np.ndarray, v: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Average the quadrant of non-negative frequencies with its mirror image."""
    quadrant = ((u >= 0) & (v >= 0)).astype(float)
    mirror = quadrant[np.ix_(-np.arange(shape[0]) % shape[0], -np.arange(shape[1]) % shape[1])]
    return (quadrant + mirror) / 2
