r"""Low frequencies by thin products: a block of a spectrum without the transform of the whole, and back.

The block of an image holds its rows -U..U, in that order, and its columns 0..V, unnormalised; :math:`X(-u, -v)` is the
conjugate of :math:`X(u, v)`, so that this is all of the rectangle. Along each axis it is one real matrix product with
2 U + 1 (V + 1) waves: for few of them less than a transform, and with float64 as exact.

An image is here an array (G, height, M): one group of interleaved channels, (1, height, width * C), or C groups of one,
(C, height, width). Neither layout is copied into the other.
"""

from functools import lru_cache

import numpy as np

FEW = 8  # a block is worth it up to a length / FEW along either axis (measured: the transform wins from a third on)
_PART = 2**17  # values that are multiplied at once (measured at 800 px: 3.7 ms -> 2.2 ms for three rows)
_SIZES = 32  # of images and blocks whose waves are kept


def is_low(reach: tuple[int, int], size_px: tuple[int, int]) -> bool:
    """Tell whether rows -U..U and columns 0..V are few enough for thin products in an image of that size."""
    return all(highest <= length // FEW for highest, length in zip(reach, size_px, strict=True))


def analyse(planes: np.ndarray, width_px: int, reach: tuple[int, int]) -> np.ndarray:
    """Return the low block of an image.

    Parameters
    ----------
    planes : ndarray, shape (G, height, M)
        Any real type.
    width_px : int
        M / `width_px` channels are interleaved.
    reach : (int, int)
        U and V; less than half of the height and of the width.

    Returns
    -------
    ndarray of complex128, shape (C, 2 U + 1, V + 1)
    """
    groups, height, _ = planes.shape
    up, across = reach
    tall = _times(_down(height, up), planes)
    tall = tall.reshape(groups, 2 * up + 1, width_px, -1).transpose(0, 3, 1, 2).reshape(-1, 2 * up + 1, width_px)
    # of the rows' cosines (frequencies 0..U), then of their sines (1..U)
    wide = (tall @ _along(width_px, across)).view(complex)
    even, odd = wide[:, : up + 1], np.zeros_like(wide[:, : up + 1])
    odd[:, 1:] = 1j * wide[:, up + 1 :]
    return np.concatenate([(even - odd)[:, :0:-1], even + odd], axis=1)


def synthesise(block: np.ndarray, size_px: tuple[int, int], *, interleaved: bool) -> np.ndarray:
    """Return the image that a low block is the spectrum of, all other frequencies 0.

    Parameters
    ----------
    block : ndarray of complex, shape (C, 2 U + 1, V + 1)
    size_px : (int, int)
        Height and width.
    interleaved : bool
        Which layout is wanted.

    Returns
    -------
    ndarray of float32, shape (height, width, C) if `interleaved`, else (C, height, width)
    """
    up, across = block.shape[1] // 2, block.shape[2] - 1
    wide = block.astype(np.complex64) @ _back(size_px, across)
    above, below = wide[:, up:], wide[:, up::-1]  # rows u and -u, from 0 on
    rows = np.concatenate([above.real + below.real, (below.imag - above.imag)[:, 1:]], axis=1)
    rows[:, 0] /= 2
    tall = _up(size_px[0], up)
    if interleaved:
        return (tall @ rows.transpose(1, 2, 0).reshape(2 * up + 1, -1)).reshape(*size_px, len(block))
    return tall @ rows


def cut(spectrum: np.ndarray, reach: tuple[int, int]) -> np.ndarray:
    """Take the low block out of a half spectrum (C, height, width // 2 + 1) in native order; a copy."""
    return spectrum[:, np.arange(-reach[0], reach[0] + 1), : reach[1] + 1]


def place(block: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """Put a low block into a half spectrum of zeros, (C, height, width // 2 + 1) in native order."""
    up = block.shape[1] // 2
    whole = np.zeros((len(block), size_px[0], size_px[1] // 2 + 1), block.dtype)
    whole[:, np.arange(-up, up + 1), : block.shape[2]] = block
    return whole


def _times(matrix: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """Multiply in float64 from the left, some columns at a time: a part that stays in the cache."""
    height, width = planes.shape[1:]
    out = np.empty((len(planes), len(matrix), width))
    step = max(_PART // height, 64)
    for left in range(0, width, step):
        part = np.s_[:, :, left : left + step]
        np.matmul(matrix, planes[part].astype(float), out=out[part])
    return out


@lru_cache(maxsize=_SIZES)
def _down(height: int, up: int) -> np.ndarray:
    """Rows to frequencies: cosines of 0..U, then minus the sines of 1..U; float64 (2 U + 1, height)."""
    cosine, sine = _waves(height, up)
    return np.concatenate([cosine, -sine[1:]])


@lru_cache(maxsize=_SIZES)
def _along(width: int, across: int) -> np.ndarray:
    """Columns to frequencies, real and imaginary parts in turn; float64 (width, 2 V + 2)."""
    cosine, sine = _waves(width, across)
    return np.ascontiguousarray((cosine - 1j * sine).T).view(float)


@lru_cache(maxsize=_SIZES)
def _back(size_px: tuple[int, int], across: int) -> np.ndarray:
    """Frequencies to columns, a column's mirror image included; complex64 (V + 1, width)."""
    cosine, sine = _waves(size_px[1], across)
    weight = np.full((across + 1, 1), 2 / (size_px[0] * size_px[1]))
    weight[0] /= 2
    return (weight * (cosine + 1j * sine)).astype(np.complex64)


@lru_cache(maxsize=_SIZES)
def _up(height: int, up: int) -> np.ndarray:
    """Frequencies to rows: cosines of 0..U, sines of 1..U; float32 (height, 2 U + 1)."""
    cosine, sine = _waves(height, up)
    return np.ascontiguousarray(np.concatenate([cosine, sine[1:]]).T.astype(np.float32))


def _waves(length: int, highest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cosines and sines of the frequencies 0..highest, float64 (highest + 1, length)."""
    turns = np.outer(np.arange(highest + 1), np.arange(length)) % length / length  # whole turns are exact
    return np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)
