"""Correlating a picture with templates by Fourier transforms, the picture's transform computed once."""

from collections.abc import Sequence

import numpy as np
from scipy import fft


def correlate(picture: np.ndarray, templates: Sequence[np.ndarray]) -> list[np.ndarray]:
    r"""Return :math:`\Re \sum_d a(p + d)\, \overline{t(d)}` for every pixel p; beyond the picture is 0.

    Parameters
    ----------
    picture : ndarray of complex64 or float32, shape (height, width)
    templates : sequence of ndarray of complex64 or float32, shape (2 reach + 1, 2 reach + 1)
        All of one shape, their middle is d = 0.

    Returns
    -------
    list of ndarray of float32, shape (height, width)
    """
    height, width = picture.shape
    side = templates[0].shape[0]
    shape = fft.next_fast_len(height + side - 1), fft.next_fast_len(width + side - 1)
    spectrum = fft.fft2(picture, shape)
    reach = side // 2
    found = []
    for template in templates:
        response = fft.ifft2(spectrum * np.conj(fft.fft2(template, shape)))
        found.append(np.roll(response.real, (reach, reach), (0, 1))[:height, :width])
    return found
