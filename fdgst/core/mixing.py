r"""Mixing at network size, :math:`clip(round(x + \lambda d))`, and what it does to an image in numbers."""

from collections.abc import Iterator

import numpy as np

_PART = 2**17  # values mixed at once (measured at 256 px: 2**15 takes a fifth longer; with threads, their lock too)


def mix(x: np.ndarray, d: np.ndarray, lambdas: np.ndarray, out: np.ndarray, *, white: int) -> np.ndarray:
    r"""Write :math:`clip(round(x + \lambda d))` for each lambda.

    Parameters
    ----------
    x : ndarray of uint8 or uint16, shape (...)
        Content image at network size, grey levels.
    d : ndarray of float32, shape (...)
        Residual at network size, grey levels.
    lambdas : ndarray of float, shape (L,)
        Strengths.
    out : ndarray of the type of x, shape (L, ...)
        Written; contiguous.
    white : int
        Largest grey level, at which values are clipped: 255 or 65535.

    Returns
    -------
    ndarray of float32, shape (L,)
        Share of the values that were clipped, in [0, 1].
    """
    clipped = np.zeros(len(lambdas), np.int64)
    x, d, out = x.reshape(-1), d.reshape(-1), out.reshape(len(lambdas), x.size)
    mixed = np.empty(min(x.size, _PART), np.float32)
    for part in _parts(x.size):
        half_up, beyond = _half_up(x[part], d[part], lambdas, white)
        for index, lam in enumerate(lambdas):
            values = np.multiply(d[part], np.float32(lam), out=mixed[: len(half_up)])
            values += half_up
            if beyond.size:
                clipped[index] += _count(values[beyond], white)
                np.clip(values, 0, white, out=values)
            np.copyto(out[index, part], values, casting="unsafe")
    return (clipped / max(x.size, 1)).astype(np.float32)


def clipped_share(x: np.ndarray, d: np.ndarray, lambdas: np.ndarray, *, white: int) -> np.ndarray:
    """Return the share of the values that `mix` would clip for each lambda, float32 (L,), without mixing."""
    clipped = np.zeros(len(lambdas), np.int64)
    x, d = x.reshape(-1), d.reshape(-1)
    for part in _parts(x.size):
        half_up, beyond = _half_up(x[part], d[part], lambdas, white)
        for index, lam in enumerate(lambdas if beyond.size else ()):
            clipped[index] += _count(d[part][beyond] * np.float32(lam) + half_up[beyond], white)
    return (clipped / max(x.size, 1)).astype(np.float32)


def _parts(size: int) -> Iterator[slice]:
    """Yield slices that stay in the cache."""
    for start in range(0, size, _PART):
        yield slice(start, min(start + _PART, size))


def _half_up(x: np.ndarray, d: np.ndarray, lambdas: np.ndarray, white: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x + 1/2, which is rounded by cutting its fraction off, and where the largest lambda leaves the levels.

    Cutting is a pass less than rint. No other lambda leaves them anywhere else: x is inside.
    """
    half_up = x + np.float32(0.5)
    end = half_up + d * np.float32(lambdas.max(initial=0))
    if end.min() >= 0 and end.max() < white + 1:
        return half_up, np.empty(0, np.intp)
    return half_up, np.flatnonzero((end < 0) | (end >= white + 1))


def _count(values: np.ndarray, white: int) -> int:
    """Count the values that will be clipped."""
    return int(np.count_nonzero(values < 0) + np.count_nonzero(values >= white + 1))


def statistics(x: np.ndarray, d: np.ndarray, lambdas: np.ndarray, *, white: int) -> np.ndarray:
    r"""Describe :math:`x + \lambda d` against x for each lambda, before clipping and rounding.

    Parameters
    ----------
    x : ndarray of uint8 or uint16, shape (height, width, C)
        Content image.
    d : ndarray of float32, same shape
        Residual.
    lambdas : ndarray of float, shape (L,)
        Strengths.
    white : int
        Largest grey level: 255 or 65535.

    Returns
    -------
    ndarray of float64, shape (3, L)
        Mean shift in grey levels; contrast, the ratio of standard deviations (variances summed over channels);
        similarity, the correlation with x (the same). NaN where x is constant.

    Notes
    -----
    All of it follows from five moments of x and d, so that no stylised image is looked at.
    """
    # around mid-grey: float32 sums of squares keep their digits
    x, d = x.reshape(-1, x.shape[-1]).astype(np.float32) - (white + 1) // 2, d.reshape(-1, d.shape[-1])
    mean_x, mean_d = _means(x), _means(d)
    var_x, var_d, both = (
        float(np.vdot(a, b)) / len(a) - float(m @ n)
        for a, b, m, n in ((x, x, mean_x, mean_x), (d, d, mean_d, mean_d), (x, d, mean_x, mean_d))
    )
    variance = np.maximum(var_x + 2 * lambdas * both + lambdas**2 * var_d, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        contrast = np.sqrt(variance / var_x)
        similarity = (var_x + lambdas * both) / np.sqrt(var_x * variance)
    shift = lambdas * mean_d.mean()
    constant = not var_x > 0
    return np.where([[False], [constant], [constant]], np.nan, np.stack([shift, contrast, similarity]))


def _means(values: np.ndarray) -> np.ndarray:
    """Mean of each column, by a product (faster than a sum along the first axis), float64."""
    return (np.ones(len(values), np.float32) @ values).astype(float) / len(values)
