r"""Mixing at network size, :math:`clip(round(x + \lambda d))`, and what it does to an image in numbers."""

import numpy as np

_PART = 2**15  # values mixed at once: a part that stays in the cache (measured: the fastest power of two)


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
    buffer = np.empty(min(x.size, _PART), np.float32)
    for start in range(0, x.size, buffer.size):
        part = slice(start, start + buffer.size)
        clipped += _mix_part(x[part], d[part], lambdas, out[:, part], buffer, white)
    return (clipped / max(x.size, 1)).astype(np.float32)


def _mix_part(
    x: np.ndarray, d: np.ndarray, lambdas: np.ndarray, out: np.ndarray, buffer: np.ndarray, white: int
) -> np.ndarray:
    """Mix a part that stays in the cache; return the number of clipped values for each lambda."""
    clipped, mixed = np.zeros(len(lambdas), np.int64), buffer[: x.size]
    half_up = x + np.float32(0.5)  # rounded by cutting the fraction off: one pass less than rint
    end = half_up + d * np.float32(lambdas.max(initial=0))
    inside = end.min() >= 0 and end.max() < white + 1  # then so is every smaller lambda: x is inside
    for index, lam in enumerate(lambdas):
        np.multiply(d, np.float32(lam), out=mixed)
        np.add(mixed, half_up, out=mixed)
        if not inside:
            clipped[index] = np.count_nonzero(mixed < 0) + np.count_nonzero(mixed >= white + 1)
            np.clip(mixed, 0, white, out=mixed)
        np.copyto(out[index], mixed, casting="unsafe")
    return clipped


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
